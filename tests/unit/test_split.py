"""Test images taken from images without any: a share of each class, or of its groups, and always the same."""

import numpy as np
import pytest

from image_files import arrays_of, as_arrays, assert_same, write_csv, write_pictures
from inputs.own_images import read_own


def numbered(counts, shape=(8, 8)):
    """Images that each show their number, with so many of each class, sorted by class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    x = np.zeros((len(labels), *shape), np.uint8)
    x[:, 0, 0], x[:, 0, 1], x[:, 1] = np.arange(len(x)) // 256, np.arange(len(x)) % 256, 255
    return x, labels


def numbers_in(x):
    return (x[:, 0, 0].astype(int) * 256 + x[:, 0, 1]).tolist()


def npz(path, x, y):
    np.savez(path, x=x, y=y)
    return path


def pictures(path, x, y):
    return write_pictures(path.with_suffix(""), x, y)


SOURCES = {"npz": npz, "csv": write_csv, "pictures": pictures}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize(
    ("counts", "share", "tested"),
    [
        ((18, 27, 9), 0.2, (4, 5, 2)),
        ((300, 41, 7), 0.1, (30, 4, 1)),
        ((2, 9), 0.01, (1, 1)),
        ((3, 2), 0.95, (2, 1)),
    ],
)
def test_a_share_of_each_class_is_for_testing(tmp_path, kind, counts, share, tested):
    x, y = numbered(counts)
    path = str(SOURCES[kind](tmp_path / f"cells.{kind}", x, y))
    images = read_own(path, {"test": share})
    assert tuple(np.bincount(images.y["test"])) == tested
    assert (images.data_set.train, images.data_set.test) == (len(x) - sum(tested), sum(tested))
    numbers = {split: numbers_in(images.x[split]) for split in images.x}
    assert sorted(numbers["train"] + numbers["test"]) == list(range(len(x)))
    for split in numbers:
        assert images.y[split].tolist() == y[numbers[split]].tolist()
        smallest = min(np.bincount(images.y[split]))
        for turn in range(smallest):  # so the first n are of all classes
            turn = images.y[split][turn * len(counts) : (turn + 1) * len(counts)]
            assert sorted(turn) == list(range(len(counts)))
    assert_same(as_arrays(read_own(path, {"test": share})), as_arrays(images))


def test_images_for_testing_are_drawn_at_random_from_each_class(tmp_path):
    """Not the first or the last ones, nor every fifth: files often come in an order that means something."""
    x, y = numbered((40, 40))
    tested = np.array(numbers_in(read_own(str(npz(tmp_path / "a.npz", x, y)), {"test": 0.2}).x["test"]))
    for first in (0, 40):
        own = np.sort(tested[(tested >= first) & (tested < first + 40)])
        assert len(own) == 8
        assert len(set(np.diff(own))) > 2


def test_the_order_in_which_files_were_created_does_not_matter(tmp_path):
    x, y = numbered((12, 15, 9))
    labels = np.array(["b", "A", "c"])[y]
    expected = as_arrays(read_own(str(write_pictures(tmp_path / "one", x, labels)), {"test": 0.3}))
    for order in (np.arange(len(x))[::-1], np.random.default_rng(2).permutation(len(x))):
        folder = tmp_path / f"by_{order[0]}"
        for number in order:
            (folder / labels[number]).mkdir(parents=True, exist_ok=True)
            name = f"{labels[number]}/{number:04}.png"
            (folder / name).write_bytes((tmp_path / "one" / name).read_bytes())
        assert_same(as_arrays(read_own(str(folder), {"test": 0.3})), expected)


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("test", [None, 4])
def test_without_a_share_the_key_to_set_is_told(tmp_path, kind, test):
    path = str(SOURCES[kind](tmp_path / f"cells.{kind}", *numbered((10, 10))))
    with pytest.raises(ValueError, match=r"images\.test: 0\.2") as refused:
        read_own(path, {"test": test})
    assert "\n" not in str(refused.value)


def test_a_share_is_refused_for_images_that_have_test_images(tmp_path):
    np.savez(tmp_path / "a.npz", **arrays_of())
    with pytest.raises(ValueError, match=r"images\.test") as refused:
        read_own(str(tmp_path / "a.npz"), {"test": 0.5})
    assert "\n" not in str(refused.value)


def test_a_class_of_one_image_cannot_be_on_both_sides(tmp_path):
    with pytest.raises(ValueError, match=r"class 1\b"):
        read_own(str(npz(tmp_path / "a.npz", *numbered((10, 1)))), {"test": 0.2})


@pytest.fixture
def patients(tmp_path):
    """4 pictures of each of 6 + 6 patients."""
    x, y = numbered((24, 24))
    names = [f"patient{number // 4}_{number % 4}" for number in range(48)]
    for name, image, label in zip(names, x, np.array(["healthy", "ill"])[y], strict=True):
        write_pictures(tmp_path / "one", image[None], [label])
        (tmp_path / f"one/{label}/0000.png").rename(tmp_path / f"one/{label}/{name}.png")
    return tmp_path / "one"


GROUP = r"(patient\d+)_"


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_pictures_of_a_group_are_never_on_both_sides(patients, share):
    images = read_own(str(patients), {"test": share, "group": GROUP})
    groups = {split: {number // 4 for number in numbers_in(images.x[split])} for split in images.x}
    assert not groups["train"] & groups["test"]
    assert groups["train"] | groups["test"] == set(range(12))
    tested = np.bincount(images.y["test"], minlength=2)
    assert all(4 <= count <= 20 and abs(count - share * 24) <= 4 for count in tested)


def test_a_group_may_have_pictures_of_several_classes(patients):
    """Eyes of one person, of which one is ill."""
    (patients / "healthy/patient0_0.png").rename(patients / "ill/patient0_0.png")
    for share in (0.1, 0.3, 0.5):
        images = read_own(str(patients), {"test": share, "group": GROUP})
        groups = {split: {number // 4 for number in numbers_in(images.x[split])} for split in images.x}
        assert not groups["train"] & groups["test"]
        assert set(images.y["train"]) == set(images.y["test"]) == {0, 1}


def test_the_groups_of_training_images_are_told_for_early_stopping(patients):
    assert "groups" not in read_own(str(patients), {"test": 0.2}).facts
    (patients / "healthy/again_patient3_.png").write_bytes((patients / "healthy/patient3_0.png").read_bytes())
    for settings in ({}, {"train": 20}, {"duplicates": "drop"}):
        images = read_own(str(patients), {"test": 0.2, "group": GROUP} | settings)
        patient_of = [number // 4 for number in numbers_in(images.x["train"])][: settings.get("train")]
        group_of = images.facts["groups"]
        assert len(group_of) == len(patient_of) >= 20
        assert len({*zip(patient_of, group_of, strict=True)}) == len({*patient_of}) == len({*group_of})


def test_a_group_may_be_a_folder_of_the_path(patients):
    """The expression sees the path below the source, not the name alone nor the folders above."""
    images = read_own(str(patients), {"test": 0.2, "group": r"^(?:healthy|ill)/(patient\d+)_"})
    assert images.data_set.test == 8


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (r"patient\d+_", "group"),
        (r"(patient)(\d+)_", "group"),
        (r"(patient\d+", "group"),
        (r"(patient[0-4])_", r"patient\d+_0\.png"),
        (r"(healthy|ill)/", "healthy"),
    ],
)
def test_groups_that_cannot_be_meant_are_refused(patients, group, message):
    with pytest.raises(ValueError, match=message) as refused:
        read_own(str(patients), {"test": 0.2, "group": group})
    assert "\n" not in str(refused.value)


def test_groups_are_for_pictures_alone(tmp_path):
    with pytest.raises(ValueError, match="group"):
        read_own(str(npz(tmp_path / "a.npz", *numbered((10, 10)))), {"test": 0.2, "group": "(.)"})


def test_a_group_in_both_folders_is_refused(tmp_path):
    x, y = numbered((4, 4))
    for split, patients in (("train", (1, 2)), ("test", (3, 4))):
        write_pictures(tmp_path / split, x, y)
        for path in sorted((tmp_path / split).glob("*/*.png")):
            path.rename(path.with_name(f"patient{patients[int(path.stem) % 2]}_{path.name}"))
    assert read_own(str(tmp_path), {"group": GROUP}).data_set.test == 8
    path = next((tmp_path / "test").glob("*/patient3_*"))
    path.rename(path.with_name(path.name.replace("patient3", "patient1")))
    with pytest.raises(ValueError, match="patient1"):
        read_own(str(tmp_path), {"group": GROUP})
