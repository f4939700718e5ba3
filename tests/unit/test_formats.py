"""Images in files of every kind, as the usual libraries write them: the pixels and classes that went in come
out.
"""

import gzip
import pickle
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image, TiffImagePlugin

from image_files import (
    arrays_of,
    as_arrays,
    as_emnist,
    as_svhn,
    assert_same,
    table_of,
    write_csv,
    write_idx,
    write_mat,
    write_mat73,
    write_pictures,
    write_zip,
)
from inputs import pictures
from inputs.arrays import Array
from inputs.formats import passed_over, source_files
from inputs.own_images import read_own
from inputs.resize import resize_array

ROOT = Path(__file__).parents[2]


def refuse(path, settings=None, match=None):
    """The line with which these images are refused."""
    with pytest.raises(ValueError, match=match) as refused:
        read_own(str(path), settings)
    line = str(refused.value)
    assert line
    assert "\n" not in line
    return line


# --- one known data set by every door


@pytest.fixture(scope="module")
def mnist():
    with np.load(ROOT / "tests/data/mnist_sample.npz") as file:
        return {name: file[name][:60] for name in ("x_train", "y_train", "x_test", "y_test")}


def tables(folder, a, names=("mnist_train", "mnist_test"), suffix="csv", **options):
    folder.mkdir(exist_ok=True)
    return [
        write_csv(folder / f"{name}.{suffix}", a[f"x_{split}"], a[f"y_{split}"], **options)
        for name, split in zip(names, ("train", "test"), strict=True)
    ]


def parts(folder, a, function):
    """A file for each split, such as train_32x32.mat."""
    for split in ("train", "test"):
        function(folder / f"{split}_32x32.mat", as_svhn(a[f"x_{split}"], a[f"y_{split}"]))
    return folder


def npys(folder, a, pattern="{axis}_{split}"):
    for axis in "xy":
        for split in ("train", "test"):
            np.save(folder / f"{pattern.format(axis=axis, split=split)}.npy", a[f"{axis}_{split}"])
    return folder


def medmnist(path, a):
    images = {f"{split}_images": a[f"x_{split}"] for split in ("train", "test")}
    labels = {f"{split}_labels": a[f"y_{split}"][:, None] for split in ("train", "test")}
    np.savez_compressed(
        path, **images, **labels, val_images=a["x_test"][:9], val_labels=a["y_test"][:9, None]
    )
    return path


def folder_of(folder, a, suffix="png", names=("train", "test"), **options):
    for split, name in zip(("train", "test"), names, strict=True):
        write_pictures(folder / name, a[f"x_{split}"], a[f"y_{split}"], suffix, **options)
    return folder


DOORS = {
    "CSV files": lambda f, a: tables(f, a) and f,
    "CSV files of EMNIST": lambda f, a: (
        tables(f, a, ("emnist-letters-train", "emnist-letters-test"), header=False) and f
    ),
    "CSV files, packed": lambda f, a: tables(f, a, ("train", "test"), "csv.gz") and f,
    "CSV files in a zip": lambda f, a: write_zip(f / "digits.zip", tables(f / "t", a)),
    "MATLAB": lambda f, a: write_mat(f / "digits.mat", as_emnist(a)),
    "MATLAB 7.3": lambda f, a: write_mat73(f / "digits.mat", as_emnist(a)),
    "MATLAB, a file for each split": lambda f, a: parts(f, a, write_mat),
    "MATLAB 7.3, a file for each split": lambda f, a: parts(f, a, write_mat73),
    "MedMNIST": lambda f, a: medmnist(f / "medmnist.npz", a),
    "NumPy files": npys,
    "NumPy files by other names": lambda f, a: npys(f, a, "{split}_{axis}"),
    "PNG": folder_of,
    "IDX": write_idx,
    "IDX, packed": lambda f, a: write_idx(f, a, packed=True),
}
WORDS = {
    "PNG": "PNG",
    "CSV": "CSV",
    "MATLAB": "MATLAB",
    "IDX": "IDX",
    "NumPy": r"\.npy",
    "MedMNIST": r"\.npz",
}


@pytest.mark.parametrize("door", DOORS)
def test_known_images_are_the_same_by_every_door(tmp_path, mnist, door):
    path = str(DOORS[door](tmp_path, mnist))
    settings = {"transpose": True} if door in ("MATLAB", "MATLAB 7.3") else {}
    images = read_own(path, settings)
    assert (images.data_set.shape, images.data_set.dtype) == ((28, 28), "uint8")
    assert images.data_set.classes == tuple("0123456789")
    expected = mnist
    if door == "PNG":
        by_class = {
            split: [np.flatnonzero(mnist[f"y_{split}"] == n) for n in range(10)] for split in images.x
        }
        turns = {split: [list(of) for of in zip_turns(by_class[split])] for split in images.x}
        order = {split: [index for turn in turns[split] for index in turn] for split in images.x}
        expected = {name: array[order[name[2:]]] for name, array in mnist.items()}
    assert_same(as_arrays(images), expected)
    assert images.facts["pixels"] == [0, 255]
    word = next(word for name, word in WORDS.items() if door.startswith(name))
    assert re.search(word, images.facts["what"])
    assert all(Path(file).is_file() for file in source_files(path))


def zip_turns(by_class):
    """The first of each class, then the second of each that has one, and so on."""
    for turn in range(max(map(len, by_class))):
        yield (indices[turn] for indices in by_class if turn < len(indices))


# --- pictures

SUFFIXES = ["jpg", "JPEG", "png", "bmp", "tif", "tiff", "webp", "gif"]
COLOURED, GREY = arrays_of((8, 12, 3)), arrays_of((8, 12))


def open_picture(path, mode):
    with Image.open(path) as picture:
        return np.asarray(picture.convert(mode))


