"""The benchmarks still start: what they are asked with --help, and the smallest of them for real."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("notebook", marks=pytest.mark.long),
        "whole",
        "epoch",
        "batches",
        "overhead",
        "growth",
        "ceiling",
        "cluster",
    ],
)
def test_benchmark_says_what_it_does(script):
    command = [sys.executable, f"benchmarks/{script}.py", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {script}.py")


def test_limit_is_a_time():
    done = subprocess.run([sys.executable, "benchmarks/epoch_limit.py"], capture_output=True, text=True)
    assert float(done.stdout) > 0, done.stderr


@pytest.mark.long
def test_our_epoch_is_timed_and_learns(tmp_path):
    import numpy as np

    sample = np.load("tests/data/mnist_sample.npz")
    for split in ("train", "test"):
        np.save(tmp_path / f"x_{split}.npy", sample[f"x_{split}"].astype(np.float32) / 255)
        np.save(tmp_path / f"y_{split}.npy", sample[f"y_{split}"])
    command = [sys.executable, "benchmarks/epoch_ours.py", str(tmp_path), "1", "4"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    train, both, first, loss = map(float, done.stdout.split())
    assert 0 < train < both
    assert train < first
    assert loss < 1.5  # from 2.3, the cross-entropy of a guess
