"""A folder of PNG images by split and class, such as train/cat/1.png."""

from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from inputs.arrays import SIDES, SPLITS, UNREADABLE, Array, allowed_sides, some_of

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_MODES = {"1": "L", "L": "L", "RGB": "RGB", "P": "RGB"}  # as Pillow calls them, and how to read them
FOLDERS = {"train": ("train", "training"), "test": ("test", "testing")}  # in any case
OTHER_PICTURES = (".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif")


def find_splits(folder: Path) -> dict[str, Path] | None:
    """The folders of training and test images. None where there is neither."""
    found: dict[str, Path] = {}
    for place in sorted(folder.iterdir()):
        for split, names in FOLDERS.items():
            if place.is_dir() and place.name.lower() in names:
                if split in found:
                    raise ValueError(
                        f"{found[split].name}/ and {place.name}/ could both be {split}/. Leave one of them"
                    )
                found[split] = place
    missing = [split for split in SPLITS if split not in found]
    if len(missing) == 1:
        raise ValueError(f"there is no folder {missing[0]}/ with a folder of images for each class")
    return None if missing else {split: found[split] for split in SPLITS}


def unsplit_classes(folder: Path) -> list[str]:
    """Names of the folders with pictures in a folder that is not split into train/ and test/."""
    pictures = (".png", *OTHER_PICTURES)
    return [
        place.name
        for place in sorted(folder.iterdir())
        if place.is_dir() and any(file.suffix.lower() in pictures for file in place.iterdir())
    ]


def list_pictures(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """The images of one split, below a folder for each class: path and class, in turn from each class; and
    the names of what was passed over, such as Thumbs.db or a folder without images.

    In turn, so that the first n of them are of all classes. Hidden files are passed over without a word.
    """
    by_class, passed_over = [], []
    for place in sorted(folder.iterdir()):
        if place.name.startswith((".", "__MACOSX")):
            continue
        if not place.is_dir():
            passed_over.append(f"{folder.name}/{place.name}")
            continue
        files = []
        for file in sorted(place.iterdir()):
            name = f"{folder.name}/{place.name}/{file.name}"
            if file.suffix.lower() in OTHER_PICTURES:
                raise ValueError(f"{name} is not a PNG file. Convert it: other pictures are not read")
            if file.suffix.lower() == ".png" and not file.name.startswith("."):
                if not file.is_file():
                    raise ValueError(f"{name} is not a PNG file")
                files.append((file, place.name))
            elif not file.name.startswith("."):
                passed_over.append(name)
        if not files:
            passed_over.append(f"{folder.name}/{place.name}/, which has no PNG image")
        by_class.append(files)
    return [pair for pair in chain.from_iterable(zip_longest(*by_class)) if pair], passed_over


def open_pictures(folders: dict[str, Path]) -> dict[str, Array]:
    """The images of both splits. Labels are the names of the classes."""
    arrays = {}
    for split, folder in folders.items():
        files, passed_over = list_pictures(folder)
        if not files:
            there = some_of(passed_over) or "nothing"
            raise ValueError(
                f"{folder.name}/ has no PNG images in a folder for each class. There is: {there}"
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
    """A PNG image as a viewer shows it, uint8 (height, width), or (height, width, 3) in colour.

    Its orientation (EXIF) is applied, and a palette of nothing but greys is grey. shape: that it must have;
    None: any allowed. Its size is known before its pixels are read.
    """
    from PIL import Image, ImageOps  # which few runs need

    name = "/".join(path.parts[-3:])
    try:
        with path.open("rb") as file:
            start = file.read(25)
        if start[:8] == PNG_SIGNATURE and len(start) == 25:  # else Pillow says what is wrong
            width, height = (int.from_bytes(start[place : place + 4], "big") for place in (16, 20))
            if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
                raise ValueError(f"it has {height} x {width} pixels; allowed: {allowed_sides()}")
            if start[24] > 8:  # of RGB, Pillow would keep the high bytes
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
