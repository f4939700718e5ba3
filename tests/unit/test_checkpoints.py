"""A checkpoint gives back the state of its very training, or nothing."""

import logging

import numpy as np
import pytest

from plumbing import checkpoints
from plumbing.checkpoints import Checkpoint

ABOUT = {"run": {"scale": 0.5}, "data": {"x_train": "0" * 64}, "code": {"noise.py": "1" * 64}}
ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, dtype=np.int64), np.zeros(0, np.float32)]
HISTORY = [
    {"epoch": 1, "loss": 0.1 + 0.2, "seconds": 1e-3},
    {"epoch": 2, "loss": float("nan"), "seconds": 1.0},
]


@pytest.fixture
def path(tmp_path):
    """Of a checkpoint that has been written."""
    path = tmp_path / "fixed/scale_0.5/seed_1.npz"
    checkpoint = Checkpoint(path, ABOUT)
    checkpoint.keep(ARRAYS, HISTORY)
    checkpoint.write()
    return path


def test_state_comes_back_bit_for_bit(path):
    arrays, history = Checkpoint(path, dict(reversed(ABOUT.items()))).load(2)
    assert [(array.dtype, array.shape, array.tobytes()) for array in arrays] == [
        (array.dtype, array.shape, array.tobytes()) for array in ARRAYS
    ]
    assert repr(history) == repr(HISTORY)


def test_without_a_file_there_is_no_state(tmp_path):
    checkpoint = Checkpoint(tmp_path / "a.npz", ABOUT)
    assert checkpoint.load(2) == ([], [])
    checkpoint.write()  # told to stop before the end of the first epoch
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changed",
    [{"run": {"scale": 0.6}}, {"data": {"x_train": "2" * 64}}, {"code": {}}, {"threads": 2}],
)
def test_checkpoint_of_another_training_is_ignored(path, caplog, changed):
    assert Checkpoint(path, ABOUT | changed).load(2) == ([], [])
    assert "ignoring the checkpoint: it has other settings, data, code, versions or threads" in caplog.text


def test_checkpoint_of_another_format_is_ignored(path, caplog, monkeypatch):
    monkeypatch.setattr(checkpoints, "FORMAT", checkpoints.FORMAT + 1)
    assert Checkpoint(path, ABOUT).load(2) == ([], [])
    assert "ignoring the checkpoint" in caplog.text


def zeros(data):
    middle = len(data) // 2
    return data[:middle] + bytes(100) + data[middle + 100 :]


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-100], zeros, lambda data: b"", lambda data: b"hello", lambda data: bytes(len(data))],
    ids=["cut", "zeros in it", "empty", "another file", "zeros"],
)
def test_damaged_checkpoint_is_logged_and_ignored(path, caplog, damage):
    path.write_bytes(damage(path.read_bytes()))
    assert Checkpoint(path, ABOUT).load(2) == ([], [])
    assert "ignoring a damaged checkpoint: " in caplog.text


def test_epochs_are_counted_where_each_has_several_rows(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    rows = [{"epoch": epoch, "scale": scale} for epoch in (1, 2) for scale in (0.0, 0.5)]
    checkpoint = Checkpoint(tmp_path / "a.npz", ABOUT)
    checkpoint.keep(ARRAYS, rows)
    checkpoint.write()
    assert Checkpoint(tmp_path / "a.npz", ABOUT).load(2)[1] == rows
    assert "resuming from the checkpoint after epoch 2" in caplog.text


@pytest.mark.parametrize("text", ["1", "null", "{}", '{"arrays": 0, "history": []}', '{"arrays": 9}'])
def test_checkpoint_that_lacks_something_is_ignored(path, caplog, text):
    np.savez(path, about=text)
    assert Checkpoint(path, ABOUT).load(2) == ([], [])
    assert "ignoring a damaged checkpoint: " in caplog.text


def test_it_is_written_once_in_a_while_and_removed_at_the_end(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    path = tmp_path / "a.npz"
    checkpoint = Checkpoint(path, ABOUT)
    checkpoint.keep(ARRAYS, HISTORY[:1])
    assert not path.exists()
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    checkpoint.keep(ARRAYS, HISTORY)
    assert len(Checkpoint(path, ABOUT).load(2)[1]) == 2
    assert "resuming from the checkpoint after epoch 2" in caplog.text
    checkpoint.remove()
    checkpoint.write()  # told to stop after the end
    assert list(tmp_path.iterdir()) == []


def test_checkpoint_is_used_for_more_epochs_and_not_for_fewer(path, caplog):
    assert len(Checkpoint(path, ABOUT).load(40)[1]) == 2
    assert Checkpoint(path, ABOUT).load(1) == ([], [])
    assert "ignoring the checkpoint: it is after epoch 2 of now 1" in caplog.text
