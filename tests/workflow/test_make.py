"""What make says and does with studies and variables, without running anything."""

import shutil
import subprocess
import sys
from pathlib import Path

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


def make(folder, *arguments, run=False):
    command = ["make", "--no-print-directory", *([] if run else ["--dry-run"]), *arguments]
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
    studies = "assignment believable data_1000 data_6000 digits"
    assert f"There is no study nothing. Choose one of: {studies}" in line
    assert "'my study'" in line


@pytest.mark.parametrize("study", ["quick", "my study"])
def test_a_study_runs_in_its_own_folder(folder, study):
    done = make(folder, f"STUDY={study}")
    assert done.returncode == 0, done.stderr
    assert f"--configfile 'studies/{study}.yaml' --directory 'runs/{study}' --cores " in done.stdout
    done = make(folder, f"STUDY={study}", "check")
    assert f"check_results.py --configfile 'studies/{study}.yaml' --directory 'runs/{study}'" in done.stdout
    done = make(folder, f"STUDY={study}", "prune")
    assert done.stdout.startswith(
        f"PRUNE_RESULTS=yes .venv/bin/snakemake --configfile 'studies/{study}.yaml' --dir"
    )


def test_variables_that_there_are_and_those_of_the_environment_are_taken(folder):
    done = make(
        folder, "MODEL=results/models/mlp/fixed/scale_0.5/seed_1.keras", "PYTHON=python3", "reproduce"
    )
    assert 'reproduce.py "results/models/mlp/fixed/scale_0.5/seed_1.keras"' in done.stdout
    assert make(folder).returncode == 0


@pytest.mark.parametrize(("study", "command"), [("", "make"), ("quick", "make STUDY='quick'")])
@pytest.mark.parametrize("target", ["results", "report"])
def test_without_results_the_command_that_makes_them_is_named(folder, target, study, command):
    done = make(folder, target, f"STUDY={study}", run=True)
    assert done.returncode != 0
    assert done.stdout == ""
    where = "runs/quick/results" if study else "./results"
    assert done.stderr.splitlines()[0] == (
        f"ERROR: there are no results in {where}. Give the command {command} first."
    )


def test_results_are_shown_without_running_anything(finished_sweep, folder):
    """Also those of a study, in its folder with a space."""
    run = folder / "runs/my study"
    run.mkdir(parents=True)
    (run / "results").symlink_to(finished_sweep.folder / "results")
    shutil.copytree("scripts", folder / "scripts")
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(f"{sys.prefix}/{part}")
    done = make(folder, "results", "STUDY=my study", run=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["Table", "Plot", "Lab"]
    assert done.stdout.strip().endswith((run / "results/answer.txt").read_text().strip())
    assert all(Path(line[7:]).exists() for line in lines[:3])
