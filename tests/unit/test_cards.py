"""A file is read only if it is what its card says it was written as."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from plumbing.cards import FORMAT, check_files, read_card, sha256_of, versions, weights_sha256, write_card

REMEDY = "Remove it with rm '{path}' in the folder {folder}, then run the same command again."


@pytest.fixture
def array(tmp_path):
    path = tmp_path / "x_train.npy"
    np.save(path, np.linspace(0, 1, 784 * 20, dtype=np.float32).reshape(20, 784))
    write_card({"scale": 0.5, "name": "ä"}, tmp_path / "card.json", [path])
    return path


def card_of(array):
    return array.parent / "card.json"


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


def message_of(call, *arguments):
    with pytest.raises(SystemExit) as stopped:
        call(*arguments)
    assert "\n" not in str(stopped.value)
    return str(stopped.value)


def check(array):
    return check_files([str(array)], [str(card_of(array))])


def test_file_as_it_was_written_is_checked_and_named(array):
    assert check(array) == {str(array): sha256_of(array)}
    card = read_card(card_of(array))
    assert list(card) == ["format", "scale", "name", "sha256"]
    assert (card["format"], card["scale"], card["name"]) == (FORMAT, 0.5, "ä")


def test_a_card_has_the_paths_as_they_were_given(array, monkeypatch):
    monkeypatch.chdir(array.parent)
    write_card({}, "other.json", ["x_train.npy"])
    assert read_card("other.json")["sha256"] == {"x_train.npy": sha256_of(array)}
    assert check_files(["x_train.npy"], ["other.json"]) == {"x_train.npy": sha256_of(array)}
    message = message_of(check_files, [str(array)], ["other.json"])  # which nothing shows to be damaged
    assert message == (
        f"ERROR: {array} cannot be checked, because no card has its SHA-256. "
        "Run the same command again: it makes this file again, with its card."
    )


def test_files_of_several_cards_are_checked_each_against_its_own(tmp_path):
    paths = [str(tmp_path / name) for name in "abc"]
    for path in paths:
        (tmp_path / path).write_text(path)
    write_card({}, tmp_path / "1.json", paths[:2])
    write_card({}, tmp_path / "2.json", paths[2:])
    cards = [str(tmp_path / "1.json"), str(tmp_path / "2.json")]
    assert check_files(paths, cards) == {path: sha256_of(path) for path in paths}
    assert check_files(iter(paths[:1]), iter(cards)) == {paths[0]: sha256_of(paths[0])}
    assert check_files([], cards) == {}
    os.replace(paths[0], paths[2])
    assert f"its SHA-256 is not the one on {cards[1]}" in message_of(check_files, paths[1:], cards)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_file_ends_with_a_line_that_names_it_and_the_remedy(array, kind):
    DAMAGE[kind](array)
    message = message_of(check, array)
    said = f"ERROR: {array} is damaged: its SHA-256 is not the one on {card_of(array)}. "
    assert message == f"{said}{REMEDY.format(path=array, folder=Path.cwd())}"


SUM = "0" * 64
DAMAGED_CARDS = [
    *("", "{", "[]", "{}", "1", "null", '"sha256"', "\udcff"),
    json.dumps({"sha256": {"a": SUM}}),  # no format
    json.dumps({"format": FORMAT}),
    *(json.dumps({"format": FORMAT, "sha256": value}) for value in ({}, 1, [], "a", {"a": "1"}, {"a": None})),
    *(json.dumps({"format": number, "sha256": {"a": SUM}}) for number in (FORMAT - 1, FORMAT + 1, None)),
    "[" * 100_000,
    None,
]


@pytest.mark.parametrize("text", DAMAGED_CARDS, ids=[str(text)[:50] for text in DAMAGED_CARDS])
def test_damaged_card_is_named_with_the_remedy(array, text):
    card = card_of(array)
    card.unlink() if text is None else card.write_bytes(text.encode(errors="surrogateescape"))
    for call, argument in ((check, array), (read_card, card)):
        message = message_of(call, argument)
        assert message.startswith(f"ERROR: {card} is damaged: ")
        assert message.endswith(REMEDY.format(path=card, folder=Path.cwd()))


def test_card_of_another_format_is_not_read(array):
    card = card_of(array)
    card.write_text(card.read_text().replace(f'"format": {FORMAT}', '"format": 1'))
    assert f"its format is 1, but this version reads {FORMAT}" in message_of(read_card, card)


def test_a_missing_file_is_no_damage(array):
    array.unlink()
    with pytest.raises(FileNotFoundError):  # Snakemake has said so before
        check(array)


def test_weights_have_a_sum_without_the_date_of_the_file(tmp_path):
    import keras

    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="ones")])
    network.save(tmp_path / "a.keras")
    network.save(tmp_path / "b.keras")
    assert weights_sha256(tmp_path / "a.keras") == weights_sha256(tmp_path / "b.keras")
    network.set_weights([np.zeros((3, 2)), np.zeros(2)])
    network.save(tmp_path / "b.keras")
    assert weights_sha256(tmp_path / "a.keras") != weights_sha256(tmp_path / "b.keras")


def test_versions_are_of_what_decides_the_bits():
    assert set(versions()) == {"python", "numpy", "tensorflow", "keras"}
    assert versions()["numpy"] == np.__version__
