"""What reruns when: each row of the README's table, by counting the jobs of real runs of Snakemake."""

import os
import shutil
import signal
import time

import pandas as pd
import pytest

from conftest import EVALUATION, MERGE, NEW_NOISE, ONE_SCALE
from plumbing.cards import read_card
from running import HISTORY, Run


def append(path, line):
    path.write_text(path.read_text() + line)


def test_nothing_changed_runs_nothing_and_says_so(workflow):
    done = workflow.start()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stderr
    assert "jobs done" not in done.stderr
    assert done.stdout.strip().endswith((workflow.folder / "results/answer.txt").read_text().strip())
    assert workflow.start("--dry-run").stdout == ""


def test_scale_added_plans_that_scale(workflow):
    workflow.configure(noise={"scales": [0.5, 2.0, 0.25]})
    assert workflow.planned() == ONE_SCALE | EVALUATION


@pytest.mark.long
def test_scale_added_runs_that_scale_and_keeps_every_other_file(workflow):
    before = workflow.files()
    workflow.configure(noise={"scales": [0.5, 2.0, 0.25]})
    assert workflow.run() == ONE_SCALE | EVALUATION
    after = workflow.files()
    per_scale = ("noisy", "samples", "models", "histories", "measured/baselines", "measured/ceilings")
    kept = {
        name for name in before if name.startswith(tuple(f"{stage}/" for stage in ("images", *per_scale)))
    }
    # Images, card; per scale: noisy copies, card, sample, card, model, card, history; of the baselines and of
    # the ceiling counts, answers, card.
    assert len(kept) == 5 + 3 * (3 + 2 + 2 + 1 + 3 + 3)
    assert {name for name in kept if before[name] != after[name]} == set()
    added = set(after) - set(before)
    assert {name for name in after if "scale_0.25" in name} == added
    # As much as was said before the first job.
    stored = sum(len(after[name][0]) for name in added if name.endswith((".npy", ".keras")))
    said = float(workflow.said.split("This sweep stores up to ")[1].split(" GB")[0])
    assert said == pytest.approx(stored / 1e9, rel=0.1)


def test_scale_removed_runs_the_evaluation(workflow):
    workflow.configure(noise={"scales": [2.0]})
    assert workflow.planned() == EVALUATION


def test_same_scales_written_otherwise_run_nothing(workflow):
    workflow.configure(noise={"scales": [2, 0, 0.5]})
    assert workflow.planned() == {}


def test_network_added_plans_its_trainings_and_renamed_too(workflow):
    more = ("--config", "networks={small: {kind: mlp, hidden_units: [8]}}")
    assert workflow.planned(*more) == {"train_model": 3} | EVALUATION
    workflow.configure(networks={"mlp": None, "dense": {"kind": "mlp", "hidden_units": [32]}})
    assert workflow.planned() == {"train_model": 3} | EVALUATION


def test_seed_added_runs_that_seed(workflow):
    workflow.configure(seeds=[2, 1])
    assert workflow.planned() == {rule: 3 for rule in NEW_NOISE} | EVALUATION


@pytest.mark.parametrize("images", [100, 0])
def test_the_ceilings_images_changed_estimates_it_again_and_evaluates(workflow, images):
    workflow.configure(ceiling={"images": images})
    ceilings = {"estimate_ceiling": 3} if images else {}
    assert workflow.planned() == {"fit_baselines": 3} | ceilings | EVALUATION


def test_more_images_for_the_ceiling_than_there_are_run_nothing(workflow):
    workflow.configure(ceiling={"images": 10_000})
    assert workflow.planned() == {}


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("networks", {"mlp": {"hidden_units": [32, 32]}}),
        pytest.param("networks", {"mlp": {"hidden_units": [32], "dropout": 0.0}}, marks=pytest.mark.long),
        pytest.param("training", {"epochs": 3}, marks=pytest.mark.long),
        pytest.param("training", {"batch_size": 32}, marks=pytest.mark.long),
        pytest.param("training", {"learning_rate": 0.002}, marks=pytest.mark.long),
    ],
)
def test_training_value_changed_runs_all_trainings_and_no_noise(workflow, section, change):
    workflow.configure(**{section: change})
    assert workflow.planned() == {"train_model": 3} | EVALUATION