@pytest.mark.parametrize("arrays", [COLOURED, GREY], ids=["colours", "grey"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pictures_of_every_kind_are_read_as_they_decode(tmp_path, suffix, arrays):
    images = read_own(str(folder_of(tmp_path, arrays, suffix)))
    webp = suffix == "webp"  # has no grey
    shape = (8, 12) if arrays is GREY and not webp else (8, 12, 3)
    assert (images.data_set.shape, images.data_set.dtype) == (shape, "uint8")
    for split in ("train", "test"):  # classes take turns, as in the arrays
        for number, image in enumerate(images.x[split]):
            path = tmp_path / split / str(number % 3) / f"{number:04}.{suffix}"
            assert np.array_equal(image, open_picture(path, "RGB" if len(shape) == 3 else "L"))
    if suffix in ("png", "bmp", "tif") or (arrays is GREY and suffix == "gif"):
        assert_same(as_arrays(images), arrays)


TURNS = {
    2: lambda x: x[:, ::-1],
    3: lambda x: np.rot90(x, 2),
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, 3),
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: lambda x: np.rot90(x),
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_pictures_of_cameras_are_turned_as_their_exif_says(tmp_path, suffix):
    """One picture lies on its side and the others stand, as people hold a telephone."""
    lossless = {"webp": {"lossless": True}, "jpg": {"quality": 100, "subsampling": 0}}.get(suffix, {})
    smooth = np.add.outer(np.arange(0, 80, 10), np.arange(0, 160, 10))[..., None] + np.array([0, 5, 10])
    straight = smooth.astype(np.uint8)
    for turn, function in TURNS.items():
        upright = function(straight)
        others = np.stack([upright, 255 - upright] * 3)
        folder = folder_of(
            tmp_path / str(turn),
            {"x_train": others, "y_train": [0, 1] * 3} | {"x_test": others[:2], "y_test": [0, 1]},
            suffix,
            **lossless,
        )
        exif = Image.Exif()
        exif[0x0112] = turn
        Image.fromarray(straight).save(folder / f"train/0/0000.{suffix}", exif=exif, **lossless)
        read = read_own(str(folder)).x["train"]
        assert np.abs(read[0].astype(int) - upright).max() <= (3 if suffix == "jpg" else 0)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("turn", [1, 3, *pictures.TURNED])
def test_grey_tiff_files_are_turned_as_they_say(tmp_path, turn, compression):
    """Of one that is not compressed and turned, Pillow 13 maps the file with the sides exchanged."""
    straight = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9) * 4
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x0112] = turn
    path = tmp_path / "a.tif"
    Image.fromarray(straight).save(path, tiffinfo=info, compression=compression)
    upright = TURNS.get(turn, lambda x: x)(straight)
    header = pictures.read_header(path)
    assert (header.height, header.width) == upright.shape
    np.testing.assert_array_equal(pictures.read_picture(path, colour=False), upright)


def palette_of(colours):
    picture = Image.new("P", (12, 8))
    picture.putpalette([level for colour in colours for level in colour])
    picture.putdata([number % len(colours) for number in range(8 * 12)])
    return picture


def with_alpha(picture, alpha):
    picture = picture.copy()
    picture.putalpha(alpha)
    return picture


L, RGB = Image.fromarray(GREY["x_train"][0]), Image.fromarray(COLOURED["x_train"][0])
HALF = Image.fromarray(np.full((8, 12), 128, np.uint8))
SHOWN = {
    "bilevel": (L.convert("1"), L.convert("1").convert("L")),
    "greys in a palette": (palette_of([(0, 0, 0), (99, 99, 99), (255, 255, 255)]), None),
    "colours in a palette": (palette_of([(250, 0, 0), (0, 99, 0), (0, 0, 255), (9, 9, 9)]), None),
    "opaque RGBA": (with_alpha(RGB, 255), RGB),
    "opaque LA": (with_alpha(L, 255), L),
}


@pytest.mark.parametrize("what", SHOWN)
def test_a_picture_is_read_as_a_viewer_shows_it(tmp_path, what):
    picture, shown = SHOWN[what]
    shown = shown or picture.convert("L" if what.startswith("grey") else "RGB")
    arrays = GREY if shown.mode == "L" else COLOURED
    folder = folder_of(tmp_path, arrays)
    picture.save(folder / "train/0/0000.png")
    images = read_own(str(folder))
    assert images.data_set.shape == arrays["x_train"].shape[1:]
    assert np.array_equal(images.x["train"][0], np.asarray(shown))
    assert_same({"x": images.x["train"][1:]}, {"x": arrays["x_train"][1:]})


@pytest.mark.parametrize("first", [True, False])
def test_grey_pictures_among_coloured_ones_become_coloured(tmp_path, first):
    folder = folder_of(tmp_path, COLOURED)
    name = "train/0/0000.png" if first else "test/2/0005.png"
    L.save(folder / name)
    images = read_own(str(folder))
    image = images.x["train"][0] if first else images.x["test"][5]
    assert np.array_equal(image, np.asarray(L.convert("RGB")))


def pages(path):
    L.save(path, "TIFF", save_all=True, append_images=[L])


def see_through_palette(path):
    palette_of([(0, 0, 0), (99, 99, 99), (255, 255, 255)]).save(path, transparency=1)


REFUSED = {
    "a.png": {
        "RGBA": lambda path: with_alpha(RGB, HALF).save(path),
        "LA": lambda path: with_alpha(L, HALF).save(path),
        "a palette with a colour to see through": see_through_palette,
        "a colour to see through": lambda path: RGB.save(path, transparency=RGB.getpixel((0, 0))),
        "16 bits": lambda path: Image.fromarray(GREY["x_train"][0].astype(np.uint16) * 257).save(path),
        "text": lambda path: path.write_text("hello"),
        "nothing": lambda path: path.write_bytes(b""),
    },
    "a.jpg": {"CMYK": lambda path: RGB.convert("CMYK").save(path)},
    "a.webp": {"RGBA": lambda path: with_alpha(RGB, HALF).save(path, lossless=True)},
    "a.gif": {"a colour to see through": see_through_palette},
    "a.tif": {
        "pages": pages,
        "CMYK": lambda path: RGB.convert("CMYK").save(path),
        "16 bits": lambda path: Image.fromarray(GREY["x_train"][0].astype(np.uint16) * 257).save(path),
        "32 bits": lambda path: Image.fromarray(GREY["x_train"][0].astype(np.float32)).save(path),
    },
}


