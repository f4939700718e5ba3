"""A folder of PNG images by split and class, such as train/cat/1.png."""

from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from inputs.arrays import SIDES, SPLITS, UNREADABLE, Array, allowed_sides, some_of

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_MODES = {"1": "L", "L": "L", "RGB": "RGB", "P": "RGB"}  # Pillow's names: of the file, and to read it as
FOLDERS = {"train": ("train", "training"), "test": ("test", "testing")}  # upper or lower case
OTHER_PICTURES = (".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")


def find_splits(folder: Path) -> dict[str, Path] | None:
    """The folders of training and test images. None if both are missing."""
    folders: dict[str, Path] = {}
    for entry in sorted(folder.iterdir()):
        for split, names in FOLDERS.items():
            if entry.is_dir() and entry.name.lower() in names:
                if split in folders:
                    raise ValueError(
                        f"{folders[split].name}/ and {entry.name}/ could both be {split}/. Remove one of them"
                    )
                folders[split] = entry
    missing = [split for split in SPLITS if split not in folders]
    if len(missing) == 1:
        raise ValueError(f"there is no folder {missing[0]}/ with a folder of images for each class")
    return None if missing else {split: folders[split] for split in SPLITS}


def unsplit_classes(folder: Path) -> list[str]:
    """Names of the folders with images, in a folder that is not split into train/ and test/."""
    pictures = (".png", *OTHER_PICTURES)
    return [
        entry.name
        for entry in sorted(folder.iterdir())
        if entry.is_dir() and any(file.suffix.lower() in pictures for file in entry.iterdir())
    ]


def list_pictures(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """The images of one split, which has a folder for each class.

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
            name = f"{folder.name}/{entry.name}/{file.name}"
            if file.suffix.lower() in OTHER_PICTURES:
                raise ValueError(f"{name} is not a PNG file. Convert it to PNG")
            if file.suffix.lower() == ".png" and not file.name.startswith("."):
                if not file.is_file():
                    raise ValueError(f"{name} is not a PNG file")
                files.append((file, entry.name))
            elif not file.name.startswith("."):
                passed_over.append(name)
        if not files:
            passed_over.append(f"{folder.name}/{entry.name}/, which has no PNG image")
        by_class.append(files)
    return [pair for pair in chain.from_iterable(zip_longest(*by_class)) if pair], passed_over


def open_pictures(folders: dict[str, Path]) -> dict[str, Array]:
    """The arrays of both splits. Labels are the names of the classes."""
    arrays = {}
    for split, folder in folders.items():
        files, passed_over = list_pictures(folder)
        if not files:
            others = some_of(passed_over) or "nothing"
            raise ValueError(
                f"{folder.name}/ needs a folder of PNG images for each class, but contains: {others}"
            )
        shape = read_png(files[0][0], None).shape

        def load(files: list = files, shape: tuple[int, ...] = shape) -> np.ndarray:
            images = np.empty((len(files), *shape), np.uint8)
            for image, (file, _) in zip(images, files, strict=True):
                image[...] = read_png(file, shape)
            return images

        labels = np.array([name for _, name in files])
        arrays[f"x_{split}"] = Array(np.dtype(np.uint8), (len(files), *shape), load)
        arrays[f"y_{split}"] = Array(labels.dtype, labels.shape, lambda labels=labels: labels)
    return arrays


def read_png(path: Path, shape: tuple[int, ...] | None) -> np.ndarray:
    """A PNG image as a viewer shows it: uint8 (height, width), or (height, width, 3) in colour.

    Its orientation (EXIF) is applied, and a palette of greys gives a grey image. shape: what the image must
    have; None: any shape that is allowed. The size is checked before the pixels are read.
    """
    from PIL import Image, ImageOps  # few runs need it

    name = "/".join(path.parts[-3:])
    try:
        with path.open("rb") as file:
            start = file.read(25)
        if start[:8] == PNG_SIGNATURE and len(start) == 25:  # otherwise, Pillow says what is wrong
            width, height = (int.from_bytes(start[offset : offset + 4], "big") for offset in (16, 20))
            if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
                raise ValueError(f"it has {height} x {width} pixels; allowed: {allowed_sides()}")
            if start[24] > 8:  # Pillow would drop the low bytes of RGB
                raise ValueError(f"it has {start[24]} bits; allowed: grey or RGB with 8 bits")
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode not in PNG_MODES or "transparency" in image.info:
                raise ValueError(f"it is {image.mode}; allowed: grey or RGB with 8 bits, and no transparency")
            mode = PNG_MODES[image.mode]
            if image.mode == "P":
                palette = np.reshape(image.getpalette(), (-1, 3))
                mode = "L" if np.all(palette == palette[:, :1]) else mode
            pixels = np.asarray(ImageOps.exif_transpose(image).convert(mode))
    except (*UNREADABLE, SyntaxError) as error:  # Pillow calls broken PNGs a SyntaxError
        raise ValueError(f"{name} cannot be used: {' '.join(str(error).split())}") from error
    if shape not in (None, pixels.shape):
        raise ValueError(f"{name} has the shape {pixels.shape}, but the first image has {shape}")
    return pixels
