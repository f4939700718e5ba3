"""Images of the user's own: whatever their file, they are read as they are, or refused in one line."""

import gzip
import json
import pickle
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from sklearn.datasets import load_sample_images

from inputs.formats import open_arrays, passed_over, source_files
from inputs.idx import IDX_FILES
from inputs.own_images import describe, read_own

RANDOM = np.random.default_rng(1)


def arrays_read(path, *arguments):
    """The data set at this path and its arrays by name."""
    images = read_own(path, *arguments)
    splits = ("train", "test")
    arrays = {f"{axis}_{split}": getattr(images, axis)[split] for axis in "xy" for split in splits}
    return images.data_set, arrays


def arrays_of(shape=(8, 8), train=6, test=4, dtype=np.uint8):
    pixels = RANDOM.integers(0, 256, (train + test, *shape), np.uint8)
    pixels = pixels if dtype == np.uint8 else (pixels / 255).astype(dtype)
    labels = np.arange(train + test) % 2
    return {
        "x_train": pixels[:train],
        "y_train": labels[:train],
        "x_test": pixels[train:],
        "y_test": labels[train:],
    }


@pytest.fixture
def npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "cells.npz"
        np.savez_compressed(path, **{key: value for key, value in arrays.items() if value is not None})
        return str(path)

    return write


