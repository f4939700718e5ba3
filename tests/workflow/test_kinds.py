"""Other kinds of noise through the whole workflow, trained on and tested on; and a test set."""

import numpy as np
import pandas as pd
import pytest

from conftest import EVALUATION
from experiment.noise import Noise, noisy_copy
from experiment.streams import noise_generator

pytestmark = pytest.mark.long  # test_own.py tests on another kind with every change
OTHER = {"shot": [0.5, 0.2], "gaussian_blur": [1.5]}


@pytest.fixture(scope="module")
def tested(finished_sweep, tmp_path_factory):
    """The finished sweep, tested on two other kinds, and on a set in the layout of MNIST-C."""
    workflow = finished_sweep.copy(tmp_path_factory.mktemp("kinds") / "a copy")
    workflow.configure(evaluation={"kinds": OTHER})
    workflow.planned_of_kinds = workflow.planned()
    with np.load(workflow.folder / "sample.npz") as sample:
        fog = np.clip(sample["x_test"] * 0.7 + 70, 0, 255).astype(np.uint8)
        (workflow.folder / "fog").mkdir()
        np.save(workflow.folder / "fog/test_images.npy", fog[..., None])
        np.save(workflow.folder / "fog/test_labels.npy", sample["y_test"].astype(int))
    workflow.configure(evaluation={"kinds": OTHER, "sets": {"fog": "fog"}})
    workflow.jobs = workflow.run()
    return workflow


def test_testing_other_kinds_only_evaluates(tested):
    assert tested.planned_of_kinds == EVALUATION


def test_a_test_set_is_read_and_tested_by_every_classifier_and_nothing_is_trained(tested):
    assert tested.jobs == {"read_set": 1, "fit_baselines": 3} | EVALUATION
    said = (
        "evaluation.sets.fog: 200 images, the same images as the test images, in the same order (correlation "
    )
    assert said in tested.said
    table = pd.read_csv(tested.folder / "results/accuracies.csv")
    fog = table[table["kind"] == "fog"]
    assert fog[["scale", "paired_correct"]].isna().all(axis=None)
    counts = {"chance": 1, "mlp": 3, "nearest_centroid": 3, "ridge_regression": 3}
    assert fog["classifier"].value_counts().to_dict() == counts
    assert tested.planned() == {}
    # A file that changes is read again; a set that is taken away leaves the evaluation alone to be done.
    labels = tested.folder / "fog/test_labels.npy"
    before = labels.read_bytes()
    np.save(labels, np.load(labels)[::-1])
    assert tested.planned() == tested.jobs
    labels.write_bytes(before)
    assert tested.planned("--config", "evaluation={sets: {fog: null}}") == {"fit_baselines": 3} | EVALUATION


def test_accuracy_and_equivalent_scale_of_a_test_set_are_those_of_the_stored_network(tested):
    """Recomputed, and read by plain Keras."""
    import keras

    results = tested.folder / "results"
    x, y = (np.load(tested.folder / f"fog/test_{name}.npy") for name in ("images", "labels"))
    model = keras.models.load_model(results / "models/mlp/fixed/scale_0.0/seed_1.keras")
    accuracy = np.mean(model.predict(x[..., 0] / np.float32(255), verbose=0).argmax(axis=1) == y)
    tables = {name: pd.read_csv(results / f"{name}.csv") for name in ("accuracies", "sets")}
    row = tables["sets"].query("classifier == 'mlp' and train_scale == 0").iloc[0]
    assert row["accuracy"] == pytest.approx(accuracy, abs=0.0051)
    curve = tables["accuracies"].query("classifier == 'mlp' and train_scale == 0 and kind == 'gaussian'")
    clean = curve.set_index("scale")["accuracy"]
    assert row["change"] == pytest.approx(row["accuracy"] - clean[0.0])
    if row["equivalent_scale_reason"] == "crossed":
        there = np.interp(row["equivalent_scale"], clean.index, clean)
        assert there == pytest.approx(row["accuracy"])
    for path in ("results/tables/sets.html", "results/figures/evaluations.svg"):
        assert "fog" in (tested.folder / path).read_text()
    answer = (tested.folder / "results/answer.txt").read_text()
    assert f"it recognises {row['accuracy']:.0%} of its images".replace("%", " %") in answer


