"""The workflow used from elsewhere: as a module of another one, and in a folder without a configuration."""

import os
import subprocess
import sys

import pytest
import yaml

from conftest import TINY, copy_workflow

HOST = """
configfile: "host.yaml"


module noise:
    snakefile:
        "{snakefile}"
    config:
        config["noise_sweep"]


use rule * from noise as noise_*


rule count_lines:
    input:
        rules.noise_compare_scales.output.comparison,
    output:
        "lines.txt",
    default_target: True
    shell:
        "wc -l < {{input}} > {{output}}"
"""


def snakemake(folder, *arguments):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def source(tmp_path):
    """The workflow without any results, in a folder with a space in its name."""
    copy_workflow(tmp_path / "the workflow")
    return tmp_path / "the workflow"


@pytest.mark.long
def test_as_a_module_of_another_workflow_it_gives_the_same_tables(source, tmp_path, finished_sweep):
    host = tmp_path / "host"
    host.mkdir()
    (host / "Snakefile").write_text(HOST.format(snakefile=source / "Snakefile"))
    (host / "host.yaml").write_text(yaml.safe_dump({"noise_sweep": TINY}))
    done = snakemake(host)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (host / "lines.txt").read_text().strip() == "4"  # a header and three scales
    assert not (source / "results").exists()
    for table in ("comparison", "accuracies", "classes"):
        ours, theirs = (folder / f"results/{table}.csv" for folder in (host, finished_sweep.folder))
        assert ours.read_bytes() == theirs.read_bytes()
    done = snakemake(host, "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr
    # Of the other workflow's own rules, times say what they always did.
    with open(host / "results/comparison.csv", "a") as table:
        table.write("another line\n")
    os.utime(host / "lines.txt", (10**9, 10**9))
    done = snakemake(host, "--dry-run")
    assert "count_lines" in done.stdout + done.stderr


def test_in_a_folder_without_a_configuration_it_takes_its_own(source, tmp_path):
    (source / "config.yaml").write_text(yaml.safe_dump(TINY | {"seeds": [7]}))
    folder = tmp_path / "elsewhere"
    target = "results/noisy/scale_0.5/seed_7/x_test.npy"
    done = snakemake(source, "--directory", folder, target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / target).exists()


def test_a_given_configuration_is_not_mixed_with_the_workflows_own(source, tmp_path):
    """A study has the defaults where it says nothing, whatever stands in config.yaml."""
    (source / "config.yaml").write_text(yaml.safe_dump(TINY | {"seeds": [7]}))
    (source / "study.yaml").write_text(yaml.safe_dump({"images": TINY["images"]}))
    folder = tmp_path / "elsewhere"
    target = "results/noisy/scale_4.0/seed_1/x_test.npy"
    done = snakemake(source, target, "--directory", folder, "--configfile", source / "study.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / target).exists()
