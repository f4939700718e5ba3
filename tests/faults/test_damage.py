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
MODEL = "results/models/mlp/fixed/scale_2.0/seed_1.keras"
CARD = "results/models/mlp/fixed/scale_0.0/seed_1.json"


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def nan(path):
    array = np.load(path)
    array[5, 3, 4] = np.nan
    np.save(path, array)


def other_number(path):
    """A digit changed by hand: still a table of its form."""
    before, digit, after = re.fullmatch(r"(.*)(\d)(\D*)", path.read_text(), re.DOTALL).groups()
    path.write_text(f"{before}{(int(digit) + 1) % 10}{after}")


def without_last_row(path):
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


# What is damaged, each file in its way: in one case, files of which none is made again for another. The unit
# tests of cards try other ways on a single file.
CASES = {
    "arrays": {
        NOISY.format(0.0, "train"): cut,
        NOISY.format(0.5, "train"): lambda path: np.save(path, np.load(path).reshape(784, 600)),
        NOISY.format(2.0, "test"): nan,
    },
    "images": {"results/images/x_test.npy": cut},
    "model of another run": {MODEL: lambda path: shutil.copy(str(path).replace("2.0", "0.5"), path)},
    "history": {"results/histories/mlp/fixed/scale_0.5/seed_1.csv": other_number},
    "tables of runs": {
        "results/measured/baselines/scale_2.0/seed_1.csv": other_number,
        "results/measured/ceilings/scale_2.0/seed_1.csv": other_number,
        "results/measured/networks/mlp/seed_1.csv": other_number,
    },
    "confusion": {"results/measured/confusion/mlp/seed_1.csv": without_last_row},
    "answers": {"results/measured/networks/mlp/seed_1.npy": cut},
    "merged table": {"results/comparison.csv": without_last_row},
    "answer": {"results/answer.txt": empty},
}

# Up to which rule to run, which is enough to find all of them. Of the other cases, it is compare_scales.
UNTIL = {
    "arrays": "train_model",
    "images": "estimate_ceiling",
    "model of another run": "evaluate_models",
    "merged table": "make_lab",
    "answer": "make_lab",
}
# Too large to read before every run: found by the jobs that read them, and by `make check`.
LARGE = ("arrays", "images", "model of another run", "answers")
# One of each kind with every change; all of them with those that take long.
QUICK = ("tables of runs",)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[] if case in QUICK else pytest.mark.long) for case in CASES]
)
def test_damage_is_named_with_its_remedy_which_works(workflow, faults, expected, case):
    for name, damage in CASES[case].items():
        faults.injected()
        damage(workflow.folder / name)
    assert named_by_check(workflow) == set(CASES[case])
    remedied, until = set(), UNTIL.get(case, "compare_scales")
    forced = ("--forcerun", until) if case in LARGE else ()
    while (done := faults.start(workflow, "--until", until, *forced)).returncode:
        said = " ".join(done.stderr.split())  # the rich logger wraps lines
        found = set(re.findall(r"ERROR: (\S+) is damaged: ", said))
        assert found
        assert found <= set(CASES[case]) - remedied
        assert all((workflow.folder / name).exists() for name in found)
        faults.assert_none_wrong(workflow.folder, expected, but=CASES[case])
        # What the lines say, word for word. A job names one file, and jobs fail beside each other.
        for remedy in set(re.findall(r"Remove it with (rm '[^']*') in the folder", said)):
            subprocess.run(remedy, shell=True, cwd=workflow.folder, check=True)
            remedied.add(remedy.split("'")[1])
    assert remedied == set(CASES[case])
    faults.assert_made_again(workflow, expected)
    assert named_by_check(workflow) == set()


def named_by_check(workflow):
    """The files that are not as their cards say, by `make check`, which names nothing when all is well."""
    command = [workflow.folder / ".venv/bin/python", "scripts/check_results.py"]
    done = subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True)
    found = set(re.findall(r"^(\S+) is not the file on its card", done.stdout, re.MULTILINE))
    assert bool(done.returncode) == bool(done.stdout.count("\n") != 1 or found), done.stdout + done.stderr
    return found


DAMAGED_CARDS = {
    "results/noisy/scale_0.5/seed_1/card.json": empty,
    CARD: lambda path: path.write_text('{"format": 3}'),
    "results/models/mlp/fixed/scale_0.5/seed_1.json": lambda path: path.write_text(
        path.read_text().replace('"format": 3', '"format": 2')
    ),
    "results/measured/ceilings/scale_2.0/seed_1.json": lambda path: path.write_text("[" * 100_000),
    "results/measured/networks/mlp/seed_1.json": cut,
}


@pytest.mark.long
def test_what_a_damaged_card_is_about_is_made_again(workflow, faults, expected):
    """Also one of an earlier version."""
    for name, damage in DAMAGED_CARDS.items():
        faults.injected()
        damage(workflow.folder / name)
    planned = workflow.planned()
    assert (planned["add_noise"], planned["train_model"], planned["estimate_ceiling"]) == (1, 2, 2)
    faults.assert_made_again(workflow, expected)


@pytest.fixture
def with_lambda(tmp_path):
    """A .keras file with a Lambda layer that leaves a trace when it is read, and the trace."""
    path, trace = tmp_path / "lambda.keras", tmp_path / "executed"
    code = f"""
import keras, os
import numpy as np
layer = keras.layers.Lambda(lambda x: open({str(trace)!r}, "w").close() or x, output_shape=(28, 28))
layers = [keras.Input((28, 28)), layer, keras.layers.Flatten(), keras.layers.Dense(10)]
keras.Sequential(layers).save({str(path)!r})
network = keras.models.load_model({str(path)!r}, safe_mode=False)
network(np.zeros((1, 28, 28)))
os.remove({str(trace)!r})  # it was there
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return path, trace


@pytest.mark.long
def test_code_in_a_model_is_not_executed_even_if_its_card_agrees(workflow, faults, with_lambda, expected):
    faults.injected()
    path, trace = with_lambda
    model = workflow.folder / MODEL.replace("2.0", "0.0")
    shutil.copy(path, model)
    card = json.loads(model.with_suffix(".json").read_text())
    card["sha256"][str(model.relative_to(workflow.folder))] = sha256_of(model)
    model.with_suffix(".json").write_text(json.dumps(card))
    done = faults.start(workflow)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    assert "is damaged" not in said  # an error that nobody has expected is shown as it is
    assert not trace.exists()
    model.unlink()
    faults.assert_made_again(workflow, expected, "--until", "compare_scales")
