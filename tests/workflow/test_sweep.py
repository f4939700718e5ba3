"""A whole tiny sweep on real images: what it makes, and that it means what it says."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.figures import FIGURES
from analysis.summaries import robustness
from analysis.tables import TABLES, checked
from conftest import EVALUATION
from evaluate_models import answers_of, own_tests
from experiment.counts import unpack_answers
from experiment.runs import Run

SCALES = [0.0, 0.5, 2.0]
MLP = {"kind": "mlp", "hidden_units": [32], "dropout": 0.2}


@pytest.fixture(scope="module")
def results(finished_sweep):
    return finished_sweep.folder / "results"


@pytest.fixture(scope="module")
def accuracies(results):
    return pd.read_csv(results / "accuracies.csv")


@pytest.fixture(scope="module")
def networks(accuracies):
    """The rows of networks."""
    return accuracies[accuracies["classifier"] == "mlp"]


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
    parts = [pd.read_csv(results / f"histories/mlp/fixed/scale_{scale}/seed_1.csv") for scale in SCALES]
    identity = {"images": ["mnist"], "kind": ["gaussian"]}
    assert {name: merged.pop(name).unique().tolist() for name in identity} == identity
    pd.testing.assert_frame_equal(merged, pd.concat(parts, ignore_index=True))
    for scale, part in zip(SCALES, parts, strict=True):
        assert list(part["epoch"]) == [1, 2]
        assert (set(part["network"]), set(part["scale"])) == ({"mlp"}, {scale})


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


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"filters", "kinds", "networks", "sets"}))
def test_a_table_is_read_without_options_into_the_types_that_are_declared(results, name):
    table = pd.read_csv(results / f"{name}.csv")
    assert len(table) > 0
    assert checked(name, table) is table


@pytest.mark.parametrize("name", ["comparison", "robustness"])
def test_columns_of_numbers_have_numbers_alone(results, name):
    texts = [column for column, (type, _) in TABLES[name].columns.items() if type == "text"]
    table = pd.read_csv(results / f"{name}.csv")
    assert list(table.select_dtypes(exclude="number").columns) == texts


def test_every_classifier_is_tested_on_the_same_images(accuracies):
    others = ["ceiling_lower", "ceiling_upper", "chance", "nearest_centroid", "ridge_regression"]
    assert accuracies["classifier"].unique().tolist() == [*others[:3], "mlp", *others[3:]]
    for name in others:
        rows = accuracies[accuracies["classifier"] == name]
        assert rows["scale"].tolist() == SCALES
        learned = name in ("nearest_centroid", "ridge_regression")
        assert rows["train_scale"].dropna().tolist() == (SCALES if learned else [])
    for name in ("n", "paired_n"):
        assert set(accuracies[name]) == {200}
    assert (accuracies["accuracy"] == accuracies["correct"] / 200).all()
    for row in accuracies.itertuples():
        wilson = stats.binomtest(row.correct, 200).proportion_ci(method="wilson")
        assert (row.accuracy_low, row.accuracy_high) == pytest.approx(wilson)


def test_networks_are_tested_on_every_scale_and_at_their_own_as_in_their_histories(networks, results):
    pairs = list(zip(networks["train_scale"], networks["scale"], strict=True))
    assert pairs == [(train, test) for train in SCALES for test in SCALES]
    last = pd.read_csv(results / "histories.csv").query("epoch == 2").set_index("scale")
    for row in networks.query("train_scale == scale").itertuples():
        expected = tuple(last.loc[row.scale, ["val_accuracy", "val_loss"]])
        assert (row.accuracy, row.log_loss) == expected


def test_networks_recognise_at_other_scales_what_keras_says(networks, results):
    import keras

    model = keras.models.load_model(results / "models/mlp/fixed/scale_0.5/seed_1.keras")
    x, labels = np.load(results / "noisy/scale_2.0/seed_1/x_test.npy"), np.load(results / "images/y_test.npy")
    evaluated = model.evaluate(x, keras.utils.to_categorical(labels), verbose=0, return_dict=True)
    row = networks.query("train_scale == 0.5 and scale == 2").iloc[0]
    assert row["accuracy"] == pytest.approx(evaluated["accuracy"], abs=1e-6)
    assert row["log_loss"] == pytest.approx(evaluated["loss"], rel=1e-5)
    counts = pd.read_csv(results / "measured/networks/mlp/seed_1.csv")
    (index,) = counts.query("train_scale == 0.5 and scale == 2").index
    recognised = unpack_answers(np.load(results / "measured/networks/mlp/seed_1.npy")[index], 200)
    assert np.array_equal(recognised, model.predict(x, verbose=0).argmax(axis=1) == labels)


def test_answers_are_those_that_were_counted(results):
    paths = [path for path in sorted(results.glob("measured/**/*.csv")) if path.with_suffix(".npy").exists()]
    assert len(paths) == 1 + 2 * len(SCALES)
    for path in paths:
        counts, bits = pd.read_csv(path), np.load(path.with_suffix(".npy"))
        assert [unpack_answers(row, 200).sum() for row in bits] == counts["correct"].tolist()


def test_of_many_scales_a_network_is_tested_on_the_chosen_and_its_own(accuracies, results):
    import keras

    from experiment.network import build_network

    runs = [Run("mlp", "fixed", scale, 1) for scale in SCALES]
    files = {scale: results / f"noisy/scale_{scale}/seed_1/x_test.npy" for scale in SCALES}
    models = {run: results / f"models/{run.path}.keras" for run in runs}
    labels = np.load(results / "images/y_test.npy")
    tests = own_tests(runs, files, "gaussian", [0.0, 2.0], True)
    given = list(
        answers_of(build_network((28, 28), 10, MLP, 1), models, tests, keras.utils.to_categorical(labels))
    )
    pairs = [(answers.run.scale, answers.scale) for answers in given]
    assert pairs == [(0.0, 0.0), (0.0, 2.0), (0.5, 0.0), (0.5, 0.5), (0.5, 2.0), (2.0, 0.0), (2.0, 2.0)]
    everything = accuracies.set_index(["train_scale", "scale"])
    networks = everything[everything["classifier"] == "mlp"]["correct"]
    assert [np.sum(answers.predicted == labels) for answers in given] == networks.loc[pairs].tolist()
    kept = everything.index.isin(pairs) & (everything["classifier"] == "mlp")
    chosen = everything[kept | (everything["classifier"] == "chance")].reset_index()
    table = robustness(chosen, ["mlp"], ["fixed"], images="mnist", kind="gaussian")
    assert table["train_scale"].tolist() == pytest.approx([*SCALES, np.nan], nan_ok=True)
    assert table["area"].iloc[1] == pytest.approx(networks.loc[[(0.5, 0.0), (0.5, 2.0)]].mean() / 200)


def test_networks_are_compared_with_the_ceiling_on_its_images(accuracies):
    """Of all 200."""
    assert (accuracies["paired_correct"] == accuracies["correct"]).all()


def test_bounds_of_the_ceiling_at_scale_0_are_what_they_are_said_to_be(accuracies, results):
    images, labels = (
        {split: np.load(results / f"images/{name}_{split}.npy") for split in ("train", "test")}
        for name in ("x", "y")
    )
    # The lower bound is the nearest training image, and the upper one the image itself.
    x, y = (images[split].reshape(-1, 784).astype(int) for split in ("train", "test"))
    nearest = (np.sum(x**2, axis=1) - 2 * y @ x.T).argmin(axis=1)
    clean = accuracies[accuracies["scale"] == 0].set_index("classifier")
    assert clean.loc["ceiling_lower", "accuracy"] == np.mean(labels["train"][nearest] == labels["test"])
    assert clean.loc["ceiling_upper", "accuracy"] == 1
    assert np.isnan(clean.loc["ceiling_upper", "log_loss"])
    noisy = accuracies[accuracies["classifier"].isin(["ceiling_lower", "ceiling_upper"])].query("scale > 0")
    assert (noisy["log_loss"] >= 0).all()


def test_losses_of_one_draw_add_up_to_what_noise_costs(results):
    table = pd.read_csv(results / "losses.csv")
    assert list(table.columns) == list(TABLES["losses"].columns)
    comparison = pd.read_csv(results / "comparison.csv")
    lost = table.groupby("scale")["lost"].sum()
    assert lost.to_numpy() == pytest.approx(-comparison["change_from_clean"].to_numpy())
    assert set(table["part"]) == {"memorised or unread", "open", "gone"}
    assert (table["lost_low"] <= table["lost"]).all()
    assert (table["lost"] <= table["lost_high"]).all()


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


def test_baselines_are_the_trivial_methods_on_the_same_files(accuracies, results):
    table = accuracies[accuracies["classifier"] != "mlp"].set_index(["scale", "classifier"])
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
        assert table.loc[(scale, "nearest_centroid"), "accuracy"] == np.mean(nearest == y_test)
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
    assert table["train_scale"].tolist() == pytest.approx([*SCALES, np.nan], nan_ok=True)
    assert table["tested"].tolist() == ["one"] * 3 + ["matched"]
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
        files.append(results / f"models/mlp/fixed/scale_{scale}/seed_1.keras")
        files.append(results / f"noisy/scale_{scale}/seed_1/x_test.npy")
    # Not in this process and not in scripts/: nothing but Keras reads the files.
    command = [sys.executable, "-I", "-c", code, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for scale, line in zip(SCALES, done.stdout.splitlines()[-len(SCALES) :], strict=True):
        said = json.loads(line)
        last = pd.read_csv(results / f"histories/mlp/fixed/scale_{scale}/seed_1.csv").iloc[-1]
        assert said["accuracy"] == pytest.approx(last["val_accuracy"], abs=1e-6)
        assert said["loss"] == pytest.approx(last["val_loss"], rel=1e-5)


def test_log_shows_the_network_once_and_every_epoch(finished_sweep):
    log = (finished_sweep.folder / "logs/train_model/mlp/fixed/scale_0.5/seed_1.log").read_text()
    assert log.count("Total params: 25,450") == 1  # 784 * 32 + 32 + 32 * 10 + 10
    for epoch in (1, 2):
        assert log.count(f"epoch {epoch}/2  loss ") == 1


def test_figures_are_pictures_of_a_good_size(results):
    from PIL import Image

    figures = {name for name, figure in FIGURES.items() if figure.needs != "filters"}
    assert {path.stem for path in (results / "figures").glob("*.png")} == figures
    for name in [*(f"figures/{name}.png" for name in figures), "samples/scale_0.5/seed_1.png"]:
        with Image.open(results / name) as picture:
            assert min(picture.size) > 300
            assert len(np.unique(np.asarray(picture.convert("L")))) > 20  # not blank
    for name in figures:
        assert "<svg" in (results / f"figures/{name}.svg").read_text()
        assert (results / f"figures/{name}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.long
def test_without_a_ceiling_there_is_no_trace_of_it(workflow):
    workflow.configure(ceiling={"images": 0})
    results = workflow.folder / "results"

    def of_ceiling():
        return [path for path in results.rglob("*") if path.stem in ("ceilings", "losses")]

    assert {str(path.relative_to(results)) for path in of_ceiling()} >= {
        *("measured/ceilings", "losses.csv", "tables/losses.html", "figures/losses.png", "figures/losses.svg")
    }
    for path in of_ceiling():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert workflow.run() == {"fit_baselines": 3} | EVALUATION
    assert of_ceiling() == []
    accuracies = pd.read_csv(results / "accuracies.csv")
    assert accuracies[["paired_correct", "paired_n"]].isna().all(axis=None)
    assert not accuracies["classifier"].str.startswith("ceiling").any()
    assert pd.read_csv(results / "comparison.csv")["equivalent_scale"].isna().all()
    assert "could be won back" not in (results / "answer.txt").read_text()


def test_more_images_than_the_source_has_is_one_clear_line(workflow):
    workflow.configure(images={"train": 700})
    done = workflow.start()
    assert done.returncode != 0
    log = (workflow.folder / "logs/fetch_images/images.log").read_text()
    message = "ERROR: images.train is 700, but the source has 600 images. Set images.train to at most 600."
    assert log.splitlines()[-1] == message
    assert "images.train is 700" in done.stderr