@pytest.mark.parametrize(
    ("name", "what"), [(name, what) for name, cases in REFUSED.items() for what in cases]
)
def test_a_picture_that_loses_something_is_refused_by_its_name(tmp_path, name, what):
    folder = folder_of(tmp_path, COLOURED)
    REFUSED[name][what](folder / "train/1" / name)
    refuse(folder, match=f"1/{name}")


def test_the_name_of_a_file_does_not_write_on_the_terminal(tmp_path):
    folder = folder_of(tmp_path, GREY)
    (folder / "train/1/a\n\x1b[2J.png").write_bytes(b"no picture")
    assert refuse(folder).isprintable()


@pytest.mark.parametrize(("suffix", "kind"), [("gif", "GIF"), ("jpg", "MPO")])
def test_the_first_of_several_pictures_in_a_file_is_read(tmp_path, suffix, kind):
    """A moving GIF; a JPEG of a telephone, with a preview or a map of depths after the picture."""
    folder = folder_of(tmp_path, GREY, suffix)
    path = folder / f"train/0/0000.{suffix}"
    expected = open_picture(path, "L")
    frames = [Image.fromarray(image) for image in GREY["x_train"][:3]]
    frames[0].save(path, kind, save_all=True, append_images=frames[1:])
    with Image.open(path) as picture:
        assert (picture.format, picture.n_frames) == (kind, 3)
    assert np.array_equal(read_own(str(folder)).x["train"][0], expected)


@pytest.mark.parametrize(("name", "kind"), [("0000.png", "JPEG"), ("0000.jpg", "PNG"), ("0000.bmp", "WEBP")])
def test_a_name_that_lies_does_not_matter(tmp_path, name, kind):
    folder = folder_of(tmp_path, COLOURED)
    path = folder / "train/0/0000.png"
    path.unlink()
    RGB.save(path.with_name(name), kind)
    images = read_own(str(folder))
    assert np.array_equal(images.x["train"][0], open_picture(path.with_name(name), "RGB"))


@pytest.mark.parametrize(
    "names",
    [("Train", "TEST"), ("training", "testing"), ("train", "val"), ("TRAINING", "Validation")],
)
def test_folders_of_training_and_test_images_by_their_usual_names(tmp_path, names):
    images = read_own(str(folder_of(tmp_path, GREY, names=names)))
    assert_same(as_arrays(images), GREY)


def test_what_lies_beside_the_pictures_is_passed_over(tmp_path):
    folder = folder_of(tmp_path, GREY)
    write_pictures(folder / "val", GREY["x_test"], GREY["y_test"])
    (folder / "train/empty").mkdir()
    for name in ("Thumbs.db", "train/labels.csv", "train/0/desktop.ini", "test/.DS_Store"):
        (folder / name).write_bytes(b"\0no picture")
    assert_same(as_arrays(read_own(str(folder))), GREY)
    names = passed_over(str(folder))
    for part in ("Thumbs.db", "labels.csv", "desktop.ini", "val", "empty"):
        assert sum(part in name for name in names) == 1, part
    assert not any(".DS_Store" in name for name in names)
    assert len(source_files(str(folder))) == 18


def test_sizes_that_differ_are_refused_with_the_key_that_makes_them_alike(tmp_path):
    folder = folder_of(tmp_path, COLOURED)
    RGB.resize((30, 20)).save(folder / "test/1/wide.jpg")
    line = refuse(folder, match=r"images\.size: \[\d+, \d+\]")
    size = [int(side) for side in line.split("images.size: [")[1].split("]")[0].split(",")]
    assert read_own(str(folder), {"size": size}).data_set.shape == (*size, 3)


def test_pictures_are_resized_about_the_centre_and_antialiased(tmp_path):
    """A wide one and a tall one lose their ends. A chessboard becomes grey; where single pixels are taken it
    would be black or white."""
    board = np.indices((64, 64)).sum(axis=0) % 2 * 255
    wide = np.pad(board, ((0, 0), (48, 48)), constant_values=255).astype(np.uint8)
    black = np.zeros((32, 32), np.uint8)
    black[:16] = 255
    write_pictures(tmp_path / "train", [wide, wide.T, black, 255 - black], [0, 1, 0, 1])
    write_pictures(tmp_path / "test", [black, 255 - black], [0, 1])
    images = read_own(str(tmp_path), {"size": [16, 16]})
    assert images.data_set.shape == (16, 16)
    for image in images.x["train"][:2]:
        assert np.abs(image[1:-1, 1:-1].astype(int) - 127).max() < 20
        assert image[1:-1, 1:-1].std() < 8
    half = images.x["test"][0].astype(int)
    assert (half[:5].min(), half[11:].max()) == (255, 0)
    larger = read_own(str(tmp_path), {"size": [100, 50]}).x["test"][0]
    assert larger.shape == (100, 50)
    assert (larger[:40].min(), larger[60:].max()) == (255, 0)


def test_grey_is_the_luma_of_the_colours(tmp_path):
    folder = folder_of(tmp_path, COLOURED)
    images = read_own(str(folder), {"grey": True})
    assert images.data_set.shape == (8, 12)
    luma = COLOURED["x_train"] @ np.array([0.299, 0.587, 0.114])
    assert np.abs(images.x["train"] - luma).max() <= 1
    np.savez(tmp_path / "a.npz", **COLOURED)
    assert np.abs(read_own(str(tmp_path / "a.npz"), {"grey": True}).x["train"] - luma).max() <= 1


