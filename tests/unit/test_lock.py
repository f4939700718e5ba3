"""One run at a time in a folder, whether or not its file system has locks."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from control.lock import hold_folder

LOCK = Path(".snakemake/locks/0.input.lock")  # as Snakemake leaves it when it is killed


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    LOCK.parent.mkdir(parents=True)
    LOCK.touch()


def test_free_folder_is_held_and_snakemakes_lock_of_a_dead_process_goes(capsys):
    held = hold_folder()
    assert held is not None
    assert not LOCK.parent.exists()
    assert Path(".snakemake/running").read_text() == f"{os.getpid()}\n"
    assert capsys.readouterr() == ("", "")
    held.close()


def test_new_folder_is_held(tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    with hold_folder():
        assert Path(".snakemake/running").exists()


def test_folder_that_another_run_uses_is_refused_and_keeps_snakemakes_lock():
    with hold_folder():
        LOCK.parent.mkdir()
        LOCK.touch()
        said = rf"^Another run is using this folder \(process {os.getpid()}\)\. Wait until it has finished\.$"
        with pytest.raises(BlockingIOError, match=said):
            hold_folder()
        assert LOCK.exists()
    with hold_folder():  # after the end of the first it is free
        assert not LOCK.exists()


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOLCK])
def test_file_system_without_locks_leaves_snakemakes_own_to_do_its_work(monkeypatch, capsys, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert hold_folder() is None
    assert capsys.readouterr() == ("", "")
    assert LOCK.exists()


def test_folder_that_cannot_be_written_to_ends_with_one_line(tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    Path(".snakemake").write_text("a file where the folder should be")
    with pytest.raises(SystemExit, match=r"^ERROR: .* cannot be written to \(.*\)\. Work in a copy"):
        hold_folder()
