#!/usr/bin/env bash
# Guess: Pillow leaves the orientation of every picture to ImageOps.exif_transpose, so that Image.open(path).size is the
# stored size. That holds for JPEG, PNG and WebP. A TIFF file is turned as it is loaded, and its size is that of the
# turned picture at once: code that turns sizes by the orientation tag, or pixels of TIFF files by hand, does so twice.
# Of a grey file that is not compressed and is turned by a quarter, pixels even depend on how it is opened: by its name, Pillow
# maps the file, with the sides exchanged, and the pixels are scrambled; as an open file, they are right.
# Documented in Pillow's pull requests 4063 (turned as it is loaded), 7383 (the tag is then removed) and 8390 (the size).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - "$folder" <<'END'
import sys

import PIL
from PIL import Image, TiffImagePlugin

print("Pillow", PIL.__version__)
TURNED, STORED, ORIENTATION = (10, 20), (20, 10), 0x0112
expected = {
    "jpg": (STORED, STORED, 6),
    "png": (STORED, STORED, 6),
    "webp": (STORED, STORED, 6),
    "tif": (TURNED, TURNED, None),
}
found = {}
for suffix in expected:
    path = f"{sys.argv[1]}/picture.{suffix}"
    picture = Image.new("RGB", STORED)
    exif = picture.getexif()
    exif[ORIENTATION] = 6
    picture.save(path, exif=exif)
    with Image.open(path) as opened:
        size = opened.size
        opened.load()
        found[suffix] = (size, opened.size, opened.getexif().get(ORIENTATION))
    print(f"{suffix}: stored {STORED}, opened {size}, loaded {found[suffix][1]}, orientation left {found[suffix][2]}")
assert found == expected, found

# Grey, as scanners write it: opened by its name, and as an open file.
scrambled = []
for compression in (None, "tiff_lzw"):
    for orientation in range(1, 9):
        info = TiffImagePlugin.ImageFileDirectory_v2()
        info[ORIENTATION] = orientation
        path = f"{sys.argv[1]}/grey.tif"
        Image.frombytes("L", (9, 6), bytes(range(54))).save(path, tiffinfo=info, compression=compression)
        with open(path, "rb") as file, Image.open(path) as by_name, Image.open(file) as by_file:
            if by_name.convert("L").tobytes() != by_file.convert("L").tobytes():
                scrambled.append((compression or "not compressed", orientation))
print("grey, other pixels when opened by name than as an open file:", scrambled)
assert scrambled == [("not compressed", orientation) for orientation in (5, 6, 7, 8)]
END
