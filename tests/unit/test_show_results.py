"""The report among the results that are shown."""

import os
from pathlib import Path

import pytest

from show_results import make_command, report_is_old


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a result, and a report that is newer."""
    for number, name in enumerate(("results/card.json", "results/report.html"), start=1):
        path = tmp_path / "runs/my study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (number, number))
    monkeypatch.chdir(tmp_path / "runs/my study")
    return tmp_path


def test_a_report_that_is_newer_than_all_results_is_up_to_date(folder):
    assert report_is_old() == ""


def test_of_an_older_report_the_command_is_said_where_make_has_one(folder):
    os.utime("results/card.json", (3, 3))
    assert report_is_old() == " (older than the results)"
    (folder / "studies").mkdir()
    (folder / "studies/my study.yaml").touch()
    assert report_is_old() == " (older than the results; make report STUDY='my study' makes it again)"
    Path("Makefile").touch()
    assert report_is_old() == " (older than the results; make report makes it again)"


def test_make_knows_its_own_folder_and_the_studies(folder, monkeypatch):
    monkeypatch.chdir("/")
    assert make_command("report") is None
