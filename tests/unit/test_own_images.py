"""Images of the user's own: whatever their file, they are read as they are, or refused in one line."""

import gzip
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from experiment.formats import IDX_FILES, open_arrays, source_files
from experiment.own_images import describe, read_own

RANDOM = np.random.default_rng(1)


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
    data_set, read = read_own(path)
    assert describe(path) == data_set
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
        ([3, 7, -1], None, ("-1", "3", "7"), [1, 2, 0]),
        (["10", "9", "9"], None, ("9", "10"), [1, 0, 0]),
        (["dog", "cat", "NA"], None, ("NA", "cat", "dog"), [2, 1, 0]),
        ([1, 0, 1], ["dog", "cat"], ("dog", "cat"), [1, 0, 1]),
        (["cat", "dog", "cat"], ["dog", "cat"], ("dog", "cat"), [1, 0, 1]),
    ],
)
def test_labels_are_numbers_of_their_classes(npz, labels, classes, names, numbers):
    labels = np.array(labels)
    x = arrays_of(train=3, test=3)
    given = {"classes": np.array(classes)} if classes else {}
    data_set, read = read_own(npz(**x | {"y_train": labels, "y_test": labels}, **given))
    assert data_set.classes == names
    assert read["y_train"].tolist() == read["y_test"].tolist() == numbers