@pytest.mark.parametrize(("shape", "allowed"), [((4, 224), True), ((3, 9), False), ((9, 225), False)])
def test_sides_of_pictures_are_bounded_after_they_are_resized(tmp_path, shape, allowed):
    folder = folder_of(tmp_path, arrays_of(shape))
    if allowed:
        assert read_own(str(folder)).data_set.shape == shape
    else:
        refuse(folder, match="4 to 224")
        assert read_own(str(folder), {"size": [8, 8]}).data_set.shape == (8, 8)


def test_pictures_that_are_too_large_are_refused_by_their_header(tmp_path):
    folder = folder_of(tmp_path, GREY)
    path = folder / "train/0/large.png"
    Image.new("1", (8000, 7000)).save(path)
    refuse(folder, {"size": [8, 8]}, match="large.png")
    L.save(path)
    with path.open("r+b") as file:
        file.truncate(101_000_000)
    refuse(folder, {"size": [8, 8]}, match="large.png")


# --- tables


CSV_OPTIONS = {
    "a header": {},
    "no header": {"header": False},
    "an index": {"index": True},
    "Excel": {"encoding": "utf-8-sig", "lineterminator": "\r\n"},
    "Excel, no header": {"encoding": "utf-8-sig", "header": False},
    "quotes": {"quoting": 1},
    **{name: {"label": name} for name in ("class", "target", "y", "emotion", "Label")},
}


@pytest.mark.parametrize("what", CSV_OPTIONS)
@pytest.mark.parametrize("pixels", ["whole", "floats"])
def test_csv_files_as_pandas_writes_them(tmp_path, what, pixels):
    arrays = dict(GREY)
    if pixels == "floats":
        arrays |= {name: (GREY[name] / 255).astype(np.float32) for name in ("x_train", "x_test")}
    tables(tmp_path, arrays, ("train", "test"), **CSV_OPTIONS[what])
    images = read_own(str(tmp_path), {"shape": [8, 12]})
    assert images.data_set.dtype == ("uint8" if pixels == "whole" else "float32")
    assert images.data_set.classes == ("0", "1", "2")
    assert_same(as_arrays(images), arrays)


@pytest.mark.parametrize("where", ["last", "text"])
def test_labels_of_csv_files_may_be_last_or_text(tmp_path, where):
    arrays = arrays_of()
    for split in ("train", "test"):
        labels = (
            np.array(["cat", "dög", "ant"])[arrays[f"y_{split}"]] if where == "text" else arrays[f"y_{split}"]
        )
        table = table_of(arrays[f"x_{split}"], labels)
        if where == "last":
            table["label"] = table.pop("label")
        table.to_csv(tmp_path / f"{split}.csv", index=False)
    images = read_own(str(tmp_path))
    assert_same(images.x, {split: arrays[f"x_{split}"] for split in images.x})
    names = np.array(images.data_set.classes)[images.y["train"]]
    expected = ["cat", "dög", "ant"] if where == "text" else ["0", "1", "2"]
    assert names.tolist() == expected * 4


def test_csv_files_as_numpy_writes_them(tmp_path):
    """Without a header, and with numbers such as 2.550000000000000000e+02."""
    arrays = arrays_of()
    for split in ("train", "test"):
        rows = np.column_stack([arrays[f"y_{split}"], arrays[f"x_{split}"].reshape(-1, 64)])
        np.savetxt(tmp_path / f"{split}.csv", rows, delimiter=",")
    images = read_own(str(tmp_path))
    assert images.data_set.dtype == "uint8"
    assert_same(as_arrays(images), arrays)


def test_the_first_image_of_a_table_without_a_header_is_not_taken_for_one(tmp_path):
    """It has fractions, and the second image only black and white."""
    arrays = {n: (a / 255).astype(np.float32) if n[0] == "x" else a for n, a in arrays_of().items()}
    arrays["x_train"][1] = np.rint(arrays["x_train"][1])
    tables(tmp_path, arrays, ("train", "test"), header=False)
    assert_same(as_arrays(read_own(str(tmp_path))), arrays)


def test_a_letter_called_y_is_not_taken_for_a_header(tmp_path):
    arrays = arrays_of()
    for letters in (["Y", "a", "b"], ["y", "a", "b"]):
        named = {name: np.array(letters)[arrays[name]] for name in ("y_train", "y_test")}
        tables(tmp_path, arrays | named, ("train", "test"), header=False)
        images = read_own(str(tmp_path))
        assert np.array(images.data_set.classes)[images.y["train"]].tolist() == letters * 4
        assert_same(images.x, {split: arrays[f"x_{split}"] for split in images.x})


@pytest.mark.parametrize("where", ["first", "last"])
@pytest.mark.parametrize("label", ["y", "label"])
def test_a_header_of_numbers_is_one_where_they_count(tmp_path, label, where):
    arrays = arrays_of()
    for split in ("train", "test"):
        table = pd.DataFrame(arrays[f"x_{split}"].reshape(-1, 64))
        table.insert(0 if where == "first" else 64, label, arrays[f"y_{split}"])
        table.to_csv(tmp_path / f"{split}.csv", index=False)
    assert_same(as_arrays(read_own(str(tmp_path))), arrays)


def rows_of(kind, rows=600):
    """Labels (n,) and images (n, 64) that look like some data set of this kind."""
    random, (high, classes) = (
        np.random.default_rng(3),
        {"noise": (256, 3), "masks": (2, 10)}.get(kind, (17, 10)),
    )
    y, x = random.integers(0, classes, rows), random.integers(0, high, (rows, 64))
    if kind == "digits":  # the corners are black, nearly always
        for corner in (0, 63):
            x[:, corner] = np.where(random.random(rows) < 0.03, random.integers(1, 4, rows), 0)
    if kind == "black corners":
        x[:, [0, 63]] = 0
    if kind == "digits from 1, sorted":
        y = np.sort(y) + 1
    return y, x


KINDS_OF_ROWS = ["digits", "noise", "masks", "black corners", "digits from 1, sorted"]


