"""Test sets of people's own: read with the right pixels and labels, or refused in one line with a remedy."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter, rotate

from control.configuration import check_config
from control.images import find_images
from control.test_sets import complete_sets, find_sets, say_sets
from inputs.datasets import KNOWN, DataSet
from inputs.formats import source_files
from inputs.own_images import SETTINGS
from inputs.test_sets import Originals, likeness, read_set

ROOT = Path(__file__).parents[2]

SAMPLE = ROOT / "tests/data/mnist_sample.npz"
DIGITS = DataSet("digit", tuple("0123456789"), (28, 28), 600, 200)
ANIMALS = DataSet("animal", ("cat", "dog"), (8, 8), 10, 4)
RANDOM = np.random.default_rng(1)


@pytest.fixture(scope="module")
def originals():
    with np.load(SAMPLE) as file:
        return Originals(DIGITS, 10_000, file["x_test"], file["y_test"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path, originals, range_=None):
    with pytest.raises(ValueError, match=r"\w") as refused:
        read_set("fog", str(path), range_, originals)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def fogged(x):
    return np.clip(x * 0.5 + 100, 0, 255).astype(np.uint8)


def test_the_layout_of_mnist_c_is_read_with_its_test_images_alone(folder, originals):
    np.save(folder / "test_images.npy", fogged(originals.x)[..., None])
    np.save(folder / "test_labels.npy", originals.y.astype(np.int64))
    np.save(folder / "train_images.npy", np.zeros((3, 28, 28, 1), np.uint8))
    x, y, facts = read_set("fog", str(folder), None, originals)
    assert np.array_equal(x, fogged(originals.x))
    assert x.dtype == y.dtype == np.uint8
    assert np.array_equal(y, originals.y)
    assert facts["labels"] == "own"
    assert facts["correlation"] == pytest.approx(1, abs=0.01)
    files = {path.rpartition("/")[2] for path in source_files(str(folder))}
    assert files >= {"test_images.npy", "test_labels.npy"}


@pytest.mark.parametrize("names", [("x_test", "y_test"), ("X", "labels"), ("images", "y"), ("data", "y")])
def test_an_npz_file_has_its_arrays_under_usual_names(folder, originals, names):
    x, y = originals.x[::-1][:50], originals.y[::-1][:50]
    np.savez(folder / "fog.npz", **dict(zip(names, (x, y), strict=True)))
    images, labels, facts = read_set("fog", "fog.npz", None, originals)
    assert np.array_equal(images, x)
    assert np.array_equal(labels, y)
    assert facts == {
        **{"images": 50, "available": 50, "labels": "own", "correlation": None, "others": None},
    }


def test_arrays_without_names_and_a_single_npy_file(folder, originals):
    np.savez(folder / "fog.npz", originals.x[:9] / 255, originals.y[:9])
    x, y, _ = read_set("fog", "fog.npz", None, originals)
    np.testing.assert_allclose(x, originals.x[:9] / 255, rtol=1e-6)
    assert x.dtype == np.float32
    assert np.array_equal(y, originals.y[:9])
    np.save(folder / "fog.npy", fogged(originals.x))
    x, y, facts = read_set("fog", "fog.npy", None, originals)
    assert np.array_equal(y, originals.y)
    assert facts["labels"] == "test set"


def test_a_folder_of_pictures_has_the_classes_as_names(folder):
    for name, grey in (("dog", 250), ("cat", 10)):
        (folder / "scans" / name).mkdir(parents=True)
        for number in (1, 2):
            Image.fromarray(np.full((8, 8), grey, np.uint8)).save(folder / f"scans/{name}/{number}.png")
    x, y, facts = read_set("scans", "scans", None, Originals(ANIMALS, 4))
    assert x[y == 1].tolist() == np.full((2, 8, 8), 250).tolist()
    assert sorted(y.tolist()) == [0, 0, 1, 1]
    assert facts["labels"] == "own"
    assert len(source_files("scans")) == 4


@pytest.mark.parametrize(
    ("classes", "labels", "numbers"),
    [
        (("cat", "dog"), ["dog", "cat", "dog"], [1, 0, 1]),
        (("cat", "dog"), [b"dog", b"cat", b"dog"], [1, 0, 1]),
        (("cat", "dog"), [1, 0, 1], [1, 0, 1]),
        (("5", "7"), [7, 5, 7], [1, 0, 1]),
        (("5", "7"), ["7", "5", "7"], [1, 0, 1]),
        (("5", "7"), [7.0, 5.0, 7.0], [1, 0, 1]),
        (("cat", "dog"), [[0, 1], [1, 0], [0, 1]], [1, 0, 1]),
        (("-1", "1"), [1, -1, 1], [1, 0, 1]),
    ],
)
def test_labels_are_names_or_numbers_of_the_classes(folder, classes, labels, numbers):
    pixels = RANDOM.integers(0, 256, (3, 8, 8), np.uint8)
    np.savez(folder / "fog.npz", x=pixels, y=np.array(labels))
    data_set = DataSet("animal", classes, (8, 8, 1), 10, 4)
    x, y, _ = read_set("fog", "fog.npz", None, Originals(data_set, 4))
    assert y.tolist() == numbers
    assert x.shape == (3, 8, 8, 1)


def test_a_class_that_the_training_images_lack_is_refused(folder, originals):
    for labels, named in (([3, 10, 4], "10"), (["3", "x", "4"], "x")):
        np.savez(folder / "fog.npz", x=originals.x[:3], y=np.array(labels))
        assert f"have the class {named}, which the training images do not" in refusal("fog.npz", originals)
    np.savez(folder / "fog.npz", x=RANDOM.integers(0, 256, (2, 8, 8), np.uint8), y=[0, 1])
    numbered = DataSet("animal", ("1", "2"), (8, 8), 10, 4)
    assert "have the class 0" in refusal("fog.npz", Originals(numbered, 4))


RANGE = "evaluation.sets.fog: {path: fog.npy, range: "


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda x: x / 255 * 2 - 1, RANGE + "[-1, 1]}"),
        (lambda x: x.astype(np.float32), RANGE + "[0, 255]}"),
        (lambda x: x / 255 + 0.4, "save x.clip(0, 1)"),
        (lambda x: (x > 128).astype(np.uint8), RANGE + "[0, 1]}, or " + RANGE + "[0, 255]} if they really"),
        (lambda x: x / 255 / 255, "they would be nearly black"),
        (lambda x: np.full_like(x, 7), "all its pixels are 7"),
        (lambda x: np.where(x > 0, x / 255, np.nan), "NaN"),
        (lambda x: x.astype(np.int64) * 16, "set evaluation.sets.fog.range: [0, 4095]"),
        (lambda x: x.astype(str), "its images are <U3; allowed: numbers"),
        (lambda x: x[:, :14], "the shape (14, 28), and those of the data set (28, 28)"),
        (lambda x: x.reshape(len(x), -1)[:, 1:], "783 pixels for each image, which make no grey square"),
        (lambda x: np.stack([x] * 3, axis=-1), "the shape (28, 28, 3)"),
        (lambda x: x[:0], "it has no images"),
        (
            lambda x: x[:150],
            "150 images without labels, and there are 10000 or 200 test images. Add its labels",
        ),
        (lambda x: x[::-1], "do not look like the test images in the same order"),
        (lambda x: np.roll(x, 1, axis=0), "do not look like the test images in the same order"),
        # One image is missing in the middle, and another stands at the end.
        (lambda x: np.concatenate([x[:120], x[121:], x[:1]]), "the same order"),
        (lambda x: RANDOM.integers(0, 256, x.shape, np.uint8), "the same order"),
        # They are moved so far that their order cannot be seen.
        (lambda x: np.roll(x, 9, axis=2), "the same order"),
    ],
)
def test_a_set_that_cannot_be_meant_is_refused_with_its_remedy(folder, originals, change, line):
    np.save(folder / "fog.npy", change(originals.x))
    assert line in refusal("fog.npy", originals)


def test_files_that_are_no_sets_are_refused(folder, originals):
    (folder / "fog.txt").write_text("fog")
    assert refusal("fog.txt", originals).startswith("its format is not supported. Save its images with")
    np.savez(folder / "fog.npz", weights=originals.x)
    assert "it contains weights; needed: arrays such as" in refusal("fog.npz", originals)
    np.savez(folder / "fog.npz", x=originals.x, y=originals.y[:-1])
    assert "199 labels for 200 images" in refusal("fog.npz", originals)
    (folder / "fog.npz").write_bytes((folder / "fog.npz").read_bytes()[:1000])
    assert refusal("fog.npz", originals)
    np.save(folder / "fog.npy", np.array([{"a": 1}]), allow_pickle=True)
    assert "its images are object; allowed: numbers" in refusal("fog.npy", originals)
    (folder / "scans").mkdir()
    assert "it contains nothing. What is read: a folder of pictures" in refusal("scans", originals)


def test_a_declared_range_counts(folder, originals):
    dark = (originals.x // 16).astype(np.uint8)
    np.save(folder / "fog.npy", dark)
    assert "nearly black" in refusal("fog.npy", originals)
    x, _, _ = read_set("fog", "fog.npy", [0, 15], originals)
    np.testing.assert_allclose(x, dark / 15, atol=1e-6)
    x, _, _ = read_set("fog", "fog.npy", [0, 255], originals)
    assert np.array_equal(x, dark)


def test_a_set_without_a_range_has_that_of_the_images(folder, originals):
    dark = (originals.x // 4).astype(np.uint8)
    np.save(folder / "fog.npy", dark)
    x, _, _ = read_set("fog", "fog.npy", None, originals, {"range": [0, 63]})
    np.testing.assert_allclose(x, dark / 63, atol=1e-6)
    x, _, _ = read_set("fog", "fog.npy", [0, 126], originals, {"range": [0, 63]})
    np.testing.assert_allclose(x, dark / 126, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "range_", "line"),
    [
        (lambda x: x, [0, 63], "allowed: from 0 to 63, as images.range says. If black and white have other"),
        (lambda x: x, [0, 63], RANGE + "[0, 255]}"),
        (lambda x: x / 255, [0, 63], RANGE + "[0, 1]}, or " + RANGE + "[0, 63]} if they really"),
        (lambda x: x / 255, [-1, 1], RANGE + "[0, 1]}, or " + RANGE + "[-1, 1]} if they have the range"),
        (lambda x: x, [0, 1023], RANGE + "[0, 255]}, or " + RANGE + "[0, 1023]} if they have the range"),
        (lambda x: x / 255 - 0.5, None, RANGE + "[-0.5, 0.5]}"),
    ],
)
def test_a_set_that_cannot_have_the_range_of_the_images_is_refused(folder, originals, change, range_, line):
    np.save(folder / "fog.npy", change(originals.x))
    with pytest.raises(ValueError, match=re.escape(line)) as refused:
        read_set("fog", "fog.npy", None, originals, {"range": range_})
    assert "\n" not in str(refused.value)


def test_before_the_first_job_too_a_set_has_the_range_of_the_images(folder):
    x, y = RANDOM.integers(0, 64, (20, 8, 8), np.uint8), np.arange(20) % 2
    np.savez(folder / "mine.npz", x_train=x[:10], y_train=y[:10], x_test=x[10:], y_test=y[10:])
    np.savez(folder / "fog.npz", x=x[10:], y=y[10:])
    config = {"images": {"name": "mine", "path": "mine.npz", "range": [0, 63]}}
    check_config(config, ROOT)
    data = find_images(config["images"])
    found = find_sets(complete_sets({"fog": "fog.npz"}), config["images"], data)
    assert found["fog"]["images"] == 10
    np.savez(folder / "fog.npz", x=x[10:] * 4, y=y[10:])
    with pytest.raises(
        SystemExit, match=r"as images\.range says\. .* evaluation\.sets\.fog: .* range: \[0, 255\]"
    ):
        find_sets(complete_sets({"fog": "fog.npz"}), config["images"], data)


CORRUPTIONS = {
    "inverted": lambda x: 255 - x,
    "dark": lambda x: x // 8,
    "blurred": lambda x: gaussian_filter(x, (0, 3, 3)),
    "rotated": lambda x: rotate(x, 20, axes=(1, 2), reshape=False),
    "moved": lambda x: np.roll(x, 2, axis=2),
    "noisy": lambda x: np.clip(x / 255 + RANDOM.normal(0, 2, x.shape), 0, 1),
}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_corrupted_image_is_more_like_its_original_than_like_others(originals, corruption):
    likely = likeness(CORRUPTIONS[corruption](originals.x), originals.x)
    assert likely.clear
    assert likely.own > likely.others


def test_correlations_are_those_of_numpy_and_flat_images_have_none(originals):
    x = originals.x.copy()
    x[0] = 9
    likely = likeness(fogged(x), originals.x)
    expected = [
        abs(np.corrcoef(one.ravel(), other.ravel())[0, 1])
        for one, other in zip(fogged(x)[1:], originals.x[1:], strict=True)
    ]
    assert likely.own == pytest.approx(sum(expected) / 200)


def test_of_a_set_in_the_order_of_the_test_images_those_are_used_whose_originals_are(folder, originals):
    few = Originals(DIGITS, 200, originals.x[:120], originals.y[:120])
    few = few._replace(data_set=DataSet("digit", DIGITS.classes, (28, 28), 600, 120))
    np.save(folder / "fog.npy", fogged(originals.x))
    x, y, facts = read_set("fog", "fog.npy", None, few)
    assert np.array_equal(x, fogged(originals.x)[:120])
    assert np.array_equal(y, originals.y[:120])
    assert (facts["images"], facts["available"]) == (120, 200)
    # With labels of its own in another order, all are used.
    np.savez(folder / "own.npz", x=fogged(originals.x)[::-1], y=originals.y[::-1])
    x, y, facts = read_set("own", "own.npz", None, few)
    assert len(x) == len(y) == facts["images"] == 200
    assert facts["correlation"] is None


@pytest.fixture
def digits(folder):
    """The section `images` with the sample under another name, so that it is people's own; its data set."""
    config = {"images": {"name": "sample", "path": str(SAMPLE), "test": 150}}
    check_config(config, ROOT)
    return config["images"], find_images(config["images"])


