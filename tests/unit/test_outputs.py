"""Outputs that appear whole or not at all."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from plumbing.outputs import replacing, write_csv, write_rows, write_text


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
from plumbing.outputs import replacing
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
    with replacing(path) as part:  # the next one removes what the killed one left
        part.write_text("whole")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["whole"]


def test_what_another_file_or_process_writes_is_left_alone(tmp_path):
    others = [tmp_path / name for name in (".b.1.part.csv", ".a.1.part.json", "a.part.csv", ".a.csv")]
    for other in others:
        other.write_text("other")
    with replacing(tmp_path / "a.csv") as part:
        assert str(os.getpid()) in part.name
        part.write_text("new")
    assert all(other.read_text() == "other" for other in others)


@pytest.mark.parametrize("name", ["seed_1.csv", "x.y.npy", "no suffix", "odd [1] * ?.csv"])
def test_any_name_is_replaced_and_nothing_else_is_left(tmp_path, name):
    for text in ("one", "two"):
        with replacing(tmp_path / name) as part:
            part.write_text(text)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "two")]


def test_table_is_stored_without_its_index(tmp_path):
    table = pd.DataFrame({"scale": [0.1, 1.0], "accuracy": [0.1 + 0.2, float("nan")]}, index=[7, 8])
    write_csv(table, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == "scale,accuracy\n0.1,0.30000000000000004\n1.0,\n"
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), table.reset_index(drop=True))


def test_rows_are_stored_in_the_bytes_of_their_table(tmp_path):
    numbers = {"correct": np.int64(870), "n": 1000, "log_loss": 1e-05, "accuracy": 0.1 + 0.2}
    empty = {"draw": None, "train_scale": None}
    rows = [numbers | empty, numbers | {"draw": 'a,"b" é', "train_scale": 4.0, "log_loss": np.float64(2.5)}]
    write_rows(rows, tmp_path / "rows.csv")
    write_csv(pd.DataFrame(rows), tmp_path / "table.csv")
    assert (tmp_path / "rows.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()


def test_text_is_stored_in_utf_8(tmp_path):
    write_text("ä\n", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa4\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
