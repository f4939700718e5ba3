"""Filters before networks that learned from no noise, through the whole workflow."""

import shutil

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import median_filter

from conftest import EVALUATION, MERGE, ROOT
from experiment.filters import FILTER_NAMES

pytestmark = pytest.mark.long  # two networks with every filter, at three scales
PIXELS = {"mean": 0.1307, "std": 0.3081}
MLP = {"mlp": {"hidden_units": [32]}}


@pytest.fixture(scope="module")
def filtered(finished_sweep, tmp_path_factory):
    """The finished sweep with every filter, and beside its network a pretrained one."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("filtered") / "a folder")
    shutil.copy2(ROOT / "tests/data/trained.onnx", workflow.folder / "theirs.onnx")
    workflow.networks = MLP | {"theirs": {"trained": "theirs.onnx", "pixels": PIXELS}}
    workflow.configure(networks=workflow.networks, filters=[*FILTER_NAMES])
    workflow.jobs = workflow.run()
    return workflow


def test_filters_are_tested_and_nothing_is_trained(filtered):
    assert filtered.jobs == {"evaluate_filters": 6, "check_trained": 1, "evaluate_trained": 1} | MERGE
    assert filtered.run() == {}


def test_every_filter_is_in_all_that_people_look_at(filtered):
    results = filtered.folder / "results"
    accuracies = pd.read_csv(results / "accuracies.csv")
    after = accuracies[accuracies["classifier"].str.contains(" after ")]
    assert after[["draw", "train_kind", "train_scale"]].isna().all(axis=None)
    assert after["classifier"].nunique() == 2 * 14
    assert set(after.groupby("classifier")["scale"].apply(tuple)) == {(0.0, 0.5, 2.0)}
    table = pd.read_csv(results / "filters.csv")
    assert len(table) == 2 * 15 * 3
    of_mlp, theirs = (table[table["network"] == name] for name in ("mlp", "theirs"))
    assert of_mlp["change_from_fixed"].notna().all()
    assert theirs["change_from_fixed"].isna().all()
    unfiltered = table[(table["filter"] == "none") & (table["bias_correction"] == 0)]
    own = accuracies[accuracies["draw"].isna() | (accuracies["train_scale"] == 0)]
    own = own[own["classifier"].isin(["mlp", "theirs"])]
    assert unfiltered["accuracy"].tolist() == own["accuracy"].tolist()
    assert "Where the noise is taken out first" in (results / "answer.txt").read_text()
    figures = {path.suffix for path in (results / "figures").glob("filters.*")}
    assert figures == {".pdf", ".png", ".svg"}
    assert "wavelet" in (results / "tables/filters.html").read_text()


def test_counts_are_those_of_plain_scipy_and_the_stored_network(filtered):
    import keras

    results = filtered.folder / "results"
    network = keras.models.load_model(results / "models/mlp/fixed/scale_0.0/seed_1.keras")
    labels = np.load(results / "images/y_test.npy")
    for scale in ("0.0", "0.5", "2.0"):
        noisy = np.load(results / f"noisy/scale_{scale}/seed_1/x_test.npy")
        median = np.stack([median_filter(image, 3) for image in noisy])
        says = network.predict(median, verbose=0).argmax(axis=1)
        counts = pd.read_csv(results / f"measured/filters/mlp/scale_{scale}/seed_1.csv")
        row = counts[counts["classifier"] == "mlp after median"].iloc[0]
        assert (row["correct"], row["n"]) == ((says == labels).sum(), 200)


def test_only_what_changed_is_tested_again(filtered):
    filtered.configure(networks=filtered.networks, filters=["median"])
    assert filtered.planned() == {"evaluate_filters": 6} | MERGE
    other = {"small": {"kind": "mlp", "hidden_units": [8]}}
    filtered.configure(networks=filtered.networks | other, filters=[*FILTER_NAMES])
    assert filtered.planned() == {"train_model": 3, "evaluate_filters": 3} | EVALUATION
    filtered.configure(networks=MLP)
    assert filtered.planned() == MERGE
    # A scale more is tested for each network, and the filters of the others stay.
    filtered.configure(networks=MLP, filters=[*FILTER_NAMES], noise={"scales": [0.5, 1.0, 2.0]})
    assert filtered.planned()["evaluate_filters"] == 1
