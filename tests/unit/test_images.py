"""The images of a configuration: what is said of them before the first job, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from control.configuration import check_config
from control.images import find_images, say_images

ROOT = Path(__file__).parents[2]
RANDOM = np.random.default_rng(1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cells(folder):
    """Pictures of three classes, without a split and of different sizes."""
    for name, count in (("cat", 6), ("dog", 7), ("owl", 5)):
        (folder / "cells" / name).mkdir(parents=True)
        for number in range(count):
            pixels = RANDOM.integers(0, 256, (20 + number, 30, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"cells/{name}/patient{number % 3}_{number}.jpg")
    (folder / "cells/readme.txt").write_text("about")
    return "cells"


def found(capsys, **images):
    """What the section becomes, the data set, and what is said to the user."""
    config = {"images": images}
    check_config(config, ROOT)
    data = find_images(config["images"])
    say_images(config["images"], data)
    return config["images"], data, capsys.readouterr().err


def refusal(**images):
    config = {"images": images}
    with pytest.raises(SystemExit) as stopped:
        check_config(config, ROOT)
        find_images(config["images"])
    line = str(stopped.value)
    assert "\n" not in line
    return line


def test_pictures_are_described_in_a_sentence(cells, capsys):
    images, data, said = found(capsys, name="cells", path=cells, test=0.2, size=[16, 16], grey=True)
    low, high = images["found"]["pixels"]
    assert said == (
        "cells: 18 JPEG pictures of 3 classes (cat 6, dog 7, owl 5), 16 x 16 grey, 20 % (3) for testing; "
        f"pixels from {low:g} to {high:g}.\nNot read: cells/readme.txt.\n"
    )
    assert (data.train, data.test, data.shape) == (15, 3, (16, 16))
    assert (images["test"], images["share"]) == (3, 0.2)


def test_a_table_is_described_in_a_sentence(capsys):
    pixels = pd.DataFrame(RANDOM.integers(0, 256, (40, 64)))
    pixels.insert(0, "label", np.arange(40) % 2)
    pixels.to_csv("digits.csv", index=False)
    images, data, said = found(capsys, name="mine", path="digits.csv", test=0.25, train=10)
    assert said.startswith(
        "mine: 20 images (CSV, labels in column label) of 2 classes (0 10, 1 10), 8 x 8 grey, "
        "25 % (10) for testing;"
    )
    assert (images["train"], data.train) == (10, 10)


def test_duplicates_are_said_and_dropped(capsys):
    x, y = RANDOM.integers(0, 256, (30, 8, 8), np.uint8), np.arange(30) % 2
    x[:4] = x[20:24]
    np.savez("mine.npz", x_train=x[:20], y_train=y[:20], x_test=x[20:], y_test=y[20:])
    _, data, said = found(capsys, name="mine", path="mine.npz")
    assert data.train == 20
    assert "WARNING: 4 of 10 test images are training images too, pixel by pixel." in said
    assert "set images.duplicates: drop." in said
    _, data, said = found(capsys, name="mine", path="mine.npz", duplicates="drop")
    assert data.train == 16
    assert ", 10 for testing, 4 duplicates dropped from training; pixels" in said
    assert "WARNING" not in said


def test_what_dropping_duplicates_does_not_settle_is_still_said(capsys):
    x, y = RANDOM.integers(0, 256, (30, 8, 8), np.uint8), np.arange(30) % 2
    x[:3] = x[21:24]  # of other classes
    x[5] = x[7]
    x[25] = x[27]
    np.savez("mine.npz", x_train=x[:20], y_train=y[:20], x_test=x[20:], y_test=y[20:])
    _, _, said = found(capsys, name="mine", path="mine.npz", duplicates="drop")
    assert said.splitlines()[1:] == [
        "1 images are there more than once in their split.",
        "WARNING: 3 of the images that are there twice have two classes.",
    ]


def test_classes_without_a_test_image_are_said(capsys):
    """Test images that are sorted by class, of which the first are used; or that lack a class."""
    x, y = RANDOM.integers(0, 256, (200, 8, 8), np.uint8), np.arange(200) % 10
    y[100:] = np.sort(y[100:])
    classes = np.array([f"c{number}" for number in range(10)])

    def write(y):
        np.savez(
            "mine.npz", x_train=x[:100], y_train=y[:100], x_test=x[100:], y_test=y[100:], classes=classes
        )

    write(y)
    images, _, said = found(capsys, name="mine", path="mine.npz", test=25)
    assert images["found"]["untested"] == [f"c{number}" for number in range(3, 10)]
    assert said.endswith(
        "WARNING: 7 of 10 classes have no test image among the first 25 (c3, c4, c5, c6, c7, c8, ...). "
        "Shuffle the test images, or set images.test to null.\n"
    )
    images, _, said = found(capsys, name="mine", path="mine.npz")
    assert images["found"]["untested"] == []
    assert "WARNING" not in said
    write(np.where(np.arange(200) < 100, y, np.minimum(y, 8)))
    _, _, said = found(capsys, name="mine", path="mine.npz")
    assert said.endswith("WARNING: 1 of 10 classes has no test image (c9). Add test images of it.\n")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            {"size": [8, 8]},
            "there are no test images. To set 20 % of each class aside for testing, set images.test: 0.2",
        ),
        ({"test": 0.2}, "different sizes"),
        ({"test": 1.5}, "images.test is 1.5; allowed: a whole number, or a share below 1, such as 0.2"),
        ({"test": 0}, "images.test is 0; allowed: a number or null above 0"),
        ({"name": "mnist", "test": 0.2}, "images.test is 0.2, but mnist has test images; allowed: a whole"),
        ({"name": "mnist", "size": [8, 8]}, "images.size is for images of your own, not for mnist. Leave it"),
        ({"name": "digits", "duplicates": "drop"}, "To drop those of digits, give a copy of it another name"),
        ({"test": 0.2, "group": "patient"}, "images.group is patient, with 0 groups; needed: one"),
        (
            {"test": 0.2, "group": "(patient"},
            "images.group is (patient, which is no regular expression: missing",
        ),
        ({"test": 0.2, "group": "(dr)_", "size": [8, 8]}, "finds no group in cat/patient"),
        ({"shape": [8]}, "images.shape is [8]; allowed: a list of 2 to 3 or null"),
        ({"size": [8, 225], "test": 0.2}, "images.size[1] is 225; allowed: a whole number from 4 to 224"),
        (
            {"path": "nowhere", "test": 0.2},
            'images.path is "nowhere", which does not exist; allowed: a folder of pictures',
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(cells, images, message):
    assert message in refusal(**{"name": "cells", "path": cells} | images)


def test_groups_stay_on_one_side(cells, capsys):
    _, data, _ = found(
        capsys, name="cells", path=cells, test=0.3, size=[16, 16], group=r"(patient\d)_", duplicates="drop"
    )
    assert 3 <= data.test <= 9
    assert data.train + data.test == 18


def test_with_groups_the_share_is_the_real_one(cells, capsys):
    _, data, said = found(capsys, name="cells", path=cells, test=0.1, size=[16, 16], group=r"(patient\d)_")
    assert data.test == 5
    assert ", 27.8 % (5) for testing;" in said
