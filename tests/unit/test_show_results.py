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
    assert report_is_old("make report") == ""


def test_an_older_report_is_named_with_what_makes_it_again(folder):
    os.utime("results/card.json", (3, 3))
    assert report_is_old(None) == " (older than the results)"
    assert report_is_old("make report") == " (older than the results; make report makes it again)"


def test_make_knows_its_own_folder_and_the_studies(folder, monkeypatch):
    assert make_command("prune") is None
    (folder / "studies").mkdir()
    (folder / "studies/my study.yaml").touch()
    assert make_command("prune") == "make prune STUDY='my study'"
    Path("Makefile").touch()
    assert make_command("report") == "make report"
    monkeypatch.chdir("/")
    assert make_command("report") is None
