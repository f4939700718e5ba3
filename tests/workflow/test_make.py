"""What make says and does with studies and variables, without running anything."""

import shutil
import subprocess

import pytest


@pytest.fixture
def folder(tmp_path):
    """The Makefile with the studies, one with a space in its name, and an environment that is newest."""
    shutil.copy("Makefile", tmp_path)
    shutil.copytree("studies", tmp_path / "studies")
    shutil.copy("studies/quick.yaml", tmp_path / "studies/my study.yaml")
    (tmp_path / ".venv").mkdir()
    for name in ("requirements.txt", "requirements-test.txt", ".venv/run.stamp", ".venv/test.stamp"):
        (tmp_path / name).touch()
    return tmp_path


def make(folder, *arguments):
    command = ["make", "--no-print-directory", "--dry-run", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("variable", ["study=fashion", "Study=fashion", "STUDIES=fashion", "seeds=3"])
def test_a_variable_that_there_is_not_is_refused_in_one_line(folder, variable):
    """It would be ignored, and the assignment would run."""
    done = make(folder, variable)
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert f"make has no variable {variable.split('=')[0]}. There are STUDY=quick" in line
    assert "snakemake" not in done.stdout


def test_a_study_that_there_is_not_is_refused_with_those_that_there_are(folder):
    done = make(folder, "STUDY=nothing")
    assert done.returncode != 0
    (line,) = done.stderr.splitlines()
    assert "There is no study nothing. Choose one of: assignment believable digits" in line
    assert "'my study'" in line


@pytest.mark.parametrize("study", ["quick", "my study"])
def test_a_study_runs_in_its_own_folder(folder, study):
    done = make(folder, f"STUDY={study}")
    assert done.returncode == 0, done.stderr
    assert f"--configfile 'studies/{study}.yaml' --directory 'runs/{study}' --cores all" in done.stdout
    done = make(folder, f"STUDY={study}", "check")
    assert f"check_results.py --configfile 'studies/{study}.yaml' --directory 'runs/{study}'" in done.stdout


def test_variables_that_there_are_and_those_of_the_environment_are_taken(folder):
    done = make(folder, "MODEL=results/models/fixed/scale_0.5/seed_1.keras", "PYTHON=python3", "reproduce")
    assert 'reproduce.py "results/models/fixed/scale_0.5/seed_1.keras"' in done.stdout
    assert make(folder).returncode == 0