def test_every_network_is_tested_on_every_scale_of_other_kinds(tested, finished_sweep):
    table = pd.read_csv(tested.folder / "results/accuracies.csv")
    others = table[table["kind"].isin(OTHER)]
    assert set(others["classifier"]) == {"mlp"}
    assert others["paired_correct"].isna().all()
    pairs = [("gaussian_blur", 1.5), ("shot", 0.2), ("shot", 0.5)]
    assert list(zip(others["kind"], others["scale"], strict=True)) == 3 * pairs
    own = table[table["kind"] == "gaussian"].reset_index(drop=True)
    before = pd.read_csv(finished_sweep.folder / "results/accuracies.csv")
    pd.testing.assert_frame_equal(own, before, check_dtype=False)  # whole numbers beside empty cells
    kinds = pd.read_csv(tested.folder / "results/kinds.csv")
    assert len(kinds) == 3 * 3
    mean = others[(others["kind"] == "shot") & (others["train_scale"] == 2)]["accuracy"].mean()
    row = kinds[(kinds["kind"] == "shot") & (kinds["train_scale"] == 2)].iloc[0]
    assert row["accuracy"] == pytest.approx(mean)
    for path in ("results/tables/kinds.html", "results/figures/evaluations.svg"):
        assert "shot" in (tested.folder / path).read_text()
    assert "On shot noise, training with fixed noise" in (tested.folder / "results/answer.txt").read_text()


def test_their_test_images_have_the_noise_that_add_noise_stores(tested):
    """Recomputed, and read by plain Keras."""
    import keras

    results = tested.folder / "results"
    images, labels = np.load(results / "images/x_test.npy"), np.load(results / "images/y_test.npy")
    noisy = noisy_copy(images, 0.5, noise_generator(1, 0.5, "test", "shot"), Noise("shot"))
    model = keras.models.load_model(results / "models/mlp/fixed/scale_0.5/seed_1.keras")
    accuracy = np.mean(model.predict(noisy, verbose=0).argmax(axis=1) == labels)
    table = pd.read_csv(results / "accuracies.csv").set_index(["train_scale", "kind", "scale"])
    assert table.loc[(0.5, "shot", 0.5), "accuracy"] == pytest.approx(accuracy, abs=0.0051)


def test_another_kind_is_trained_on_fixed_and_fresh_and_clipped_only_if_told_so(workflow):
    workflow.configure(noise={"kind": "speckle", "clip": False, "scales": [2.0], "draws": ["fixed", "fresh"]})
    jobs = workflow.run()
    assert (jobs["add_noise"], jobs["train_model"], jobs["estimate_ceiling"]) == (2, 3, 0)
    copy = np.load(workflow.folder / "results/noisy/scale_2.0/seed_1/x_test.npy")
    assert copy.min() < 0 < 1 < copy.max()
    said = (workflow.folder / "results/answer.txt").read_text().splitlines()
    assert said[1].startswith("With fresh noise (speckle noise), validation accuracy")
    assert "What any classifier could reach is not known for speckle noise." in said
    assert "speckle noise" in (workflow.folder / "results/figures/accuracy.svg").read_text()
    assert workflow.planned() == {}


def test_blur_is_not_drawn_again(workflow):
    workflow.configure(noise={"kind": "gaussian_blur", "scales": [1.5], "draws": ["fixed", "fresh"]})
    assert workflow.run()["train_model"] == 2
    assert "fresh noise would be the same" in (workflow.folder / "results/answer.txt").read_text()