def trained(workflow):
    """The state of every network, and its history without the seconds."""
    results = workflow.folder / "results"
    states = [read_card(card)["state_sha256"] for card in sorted(results.glob("models/mlp/*/*/*.json"))]
    histories = [pd.read_csv(path) for path in sorted(results.glob("histories/mlp/*/*/*.csv"))]
    return states, [history.drop(columns="seconds").to_csv() for history in histories]


def test_more_epochs_cost_only_the_new_ones(workflow):
    """Of three trainings, one goes on undisturbed, one is killed, and one finds a damaged state."""
    results, logs = workflow.folder / "results", workflow.folder / "logs/train_model/mlp/fixed"
    kept = results / "checkpoints/mlp/fixed"
    workflow.configure(training={"epochs": 300})
    run = Run(workflow)
    run.wait_for_checkpoint()
    os.killpg(run.snakemake.pid, signal.SIGKILL)
    run.finish()
    model = results / "models/mlp/fixed/scale_2.0/seed_1.keras"
    assert (kept / "scale_0.5/seed_1.keras").exists() and not list(kept.glob("scale_2.0/*"))
    workflow.configure(training={"epochs": 2})
    assert workflow.run(HISTORY) == {"train_model": 1}
    log = (logs / "scale_0.5/seed_1.log").read_text()
    assert "ignoring the checkpoint: it is after epoch" in log and "going on after epoch 2" in log
    assert "epoch 1/2 " not in log
    model.write_bytes(model.read_bytes()[:-9])
    workflow.configure(training={"epochs": 5})
    jobs = workflow.run("--until", "train_model")
    assert jobs == {"train_model": 3}
    assert "3 trainings go on after epoch 2." in workflow.said
    log = (logs / "scale_0.5/seed_1.log").read_text()
    assert "going on after epoch 2" in log and "epoch 3/5 " in log and "epoch 2/5 " not in log
    log = (logs / "scale_2.0/seed_1.log").read_text()
    assert "ignoring a damaged finished training: the SHA-256 of its model" in log and "epoch 1/5 " in log
    assert not [path for path in kept.rglob("*") if path.is_file()]
    longer = trained(workflow)
    for history in results.glob("histories/mlp/*/*/*.csv"):
        history.unlink()
    assert workflow.run("--until", "train_model") == {"train_model": 3}
    assert "epoch 1/5 " in (logs / "scale_0.5/seed_1.log").read_text()
    assert trained(workflow) == longer
    workflow.configure(training={"epochs": 3})
    said = "3 trainings of 5 epochs start again: the state after epoch 3 is not kept."
    assert said in workflow.start("--dry-run").stderr


def test_many_scales_are_tested_on_twenty_and_their_own(workflow):
    """As many trainings as there are new scales, of 25; samples of 20 of them, of which 3 are there."""
    workflow.configure(noise={"scales": [round(0.1 * number, 1) for number in range(1, 25)]})
    plan = workflow.planned()
    assert (plan["train_model"], plan["plot_samples"], plan["evaluate_models"]) == (22, 17, 1)


def test_swapped_values_are_a_change(workflow):
    workflow.configure(training={"epochs": 64, "batch_size": 2})
    assert workflow.planned() == {"train_model": 3} | EVALUATION


QUICK = {
    "add_noise.py": {rule: 3 for rule in ONE_SCALE} | EVALUATION,
    "experiment/training.py": {"train_model": 3} | EVALUATION,
    "experiment/ceiling.py": {"estimate_ceiling": 3} | MERGE,
    "fit_baselines.py": {"fit_baselines": 3} | MERGE,
    "evaluate_models.py": EVALUATION,
    "lab/browser/look.js": {"make_lab": 1},
}
# The same for more files. That each rule names all files that it imports is tested in test_code.py.
MORE = {
    "plot_samples.py": {"plot_samples": 3},
    "train_model.py": {"train_model": 3} | EVALUATION,
    "experiment/network.py": {"train_model": 3} | EVALUATION,
    "estimate_ceiling.py": {"estimate_ceiling": 3} | MERGE,
    "plot_figures.py": {"plot_figures": 1},
    "make_lab.py": {"make_lab": 1},
    "lab/exhibits.py": {"make_lab": 1},
    "write_tables.py": {"write_tables": 1},
}


