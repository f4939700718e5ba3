"""A file is read only if it is what its card says it was written as."""

import json

import numpy as np
import pytest
from plumbing.cards import card_of, checked, checked_sha256, sha256_of, write_card


@pytest.fixture
def array(tmp_path):
    path = tmp_path / "x_train.npy"
    np.save(path, np.linspace(0, 1, 784 * 20, dtype=np.float32).reshape(20, 784))
    write_card({"scale": 0.5}, tmp_path / "card.json", [path])
    return path


def nan(path):
    stored = np.load(path)
    stored[3, 4] = np.nan
    np.save(path, stored)


DAMAGE = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: path.write_bytes(b""),
    "a bit": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    "another shape": lambda path: np.save(path, np.load(path).reshape(784, 20)),
    "another dtype": lambda path: np.save(path, np.load(path).astype(np.float64)),
    "nan": nan,
    "objects": lambda path: np.save(path, np.array([{}, None]), allow_pickle=True),
    "another file": lambda path: path.write_text("hello"),
}


def message_of(path):
    with pytest.raises(SystemExit) as stopped:
        checked(path)
    assert "\n" not in str(stopped.value)
    return str(stopped.value)


def test_file_as_it_was_written_is_checked_and_named(array):
    assert checked(array) == array
    assert checked_sha256(array) == sha256_of(array)
    assert json.loads(card_of(array).read_text())["scale"] == 0.5


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_file_ends_with_a_line_that_names_it_and_the_remedy(array, kind):
    DAMAGE[kind](array)
    message = message_of(array)
    assert message.startswith(f"ERROR: {array} is damaged: its SHA-256 is not")
    assert message.endswith(f"The same command makes it anew after: rm '{array}'")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"sha256": {}}', '{"sha256": 1}', "\udcff", None])
def test_damaged_card_is_named(array, text):
    card = card_of(array)
    card.unlink() if text is None else card.write_bytes(text.encode(errors="surrogateescape"))
    message = message_of(array)
    assert message.startswith(f"ERROR: {card} is damaged: ")
    assert message.endswith(f"rm '{array}'")  # a card alone is not missed


def test_a_missing_file_is_damaged_too(array):
    array.unlink()
    with pytest.raises(FileNotFoundError):  # Snakemake has said so before
        checked(array)
