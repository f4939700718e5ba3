"""Images that stay in their file: what is read, in which order, and that training on them changes no bit."""

import tempfile
import threading
import time
from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from experiment import rows
from experiment.draws import DRAWS
from experiment.network import build_network, compile_network
from experiment.noise import Noise
from experiment.rows import Rows, ahead, blocks_of, open_images, open_rows, parts_of, save_rows, store_rows
from experiment.streams import epoch_order
from experiment.training import compile_evaluation, state_of, train

NETWORKS = {
    "mlp": {"kind": "mlp", "hidden_units": [16], "dropout": 0.2},
    "cnn": {"kind": "cnn", "dropout": 0.2},
}


@pytest.fixture
def images():
    return np.random.default_rng(1).random((301, 6, 5), dtype=np.float32)


@pytest.fixture
def path(tmp_path, images):
    np.save(tmp_path / "x.npy", images)
    return tmp_path / "x.npy"


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 64 images of the fixture, and no network that holds all images."""
    monkeypatch.setattr(rows, "BLOCK", 64 * 6 * 5 * 4)
    monkeypatch.setattr(rows, "MAX_WHOLE", 0)


def test_rows_are_those_of_the_array(images, path):
    stored = open_rows(path)
    assert (len(stored), stored.shape, stored.dtype, stored.ndim) == (301, images.shape, np.float32, 3)
    few = np.array([300, 0, 7, 7])
    for chosen in (slice(None), slice(3, 9), slice(290, 999), slice(5, 5), slice(0, 300, 7), few, few[:0]):
        assert np.array_equal(stored[chosen], images[chosen])
    selected = stored.select(np.arange(0, 300, 3))
    for chosen in (slice(None), slice(3, 9), few // 4):
        assert np.array_equal(selected[chosen], images[:300:3][chosen])
    flat = images.reshape(301, 30)
    for start, stop in ((0, 30), (7, 19), (29, 30)):
        assert np.array_equal(stored.pixels(start, stop), flat[:, start:stop])
        assert np.array_equal(selected.pixels(start, stop), flat[:300:3, start:stop])


def test_a_file_that_is_too_short_is_an_error(images, path):
    stored = open_rows(path)
    with path.open("r+b") as file:
        file.truncate(200 * 120)
    assert np.array_equal(stored[:100], images[:100])
    with pytest.raises(OSError, match="is shorter than it says"):
        stored[:]


def test_only_few_images_and_dense_layers_are_mapped(path, monkeypatch):
    kinds = [type(open_images(path, dense)) for dense in (True, False)]
    monkeypatch.setattr(rows, "MAX_WHOLE", 301 * 120 - 1)
    assert [*kinds, type(open_images(path, True))] == [np.memmap, Rows, Rows]


def test_stored_rows_have_no_name_and_no_room_is_said_at_once(images, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stored = store_rows(iter([images[:200], images[200:]]), images.shape)
    assert np.array_equal(stored[:], images)
    assert not list(tmp_path.iterdir())
    with pytest.raises(OSError, match=r"No space left|File too large"):
        store_rows(iter(()), (2**45, 28, 28))


def test_blocks_are_an_epoch_in_its_order(images, path, small_blocks):
    order = epoch_order(1, 1, 301)
    for x, expected in ((open_rows(path), [64, 64, 64, 64, 45]), (images, [301])):
        blocks = list(blocks_of(x, order, 32))
        assert [block.count for block in blocks] == expected
        assert [block.step for block in blocks] == [0, 2, 4, 6, 8][: len(blocks)]
        seen = np.concatenate([block.images[block.rows[: block.count]] for block in blocks])
        assert np.array_equal(seen, images[order])
        assert np.array_equal(np.concatenate([block.numbers[: block.count] for block in blocks]), order)
    assert {len(block.rows) for block in blocks_of(open_rows(path), order, 32)} == {64}
    # At least a batch, even where it is larger than a block.
    assert [block.count for block in blocks_of(open_rows(path), order, 200)] == [200, 101]


def test_parts_are_all_images_in_their_order(images, path, small_blocks):
    for x in (images, open_rows(path)):
        parts = list(parts_of(x, 25))
        assert [len(part) for part in parts] == [50] * 6 + [1]
        assert np.array_equal(np.concatenate(parts), images)


def test_one_item_is_made_ahead_and_no_more():
    made = []
    stream = ahead(lambda item: made.append(item) or item, range(10))
    assert not made
    for item in range(3):
        assert next(stream) == item
        time.sleep(0.05)
        assert made == list(range(item + 2))


def test_an_error_comes_where_its_item_would_and_the_thread_ends_with_the_training():
    def fail(item):
        if item == 2:
            raise OSError("lost")
        return item

    before, seen = threading.active_count(), []
    with pytest.raises(OSError, match="lost"):
        for item in ahead(fail, range(5)):
            seen.append(item)
    assert seen == [0, 1]
    stream = ahead(fail, range(5))
    next(stream)
    stream.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("name", NETWORKS)
def test_training_on_a_file_has_the_bits_of_training_in_memory(name, draw, tmp_path, monkeypatch):
    """With several blocks, of which the last has a batch that is not full. Only the validation loss of dense
    layers may differ in its last digit: its program for all images at once rounds it elsewhere.
    """
    generator = np.random.default_rng(1)
    x = generator.random((150, 8, 8), dtype=np.float32)
    paths = [tmp_path / "x.npy", tmp_path / "x_test.npy"]
    np.save(paths[0], x if DRAWS[draw].stored else (255 * x).astype(np.uint8))
    np.save(paths[1], x[::-1])
    y = tf.one_hot(np.arange(150) % 3, 3)
    bits, losses = [], []
    for load in (np.load, open_rows):
        monkeypatch.setattr(rows, "BLOCK", 80 * 64 * 4)
        network = compile_network(build_network((8, 8), 3, NETWORKS[name], 1), 0.01)
        copies = DRAWS[draw].copies(load(paths[0]), 0.5, 1, range(1, 3), Noise())
        values, test_sets = {"epochs": 2, "batch_size": 40}, {0.5: partial(load, paths[1])}
        history = train(network, copies, y, test_sets, y, values, 1)
        (loss, correct), predicted = compile_evaluation(network)(load(paths[1]), y)
        assert float(correct) / 150 == history[-1]["val_accuracy"]
        assert float(loss) / 150 == history[-1]["val_loss"]
        kept = [row | {"seconds": 0} for row in history]
        losses.append([row["val_loss"] for row in history])
        if name == "mlp":
            kept = [row | {"val_loss": 0} for row in kept]
        bits.append((kept, [array.tobytes() for array in state_of(network)], predicted.numpy().tolist()))
    assert bits[0] == bits[1]
    np.testing.assert_allclose(*losses, rtol=1e-6)


@pytest.mark.parametrize("order", ["C", "F"])
def test_images_are_stored_row_by_row_whatever_order_they_come_in(tmp_path, images, small_blocks, order):
    """Arrays of MATLAB files have Fortran order, which np.save keeps and reading rows would scramble."""
    save_rows(tmp_path / "x.npy", np.asarray(images, order=order))
    np.save(tmp_path / "plain.npy", images)
    assert (tmp_path / "x.npy").read_bytes() == (tmp_path / "plain.npy").read_bytes()
    np.testing.assert_array_equal(open_rows(tmp_path / "x.npy")[:], images)


def test_file_in_fortran_order_is_refused(tmp_path, images):
    np.save(tmp_path / "x.npy", np.asfortranarray(images))
    with pytest.raises(ValueError, match="Fortran order"):
        open_rows(tmp_path / "x.npy")