@pytest.mark.parametrize(
    ("file", "jobs"),
    [*QUICK.items(), *(pytest.param(*case, marks=pytest.mark.long) for case in MORE.items())],
)
def test_edited_code_runs_its_stage_and_what_follows(workflow, file, jobs):
    append(workflow.folder / "scripts" / file, "\n# edited\n")
    assert workflow.planned() == jobs


WORDS = ("kinds", "draws", "classifiers", "answer", "intervals", "losses", "summaries", "tables")


def test_edited_words_and_intervals_merge_and_draw_and_measure_nothing_again(workflow):
    for name in WORDS:
        append(workflow.folder / f"scripts/analysis/{name}.py", "\nEDITED = 1\n")
    assert workflow.planned() == MERGE


def test_an_edit_of_the_figures_draws_them_and_one_of_plumbing_or_control_does_nothing(workflow):
    scripts = workflow.folder / "scripts"
    for path in [*scripts.glob("plumbing/*.py"), *scripts.glob("control/*.py"), scripts / "reproduce.py"]:
        append(path, "\n# edited\n")
    assert workflow.planned() == {}
    append(workflow.folder / "scripts/analysis/figures.py", "\n# edited\n")
    assert workflow.planned() == {"plot_figures": 1}


@pytest.mark.parametrize(
    ("axis", "jobs"),
    [("log", {"plot_figures": 1}), pytest.param("sqrt", {}, marks=pytest.mark.long)],
)
def test_another_axis_of_noise_scales_draws_the_figures_and_runs_nothing_else(workflow, axis, jobs):
    workflow.configure(figures={"axis": axis})
    assert workflow.planned() == jobs


def test_a_persons_file_plans_to_read_it(workflow):
    (workflow.folder / "people").mkdir()
    (workflow.folder / "people/ann.csv").write_text("scale,right,n\n0.5,7,8\n2,3,8\n")
    assert workflow.planned() == {"read_person": 1} | MERGE


@pytest.mark.long
def test_a_person_who_has_played_is_read_and_drawn(workflow):
    people = workflow.folder / "people"
    people.mkdir()
    (people / "ann.csv").write_text("scale,right,n\n0.5,7,8\n2,3,8\n")
    assert workflow.run() == {"read_person": 1} | MERGE
    assert (workflow.folder / "results/accuracies.csv").read_text().count(",people/ann.csv,") == 2
    assert "<!-- ann -->" in (workflow.folder / "results/figures/classifiers.svg").read_text()
    assert workflow.run() == {}
    (people / "bob.csv").write_text("scale,right,n\n0.5,8,8\n")
    assert workflow.planned() == {"read_person": 1} | MERGE
    (people / "bob.csv").unlink()
    (people / "ann.csv").write_text("scale,right,n\n0.5,8,8\n")
    assert workflow.planned() == {"read_person": 1} | MERGE
    (people / "ann.csv").unlink()
    assert workflow.run() == MERGE
    assert "<!-- ann -->" not in (workflow.folder / "results/figures/classifiers.svg").read_text()


def test_touch_runs_nothing(workflow):
    now = time.time()
    for path in workflow.folder.rglob("*.py"):
        os.utime(path, (now, now))
    for path in [*(workflow.folder / "rules").iterdir(), workflow.folder / "config.yaml"]:
        os.utime(path, (now, now))
    assert workflow.planned() == {}


def test_fresh_checkout_beside_the_results_runs_nothing(workflow, tmp_path):
    fresh = tmp_path / "moved"
    # New times for every file.
    shutil.copytree(workflow.folder, fresh, symlinks=True, copy_function=shutil.copyfile)
    workflow.folder = fresh
    assert workflow.planned() == {}


def test_images_fetched_again_with_the_same_bytes_run_nothing_else(workflow):
    assert workflow.run("--forcerun", "fetch_images", "--until", "fetch_images") == {"fetch_images": 1}
    assert workflow.planned() == {}


@pytest.mark.long
def test_rerun_gives_the_same_tables_and_figures(workflow):
    before = workflow.files()
    assert workflow.run("--forcerun", "compare_scales") == MERGE
    after = workflow.files()
    changed = {name for name in before if before[name][0] != after[name][0]}
    assert changed <= {"cost.csv"}  # which is measured
