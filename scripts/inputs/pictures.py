"""A folder of pictures by class, such as cat/1.jpg, or by split and class, such as train/cat/1.jpg.

Pillow reads them. Sizes and colours of all pictures are compared before any of them is decoded.
"""

import logging
import re
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inputs.arrays import SIDES, Array, Source, allowed_sides, one_line, printable, some_of
from inputs.names import SPLIT_WORDS
from inputs.resize import fit_picture
from inputs.split import in_turns

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")  # as Pillow calls them
SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pnm"),
)
GREY_MODES, COLOUR_MODES = ("1", "L", "LA", "La"), ("RGB", "RGBA", "RGBa")  # Pillow's names
TURNED = (5, 6, 7, 8)  # values of the EXIF orientation that exchange height and width
MAX_BYTES, MAX_PIXELS = 100_000_000, 50_000_000  # of a file and of a picture, which take memory and time
MAX_COMMENT = 10_000  # bytes of the header of a PGM file
SECONDS = 10  # between words about the progress


class Header(NamedTuple):
    """What a picture has before it is decoded: its format, sides as a viewer shows it, and whether it has
    colours.
    """

    format: str
    height: int
    width: int
    colour: bool


def find_splits(folder: Path) -> dict[str, Path]:
    """The folders of training and test images, in lower or upper case; val/ stands for a missing test/. Empty
    for a folder that has none of them.
    """
    folders: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        for split, names in SPLIT_WORDS.items():
            # A folder of pictures is a class, such as that of trains.
            if entry.name.lower() in names and entry.is_dir() and not has_pictures(entry):
                if split in folders:
                    raise ValueError(
                        f"{folders[split].name}/ and {entry.name}/ could both be {split}/. Remove one of them"
                    )
                folders[split] = entry
    if "test" not in folders and "val" in folders:
        folders["test"] = folders["val"]
    folders.pop("val", None)
    missing = [split for split in ("train", "test") if split not in folders]
    if len(missing) == 1:
        raise ValueError(
            f"there is no folder {missing[0]}/ with a folder of images for each class, beside "
            f"{next(iter(folders.values())).name}/"
        )
    return {split: folders[split] for split in ("train", "test") if folders}


def has_pictures(folder: Path) -> bool:
    return any(file.suffix.lower() in SUFFIXES for file in folder.iterdir())


def has_classes(folder: Path) -> bool:
    """Whether a folder has folders with pictures."""
    return any(
        has_pictures(entry) for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")
    )


def list_pictures(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """The images of a folder with a folder for each class.

    Gives the path and the class of every image, one of each class in turn: so the first n are of all classes.
    Also gives the names of what is not read, such as Thumbs.db or a folder without images, but not of hidden
    files.
    """
    by_class, passed_over = [], []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "__MACOSX")):
            continue
        if not entry.is_dir():
            passed_over.append(f"{folder.name}/{entry.name}")
            continue
        files = []
        for file in sorted(entry.iterdir()):
            if file.name.startswith("."):
                continue
            name = f"{folder.name}/{entry.name}/{file.name}"
            if file.suffix.lower() not in SUFFIXES:
                passed_over.append(f"{name}/" if file.is_dir() else name)
            elif not file.is_file():
                raise ValueError(f"{name} is not a regular file")
            else:
                files.append((file, entry.name))
        if not files:
            passed_over.append(f"{folder.name}/{entry.name}/, which has no images")
        by_class.append(files)
    return in_turns(by_class), passed_over


def open_pictures(folders: dict[str, Path], size: list[int] | None = None, grey: bool = False) -> Source:
    """The arrays of all pictures. Labels are the names of the classes.

    folders: by split, or by '' where they are not split. size: height and width that all are resized to;
    None: they must agree. grey: without colours.
    """
    files = {split: list_pictures(folder) for split, folder in folders.items()}
    headers: dict[Path, Header] = {}
    for split, (pictures, passed_over) in files.items():
        if not pictures:
            raise ValueError(
                f"{folders[split].name}/ needs a folder of images for each class, but contains: "
                f"{some_of(passed_over) or 'nothing'}"
            )
        headers |= {path: read_header(path) for path, _ in pictures}
    if size is None:
        check_sides(headers)
    first = next(iter(headers.values()))
    # A grey picture among coloured ones looks the same in colours.
    colour = not grey and any(header.colour for header in headers.values())
    shape = (*(size or (first.height, first.width)), *([3] * colour))
    arrays, paths = {}, {}
    for split, (pictures, _) in files.items():
        end = f"_{split}" if split else ""
        labels = np.array([name for _, name in pictures])

        def load(pictures: list = pictures) -> np.ndarray:
            images = np.empty((len(pictures), *shape), np.uint8)
            said = time.monotonic()
            for number, (path, _) in enumerate(pictures):
                images[number] = read_picture(path, colour, size)
                if time.monotonic() > said + SECONDS:
                    said = time.monotonic()
                    logging.info("%d of %d pictures read", number + 1, len(pictures))
            return images

        arrays[f"x{end}"] = Array(np.dtype(np.uint8), (len(pictures), *shape), load)
        arrays[f"y{end}"] = Array(labels.dtype, labels.shape, lambda labels=labels: labels)
        source = folders[split].parent if split else folders[split]
        paths[f"x{end}"] = [str(path.relative_to(source)) for path, _ in pictures]
    formats = Counter(header.format for header in headers.values())
    names = " and ".join(name for name, _ in formats.most_common())
    return Source(f"{names} pictures", arrays, paths)


