"""A disk that is full, read-only or slow: one line that says so, and nothing lost or wrong after it."""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time

import pytest

# One job for each way of writing: np.save, a mapped array, Keras and a checkpoint, CSV, pictures, a page.
JOBS = {
    "fetch_images": "results/images/card.json",
    "add_noise": "results/noisy/scale_0.5/seed_1/card.json",
    "train_model": "results/histories/mlp/fixed/scale_0.5/seed_1.csv",
    "compare_scales": "results/comparison.csv",
    "plot_figures": "results/figures/accuracy.svg",
    "make_lab": "results/lab.html",
}


@contextlib.contextmanager
def mounted(path, *arguments):
    command = ["mount", *arguments, path]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("needs root and mount: no disk is full, read-only or slow")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture
def small_disk(workflow):
    """The results on a disk of their own, of 40 MB."""
    results = workflow.folder / "results"
    kept = workflow.folder / "kept"
    results.rename(kept)
    results.mkdir()
    with mounted(results, "-t", "tmpfs", "-o", "size=40m", "tmpfs"):
        shutil.copytree(kept, results, dirs_exist_ok=True)
        yield workflow


@contextlib.contextmanager
def filling(folder, log):
    """Fill the disk as soon as a run has asked how much is free, and again whenever a job makes room."""
    done = threading.Event()

    def fill():
        while not done.is_set() and "This sweep stores" not in log.read_text():
            time.sleep(0.05)
        number = 0
        while not done.is_set():
            number += 1
            with contextlib.suppress(OSError), open(folder / f"filling.{number}", "wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            time.sleep(0.02)

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        for path in folder.glob("filling.*"):
            path.unlink()


@pytest.mark.long
@pytest.mark.parametrize("rule", JOBS)
def test_disk_that_fills_up_under_a_rule(small_disk, faults, expected, rule):
    faults.injected()
    workflow, results = small_disk, small_disk.folder / "results"
    log = workflow.folder / "said.txt"
    again = (JOBS[rule], "--forcerun", JOBS[rule])
    command = [workflow.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "2", *again]
    with open(log, "w") as said:
        run = faults.started(subprocess.Popen(command, cwd=workflow.folder, stdout=said, stderr=said))
    with filling(results, log):
        assert run.wait(timeout=300) != 0
    said = log.read_text()
    assert "the disk is full. Free some space, then run the same command again." in said
    assert "Traceback" not in said
    assert rule in re.findall(r"Failed (\w+)", said)
    faults.assert_none_wrong(workflow.folder, expected)
    faults.assert_made_again(workflow, expected, *again)


def test_disk_without_room_is_said_before_the_first_job(workflow, faults, expected):
    faults.injected()
    folder = workflow.folder / "results"
    shutil.rmtree(folder)
    folder.mkdir()
    with mounted(folder, "-t", "tmpfs", "-o", "size=4m", "tmpfs"):
        done = faults.start(workflow)
        assert done.returncode != 0
        assert "ERROR: this sweep stores up to 0.0091 GB, and 0.0042 GB are free." in done.stderr
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("part", ["", "results"])
def test_read_only_disk(workflow, faults, expected, part):
    faults.injected()
    folder = workflow.folder / part
    workflow.configure(noise={"scales": [0.5, 2.0, 0.7]})
    with mounted(folder, "--bind", folder):
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        done = faults.start(workflow)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert re.search(r"^ERROR: .* cannot be written to", done.stderr, re.MULTILINE)
    workflow.configure()
    faults.assert_none_wrong(workflow.folder, expected, all_there=True)


@pytest.mark.long
def test_slow_disk(workflow, faults, expected):
    """All that a scale needs is written to a disk of 1 MB/s, by the kernel's limit on a loop device."""
    limits = "/sys/fs/cgroup/blkio/blkio.throttle.write_bps_device"
    if not os.path.exists(limits):
        pytest.skip("needs the kernel's blkio controller: no disk is slow")
    image, results, kept = (workflow.folder / name for name in ("disk.img", "results", "kept"))
    with open(image, "wb") as file:
        file.truncate(60_000_000)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    results.rename(kept)
    results.mkdir()
    with mounted(results, "-o", "loop,sync", image):
        shutil.copytree(kept, results, dirs_exist_ok=True)
        for path in list(results.glob("*/**/scale_0.5")):
            shutil.rmtree(path)
        device = os.stat(results).st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        subprocess.run(["sh", "-c", f"echo {number} 1000000 > {limits}"], check=True)
        try:
            faults.injected()
            with open(limits) as file:
                assert f"{number} 1000000" in file.read()
            faults.assert_made_again(workflow, expected)
        finally:
            subprocess.run(["sh", "-c", f"echo {number} 0 > {limits}"], check=True)
