"""What earlier configurations have left: it is named, and `make prune` deletes it and nothing else."""

import fcntl
import json
import shutil

import pytest


@pytest.fixture
def kept(workflow):
    """Files of a person among the results, each where a rule might look for one of its own."""
    results = workflow.folder / "results"
    shutil.copytree(results / "models", results / "old/models")
    named = {"sha256": {"results/people/someone.txt": 64 * "0"}}
    files = {
        "people/me.csv": "",
        "people/me.json": json.dumps(named),
        "ceilings/scale_0.5/seed_2.json": "{}",
        "ceilings/scale_0.5/notes.csv": "",
        "histories/mlp/fixed/scale_0.5/seed_2.csv": "",
        "checkpoints/mine.npz": "",
        "checkpoints/mlp/fixed/scale_2.0/seed_1.npz": "",  # of a run of this configuration
    }
    for name, text in files.items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(text)
    return {path for path in results.rglob("*") if path.is_file() and "scale_0.5" not in str(path)} | {
        *(results / name for name in files),
        *(path for path in results.glob("old/**/*") if path.is_file()),
    }


def test_what_is_of_no_use_is_named_and_deleted_and_nothing_else(workflow, kept, monkeypatch):
    workflow.configure(noise={"scales": [2.0]})
    (workflow.folder / "Makefile").touch()
    results, logs = workflow.folder / "results", workflow.folder / "logs"
    checkpoint = results / "checkpoints/mlp/fixed/scale_0.5/seed_1.npz"
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".npz", ".keras", ".csv", ".json"):
        checkpoint.with_suffix(suffix).touch()
    # Of a plan for a part, nobody knows what is of no use.
    assert "has no use for" not in workflow.start("results/noisy/scale_2.0/seed_1/card.json").stderr
    before = {path for path in results.rglob("*") if path.is_file()}
    monkeypatch.setenv("PRUNE_RESULTS", "yes")
    with open(workflow.folder / ".snakemake/running", "a+") as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        done = workflow.start("--dry-run", "--quiet", "all")
    assert done.returncode != 0
    assert "ERROR: Another run is using this folder" in done.stderr
    assert {path for path in results.rglob("*") if path.is_file()} == before
    done = workflow.start("--dry-run", "--quiet", "all")
    assert done.returncode == 0, done.stderr
    assert {path for path in results.rglob("*") if path.is_file()} == kept
    deleted = set(done.stdout.splitlines()[:-1])
    assert deleted >= {str(path.relative_to(workflow.folder)) for path in before - kept}
    assert all(line.startswith(("results/", "logs/")) and "scale_0.5" in line for line in deleted)
    assert done.stdout.splitlines()[-1].startswith(f"Deleted {len(deleted)} files, ")
    assert not list(logs.glob("*/**/scale_0.5"))
    assert not (results / "noisy/scale_0.5").exists()
    said = "There is nothing to delete: this configuration has a use for every result.\n"
    assert workflow.start("--dry-run", "--quiet", "all").stdout == said


def test_the_end_of_a_run_names_what_is_old(workflow):
    """Results of a seed that the configuration has no longer, and a report that is older than the results."""
    results = workflow.folder / "results"
    (workflow.folder / "Makefile").touch()
    for path in [*(results / "measured/baselines/scale_0.5").iterdir()]:
        content = path.read_bytes().replace(b"seed_1", b"seed_7")
        path.with_stem("seed_7").write_bytes(content)
    (results / "report.html").touch()
    done = workflow.start()
    assert (
        "This configuration has no use for 3 files (less than 1 MB) of earlier ones. make prune"
        in done.stderr
    )
    assert f"Report {results}/report.html\n" in done.stdout
    (results / "lab.html").touch()
    said = "report.html (older than the results; make report makes it again)\n"
    assert said in workflow.start().stdout
    # Of a run that make would do otherwise, its commands would be wrong.
    done = workflow.start("--config", "seeds=[1]")
    assert "has no use for" not in done.stderr
    assert "report.html (older than the results)\n" in done.stdout
