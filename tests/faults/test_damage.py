"""Results that are damaged after they were made: named in one line with the remedy, and never used."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from plumbing.cards import sha256_of

NOISY = "results/noisy/scale_{}/seed_1/x_{}.npy"
MODEL = "results/models/fixed/scale_0.5/seed_1.keras"
HISTORY = "results/histories/fixed/scale_0.5/seed_1.csv"


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def nan(path):
    array = np.load(path)
    array[5, 300] = np.nan
    np.save(path, array)


def lines(change):
    """Damage the lines of a table."""
    return lambda path: path.write_text("".join(change(path.read_text().splitlines(keepends=True))))


missing, doubled = lines(lambda rows: rows[:-1]), lines(lambda rows: [*rows, rows[-1]])

# What is damaged in one run, each file in its way. The jobs that read them fail beside each other.
CASES = {
    "training images": {
        NOISY.format(0.0, "train"): cut,
        NOISY.format(0.5, "train"): lambda path: np.save(path, np.load(path).reshape(784, 600)),
        NOISY.format(2.0, "train"): lambda path: np.save(path, np.array([{}]), allow_pickle=True),
    },
    "test images": {
        NOISY.format(0.0, "test"): nan,
        NOISY.format(0.5, "test"): lambda path: np.save(path, np.load(path).astype(np.float64)),
        NOISY.format(2.0, "test"): empty,
    },
    "labels": {"results/images/y_train.npy": lambda path: np.save(path, np.load(path) + 5)},
    "images": {"results/images/x_test.npy": cut},
    "card": {"results/noisy/scale_0.5/seed_1/card.json": empty},
    "model cut": {MODEL: cut},
    "model of another run": {MODEL: lambda path: shutil.copy(str(path).replace("0.5", "2.0"), path)},
    "history empty": {HISTORY: empty},
    "epoch missing": {HISTORY: missing},
    "epoch doubled": {HISTORY: doubled},
    "baseline missing": {"results/baselines/scale_2.0/seed_1.csv": missing},
    "evaluations cut": {"results/evaluations/seed_1.csv": cut},
    "confusion doubled": {"results/confusion/seed_1.csv": doubled},
    "table cut": {"results/comparison.csv": missing},
    "answer": {"results/answer.txt": empty},
}


# One of each kind in every run of the tests; all of them with those that take long.
QUICK = ("training images", "card", "model cut", "epoch missing", "table cut")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in QUICK else pytest.mark.long) for case in CASES]
)
def test_damage_is_named_with_its_remedy_which_works(workflow, faults, right, case):
    for name, damage in CASES[case].items():
        faults.injected()
        damage(workflow.folder / name)
    # A card is no rule's input: only who reads the images looks at it.
    again = ("--forcerun", "plot_samples") if case == "card" else ()
    done = faults.start(workflow, *again)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())  # the rich logger wraps lines
    for name in CASES[case]:
        assert f"ERROR: {name} is damaged: " in said
    for name in CASES[case]:
        assert (workflow.folder / name).exists()
    faults.assert_none_wrong(workflow.folder, right, but=CASES[case])
    # What the lines say, word for word.
    for remedy in set(re.findall(r"makes it anew after: (rm '[^']*')", said)):
        subprocess.run(remedy, shell=True, cwd=workflow.folder, check=True)
    faults.assert_made_again(workflow, right, *again)


@pytest.fixture
def with_lambda(tmp_path):
    """A .keras file with a Lambda layer that leaves a trace when it is read, and the trace."""
    path, trace = tmp_path / "lambda.keras", tmp_path / "executed"
    code = f"""
import keras, os
import numpy as np
layer = keras.layers.Lambda(lambda x: open({str(trace)!r}, "w").close() or x, output_shape=(784,))
keras.Sequential([keras.Input((784,)), layer, keras.layers.Dense(10)]).save({str(path)!r})
network = keras.models.load_model({str(path)!r}, safe_mode=False)
network(np.zeros((1, 784)))
os.remove({str(trace)!r})  # it was there
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return path, trace


def test_code_in_a_model_is_not_executed_even_if_its_card_agrees(workflow, faults, with_lambda, right):
    faults.injected()
    path, trace = with_lambda
    model = workflow.folder / MODEL.replace("0.5", "0.0")  # the first one, of which the layers are read
    shutil.copy(path, model)
    card = json.loads(model.with_suffix(".json").read_text())
    card["sha256"] = {model.name: sha256_of(model)}
    model.with_suffix(".json").write_text(json.dumps(card))
    done = faults.start(workflow)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert f"ERROR: {model.relative_to(workflow.folder)} is damaged: " in said
    assert "Lambda" in said
    assert not trace.exists()
    model.unlink()
    faults.assert_made_again(workflow, right)