def test_what_was_found_is_said_in_a_line_for_each_set(folder, digits, originals, capsys):
    np.save(folder / "fog.npy", fogged(originals.x))
    np.savez(folder / "own.npz", x=originals.x[:7], y=originals.y[:7])
    sets = complete_sets({"fog": "fog.npy", "own": {"path": "own.npz"}, "old": None})
    capsys.readouterr()
    found = find_sets(sets, *digits)
    assert list(found) == ["fog", "own"]
    say_sets(found)
    likely = likeness(fogged(originals.x[:150]), originals.x[:150])
    assert capsys.readouterr().err.splitlines() == [
        "evaluation.sets.fog: the first 150 of 200 images, as images.test says, the same images as the test "
        f"images, in the same order (correlation {likely.own:.2f}, with others {likely.others:.2f}); so it "
        "has their labels.",
        "evaluation.sets.own: 7 images, with labels of its own.",
    ]
    # Once: it is kept until a file changes.
    assert find_sets(sets, *digits)["fog"] == found["fog"]
    np.save(folder / "fog.npy", originals.x[::-1])
    refused = r"^ERROR in evaluation\.sets\.fog: fog\.npy: it has no labels, .* Add its labels: "
    with pytest.raises(SystemExit, match=refused):
        find_sets(sets, *digits)


