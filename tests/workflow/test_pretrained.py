"""A pretrained network, from its file to its counts."""

import json
import shutil

import pandas as pd
import pytest

from analysis.tables import checked
from conftest import ROOT, run_section

COUNTS = "results/measured/trained/theirs/seed_1.csv"
CONFUSION = "results/measured/trained/theirs/seed_1_confusion.csv"
BOTH = {"check_trained": 1, "evaluate_trained": 1}
PIXELS = {"mean": 0.1307, "std": 0.3081}


@pytest.fixture
def theirs(workflow):
    """The finished sweep, with the file of a network and what to say of it."""
    shutil.copy2(ROOT / "tests/data/trained.onnx", workflow.folder / "theirs.onnx")
    workflow.declare = lambda **keys: workflow.configure(
        networks={"mlp": {"hidden_units": [32]}, "theirs": {"trained": "theirs.onnx"} | keys},
        evaluation={"kinds": {"shot": [0.5]}},
    )
    return workflow


def test_a_network_that_came_trained_is_checked_tested_and_tested_again_when_it_changes(theirs):
    theirs.declare()
    stopped = theirs.start(COUNTS)
    said = " ".join((theirs.folder / "logs/check_trained/theirs.log").read_text().split())
    assert stopped.returncode != 0
    assert said.endswith(
        "ERROR in networks.theirs, theirs.onnx: it fits the training images with pixels: {mean: 0.1307, std: "
        "0.3081} (log-loss 0.015, 99.8 %), not with pixels: [0, 1] (log-loss 0.29, 94.7 %). Say which is "
        "right: set pixels."
    )
    assert not (theirs.folder / COUNTS).exists()

    theirs.declare(pixels=PIXELS)
    assert theirs.run(COUNTS) == BOTH
    table, confusion = (pd.read_csv(theirs.folder / path) for path in (COUNTS, CONFUSION))
    assert table["classifier"].tolist() == ["theirs"] * 4
    assert table[["draw", "train_scale"]].isna().all(axis=None)
    tests = list(zip(table["kind"], table["scale"], strict=True))
    assert tests == [("gaussian", 0.0), ("gaussian", 0.5), ("gaussian", 2.0), ("shot", 0.5)]
    assert table["correct"][0] == 179  # of 200: what torch says of it
    assert table["log_loss"][0] < table["log_loss"][1] < table["log_loss"][2]
    assert confusion.groupby("scale")["n"].sum().tolist() == [200] * 3
    card = json.loads((theirs.folder / "results/trained/theirs/card.json").read_text())
    assert (card["batch"], card["outputs"]["meaning"], card["how"]["layout"]) == (1, "logits", "nchw")

    counts = (theirs.folder / COUNTS).read_bytes()
    assert theirs.run(COUNTS) == {}
    assert theirs.run(COUNTS, "--cores", "1", "--forcerun", "evaluate_trained") == {"evaluate_trained": 1}
    assert (theirs.folder / COUNTS).read_bytes() == counts
    with (theirs.folder / "theirs.onnx").open("ab") as file:
        file.write(b"\x12\x00")  # an empty name of the producer: another file of the same network
    assert theirs.planned(COUNTS) == BOTH


def test_networks_that_came_trained_need_no_training_and_are_in_all_that_people_look_at(theirs):
    """One is an .onnx file, the other the .keras file of a network of the sweep."""
    results = theirs.folder / "results"
    before = pd.read_csv(results / "accuracies.csv")
    shutil.copy2(results / "models/mlp/fixed/scale_0.0/seed_1.keras", theirs.folder / "again.keras")
    networks = {
        "mlp": None,
        "theirs": {"trained": "theirs.onnx", "pixels": PIXELS},
        "again": {"trained": "again.keras", "pixels": [0, 1]},
    }
    theirs.configure(networks=networks, evaluation={"kinds": {"shot": [0.5]}})
    merge = {"compare_scales": 1, "plot_figures": 1, "write_tables": 1, "make_lab": 1}
    assert theirs.run() == {"check_trained": 2, "evaluate_trained": 2} | merge
    accuracies = pd.read_csv(results / "accuracies.csv")
    again = accuracies[(accuracies["classifier"] == "again") & (accuracies["kind"] == "gaussian")]
    clean = before[(before["classifier"] == "mlp") & (before["train_scale"] == 0)]
    assert again["correct"].tolist() == clean["correct"].tolist()
    assert again["log_loss"].tolist() == pytest.approx(clean["log_loss"].tolist(), rel=1e-4)
    comparison = pd.read_csv(results / "comparison.csv").set_index(["network", "scale"])
    assert comparison.loc[("theirs", 0.0), "val_accuracy"] == 179 / 200
    pairs = pd.read_csv(results / "networks.csv")
    assert len(checked("networks", pairs.fillna({"draw": ""}))) == 3  # scales
    assert pairs[["network", "other"]].drop_duplicates().to_numpy().tolist() == [["theirs", "again"]]
    parts = pd.read_csv(results / "losses.csv").groupby("network")["part"].unique()
    assert parts["theirs"].tolist() == ["read by another network", "unread", "open", "gone"]
    assert set(pd.read_csv(results / "kinds.csv")["kind"]) == {"gaussian", "shot"}
    assert pd.read_csv(results / "robustness.csv")["tested"].tolist() == ["one"] * 2
    answer = (results / "answer.txt").read_text()
    assert "With theirs, validation accuracy is never above 90 %: even without noise it is 89.5 %" in answer
    assert (
        "theirs is pretrained. It gets pixels {mean: 0.1307, std: 0.3081} in the layout nchw, gives logits, "
        "and recognises 99.8 % of the training images, without noise."
    ) in answer
    assert "theirs, pretrained" in (results / "lab.html").read_text()
    assert theirs.planned() == {}


@pytest.mark.long
def test_readme_word_for_word(tmp_path):
    """The commands of the section `Test a trained network`, as they stand."""
    results = run_section(tmp_path / "a clone", "Test a trained network") / "runs/theirs/results"
    assert (results / "report.html").exists()
    assert pd.read_csv(results / "comparison.csv")["network"].unique().tolist() == ["theirs"]