def check_sides(headers: dict[Path, Header]) -> None:
    """Raise ValueError unless all pictures have the same sides, which are allowed."""
    sides = Counter((header.height, header.width) for header in headers.values())
    if len(sides) > 1:
        (usual, _), (other, _) = sides.most_common()[0], sides.most_common()[-1]
        path = next(path for path, header in headers.items() if (header.height, header.width) == other)
        smallest = min(min(pair) for pair in sides)
        advice = min(max(smallest, SIDES[0]), SIDES[1])
        raise ValueError(
            f"its images have {len(sides)} different sizes: {short_path(path)} has {other[0]} x {other[1]} "
            f"pixels, but most have {usual[0]} x {usual[1]}. To resize all of them, set images.size: "
            f"[{advice}, {advice}]"
        )
    (height, width) = next(iter(sides))
    if not all(SIDES[0] <= side <= SIDES[1] for side in (height, width)):
        advice = [round(side * min(1, SIDES[1] / max(height, width))) for side in (height, width)]
        raise ValueError(
            f"its images have {height} x {width} pixels; allowed: {allowed_sides()}. To resize them, set "
            f"images.size, such as images.size: {[max(SIDES[0], side) for side in advice]}"
        )


def short_path(path: Path) -> str:
    return printable("/".join(path.parts[-3:]))


def open_picture(path: Path) -> Any:
    """The picture of a file, not yet decoded. What the name says of its format does not matter."""
    from PIL import Image, UnidentifiedImageError  # few runs need it

    if (size := path.stat().st_size) > MAX_BYTES:
        raise ValueError(f"it has {size / 1e6:.0f} MB; allowed: {MAX_BYTES / 1e6:.0f} MB")
    with path.open("rb") as file:
        start = file.read(25)
    if start.startswith(b"\x89PNG") and start[24:] > b"\x08":  # Pillow would drop the low bits of RGB
        raise ValueError(f"it has {start[24]} bits; allowed: grey or RGB with 8 bits")
    Image.MAX_IMAGE_PIXELS = None  # there is a stricter limit below
    try:
        with warnings.catch_warnings(action="ignore"):  # of damaged EXIF
            picture = Image.open(path, formats=FORMATS)
        if picture.format == "TIFF":
            picture.filename = ""  # Pillow maps a file of this name, with sides that it has turned before
    except UnidentifiedImageError as error:
        raise ValueError("it is no picture, or it is damaged") from error
    if picture.width * picture.height > MAX_PIXELS:
        raise ValueError(
            f"it has {picture.height} x {picture.width} pixels; allowed: {MAX_PIXELS / 1e6:.0f} million"
        )
    return picture


def read_header(path: Path) -> Header:
    """The header of a picture. Raises ValueError for one that is not read."""
    try:
        with open_picture(path) as picture, warnings.catch_warnings(action="ignore"):
            mode, height, width = picture.mode, picture.height, picture.width
            if picture.format == "TIFF" and getattr(picture, "n_frames", 1) > 1:
                raise ValueError(f"it has {picture.n_frames} pages; allowed: one")
            if mode in ("P", "PA"):
                palette = np.asarray(picture.convert("RGB")).reshape(-1, 3)
                colour = bool(np.any(palette != palette[:, :1]))
            elif mode in GREY_MODES or mode in COLOUR_MODES:
                colour = mode in COLOUR_MODES
            else:
                raise ValueError(f"its pixels are {mode}; allowed: grey or RGB with 8 bits")
            if bits_of(picture, path) > 8:
                raise ValueError("it has 16 bits; allowed: grey or RGB with 8 bits")
            # Pillow turns TIFF files itself.
            if picture.format != "TIFF" and picture.getexif().get(0x0112) in TURNED:
                height, width = width, height
            return Header(picture.format, height, width, colour)
    except Exception as error:  # damaged pictures raise all kinds of errors
        raise ValueError(f"{short_path(path)} cannot be used: {one_line(error)}") from error


def bits_of(picture: Any, path: Path) -> int:
    """Bits of a channel, in formats whose low bits Pillow drops."""
    if picture.format == "TIFF":
        return max(picture.tag_v2.get(258, (8,)))
    if picture.format == "PPM":
        with path.open("rb") as file:
            header = re.sub(rb"#[^\n]*\n", b" ", file.read(MAX_COMMENT)).split()
        return 16 if header[0] in (b"P5", b"P6", b"P2", b"P3") and int(header[3]) > 255 else 8
    return 8


def read_picture(path: Path, colour: bool, size: list[int] | None = None) -> np.ndarray:
    """A picture as a viewer shows it, of a file with several the first: uint8 (height, width), or
    (height, width, 3) in colour.

    Its orientation (EXIF) is applied. A transparent picture is refused, because its background is not known.
    """
    from PIL import ImageOps

    try:
        with open_picture(path) as picture, warnings.catch_warnings(action="ignore"):
            if picture.has_transparency_data:
                lowest, _ = picture.convert("RGBA").getchannel("A").getextrema()
                if lowest < 255:
                    raise ValueError("it is transparent. Give it a background")
            picture = ImageOps.exif_transpose(picture).convert("RGB" if colour else "L")
            return np.asarray(fit_picture(picture, size) if size else picture)
    except Exception as error:  # damaged pictures raise all kinds of errors
        raise ValueError(f"{short_path(path)} cannot be used: {one_line(error)}") from error