def test_a_set_with_as_many_images_as_before_the_split_has_a_warning(folder, originals, capsys):
    x, y = np.concatenate([originals.x] * 3), np.tile(originals.y, 3)
    x[:, 0, 0] = np.arange(len(x)) % 251
    np.savez(folder / "all.npz", x=x, y=y)
    np.savez(folder / "fog.npz", x=fogged(x), y=y)
    np.savez(folder / "part.npz", x=fogged(x)[1:], y=y[1:])
    config = {"images": {"name": "mine", "path": str(folder / "all.npz"), "test": 0.2}}
    check_config(config, ROOT)
    sets = complete_sets({"fog": "fog.npz", "part": "part.npz"})
    found = find_sets(sets, config["images"], find_images(config["images"]))
    capsys.readouterr()
    say_sets(found)
    lines = capsys.readouterr().err.splitlines()
    assert [line.startswith("WARNING: evaluation.sets.fog has as many images as") for line in lines] == [
        False,
        True,
        False,
    ]


def test_of_images_that_are_still_to_be_fetched_the_order_is_not_known(folder, originals, capsys):
    np.save(folder / "fog.npy", np.tile(fogged(originals.x), (50, 1, 1)))
    images = SETTINGS | {"name": "mnist", "path": None}
    data = find_images(images)
    found = find_sets(complete_sets({"fog": "fog.npy"}), images, data)
    assert data.test == KNOWN["mnist"].test == found["fog"]["images"]
    say_sets(found)
    assert capsys.readouterr().err.endswith(
        "without labels. Its order is checked as soon as the test images are there.\n"
    )


