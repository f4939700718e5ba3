"""Snakemake may keep files in a storage, so that jobs work on copies of their own (docs/cluster.md)."""

import shutil

import pytest

from plumbing.cards import sha256_of

pytestmark = pytest.mark.skipif(not shutil.which("rsync"), reason="the storage fs needs rsync")

NETWORK = """
from keras import Input, Sequential, layers
def build(shape, classes):
    return Sequential([Input(shape), layers.Flatten(), layers.Dense(classes, activation="softmax")])
"""


def in_storage(copies, *prefix):
    """What the page of the plugin fs recommends for a disk of each node."""
    shared = "persistence software-deployment sources source-cache".split()
    fs = ("--default-storage-provider", "fs", "--shared-fs-usage", *shared, "--local-storage-prefix", copies)
    return (*fs, "--default-storage-prefix", *prefix) if prefix else fs


def test_results_are_the_same_with_and_without_a_storage_and_with_another(workflow, tmp_path):
    """Nothing is damaged, and nothing is made twice, because a job had other paths."""
    table = "results/tables/comparison.html"
    before = sha256_of(workflow.folder / table)
    first, second = in_storage(tmp_path / "first"), in_storage(tmp_path / "second")
    assert workflow.planned(*first) == {}
    (workflow.folder / "results/tables/card.json").unlink()
    assert workflow.run(*first) == {"write_tables": 1}
    assert "Table  " in workflow.start(*first).stdout and sha256_of(workflow.folder / table) == before
    assert workflow.planned(*second) == workflow.planned() == {}


@pytest.mark.long
def test_with_a_prefix_code_and_own_files_stay_and_results_go_there(workflow, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (workflow.folder / "results").rename(shared / "results")
    storage = in_storage(tmp_path / "scratch", shared)
    assert workflow.planned(*storage) == {}
    (workflow.folder / "people").mkdir()
    (workflow.folder / "people/ann.csv").write_text("scale,right,n\n0.5,7,8\n")
    (workflow.folder / "mine.py").write_text(NETWORK)
    workflow.configure(networks={"mlp": {"hidden_units": [32]}, "mine": {"path": "mine.py"}})
    assert workflow.planned(*storage)["train_model"] == 3
    made = ("results/measured/people/ann.csv", "results/models/mine/fixed/scale_0.5/seed_1.keras")
    assert workflow.run(*made, *storage) == {"read_person": 1, "train_model": 1}
    assert all((shared / path).exists() for path in made)
    assert not any((workflow.folder / path).exists() for path in made)


def test_a_storage_that_was_not_tried_is_refused_and_results_in_one_are_not_pruned(workflow, monkeypatch):
    other = workflow.folder / "snakemake_storage_plugin_other"
    other.mkdir()
    (other / "__init__.py").write_text(
        "from snakemake_storage_plugin_fs import StorageObject, StorageProvider"
    )
    before = workflow.files()
    done = workflow.start("--default-storage-provider", "other")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1] == (
        "ERROR: this workflow reads cards in the storage fs, not in other. Use fs (docs/cluster.md)"
    )
    monkeypatch.setenv("PRUNE_RESULTS", "yes")
    done = workflow.start("--dry-run", "--default-storage-provider", "fs")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("ERROR: results in a storage are not pruned.")
    assert workflow.files() == before