@pytest.mark.parametrize("kind", KINDS_OF_ROWS)
def test_a_table_without_a_header_has_its_labels_first_or_is_refused(tmp_path, kind):
    """UCI's optdigits have them last: then the first pixel would be the label, and the label a pixel."""
    y, x = rows_of(kind)
    path = tmp_path / "optdigits.csv"
    np.savetxt(path, np.column_stack([y, x]), "%d", delimiter=",")
    images = read_own(str(path), {"test": 0.25, "range": [0, int(x.max())]})
    assert images.data_set.classes == tuple(map(str, np.unique(y).tolist()))
    assert images.facts["what"] == "images (CSV, labels in the first column)"
    np.savetxt(path, np.column_stack([x, y]), "%d", delimiter=",")
    line = refuse(
        path, {"test": 0.25}, match=r"optdigits\.csv names no column of labels, and its last one, from . to "
    )
    assert "Name the columns in the first line: label" in line
    counted = ",".join(map(str, range(65)))  # as pandas writes a table without names
    path.write_text(f"{counted}\n{path.read_text()}")
    assert refuse(path, {"test": 0.25}, match=r"optdigits\.csv names no column of labels") == line
    np.savetxt(path, np.column_stack([x, y]), "%d", delimiter=",")
    names = ",".join([*(f"p{number}" for number in range(1, 65)), "label"])
    path.write_text(f"{names}\n{path.read_text()}")
    images = read_own(str(path), {"test": 0.25, "range": [0, int(x.max())]})
    assert images.data_set.classes == tuple(map(str, np.unique(y).tolist()))
    assert images.facts["what"] == "images (CSV, labels in column label)"


@pytest.mark.parametrize("name", ["diagnosis", "label"])
def test_the_only_name_among_numbers_is_that_of_the_labels(tmp_path, name):
    y, x = rows_of("digits")
    path = tmp_path / "a.csv"
    header = ",".join([*map(str, range(64)), name])
    np.savetxt(path, np.column_stack([x, y]), "%d", delimiter=",", header=header, comments="")
    images = read_own(str(path), {"test": 0.25, "range": [0, 16]})
    assert images.data_set.classes == tuple(map(str, np.unique(y).tolist()))
    assert images.facts["what"] == f"images (CSV, labels in column {name})"


