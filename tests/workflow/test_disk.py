"""What is stored, what goes, and a disk that is too small."""

import contextlib
import os
import subprocess

import pytest

from conftest import EVALUATION, ONE_SCALE
from control.disk import noise_bytes
from plumbing.cards import weights_sha256

NOT_KEPT = {"keep": False}
TINY_SET = 4 * 784 * (600 + 200)  # bytes of one noisy set


def training_images(workflow):
    return {path.parent.parent.name for path in workflow.folder.glob("results/noisy/*/*/x_train.npy")}


def test_need_of_noise_that_is_not_kept():
    assert noise_bytes((28, 28), train=600, test=200, sets=10, kept=10) == 10 * TINY_SET
    assert noise_bytes((28, 28), train=600, test=200, sets=10, kept=3) == 3 * TINY_SET + 7 * 4 * 784 * 200


@pytest.mark.long
def test_training_images_go_when_they_are_trained_on_and_no_network_changes(workflow):
    workflow.configure(noise=NOT_KEPT)
    assert workflow.planned() == {}
    before = {path: weights_sha256(path) for path in workflow.folder.rglob("*.keras")}
    workflow.configure(noise=NOT_KEPT | {"scales": [0.5, 2.0, 0.25]})
    jobs = workflow.run("--forcerun", "results/noisy/scale_0.5/seed_1/card.json")
    assert jobs == {rule: 2 for rule in ONE_SCALE} | EVALUATION
    assert training_images(workflow) == {"scale_0.0", "scale_2.0"}  # kept by the run before
    assert len(list(workflow.folder.glob("results/noisy/*/*/x_test.npy"))) == 4
    assert {path: weights_sha256(path) for path in before} == before
    assert workflow.planned() == {}
    workflow.configure(noise=NOT_KEPT | {"scales": [0.5, 2.0, 0.25, 0.75]})
    assert workflow.planned() == ONE_SCALE | EVALUATION
    workflow.configure(noise=NOT_KEPT | {"scales": [0.5, 2.0, 0.25]}, training={"epochs": 3})
    assert workflow.run("--until", "train_model") == {"add_noise": 2, "train_model": 4}
    assert "4 trainings go on after epoch 2." in workflow.said
    assert not training_images(workflow)


@contextlib.contextmanager
def small_disk(path, megabytes):
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs"]
    if os.geteuid() != 0 or subprocess.run(["mount", *options, path], capture_output=True).returncode:
        pytest.skip("needs root and mount, for a disk of a few MB")
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def test_a_disk_that_is_too_small_ends_the_run_before_its_first_job(workflow):
    folder = workflow.folder / "small"
    folder.mkdir()
    with small_disk(folder, 5):
        source = workflow.folder / "sample.npz"
        (folder / "config.yaml").write_text(
            (workflow.folder / "config.yaml").read_text().replace("sample.npz", str(source))
        )
        done = workflow.start(
            "--snakefile", "Snakefile", "--directory", "small", "--configfile", "small/config.yaml"
        )
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        line = next(line for line in done.stderr.splitlines() if line.startswith("ERROR"))
        assert line.startswith("ERROR: this sweep stores up to 0.0") and "set noise.keep to false." in line
        assert not (folder / "results/images").exists()