@pytest.mark.parametrize("shape", [(4, 4), (8, 5), (28, 28, 1), (32, 32, 3), (224, 224, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_npz_of_any_shape_and_kind_of_number(npz, shape, dtype):
    arrays = arrays_of(shape, dtype=dtype)
    path = npz(**arrays)
    data_set, read = arrays_read(path)
    assert describe(path)[0] == data_set
    assert (data_set.shape, data_set.train, data_set.test) == (shape, 6, 4)
    assert data_set.dtype == ("uint8" if dtype == np.uint8 else "float32") == read["x_train"].dtype
    assert (data_set.classes, data_set.noun) == (("0", "1"), "object")
    for key in ("x_train", "x_test"):
        assert np.array_equal(read[key], arrays[key].astype(read[key].dtype))
    assert np.array_equal(read["y_train"], arrays["y_train"])
    assert source_files(path) == [path]


@pytest.mark.parametrize(
    ("labels", "classes", "names", "numbers"),
    [
        ([30, 7, 8], None, ("7", "8", "30"), [2, 0, 1]),
        ([-1, 1, 1], None, ("-1", "1"), [0, 1, 1]),
        ([[2], [0], [1]], None, ("0", "1", "2"), [2, 0, 1]),
        ([[0, 0, 1], [1, 0, 0], [0, 1, 0]], None, ("0", "1", "2"), [2, 0, 1]),
        ([2.0, 0.0, 1.0], None, ("0", "1", "2"), [2, 0, 1]),
        ([True, False, True], None, ("0", "1"), [1, 0, 1]),
        ([b"dog", "cät".encode(), b"dog"], None, ("cät", "dog"), [1, 0, 1]),
        ([["dog"], ["cat"], ["dog"]], None, ("cat", "dog"), [1, 0, 1]),
        (["dog", "nan", "dog"], ["nan", "dog"], ("nan", "dog"), [1, 0, 1]),
        (["10", "9", "9"], None, ("9", "10"), [1, 0, 0]),
        (["1", "-1", "1"], None, ("-1", "1"), [1, 0, 1]),
        (["dog", "cat", "NA"], None, ("NA", "cat", "dog"), [2, 1, 0]),
        ([1, 0, 1], ["dog", "cat"], ("dog", "cat"), [1, 0, 1]),
        (["cat", "dog", "cat"], ["dog", "cat"], ("dog", "cat"), [1, 0, 1]),
    ],
)
def test_labels_are_numbers_of_their_classes(npz, labels, classes, names, numbers):
    labels = np.array(labels)
    x = arrays_of(train=3, test=3)
    given = {"classes": np.array(classes)} if classes else {}
    data_set, read = arrays_read(npz(**x | {"y_train": labels, "y_test": labels}, **given))
    assert data_set.classes == names
    assert read["y_train"].tolist() == read["y_test"].tolist() == numbers


def test_as_many_as_1000_classes(npz):
    x = arrays_of(train=1001, test=1001)
    labels = np.arange(1001) % 1000
    data_set, read = arrays_read(npz(**x | {"y_train": labels, "y_test": labels}, noun=np.array("leaf")))
    assert (len(data_set.classes), data_set.noun) == (1000, "leaf")
    assert read["y_train"].dtype == np.uint16
    assert np.array_equal(read["y_train"], labels)
    labels = np.arange(1001)
    with pytest.raises(ValueError, match="there are 1001 classes; allowed: 2 to 1000"):
        describe(npz(**x | {"y_train": labels, "y_test": labels}))


def with_pixel(value):
    images = arrays_of(dtype=np.float32)["x_train"]
    images[2, 3, 4] = value
    return images


BAD = {
    "missing array": ({"y_test": None}, r"there are images, but no labels for them \(no array y_test\)"),
    "other shapes": (
        {"x_test": np.zeros((4, 9, 8), np.uint8)},
        r"shape \(8, 8\), but those of x_test have \(9, 8\)\. .* set images\.size: \[8, 8\]",
    ),
    "other types": (
        {"x_test": RANDOM.random((4, 8, 8))},
        "x_train is uint8 and x_test is float64; they must have the same type",
    ),
    "class of test alone": (
        {"y_test": np.array([0, 1, 2, 0])},
        "y_test has the class 2, which y_train",
    ),
    "objects": ({"x_train": np.array([None])}, "x_train has Python objects, which are never read"),
    "objects as names": ({"classes": np.array(["a", None])}, "classes has Python objects"),
    "no images": ({"x_test": np.zeros((0, 8, 8), np.uint8)}, "x_test has no images"),
    "one class": ({"y_train": np.zeros(6, int), "y_test": np.zeros(4, int)}, "y_train has only one class"),
    "few labels": ({"y_train": np.arange(5)}, "y_train has 5 labels for 6 images; needed: one for each"),
    "rows of two labels": (
        {"y_train": np.ones((6, 2), int)},
        r"shape \(6, 2\); needed: one label for each image",
    ),
    "labels of halves": ({"y_train": np.arange(6) / 2}, "y_train has 0.5; allowed: whole numbers or text"),
    "labels that are missing": (
        {"y_train": np.array([0, 1, np.nan, 0, 1, 0])},
        "y_train has NaN, .* 1 times",
    ),
    "labels of -1": ({"y_test": np.array([0, 1, -1, -1])}, "y_test has the class -1, .* missing, 2 times"),
    "wrapped labels": (
        {"y_train": np.array([0, 1, 255, 0, 1, 0], np.uint8)},
        "y_train has the class 255, which is what uint8 makes of -1, 1 times",
    ),
    "names that are missing": (
        {"y_train": np.array(["a", "nan", "b", "a", "b", "a"]), "y_test": np.array(["a", "b", "a", "b"])},
        "y_train has the class 'nan', which often stands for an empty cell, 1 times.* `classes`",
    ),
    "text and numbers": (
        {"y_train": np.array(list("010101"))},
        "one of y_train and y_test is text and the other",
    ),
    "text that is none": (
        {"y_train": np.array([b"\xff"] * 6)},
        "y_train has bytes that are not UTF-8 text",
    ),
    "test images of one class": (
        {"y_test": np.zeros(4, int)},
        r"y_test has only one class \(0\); needed: two",
    ),
    "pandas' text": (
        {"y_train": np.array(["a"] * 6, object)},
        r"which are never read; .* y_train.astype\(str\)",
    ),
    "int64": (
        {"x_train": 16 * RANDOM.integers(0, 256, (6, 8, 8))},
        r"from 0 to 40\d\d as int64, .* set images\.range: \[0, 4095\]",
    ),
    "flat": (
        {"x_train": np.zeros((6, 63), np.uint8)},
        r"63 pixels for each image, which make no grey square\. Set images\.shape: \[height, width\]",
    ),
    "text as images": ({"x_train": np.full((6, 8, 8), "a")}, "x_train is <U1; allowed: numbers"),
    "four colours": (
        {"x_train": np.zeros((6, 8, 8, 4), np.uint8)},
        "allowed: .n, height, width., .n",
    ),
    "small": ({"x_train": np.zeros((6, 3, 8), np.uint8)}, "3 x 8 pixels; allowed: sides of 4 to 224 pixels"),
    "large": ({"x_train": np.zeros((6, 8, 225), np.uint8)}, "8 x 225 pixels; allowed: sides of 4 to 224"),
    "few names": ({"classes": np.array(["a"])}, "y_train has the class 1, which classes does not have"),
    "a name twice": ({"classes": np.array(["a", "a"])}, "classes has the same name twice"),
    "names of numbers": ({"classes": np.arange(2)}, "classes is not a list of text"),
    "name without text": ({"classes": np.array(["a", " "])}, "the name of a class is ' '; allowed: 1 to 60"),
    "noun of two lines": ({"noun": np.array("a\nb")}, r"noun is 'a\\nb'; allowed: 1 to 60 printable"),
    "noun with markup": ({"noun": np.array("$x$")}, "noun is '.x.'; allowed: letters, digits, spaces"),
    "noun of numbers": ({"noun": np.array(3)}, "noun is not a single text"),
}
BAD_PIXELS = {
    "NaN": (np.nan, "x_train has NaN, which is not a number, in image 2"),
    "infinite": (np.inf, "x_train has values from .* to inf; allowed: finite numbers"),
    "above 1": (1.5, "x_train has values from .* to 1.5"),
    "below 0": (-0.5, "x_train has values from -0.5 to"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_data_is_told_from_headers_and_labels_in_one_line(npz, what):
    changed, message = BAD[what]
    with pytest.raises(ValueError, match=message) as raised:
        describe(npz(**arrays_of() | changed))
    assert "\n" not in str(raised.value)


def test_classes_that_the_first_images_lack_are_told(npz):
    """Images that are sorted by class."""
    labels = {"y_train": np.array([0, 0, 1, 1, 2, 2]), "y_test": np.array([0, 1, 2, 0])}
    path = npz(**arrays_of() | labels)
    assert describe(path, {"train": 5, "test": 2})[0].train == 6
    with pytest.raises(ValueError, match=r"first 4 labels of y_train .* not include the class 2\. Use more"):
        describe(path, {"train": 4, "test": None})
    with pytest.raises(ValueError, match=r"first 4 labels of y_train"):
        read_own(path, {"train": 4, "test": 4})


def test_other_members_of_an_npz_file_are_passed_over(npz):
    path = npz(**arrays_of(), about=np.array([None]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", "hello")
        archive.writestr("data/", "")
    assert describe(path)[0].train == 6


def test_damaged_headers_are_told_in_one_line(npz):
    path = npz(**arrays_of())
    with zipfile.ZipFile(path) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    for old, new in ((b"{'descr'", b"{(descr'"), (b"NUMPY", b"NUMPI")):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in arrays.items():
                archive.writestr(name, data.replace(old, new, 1) if name == "x_test.npy" else data)
        with pytest.raises(ValueError, match=r"x_test has no readable header: ") as raised:
            describe(path)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("what", BAD_PIXELS)
def test_bad_pixels_are_told_in_one_line(npz, what):
    value, message = BAD_PIXELS[what]
    path = npz(**arrays_of(dtype=np.float32) | {"x_train": with_pixel(value)})
    with pytest.raises(ValueError, match=message):
        read_own(path)


def test_what_is_no_npz_file_is_refused(tmp_path):
    for name, data, said in (
        ("text.npz", b"hello", "its format is not supported"),
        ("empty.npz", b"", "it is empty"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=said):
            describe(str(tmp_path / name))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", [(28, 28), (9, 12), (16, 16, 3)])
def test_idx_files_of_any_size(tmp_path, shape, packed):
    arrays = arrays_of(shape)
    for key, name in IDX_FILES.items():
        array = arrays[key].astype(np.uint8)
        data = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()
        path = tmp_path / (name + ".gz" * packed)
        path.write_bytes(gzip.compress(data) if packed else data)
    data_set, read = arrays_read(str(tmp_path))
    assert data_set.shape == shape
    for key, array in arrays.items():
        assert np.array_equal(read[key], array)
    assert len(source_files(str(tmp_path))) == 4


@pytest.fixture
def png_folder(tmp_path):
    """Patches of two real photographs, 6 + 4, by split and class."""
    for name, photo in zip(("china", "flower"), load_sample_images().images, strict=True):
        for number in range(5):
            folder = tmp_path / ("train" if number < 3 else "test") / name
            folder.mkdir(parents=True, exist_ok=True)
            patch = photo[:32, 32 * number : 32 * number + 32]
            Image.fromarray(patch).save(folder / f"{number}.png")
    return tmp_path


def test_folder_of_png_images_in_turn_from_each_class(png_folder):
    (png_folder / "train/.hidden").write_text("not an image")
    data_set, read = arrays_read(str(png_folder))
    assert describe(str(png_folder))[0] == data_set
    assert (data_set.classes, data_set.shape) == (("china", "flower"), (32, 32, 3))
    assert read["y_train"].tolist() == [0, 1, 0, 1, 0, 1]
    photos = load_sample_images().images
    assert np.array_equal(read["x_train"][3], photos[1][:32, 32:64])
    files = source_files(str(png_folder))
    assert len(files) == 10
    assert files[1].endswith("train/flower/0.png")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_png_images_of_any_depth_are_grey_or_rgb(png_folder, mode):
    for path in png_folder.glob("*/*/*.png"):
        with Image.open(path) as image:
            image.convert(mode).save(path)
    expected = (32, 32) if mode in "1L" else (32, 32, 3)
    data_set, read = arrays_read(str(png_folder))
    assert data_set.shape == expected == read["x_train"].shape[1:]
    assert read["x_train"].std() > 1


def png_header(width, height, bits, colour):
    """The first bytes of a PNG file: its signature and its first chunk."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + bytes([bits, colour, 0, 0, 0])


def save(image):
    return lambda path: image.save(path)


BAD_IMAGES = {
    "other size": (
        save(Image.new("RGB", (31, 32))),
        r"has 32 x 31 pixels, but most have 32 x 32\. To resize all of them, set images\.size: \[31, 31\]",
    ),
    "alpha": (save(Image.new("RGBA", (32, 32))), "cannot be used: it is transparent. Give it a background"),
    "16 bits": (
        save(Image.new("I;16", (32, 32))),
        "cannot be used: it has 16 bits; allowed: grey",
    ),
    "16 bits of RGB": (
        lambda path: path.write_bytes(png_header(32, 32, 16, 2)),
        "cannot be used: it has 16 bits; allowed: grey",
    ),
    "huge": (
        save(Image.new("1", (20_000, 20_000))),
        "cannot be used: it has 20000 x 20000 pixels; allowed: 50 million",
    ),
    "large": (
        save(Image.new("L", (5000, 32))),
        "has 32 x 5000 pixels, but most have 32 x 32",
    ),
    "text": (lambda path: path.write_text("hello"), "cannot be used: it is no picture, or it is damaged"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:300]), "cannot be used"),
}


@pytest.mark.parametrize("what", BAD_IMAGES)
def test_bad_png_is_named_in_one_line(png_folder, what):
    break_it, message = BAD_IMAGES[what]
    break_it(png_folder / "train/flower/2.png")
    with pytest.raises(ValueError, match=f"train/flower/2.png {message}"):
        read_own(str(png_folder))


def test_what_lies_beside_the_images_is_passed_over_and_named(png_folder):
    """What systems and people leave in a folder; a folder without images."""
    before = arrays_read(str(png_folder))
    for name in ("Thumbs.db", "train/labels.csv", "train/china/desktop.ini", "test/.DS_Store"):
        (png_folder / name).write_text("no image")
    for name in ("val/china", "train/empty"):
        (png_folder / name).mkdir(parents=True)
    after = arrays_read(str(png_folder))
    assert after[0] == before[0]
    assert all(np.array_equal(after[1][name], before[1][name]) for name in before[1])
    assert passed_over(str(png_folder)) == [
        *("Thumbs.db", "val/", "train/china/desktop.ini"),
        *("train/empty/, which has no images", "train/labels.csv"),
    ]


@pytest.mark.parametrize("names", [("Train", "Test"), ("training", "testing"), ("TRAINING", "test")])
def test_train_and_test_by_their_other_names(png_folder, names):
    expected = arrays_read(str(png_folder))
    for old, new in zip(("train", "test"), names, strict=True):
        (png_folder / old).rename(png_folder / new)
    found = arrays_read(str(png_folder))
    assert found[0] == expected[0]
    assert np.array_equal(found[1]["x_test"], expected[1]["x_test"])


def test_wrong_folders_of_png_images_are_refused(png_folder):
    (png_folder / "train/china/0.jpg").write_text("")
    with pytest.raises(
        ValueError, match=r"train/china/0\.jpg cannot be used: it is no picture, or it is damaged"
    ):
        describe(str(png_folder))
    (png_folder / "train/china/0.jpg").unlink()
    (png_folder / "Train").mkdir()
    with pytest.raises(ValueError, match=r"Train/ and train/ could both be train/. Remove one of them"):
        describe(str(png_folder))
    (png_folder / "Train").rmdir()
    (png_folder / "test").rename(png_folder / "tests")
    with pytest.raises(ValueError, match="there is no folder test/ with a folder of images for each class"):
        describe(str(png_folder))
    with pytest.raises(ValueError, match=r"there are no test images\. .* set images\.test: 0\.2"):
        describe(str(png_folder / "train"))


def test_a_class_may_be_called_train(png_folder):
    (png_folder / "train/flower").rename(png_folder / "train/train")
    data_set, _ = arrays_read(str(png_folder / "train"), {"test": 0.3})
    assert data_set.classes == ("china", "train")


def test_a_picture_is_read_as_a_viewer_shows_it(png_folder):
    """Turned as its EXIF says, of cameras; grey where its palette is."""
    path = png_folder / "train/china/0.png"
    with Image.open(path) as image:
        straight = np.asarray(image)
        exif = image.getexif()
        exif[0x0112] = 6  # the top is on the right: turn it by 270 degrees
        image.save(path, exif=exif)
    read = read_own(str(png_folder)).x["train"][0]
    assert np.array_equal(read, np.rot90(straight, 3))
    for path in png_folder.glob("*/*/*.png"):
        with Image.open(path) as image:
            image.convert("L").convert("P").save(path)
    data_set, read = arrays_read(str(png_folder))
    assert data_set.shape == (32, 32)
    assert read["x_train"].std() > 1


def test_a_folder_of_nothing_known_is_refused_with_what_is_there(tmp_path):
    (tmp_path / "digits.pkl").touch()
    (tmp_path / "more").mkdir()
    said = r"it contains digits\.pkl, more/\. What is read: a folder of pictures"
    with pytest.raises(ValueError, match=said):
        open_arrays(str(tmp_path))


UNKNOWN = r"its format is not supported\. .* What is read: a folder of pictures"
OTHER_FILES = {
    "digits.csv": (
        lambda path: path.write_text("label,pixel0\n1,0\n"),
        "digits.csv has the columns label, pixel0; needed: a label and the pixels",
    ),
    "digits.npy": (
        lambda path: np.save(path, np.zeros((3, 8, 8))),
        r"no labels for them \(no array y\)\. Give a folder with x\.npy and y\.npy",
    ),
    "digits.pkl": (lambda path: path.write_bytes(pickle.dumps([1])), UNKNOWN),
    "digits.mat": (
        lambda path: savemat(path, {"mean": np.eye(3)}),
        "it contains mean; needed: arrays such as",
    ),
    "images.zip": (
        lambda path: zipfile.ZipFile(path, "w").writestr("cat/1.png", b""),
        r"it is an archive with cat/1\.png\. Unpack it, and give the folder",
    ),
    "medmnist.npz": (
        lambda path: np.savez(path, train_images=np.zeros(3), train_labels=np.zeros(3)),
        r"x has the shape \(3,\); allowed",
    ),
    "cut.npz": (
        lambda path: (np.savez(path, **arrays_of()), path.write_bytes(path.read_bytes()[:-100])),
        "it is truncated or damaged",
    ),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_files_of_other_formats_are_told_what_is_read(tmp_path, name):
    write, said = OTHER_FILES[name]
    write(tmp_path / name)
    with pytest.raises(ValueError, match=said):
        read_own(str(tmp_path / name))


IDX_NAMES = [
    ("{}-images.idx3-ubyte", "{}-labels.idx1-ubyte", "t10k"),  # of Kaggle
    ("emnist-letters-{}-images-idx3-ubyte", "emnist-letters-{}-labels-idx1-ubyte", "test"),
    ("{}-images-idx3-ubyte", "{}-labels-idx1-int", "test"),
]


@pytest.mark.parametrize("names", IDX_NAMES)
@pytest.mark.parametrize("code", [(8, ">u1"), (12, ">i4")])
def test_idx_files_by_other_names_and_labels_of_other_types(tmp_path, names, code):
    arrays = arrays_of((8, 8))
    for split, name in (("train", "train"), ("test", names[2])):
        for axis, pattern in zip("xy", names[:2], strict=True):
            number, dtype = (8, ">u1") if axis == "x" else code
            array = arrays[f"{axis}_{split}"]
            data = bytes([0, 0, number, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (tmp_path / pattern.format(name)).write_bytes(data + array.astype(dtype).tobytes())
    _, read = arrays_read(str(tmp_path))
    assert all(np.array_equal(read[name], arrays[name]) for name in arrays)


def test_two_idx_files_that_could_both_be_meant_are_refused(tmp_path):
    for name in ("train-images-idx3-ubyte", "emnist-train-images-idx3-ubyte"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"could both be x_train. Remove one of them"):
        open_arrays(str(tmp_path))


def images_from(low, high, dtype, low_test=None, high_test=None):
    """Arrays whose pixels go from low to high, and those of the test images from low_test to high_test."""
    arrays = arrays_of(dtype=np.float64)
    for name, black, white in (("x_train", low, high), ("x_test", low_test or low, high_test or high)):
        x = arrays[name]
        x = (x - x.min()) / (x.max() - x.min()) * (white - black) + black
        arrays[name] = np.rint(x).astype(dtype) if dtype == np.uint8 else x.astype(dtype)
    return arrays


# What was found, the key that means it, and what it means.
RANGES = {
    "a mask": (
        images_from(0, 1, np.uint8),
        "from 0 to 1. White is 255, so .* nearly black.* images.range: .0, 1.",
        [0, 1],
    ),
    "17 grey levels": (images_from(0, 16, np.uint8), r"from 0 to 16\. .* images.range: .0, 16., or", [0, 16]),
    "divided twice": (
        images_from(0, 1 / 255, np.float32),
        r"from 0 to 0.00392157\. White is 1, so the images would be nearly black",
        [0, 1 / 255],
    ),
    "floats to 255": (
        images_from(0, 255, np.float32),
        r"from 0 to 255; .* set images.range: \[0, 255\]",
        [0, 255],
    ),
    "from -1": (images_from(-1, 1, np.float64), r"from -1 to 1; .* set images.range: \[-1, 1\]", [-1, 1]),
    "standardised": (
        images_from(-0.42, 2.8, np.float32),
        r"from -0.42 to 2.8; .* set images.range: \[-0.42, 2.8\]",
        [-0.42, 2.8],
    ),
}


@pytest.mark.parametrize("what", RANGES)
def test_pixels_in_a_range_that_cannot_be_meant_are_refused_and_the_key_means_it(npz, what):
    arrays, said, meant = RANGES[what]
    path = npz(**arrays)
    with pytest.raises(ValueError, match=said) as refused:
        read_own(path)
    assert "\n" not in str(refused.value)
    images = read_own(path, {"range": meant})
    assert images.data_set.dtype == images.x["train"].dtype == np.float32
    assert (images.x["train"].min(), images.x["train"].max()) == pytest.approx((0, 1), abs=1e-3)
    expected = (arrays["x_test"].astype(float) - meant[0]) / (meant[1] - meant[0])
    np.testing.assert_allclose(images.x["test"], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("high", "proposed"),
    [(1.0001, "[0.0, 1.001]"), (15.94, "[0.0, 15.94]"), (100, "[0.0, 100.0]"), (250, "[0, 255]")],
)
def test_the_range_that_is_proposed_is_one_that_the_pixels_fill_and_is_taken(npz, high, proposed):
    path = npz(**images_from(0, high, np.float64))
    with pytest.raises(ValueError, match=r"set images\.range: ") as refused:
        read_own(path)
    assert str(refused.value).endswith(f"set images.range: {proposed}")
    assert read_own(path, {"range": json.loads(proposed)}).x["train"].max() > 0.95


@pytest.mark.parametrize(
    ("dtype", "low", "high", "proposed"),
    [
        ("int8", -128, 127, "[-128, 127]"),
        ("int16", -128, 127, "[-128, 127]"),
        ("int16", -1024, 3071, "[-1024, 3071]"),
        ("int16", -32768, 32767, "[-32768, 32767]"),
        ("int32", 0, 70000, "[0, 70000]"),
        ("float32", -0.5, 0.5, "[-0.5, 0.5]"),
        ("float32", -0.4, 0.45, "[-0.5, 0.5]"),
        ("float32", -0.8, 0.6, "[-1, 1]"),
        ("float32", 0, 65535, "[0, 65535]"),
        ("float64", 0, 65000, "[0, 65535]"),
        ("float32", 0, 16383, "[0.0, 16383.0]"),
    ],
)
def test_the_range_that_is_proposed_is_that_of_the_type(npz, dtype, low, high, proposed):
    path = npz(**images_from(low, high, dtype))
    with pytest.raises(ValueError, match=r"set images\.range: ") as refused:
        read_own(path)
    assert str(refused.value).endswith(f"set images.range: {proposed}")
    assert read_own(path, {"range": json.loads(proposed)}).x["train"].max() > 0.7


def test_whole_numbers_of_one_type_may_differ_in_how_bright_they_are(npz):
    """Test images up to 250 fit uint8, and training images up to 300 do not."""
    arrays = images_from(0, 300, np.uint16, 0, 250)
    images = read_own(npz(**arrays), {"range": [0, 300]})
    for split, x in images.x.items():
        assert x.dtype == np.float32
        np.testing.assert_allclose(x, arrays[f"x_{split}"] / 300, atol=1e-6)


def test_dark_images_can_be_meant(npz):
    arrays = images_from(0, 60, np.uint8)
    images = read_own(npz(**arrays), {"range": [0, 255]})
    assert images.x["train"].dtype == np.uint8
    assert np.array_equal(images.x["train"], arrays["x_train"])


@pytest.mark.parametrize(
    ("arrays", "meant"),
    [
        (images_from(0, 255, np.uint8, 0, 1), [0, 255]),
        (images_from(0, 255, np.float32, 0, 1), [0, 255]),
        (images_from(0, 1, np.float32, 0, 1 / 255), [0, 1]),
    ],
)
def test_training_and_test_images_have_one_range(npz, arrays, meant):
    with pytest.raises(
        ValueError, match=r"x_train has values from 0 to .* and x_test has .*\. Give both the same"
    ):
        read_own(npz(**arrays), {"range": meant})
    with pytest.raises(ValueError, match=r"x_test has values from 0 to|x_train has values from 0 to 255"):
        read_own(npz(**arrays))


def test_images_that_show_nothing_are_refused(npz):
    arrays = arrays_of()
    black = {"x_test": np.zeros((4, 8, 8), np.uint8)}
    with pytest.raises(ValueError, match="all pixels of x_test are 0: its images show nothing"):
        read_own(npz(**arrays | black))
    with pytest.raises(ValueError, match="the 6 images of x_train are identical"):
        read_own(npz(**arrays | {"x_train": np.repeat(arrays["x_train"][:1], 6, axis=0)}))


def test_first_images_of_one_class_are_refused_for_testing_too(npz):
    path = npz(**arrays_of() | {"y_test": np.array([1, 1, 1, 0])})
    assert read_own(path, {"train": None, "test": 4}).data_set.test == 4
    with pytest.raises(
        ValueError, match=r"first 3 labels of y_test .images\.test. are all of the class 1\. Use more"
    ):
        read_own(path, {"train": None, "test": 3})


def test_images_that_are_there_twice_are_counted(npz):
    """Of training in test, with its class and another one; within a split; of those that are used."""
    arrays = arrays_of(train=8, test=6)
    arrays["x_test"][0] = arrays["x_train"][0]  # of class 0, as there
    arrays["x_test"][1] = arrays["x_train"][2]  # of class 1, where it has class 0 in training
    arrays["x_train"][7] = arrays["x_train"][1]  # of class 1 both
    arrays["x_test"][5] = arrays["x_test"][3]
    counts = {"test_in_training": 2, "repeated_in_training": 1, "repeated_in_test": 1, "other_class": 1}
    found = read_own(npz(**arrays)).facts
    assert found["dropped"] == 0
    assert {name: found[name] for name in counts} == counts
    dropped = read_own(npz(**arrays), {"duplicates": "drop"})
    assert dropped.facts == found | {"dropped": 3, "of_class": dropped.facts["of_class"]}
    assert np.array_equal(dropped.x["train"], arrays["x_train"][[1, 3, 4, 5, 6]])
    assert dropped.y["train"].tolist() == [1, 1, 0, 1, 0]
    assert dropped.data_set.train == 5
    assert np.array_equal(dropped.x["test"], arrays["x_test"])
    found = read_own(npz(**arrays), {"train": 7, "test": 2}).facts
    assert (found["test_in_training"], found["repeated_in_training"], found["other_class"]) == (2, 0, 1)


def test_of_images_sorted_by_class_duplicates_are_dropped_before_they_are_counted(npz):
    """The first 90 of the 100 are of one class; the first 90 of those that stay are not."""
    random = np.random.default_rng(1)
    x = random.integers(0, 256, (100, 8, 8), dtype=np.uint8)
    x[:10] = x[10:20]
    y = np.repeat([0, 1], [92, 8])
    arrays = {"x_train": x, "y_train": y, "x_test": x[-9:] ^ 1, "y_test": y[-9:]}
    images = read_own(npz(**arrays), {"duplicates": "drop", "train": 90})
    assert (images.data_set.train, images.facts["dropped"]) == (90, 10)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_images_of_two_ranges_in_one_array_are_refused(npz, dtype):
    arrays = arrays_of(train=40, test=20, dtype=dtype)
    arrays["x_train"][::4] = (
        arrays["x_train"][::4] // 255 if dtype == np.uint8 else arrays["x_train"][::4] / 255
    )
    arrays["x_train"][1] = 0  # black, which says nothing of the range
    arrays["x_train"][::4, 0, 0] = 1 if dtype == np.uint8 else 1 / 256
    with pytest.raises(
        ValueError, match=r"10 of the 40 images of x_train have no pixel above .* the same range"
    ):
        read_own(npz(**arrays))
    white = 255 if dtype == np.uint8 else 1
    assert read_own(npz(**arrays), {"range": [0, white]}).data_set.train == 40