@pytest.mark.parametrize("form", ["pixel{0}", "{1}x{2}"])
def test_pixels_are_in_the_order_of_their_names(tmp_path, form):
    """Programs sort names as text: pixel0, pixel1, pixel10, ..."""
    y, x = rows_of("digits")
    names = [form.format(pixel, pixel // 8 + 1, pixel % 8 + 1) for pixel in range(64)]
    order = np.argsort(names)
    settings = {"range": [0, 16]}
    for split, chosen in (("train", slice(0, 400)), ("test", slice(400, None))):
        columns = order if split == "train" else np.arange(64)
        header = ",".join(["label", *np.array(names)[columns]])
        rows = np.column_stack([y[chosen], x[chosen][:, columns]])
        np.savetxt(tmp_path / f"{split}.csv", rows, "%d", delimiter=",", header=header, comments="")
    images = read_own(str(tmp_path), settings)
    for split, chosen in (("train", slice(0, 400)), ("test", slice(400, None))):
        np.testing.assert_array_equal(images.x[split].reshape(-1, 64), (x[chosen] / 16).astype(np.float32))
    path = tmp_path / "test.csv"
    path.write_text(path.read_text().replace(f"{names[5]},", "other,", 1))
    refuse(tmp_path, settings, match="train.csv and test.csv name the columns of their pixels differently")


def test_names_of_rows_as_r_writes_them_are_refused(tmp_path):
    y, x = rows_of("digits")
    path = tmp_path / "a.csv"
    header = ",".join(["label", *(f"V{number}" for number in range(64))])
    rows = np.column_stack([np.arange(len(y)), y, x])
    np.savetxt(path, rows, "%d", delimiter=",", header=header, comments="")
    refuse(
        path, {"test": 0.25}, match="has rows of 66 cells, more than its first row has. If these are names"
    )


def test_missing_labels_of_r_are_no_class(tmp_path):
    y, x = rows_of("digits")
    rows = np.column_stack([np.where(y == 0, "NA", y.astype(str)), x.astype(str)])
    np.savetxt(
        tmp_path / "a.csv", rows, "%s", delimiter=",", header=",".join(["label", *"p" * 64]), comments=""
    )
    refuse(tmp_path / "a.csv", {"test": 0.25}, match="has the label NA, which R writes for a missing one")


@pytest.mark.parametrize("missing", ["N/A", "-1"])
def test_missing_labels_are_no_class(tmp_path, missing):
    y, x = rows_of("digits")
    path = tmp_path / "a.npz"
    labels = np.where(y == 0, missing, np.char.add("digit ", y.astype(str)))
    np.savez(path, x=x.astype(np.uint8).reshape(-1, 8, 8), y=labels)
    refuse(path, {"test": 0.25}, match=f"has the class '{missing}', which often stands for an empty cell")


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zip"])
def test_a_single_csv_file_may_be_packed(tmp_path, name):
    arrays = arrays_of()
    x, y = arrays["x_train"], arrays["y_train"]
    path = write_csv(tmp_path / name, x, y)
    images = read_own(str(path), {"test": 0.25})
    assert (images.data_set.train, images.data_set.test) == (9, 3)
    read = np.concatenate([images.x["train"], images.x["test"]])
    assert sorted(image.tobytes() for image in read) == sorted(image.tobytes() for image in x)
    assert source_files(str(path)) == [str(path)]


@pytest.mark.parametrize("shape", [[8, 12, 3], [3, 8, 12]])
def test_colours_of_a_table_lie_last_or_first(tmp_path, shape):
    moved = dict(COLOURED)
    if shape[0] == 3:
        moved |= {name: np.moveaxis(COLOURED[name], -1, 1) for name in ("x_train", "x_test")}
    tables(tmp_path, moved)
    assert_same(as_arrays(read_own(str(tmp_path), {"shape": shape})), COLOURED)
    refuse(tmp_path, match=r"images\.shape")
    refuse(tmp_path, {"shape": [9, 11]}, match="288")
    np.savez(tmp_path / "images.npz", **COLOURED)  # as a test set beside the table may be
    assert_same(as_arrays(read_own(str(tmp_path / "images.npz"), {"shape": shape})), COLOURED)
    refuse(tmp_path / "images.npz", {"shape": [12, 8, 3]}, match="so they are no rows of pixels")


def break_table(change):
    def write(folder):
        tables(folder, arrays_of(), ("train", "test"))
        path = folder / "train.csv"
        table = pd.read_csv(path, dtype=str)
        change(table)
        table.to_csv(path, index=False)

    return write


def set_cell(value):
    def change(table):
        table.iloc[5, 9] = value

    return change


def without_labels(folder):
    tables(folder, arrays_of(), ("train", "test"))
    pd.read_csv(folder / "test.csv").drop(columns="label").to_csv(folder / "test.csv", index=False)


def ragged(folder):
    tables(folder, arrays_of(), ("train", "test"))
    lines = (folder / "train.csv").read_text().splitlines()
    lines[6] = lines[6].rsplit(",", 3)[0]
    (folder / "train.csv").write_text("\n".join(lines))


BAD_TABLES = {
    "an empty cell": (break_table(set_cell(None)), "row (5|6|7)"),
    "text": (break_table(set_cell("dark")), "row (5|6|7)"),
    "infinite": (break_table(set_cell("inf")), "inf"),
    "an empty label": (
        break_table(lambda table: table.__setitem__("label", [None, *"01201201201"])),
        "empty cell",
    ),
    "no labels": (without_labels, "no labels"),
    "a short row": (ragged, r"train\.csv"),
}


@pytest.mark.parametrize("what", BAD_TABLES)
def test_tables_with_something_missing_are_refused(tmp_path, what):
    write, message = BAD_TABLES[what]
    write(tmp_path)
    refuse(tmp_path, match=message)


# --- MATLAB


@pytest.mark.parametrize("write", [write_mat, write_mat73])
@pytest.mark.parametrize("names", [("data", "label"), ("X", "y"), ("images", "labels")])
def test_unsplit_matlab_files(tmp_path, write, names):
    """mnist-original, SVHN's extra images, and a file of one's own."""
    x, y = (np.concatenate([COLOURED[f"{axis}_{split}"] for split in ("train", "test")]) for axis in "xy")
    arrays = {
        "data": (GREY["x_train"].reshape(12, -1).T, GREY["y_train"].astype(float)[None]),
        "X": tuple(as_svhn(x, y).values()),
        "images": (x, y.astype(np.int32)[:, None]),
    }[names[0]]
    path = write(tmp_path / "all.mat", dict(zip(names, arrays, strict=True)))
    images = read_own(str(path), {"test": 1 / 3, "shape": [8, 12] if names[0] == "data" else None})
    x, y = (GREY["x_train"], GREY["y_train"]) if names[0] == "data" else (x, y)
    read = {
        image.tobytes(): label
        for split in images.x
        for image, label in zip(images.x[split], images.y[split], strict=True)
    }
    assert read == {image.tobytes(): label for image, label in zip(x, y, strict=True)}


@pytest.mark.parametrize("write", [write_mat, write_mat73])
@pytest.mark.parametrize("shape", [(8, 12), (8, 12, 3), (16,)])
def test_matlab_axes_that_could_both_be_that_of_the_images_are_never_mixed_up(tmp_path, write, shape):
    """As many images as an image has rows: of colours, the axis of channels tells which is which."""
    x, y = arrays_of(shape, train=shape[0])["x_train"], np.arange(shape[0]) % 2
    path = write(tmp_path / "a.mat", {"X": np.moveaxis(x, 0, -1), "y": y[:, None]})
    if len(shape) < 3:
        refuse(path, {"test": 0.25, "shape": [4, 4] if shape == (16,) else None})
    else:
        images = read_own(str(path), {"test": 0.25})
        read = [*images.x["train"], *images.x["test"]]
        assert sorted(image.tobytes() for image in read) == sorted(image.tobytes() for image in x)


# --- NumPy


SPLIT_NAMES = [
    ("X_train", "y_train", "X_test", "y_test"),
    ("xtrain", "ytrain", "xtest", "ytest"),
    ("train_x", "train_y", "test_x", "test_y"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("x_train", "y_train", "x_val", "y_val"),
]


@pytest.mark.parametrize("names", SPLIT_NAMES, ids=" ".join)
@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_arrays_by_their_usual_names(tmp_path, names, kind):
    arrays = dict(zip(names, COLOURED.values(), strict=True))
    path = tmp_path / "cells.npz" if kind == "npz" else tmp_path
    if kind == "npz":
        np.savez(path, **arrays)
    else:
        for name, array in arrays.items():
            np.save(path / f"{name}.npy", array)
    assert_same(as_arrays(read_own(str(path))), COLOURED)


@pytest.mark.parametrize("names", [("x", "y"), ("X", "y"), ("images", "labels"), ("data", "target"), ()])
@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_unsplit_arrays_by_their_usual_names(tmp_path, names, kind):
    x, y = COLOURED["x_train"], COLOURED["y_train"]
    path = tmp_path / "cells.npz" if kind == "npz" else tmp_path
    if kind == "npz":
        np.savez(path, *(() if names else (x, y)), **dict(zip(names, (x, y), strict=False)))
    else:
        for name, array in zip(names or ("images", "labels"), (x, y), strict=True):
            np.save(path / f"{name}.npy", array)
    images = read_own(str(path), {"test": 0.25})
    assert np.bincount(images.y["train"]).tolist() == [3, 3, 3]
    numbers = [next(n for n in range(12) if np.array_equal(x[n], image)) for image in images.x["train"]]
    assert images.y["train"].tolist() == y[numbers].tolist()


@pytest.mark.parametrize("kind", ["npz", "npy"])
def test_x_and_y_beside_test_images_are_for_training(tmp_path, kind):
    arrays = dict(zip(("x", "y", "x_test", "y_test"), COLOURED.values(), strict=True))
    np.savez(tmp_path / "cells.npz", **arrays)
    path = tmp_path / "cells.npz"
    if kind == "npy":
        path = tmp_path / "cells"
        path.mkdir()
        for name, array in arrays.items():
            np.save(path / f"{name}.npy", array)
    assert_same(as_arrays(read_own(str(path))), COLOURED)


@pytest.mark.parametrize("shape", [(8, 12, 3), (8, 12), (8, 12, 1), (9, 3, 3), (8, 8)])
def test_channels_first_are_taken_where_they_have_one_meaning(tmp_path, shape):
    arrays = arrays_of(shape)
    first = {
        name: (array[:, None] if len(shape) == 2 else np.moveaxis(array, -1, 1)) if name[0] == "x" else array
        for name, array in arrays.items()
    }
    np.savez(tmp_path / "a.npz", **first)
    if shape == (9, 3, 3):  # three colours of 9 x 3 or images of 3 x 9: one is too small, and neither is said
        refuse(tmp_path / "a.npz")
    else:
        read = as_arrays(read_own(str(tmp_path / "a.npz")))
        expected = {name: array.reshape(read[name].shape) for name, array in arrays.items()}
        assert read["x_train"].shape[1:3] == shape[:2]
        assert_same(read, expected)


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", ">i4"])
def test_whole_numbers_of_any_type_to_255_are_bytes(tmp_path, dtype):
    arrays = arrays_of()
    if dtype == "int8":
        arrays |= {name: arrays[name] // 2 for name in ("x_train", "x_test")}
    np.savez(tmp_path / "a.npz", **{n: a.astype(dtype) if n[0] == "x" else a for n, a in arrays.items()})
    settings = {"range": [0, 255]} if dtype == "int8" else None
    images = read_own(str(tmp_path / "a.npz"), settings)
    assert images.data_set.dtype == "uint8"
    assert_same(as_arrays(images), arrays)


def test_more_than_8_bits_need_a_range(tmp_path):
    arrays = {n: a.astype(np.uint16) * 16 if n[0] == "x" else a for n, a in arrays_of().items()}
    np.savez(tmp_path / "a.npz", **arrays)
    refuse(tmp_path / "a.npz", match=r"images\.range: \[")
    images = read_own(str(tmp_path / "a.npz"), {"range": [0, 4095]})
    assert images.data_set.dtype == "float32"
    np.testing.assert_allclose(images.x["train"], arrays["x_train"] / 4095, atol=1e-6)


def test_booleans_are_black_and_white(tmp_path):
    arrays = {n: a > 127 if n[0] == "x" else a for n, a in arrays_of().items()}
    np.savez(tmp_path / "a.npz", **arrays)
    images = read_own(str(tmp_path / "a.npz"))
    white = 255 if images.data_set.dtype == "uint8" else 1
    assert_same(images.x, {split: arrays[f"x_{split}"] * white for split in images.x})


# --- what is done to images of every kind


@pytest.mark.parametrize("dtype", [bool, np.float32])
def test_images_of_booleans_are_resized_and_made_grey_as_floats(dtype):
    """Pixels at the edge of a shape become grey. Where all above 0 were white, the shape would grow."""
    square = np.zeros((1, 32, 32), dtype)
    square[:, 12:20, 12:20] = True
    array = resize_array(Array(square.dtype, square.shape, lambda: square), [16, 16], False)
    assert array.dtype == array.load().dtype == np.float32
    assert array.load().mean() == pytest.approx(1 / 16, abs=1e-3)
    colours = np.zeros((1, 4, 4, 3), dtype)
    colours[..., 0] = True
    grey = resize_array(Array(colours.dtype, colours.shape, lambda: colours), None, True).load()
    np.testing.assert_allclose(grey, np.full((1, 4, 4), 0.299), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_whole_numbers_of_a_small_range_are_resized_as_floats(tmp_path, dtype):
    masks = np.zeros((8, 32, 32), dtype)
    masks[:, 12:21, 12:21] = 1
    masks[:, 0, :8] = np.eye(8, dtype=dtype)
    path, y = tmp_path / "a.npz", [0, 1] * 4
    small = np.zeros((2, 16, 16), dtype)  # has the size already
    small[0, 0, 0] = small[1, 3, 3] = 1
    np.savez(path, x_train=masks, y_train=y, x_test=small, y_test=[0, 1])
    images = read_own(str(path), {"size": [16, 16], "range": [0, 1]})
    expected = resize_array(Array(np.dtype(bool), masks.shape, lambda: masks.astype(bool)), [16, 16], False)
    np.testing.assert_allclose(images.x["train"], expected.load(), atol=1e-6)
    np.testing.assert_array_equal(images.x["test"], small.astype(np.float32))


def test_pictures_of_many_sizes_are_resized_and_transposed(tmp_path):
    for number, (height, width) in enumerate([(40, 30), (60, 45), (80, 60)] * 4):
        ramp = np.linspace(0, 255, height).astype(np.uint8)[:, None].repeat(width, axis=1)
        folder = tmp_path / str(number % 2)
        folder.mkdir(exist_ok=True)
        Image.fromarray(ramp).save(folder / f"{number}.png")
    images = read_own(str(tmp_path), {"size": [12, 16], "transpose": True, "test": 0.25})
    assert images.data_set.shape == (12, 16)
    rows = images.x["train"][0].astype(int)
    assert (np.diff(rows, axis=1) > 0).all() and np.ptp(rows, axis=0).max() == 0


def test_files_of_two_splits_have_the_names_of_their_classes(tmp_path):
    """They may be in one file or in both, beside images for validation; both must have the same."""
    arrays = arrays_of()
    train, test = ({axis: arrays[f"{axis}_{split}"] for axis in ("x", "y")} for split in ("train", "test"))
    names = np.array(["cat", "dog", "owl"])
    whole = {"x_train": train["x"], "y_train": train["y"], "x_val": test["x"][:4], "y_val": test["y"][:4]}
    for first, second in (
        (train | {"classes": names}, test),
        (train, test | {"classes": names}),
        (whole | {"classes": names}, test | {"classes": names}),
    ):
        np.savez(tmp_path / "train.npz", **first)
        np.savez(tmp_path / "test.npz", **second)
        images = read_own(str(tmp_path))
        assert images.data_set.classes == tuple(names)
        assert_same(as_arrays(images), arrays)
    np.savez(tmp_path / "train.npz", **train, classes=names[::-1])
    refuse(tmp_path, match="train and test have another array classes each. Give both the same")


@pytest.mark.parametrize("kind", ["npz", "png"])
def test_transpose_exchanges_height_and_width(tmp_path, kind):
    path = folder_of(tmp_path, COLOURED)
    if kind == "npz":
        path = tmp_path / "a.npz"
        np.savez(path, **COLOURED)
    images = read_own(str(path), {"transpose": True})
    assert images.data_set.shape == (12, 8, 3)
    assert np.array_equal(images.x["train"], COLOURED["x_train"].swapaxes(1, 2))


def test_duplicates_are_dropped_from_training_and_counted_as_they_were(tmp_path):
    arrays = arrays_of(train=15)
    arrays["x_train"][3] = arrays["x_test"][0]  # of class 0 both
    arrays["x_train"][4] = arrays["x_test"][2]  # of classes 1 and 2
    arrays["x_train"][8] = arrays["x_train"][5]
    arrays["x_test"][5] = arrays["x_test"][1]
    np.savez(tmp_path / "a.npz", **arrays)
    kept = read_own(str(tmp_path / "a.npz"))
    dropped = read_own(str(tmp_path / "a.npz"), {"duplicates": "drop"})
    facts = {"test_in_training": 2, "repeated_in_training": 1, "repeated_in_test": 1, "other_class": 2}
    for images in (kept, dropped):
        assert {name: images.facts[name] for name in facts} == facts
    assert (kept.data_set.train, kept.facts.get("dropped", 0)) == (15, 0)
    assert (dropped.data_set.train, dropped.data_set.test, dropped.facts["dropped"]) == (12, 6, 3)
    rest = [number for number in range(15) if number not in (3, 4, 8)]
    assert_same(as_arrays(dropped), arrays | {n: arrays[n][rest] for n in ("x_train", "y_train")})


# --- anything else


def tar(path):
    L.save(path.with_name("cat.png"))
    with tarfile.open(path, "w") as archive:
        archive.add(path.with_name("cat.png"), "train/cat.png")


def zip_of_pictures(path):
    L.save(path.with_name("cat.png"))
    write_zip(path, [path.with_name("cat.png")])


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["pictures"] = GREY["x_train"]


OTHERS = {
    "a.pkl": (lambda path: path.write_bytes(pickle.dumps(GREY)), None),
    "a.pt": (lambda path: path.write_bytes(pickle.dumps(GREY)), None),
    "a.parquet": (lambda path: path.write_bytes(b"PAR1\x15\x04\x15\x10PAR1"), None),
    "a.h5": (hdf5, None),
    "a.tar": (tar, "cat.png"),
    "a.zip": (zip_of_pictures, "cat.png"),
    "a.txt": (lambda path: path.write_text("This is a letter.\n"), None),
    "a.docx": (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0"), None),
    "a.csv": (lambda path: path.write_text("name,age\nAnn,3\nBob,4\n"), "name"),
    "a.mat": (lambda path: write_mat(path, {"sinus": np.eye(3)}), "sinus"),
    "a.npz": (lambda path: np.savez(path, weights=np.eye(3)), "weights"),
    "a.gz": (lambda path: path.write_bytes(gzip.compress(b"hello")), None),
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_kinds_are_refused_with_what_is_read(tmp_path, name):
    write, holds = OTHERS[name]
    write(tmp_path / name)
    line = refuse(tmp_path / name, {"test": 0.2}, match=holds)
    if not holds:
        assert all(word in line for word in ("pictures", ".csv", ".npz", ".npy", ".mat", "IDX"))


# --- memory

PEAK = """
import sys
import h5py, numpy, pandas, PIL.Image, scipy.io
from inputs.own_images import read_own
def status(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))
before = status("VmRSS")
images = read_own(sys.argv[1], {"test": 0.2})
print((status("VmHWM") - before) / 1000, sum(x.nbytes for x in images.x.values()) / 1e6)
"""


def repeated(count):
    """Images of 28 x 28; the first pixels tell them apart."""
    x = np.resize(arrays_of((28, 28))["x_train"], (count, 28, 28))
    x[:, 0, :4] = np.arange(count, dtype="<u4").view(np.uint8).reshape(-1, 4)
    return x, np.arange(count) % 3


def large_csv(path):
    """Fewer than of the others, because text takes long, and the same rows again and again."""
    x, y = repeated(500)
    rows = [
        ",".join(map(str, [label, *row])) for label, row in zip(y, x.reshape(500, -1).tolist(), strict=True)
    ]
    path.write_text("\n".join(rows * 72))


def large_npz(path):
    x, y = repeated(64_000)
    np.savez(path, x=x, y=y)


def large_pictures(path):
    x = arrays_of((224, 224, 3))["x_train"]
    for label in range(3):
        (path / str(label)).mkdir(parents=True)
        for number in range(110):
            Image.fromarray(x[number % 12]).save(path / f"{label}/{number}.bmp")


LARGE = [("a.csv", large_csv, 28), ("a.npz", large_npz, 50), ("a", large_pictures, 50)]


@pytest.mark.parametrize(("name", "write", "megabytes"), LARGE)
def test_reading_takes_little_more_memory_than_the_images(tmp_path, name, write, megabytes):
    """25 MB more, which is half of 50 MB of images, and less than a copy of the fewer images of the table."""
    write(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / name)],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    peak, size = map(float, done.stdout.split())
    assert size == pytest.approx(megabytes, rel=0.02)
    assert 0.9 * size < peak < size + 25
