"""A whole tiny sweep on real images: what it makes, and that it means what it says."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.summaries import robustness
from analysis.tables import TABLES
from conftest import EVALUATION
from evaluate_models import evaluate_models
from experiment.runs import Run

SCALES = [0.0, 0.5, 2.0]
IMAGES_CARD = {"shape": [28, 28], "classes": list("0123456789")}  # as far as it is read here
MLP = {"name": "mlp", "hidden_units": [32], "dropout": 0.2}


@pytest.fixture(scope="module")
def results(finished_sweep):
    return finished_sweep.folder / "results"


def test_jobs_of_a_first_run(finished_sweep):
    runs = len(SCALES)
    assert finished_sweep.first_jobs == {
        "fetch_images": 1,
        "add_noise": runs,
        "plot_samples": runs,
        "train_model": runs,
        "fit_baselines": runs,
        "estimate_ceiling": runs,
        "evaluate_models": 1,
        "compare_scales": 1,
        "plot_figures": 1,
        "write_tables": 1,
        "make_lab": 1,
    }


def test_images_are_the_first_of_the_published_ones(finished_sweep, results):
    source = np.load(finished_sweep.folder / "sample.npz")
    for name in ("x_train", "y_train", "x_test", "y_test"):
        assert np.array_equal(np.load(results / f"images/{name}.npy"), source[name])


def test_clean_copy_is_exactly_the_images(results):
    images = np.load(results / "images/x_test.npy")
    noisy = np.load(results / "noisy/scale_0.0/seed_1/x_test.npy")
    assert noisy.dtype == np.float32
    assert np.array_equal(noisy, images.astype(np.float32) / np.float32(255))


def test_histories_have_one_row_per_epoch(results):
    merged = pd.read_csv(results / "histories.csv")
    assert list(merged.columns) == list(TABLES["histories"].columns)
    parts = [pd.read_csv(results / f"histories/fixed/scale_{scale}/seed_1.csv") for scale in SCALES]
    pd.testing.assert_frame_equal(merged, pd.concat(parts, ignore_index=True))
    for scale, part in zip(SCALES, parts, strict=True):
        assert list(part["epoch"]) == [1, 2]
        assert set(part["scale"]) == {scale}


def test_comparison_is_the_last_epoch_with_its_interval(results):
    table = pd.read_csv(results / "comparison.csv")
    assert list(table.columns) == list(TABLES["comparison"].columns)
    assert list(table["scale"]) == SCALES
    last = pd.read_csv(results / "histories.csv").query("epoch == 2").set_index("scale")
    clean = last.loc[0.0, "val_accuracy"]
    for row in table.itertuples():
        accuracy = last.loc[row.scale, "val_accuracy"]
        assert row.val_accuracy == accuracy
        assert row.train_accuracy == last.loc[row.scale, "accuracy"]
        assert row.change_from_clean == pytest.approx(accuracy - clean)
        wilson = stats.binomtest(round(accuracy * 200), 200).proportion_ci(method="wilson")
        assert (row.val_accuracy_low, row.val_accuracy_high) == pytest.approx(wilson)


def test_evaluations_has_every_pair_and_on_its_diagonal_the_histories(results):
    table = pd.read_csv(results / "evaluations.csv")
    columns = ["draw", "train_scale", "kind", "test_scale", "seed", "accuracy", "loss", "n"]
    assert list(table.columns) == [*columns, "accuracy_low", "accuracy_high", "paired_accuracy"]
    pairs = list(zip(table["train_scale"], table["test_scale"], strict=True))
    assert pairs == [(train, test) for train in SCALES for test in SCALES]
    assert set(table["n"]) == {200}
    last = pd.read_csv(results / "histories.csv").query("epoch == 2").set_index("scale")
    for row in table.query("train_scale == test_scale").itertuples():
        assert (row.accuracy, row.loss) == tuple(last.loc[row.test_scale, ["val_accuracy", "val_loss"]])
        wilson = stats.binomtest(round(row.accuracy * 200), 200).proportion_ci(method="wilson")
        assert (row.accuracy_low, row.accuracy_high) == pytest.approx(wilson)


def test_evaluations_off_the_diagonal_is_what_keras_says(results):
    import keras

    model = keras.models.load_model(results / "models/fixed/scale_0.5/seed_1.keras")
    x = np.load(results / "noisy/scale_2.0/seed_1/x_test.npy")
    y = keras.utils.to_categorical(np.load(results / "images/y_test.npy"))
    said = model.evaluate(x, y, verbose=0, return_dict=True)
    row = pd.read_csv(results / "evaluations.csv").query("train_scale == 0.5 and test_scale == 2").iloc[0]
    assert row["accuracy"] == pytest.approx(said["accuracy"], abs=1e-6)
    assert row["loss"] == pytest.approx(said["loss"], rel=1e-5)


def test_of_many_scales_a_network_is_tested_on_the_chosen_and_its_own(results):
    models = {
        Run("fixed", scale, 1): results / f"models/fixed/scale_{scale}/seed_1.keras" for scale in SCALES
    }
    tests = {scale: results / f"noisy/scale_{scale}/seed_1/x_test.npy" for scale in SCALES}
    evaluations, confusion = evaluate_models(
        models, tests, [], "gaussian", [0.0, 2.0], results / "images/y_test.npy", IMAGES_CARD, MLP, 1, 200
    )
    pairs = list(zip(evaluations["train_scale"], evaluations["test_scale"], strict=True))
    assert pairs == [(0.0, 0.0), (0.0, 2.0), (0.5, 0.0), (0.5, 0.5), (0.5, 2.0), (2.0, 0.0), (2.0, 2.0)]
    assert set(confusion["scale"]) == set(SCALES)
    everything = pd.read_csv(results / "evaluations.csv").set_index(["train_scale", "test_scale"])["accuracy"]
    assert evaluations["accuracy"].tolist() == everything.loc[pairs].tolist()
    table = robustness(evaluations, 0.1, ["fixed"])
    assert list(table["train_scale"]) == [*SCALES, "matched"]
    assert table["area"].iloc[1] == pytest.approx(everything.loc[[(0.5, 0.0), (0.5, 2.0)]].mean())


def test_networks_are_compared_with_the_ceiling_on_its_images(results):
    """With all 200, the accuracy itself; with 20, that of every tenth; without a ceiling none."""
    table = pd.read_csv(results / "evaluations.csv")
    assert table["paired_accuracy"].to_numpy() == pytest.approx(table["accuracy"].to_numpy())
    models = {Run("fixed", 0.5, 1): results / "models/fixed/scale_0.5/seed_1.keras"}
    noisy, labels = results / "noisy/scale_0.5/seed_1/x_test.npy", results / "images/y_test.npy"
    tests, found = {0.5: noisy}, {}
    for images in (20, 0):
        rows, _ = evaluate_models(models, tests, [], "gaussian", [], labels, IMAGES_CARD, MLP, 1, images)
        found[images] = rows["paired_accuracy"].iloc[0]
    import keras

    said = keras.models.load_model(models[Run("fixed", 0.5, 1)]).predict(np.load(noisy), verbose=0)
    assert found[20] == pytest.approx(np.mean((said.argmax(axis=1) == np.load(labels))[::10]))
    assert np.isnan(found[0])


def test_ceilings_have_both_ends_of_every_scale(results):
    table = pd.read_csv(results / "ceilings.csv")
    assert list(table.columns) == list(TABLES["ceilings"].columns)
    assert table[["scale", "end"]].apply(tuple, axis=1).tolist() == [
        (scale, end) for scale in SCALES for end in ("lower", "upper")
    ]
    assert set(table["n"]) == {200}
    images, labels = (
        {split: np.load(results / f"images/{name}_{split}.npy") for split in ("train", "test")}
        for name in ("x", "y")
    )
    # At scale 0, the lower end is the nearest training image, and the upper end the image itself.
    x, y = (images[split].reshape(-1, 784).astype(int) for split in ("train", "test"))
    nearest = (np.sum(x**2, axis=1) - 2 * y @ x.T).argmin(axis=1)
    clean = table[table["scale"] == 0].set_index("end")["accuracy"]
    assert clean["lower"] == np.mean(labels["train"][nearest] == labels["test"])
    assert clean["upper"] == 1


def test_losses_of_one_draw_add_up_to_what_noise_costs(results):
    table = pd.read_csv(results / "losses.csv")
    assert list(table.columns) == list(TABLES["losses"].columns)
    comparison = pd.read_csv(results / "comparison.csv")
    lost = table.groupby("scale")["lost"].sum()
    assert lost.to_numpy() == pytest.approx(-comparison["change_from_clean"].to_numpy())
    assert set(table["part"]) == {"memorised or unread", "open", "gone"}


def test_confusion_counts_every_test_image_once(results):
    table = pd.read_csv(results / "confusion.csv")
    labels = np.load(results / "images/y_test.npy")
    last = pd.read_csv(results / "histories.csv").query("epoch == 2").set_index("scale")
    for scale, counts in table.groupby("scale"):
        matrix = counts.pivot(index="class", columns="predicted", values="n").to_numpy()
        assert matrix.sum(axis=1).tolist() == np.bincount(labels, minlength=10).tolist()
        assert np.trace(matrix) / 200 == last.loc[scale, "val_accuracy"]
    digits = pd.read_csv(results / "classes.csv")
    mean = digits.groupby("scale")[["recall", "n"]].apply(
        lambda rows: (rows["recall"] * rows["n"]).sum() / 200
    )
    assert mean.to_numpy() == pytest.approx(last["val_accuracy"].to_numpy())


def test_baselines_are_the_trivial_methods_on_the_same_files(results):
    table = pd.read_csv(results / "baselines.csv").set_index(["scale", "method"])
    y, y_test = (np.load(results / f"images/y_{split}.npy") for split in ("train", "test"))
    chance = np.mean(y_test == np.bincount(y).argmax())  # of the class most frequent in training
    assert set(table.loc[(slice(None), "chance"), "accuracy"]) == {chance}
    for scale in SCALES:
        folder = results / f"noisy/scale_{scale}/seed_1"
        x, x_test = (
            np.load(folder / f"x_{split}.npy").reshape(-1, 784).astype(float) for split in ("train", "test")
        )
        means = np.array([x[y == digit].mean(axis=0) for digit in range(10)])
        nearest = np.linalg.norm(x_test[:, None] - means, axis=2).argmin(axis=1)
        assert table.loc[(scale, "nearest_class_mean"), "accuracy"] == np.mean(nearest == y_test)
        # Ridge with a penalty of 1 on centred images, by the normal equations.
        centred, targets = x - x.mean(axis=0), np.where(y[:, None] == np.arange(10), 1.0, -1.0)
        weights = np.linalg.solve(
            centred.T @ centred + np.eye(784), centred.T @ (targets - targets.mean(axis=0))
        )
        scores = (x_test - x.mean(axis=0)) @ weights + targets.mean(axis=0)
        ridge = np.mean(scores.argmax(axis=1) == y_test)
        assert table.loc[(scale, "ridge_regression"), "accuracy"] == pytest.approx(
            ridge, abs=0.011
        )  # two images


def test_robustness_has_every_network(results):
    table = pd.read_csv(results / "robustness.csv")
    assert list(table["train_scale"]) == ["0.0", "0.5", "2.0", "matched"]
    assert table["corruption_error"].iloc[0] == 1


def test_cost_counts_the_jobs(results, finished_sweep):
    table = pd.read_csv(results / "cost.csv").set_index("rule")
    assert table["jobs"].to_dict() == dict(finished_sweep.first_jobs)
    assert (table["total_seconds"] >= table["mean_seconds"]).all()


def test_end_of_a_run_shows_table_and_answer(workflow):
    done = workflow.start("--forcerun", "write_tables")
    answer = (workflow.folder / "results/answer.txt").read_text().strip()
    assert done.stdout.strip().endswith(answer)
    assert "validation accuracy" in answer.splitlines()[0]
    assert "results/comparison.csv" in done.stdout
    assert "results/figures/accuracy.png" in done.stdout
    table = pd.read_csv(workflow.folder / "results/comparison.csv")
    for accuracy in table["val_accuracy"]:
        assert f"{accuracy:.4f}" in done.stdout


def test_saved_model_evaluates_to_the_last_row_in_another_process(results):
    code = """