def test_as_many_as_1000_classes(npz):
    x = arrays_of(train=1001, test=1001)
    labels = np.arange(1001) % 1000
    data_set, read = read_own(npz(**x | {"y_train": labels, "y_test": labels}, noun=np.array("leaf")))
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
    "missing array": ({"y_test": None}, "there is no array y_test; needed: x_train, y_train, x_test, y_test"),
    "other shapes": (
        {"x_test": np.zeros((4, 9, 8), np.uint8)},
        r"uint8 \(8, 8\), but those of x_t",
    ),
    "other types": ({"x_test": np.zeros((4, 8, 8))}, "they must be alike"),
    "class of test alone": (
        {"y_test": np.array([0, 1, 2, 0])},
        "y_test has the class 2, which y_train",
    ),
    "objects": ({"x_train": np.array([None])}, "x_train holds Python objects, which are never read"),
    "objects as names": ({"classes": np.array(["a", None])}, "classes holds Python objects"),
    "no images": ({"x_test": np.zeros((0, 8, 8), np.uint8)}, "x_test has no images"),
    "one class": ({"y_train": np.zeros(6, int), "y_test": np.zeros(4, int)}, "y_train has one class only"),
    "few labels": ({"y_train": np.arange(5)}, "y_train has 5 labels for 6 images; needed: one for each"),
    "one-hot labels": ({"y_train": np.eye(6, dtype=int)}, r"y_train has the shape \(6, 6\) for 6 images"),
    "labels of floats": ({"y_train": np.arange(6.0)}, "y_train is float64; allowed: whole numbers or text"),
    "int64": ({"x_train": np.zeros((6, 8, 8), int)}, "x_train is int64; allowed: uint8, or float"),
    "flat": (
        {"x_train": np.zeros((6, 64), np.uint8)},
        r"the shape \(6, 64\); allowed: \(n, height",
    ),
    "four colours": (
        {"x_train": np.zeros((6, 8, 8, 4), np.uint8)},
        "allowed: .n, height, width., .n",
    ),
    "small": ({"x_train": np.zeros((6, 3, 8), np.uint8)}, "3 x 8 pixels; allowed: sides of 4 to 224 pixels"),
    "large": ({"x_train": np.zeros((6, 8, 225), np.uint8)}, "8 x 225 pixels; allowed: sides of 4 to 224"),
    "few names": ({"classes": np.array(["a"])}, "y_train has the class 1, which classes does not have"),
    "a name twice": ({"classes": np.array(["a", "a"])}, "classes has a name twice"),
    "names of numbers": ({"classes": np.arange(2)}, "classes is not a list of text"),
    "name without text": ({"classes": np.array(["a", " "])}, "the name of a class is ' '; allowed: 1 to 60"),
    "noun of two lines": ({"noun": np.array("a\nb")}, r"noun is 'a\\nb'; allowed: 1 to 60 printable"),
    "noun with markup": ({"noun": np.array("$x$")}, "noun is '.x.'; allowed: letters, digits, spaces"),
    "noun of numbers": ({"noun": np.array(3)}, "noun is not one text"),
}
BAD_PIXELS = {
    "NaN": (np.nan, "x_train has NaN, which is no number, in image 2"),
    "infinite": (np.inf, "x_train has values from .* to inf; allowed: from 0 to 1"),
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
    assert describe(path, {"train": 5, "test": 1}).train == 6
    with pytest.raises(ValueError, match=r"first 4 images of y_train .* none of the class 2; use more"):
        describe(path, {"train": 4, "test": None})
    with pytest.raises(ValueError, match=r"first 4 images of y_train"):
        read_own(path, {"train": 4, "test": 4})


def test_other_members_of_an_npz_file_are_passed_over(npz):
    path = npz(**arrays_of(), about=np.array([None]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.txt", "hello")
        archive.writestr("data/", "")
    assert describe(path).train == 6


def test_damaged_headers_are_told_in_one_line(npz):
    path = npz(**arrays_of())
    with zipfile.ZipFile(path) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    for old, new in ((b"{'descr'", b"{(descr'"), (b"NUMPY", b"NUMPI")):
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in arrays.items():
                archive.writestr(name, data.replace(old, new, 1) if name == "x_test.npy" else data)
        with pytest.raises(ValueError, match=r"^x_test has no header that can be read: ") as raised:
            describe(path)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("what", BAD_PIXELS)
def test_bad_pixels_are_told_in_one_line(npz, what):
    value, message = BAD_PIXELS[what]
    path = npz(**arrays_of(dtype=np.float32) | {"x_train": with_pixel(value)})
    describe(path)  # which reads no images
    with pytest.raises(ValueError, match=message):
        read_own(path)


def test_what_is_no_npz_file_is_refused(tmp_path):
    for name, data in {"text.npz": b"hello", "empty.npz": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match="not a zip file"):
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
    data_set, read = read_own(str(tmp_path))
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
    data_set, read = read_own(str(png_folder))
    assert describe(str(png_folder)) == data_set
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
    data_set, read = read_own(str(png_folder))
    assert data_set.shape == expected == read["x_train"].shape[1:]
    assert read["x_train"].std() > 1


def png_header(width, height, bits, colour):
    """The first bytes of a PNG file: its signature and its first chunk."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + bytes([bits, colour, 0, 0, 0])


def save(image):
    return lambda path: image.save(path)


BAD_IMAGES = {
    "other size": (save(Image.new("RGB", (31, 32))), r"has the shape \(32, 31, 3\), but the first image has"),
    "grey": (save(Image.new("L", (32, 32))), r"has the shape \(32, 32\), but"),
    "alpha": (save(Image.new("RGBA", (32, 32))), "cannot be used: it is RGBA; allowed: grey or RGB"),
    "16 bits": (
        save(Image.new("I;16", (32, 32))),
        "cannot be used: it has 16 bits; allowed: grey",
    ),
    "16 bits of RGB": (
        lambda path: path.write_bytes(png_header(32, 32, 16, 2)),
        "cannot be used: it has 16 bits; allowed: grey",
    ),
    "huge": (
        lambda path: path.write_bytes(png_header(20_000, 20_000, 8, 0)),
        "cannot be used: it has 20000 x 20000 pixels",
    ),
    "large": (
        save(Image.new("L", (5000, 32))),
        "cannot be used: it has 32 x 5000 pixels",
    ),
    "text": (lambda path: path.write_text("hello"), "cannot be used: cannot identify"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:300]), "cannot be used"),
    "jpeg": (lambda path: Image.new("RGB", (32, 32)).save(path, "JPEG"), "cannot be used: cannot identify"),
}


@pytest.mark.parametrize("what", BAD_IMAGES)
def test_bad_png_is_named_in_one_line(png_folder, what):
    break_it, message = BAD_IMAGES[what]
    break_it(png_folder / "train/flower/2.png")
    with pytest.raises(
        ValueError, match=f"train/flower/2.png {message}" if "has the" in message else message
    ):
        read_own(str(png_folder))


def test_wrong_folders_of_png_images_are_refused(png_folder):
    (png_folder / "train/china/notes.txt").write_text("")
    with pytest.raises(ValueError, match=r"train/china/notes\.txt is not a PNG file"):
        describe(str(png_folder))
    (png_folder / "train/china/notes.txt").rename(png_folder / "test/notes.txt")
    with pytest.raises(ValueError, match=r"test/notes\.txt is not a folder of images of one class"):
        describe(str(png_folder))
    (png_folder / "test").rename(png_folder / "tests")
    with pytest.raises(ValueError, match="there is no folder test/ with a folder of images for each class"):
        describe(str(png_folder))


def test_a_folder_of_nothing_known_is_refused(tmp_path):
    with pytest.raises(ValueError, match="train-images-idx3-ubyte"):
        open_arrays(str(tmp_path))