@pytest.mark.parametrize(
    ("sets", "line"),
    [
        ({"shot": "a.npz"}, "evaluation.sets.shot means something else in the tables. Choose another name"),
        ({"NA": "a.npz"}, "evaluation.sets.NA means something else in the tables"),
        ({"a/b": "a.npz"}, "evaluation.sets.a/b is not a name; allowed: a letter, then letters"),
        (
            {"fog": "a.npz", "Fog": "b.npz"},
            "evaluation.sets.fog and evaluation.sets.Fog are one name to some",
        ),
        ({"fog": {"range": [0, 1]}}, "evaluation.sets.fog has no path; give it a folder of pictures"),
        (
            {"fog": {"path": "a.npz", "range": [1, 0]}},
            "evaluation.sets.fog.range is [1, 0]; allowed: the",
        ),
        (
            {"fog": "none.npz"},
            'evaluation.sets.fog is "none.npz", which does not exist; allowed: a folder of pictures',
        ),
        ({"fog": {"path": "none.npz"}}, 'evaluation.sets.fog.path is "none.npz", which does not exist'),
        ({"fog": ["a.npz"]}, "evaluation.sets.fog is "),
        (
            {"fog": {"path": "a.npz", "labels": "b"}},
            "evaluation.sets.fog.labels is not a known key; allowed here",
        ),
    ],
)
def test_keys_of_the_configuration_are_refused_in_one_line(folder, sets, line):
    for name in ("a.npz", "b.npz"):
        (folder / name).touch()
    with pytest.raises(SystemExit) as stopped:
        check_config({"evaluation": {"sets": sets}}, ROOT)
    assert str(stopped.value).startswith(f"ERROR in the configuration: {line}")