import sys, json, keras, numpy as np
y = keras.utils.to_categorical(np.load(sys.argv[1]))
for model, x in zip(sys.argv[2::2], sys.argv[3::2]):
    model = keras.models.load_model(model)
    print(json.dumps(model.evaluate(np.load(x), y, verbose=0, return_dict=True)))
"""
    files = [results / "images/y_test.npy"]
    for scale in SCALES:
        files.append(results / f"models/fixed/scale_{scale}/seed_1.keras")
        files.append(results / f"noisy/scale_{scale}/seed_1/x_test.npy")
    # Not in this process and not in scripts/: nothing but Keras reads the files.
    command = [sys.executable, "-I", "-c", code, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for scale, line in zip(SCALES, done.stdout.splitlines()[-len(SCALES) :], strict=True):
        said = json.loads(line)
        last = pd.read_csv(results / f"histories/fixed/scale_{scale}/seed_1.csv").iloc[-1]
        assert said["accuracy"] == pytest.approx(last["val_accuracy"], abs=1e-6)
        assert said["loss"] == pytest.approx(last["val_loss"], rel=1e-5)


def test_log_shows_the_network_once_and_every_epoch(finished_sweep):
    log = (finished_sweep.folder / "logs/train_model/fixed/scale_0.5/seed_1.log").read_text()
    assert log.count("Total params: 25,450") == 1  # 784 * 32 + 32 + 32 * 10 + 10
    for epoch in (1, 2):
        assert log.count(f"epoch {epoch}/2  loss ") == 1


def test_figures_are_pictures_of_a_good_size(results):
    from PIL import Image

    names = ("accuracy", "classes", "confusion", "epochs", "evaluations", "baselines", "losses")
    for name in [*(f"figures/{name}.png" for name in names), "samples/scale_0.5/seed_1.png"]:
        with Image.open(results / name) as picture:
            assert min(picture.size) > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20  # not blank
    for name in names:
        assert "<svg" in (results / f"figures/{name}.svg").read_text()


@pytest.mark.long
def test_without_a_ceiling_there_is_no_trace_of_it(workflow):
    workflow.configure(ceiling={"images": 0})
    results = workflow.folder / "results"

    def of_ceiling():
        return [path for path in results.rglob("*") if path.stem in ("ceilings", "losses")]

    assert len(of_ceiling()) == 7  # a folder, two tables and their pages, a figure in two formats
    for path in of_ceiling():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert workflow.run() == EVALUATION
    assert of_ceiling() == []
    assert pd.read_csv(results / "evaluations.csv")["paired_accuracy"].isna().all()
    assert pd.read_csv(results / "comparison.csv")["equivalent_scale"].isna().all()
    assert "can be read" not in (results / "answer.txt").read_text()


def test_more_images_than_the_source_has_is_one_clear_line(workflow):
    workflow.configure(images={"train": 700})
    done = workflow.start()
    assert done.returncode != 0
    log = (workflow.folder / "logs/fetch_images/images.log").read_text()
    message = "ERROR: images.train is 700, but the source has 600 images. Set images.train to at most 600."
    assert log.splitlines()[-1] == message
    assert "images.train is 700" in done.stderr
