"""The line of an epoch: what a training writes is what the display of the sweep reads."""

import logging
import math

import pytest

from plumbing.log import Epoch, log_epoch, read_epochs

ROW = {"epoch": 1, "loss": 0.5, "accuracy": 0.8, "val_loss": 0.4, "val_accuracy": 0.7, "seconds": 1.5}


@pytest.fixture
def log(tmp_path):
    """A log as a job has it, with the time before every line."""
    handler = logging.FileHandler(tmp_path / "log")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger, level = logging.getLogger(), logging.getLogger().level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield tmp_path / "log"
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_what_is_written_is_read(log):
    log_epoch([ROW], 20)
    log_epoch([ROW | {"epoch": 2, "loss": math.nan, "val_loss": 1e9}], 20)
    log_epoch([ROW | {"epoch": 3, "val_accuracy": 1.0, "seconds": 61.25}], 20)
    assert read_epochs(str(log)) == [Epoch(1, 0.7, 1.5), Epoch(2, 0.7, 1.5), Epoch(3, 1.0, 61.25)]


def test_an_epoch_with_several_test_sets_has_one_line_with_their_means(log):
    log_epoch([ROW, ROW | {"val_loss": 0.8, "val_accuracy": 0.2}], 20)
    assert read_epochs(str(log)) == [Epoch(1, 0.45, 3.0)]
    assert "val_loss 0.6000" in log.read_text()


def test_the_loss_of_early_stopping_has_its_place(log):
    log_epoch([ROW | {"held_out_loss": 0.25}], 20)
    assert "accuracy 0.8000  held_out_loss 0.2500  val_loss 0.4000  val_accuracy" in log.read_text()
    assert read_epochs(str(log)) == [Epoch(1, 0.7, 1.5)]


def test_only_the_end_of_a_log_is_read(log):
    for number in range(1, 1001):
        log_epoch([ROW | {"epoch": number}], 1000)
    epochs = read_epochs(str(log))
    assert epochs[-1] == Epoch(1000, 0.7, 1.5)
    assert 20 < len(epochs) < 60


def test_a_line_that_is_being_written_is_not_read(log):
    assert read_epochs(f"{log}.of another job") == []
    log.write_text("12:00:00 epoch 1/20  loss 0.5  accu")
    assert read_epochs(str(log)) == []
