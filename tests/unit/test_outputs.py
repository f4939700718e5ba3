"""Outputs that appear whole or not at all."""

import re
import subprocess
import sys

import pytest
from plumbing.job import replacing


def test_error_inside_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), replacing(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_whole_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "new folder" / "a.csv"
    with replacing(path) as part:
        part.write_text("new")
        assert not path.exists()
        assert part.suffix == ".csv"
    assert [file.read_text() for file in path.parent.iterdir()] == ["new"]


def test_kill_in_the_middle_leaves_no_file_of_that_name(tmp_path):
    code = """
import sys, time
sys.path.insert(0, "scripts")
from plumbing.job import replacing
with replacing(sys.argv[1]) as part:
    part.write_text("half")
    print("written", flush=True)
    time.sleep(60)
"""
    path = tmp_path / "a.npy"
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"written\n"
    process.kill()
    process.wait()
    assert not path.exists()


def test_log_catches_native_output(tmp_path):
    code = """
import os, sys
sys.path.insert(0, "scripts")
from plumbing.job import start_log
import logging
start_log(sys.argv[1])
print("printed")
os.write(2, b"native\\n")
logging.info("logged")
"""
    log = tmp_path / "job.log"
    done = subprocess.run([sys.executable, "-c", code, str(log)], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""
    lines = log.read_text().splitlines()
    assert lines[:2] == ["printed", "native"]
    assert re.fullmatch(r"\d\d:\d\d:\d\d logged", lines[2])
