"""A finished training is the beginning of a longer one with the same settings, or it is ignored."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from control.extensions import find_extensions, keep_beginnings, say_extensions
from experiment.runs import Run
from plumbing import finished
from plumbing.cards import versions, write_card
from plumbing.finished import (
    find_finished,
    is_beginning,
    keep_finished,
    kept_files,
    made_files,
    remove_finished,
)

RUN = Run("mlp", "fixed", 0.5, 1)
SETTINGS = {
    "run": RUN._asdict(),
    "network": {"kind": "mlp", "hidden_units": [32]},
    "training": {"epochs": 2, "batch_size": 64, "learning_rate": 0.001},
    "code": "1" * 64,
}
MORE = SETTINGS | {"training": SETTINGS["training"] | {"epochs": 5}}
INPUTS = {"results/images/y_train.npy": "0" * 64}
ROWS = [
    {"scale": 0.5, "epoch": epoch, "loss": 0.1 + 0.2 / epoch, "val_accuracy": 1.0, "seconds": 1 / 3}
    for epoch in (1, 2)
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Of a training of two epochs that has finished."""
    monkeypatch.chdir(tmp_path)
    made = made_files(RUN.path)
    for path in made:
        path.parent.mkdir(parents=True, exist_ok=True)
    made.model.write_bytes(b"the network")
    taken = {"held_out_loss": None, "taken": 1}
    pd.DataFrame([RUN._asdict() | row | taken for row in ROWS]).to_csv(made.history, index=False)
    card = {"versions": versions(), "cpu": "this one", "threads": 1, "settings": SETTINGS, "inputs": INPUTS}
    write_card(card, made.card, [made.model, made.history])
    images = tmp_path / "results/images/card.json"
    images.parent.mkdir()
    images.write_text(json.dumps({"sha256": INPUTS}))
    return tmp_path


def find(settings=MORE, inputs=INPUTS, threads=1, cpu="this one", **other):
    return find_finished(RUN.path, settings, inputs, versions() | other, threads, cpu)


def test_it_is_kept_without_taking_room_and_has_its_history_bit_for_bit(folder):
    assert find() is None
    keep_finished(RUN.path)
    keep_finished(RUN.path)
    for made, kept in zip(made_files(RUN.path), kept_files(RUN.path), strict=True):
        assert made.samefile(kept)
        made.unlink()  # as Snakemake does
    card, rows = find()
    assert card["settings"] == SETTINGS
    assert repr(rows) == repr(ROWS)
    assert find(SETTINGS)[1] == rows
    remove_finished(RUN.path)
    assert not [path for path in folder.glob("results/checkpoints/**/*") if path.is_file()]


def test_a_file_system_without_hard_links_gives_up_what_would_be_deleted(folder, monkeypatch):
    monkeypatch.setattr(finished.os, "link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    keep_finished(RUN.path)
    assert not made_files(RUN.path).model.exists()
    assert find()[1] == ROWS


@pytest.mark.parametrize(
    "other",
    [
        {"settings": MORE | {"run": RUN._replace(seed=2)._asdict()}},
        {"settings": MORE | {"network": {"kind": "mlp", "hidden_units": [16]}}},
        {"settings": MORE | {"training": MORE["training"] | {"learning_rate": 0.002}}},
        {"settings": MORE | {"training": MORE["training"] | {"epochs": 1}}},
        {"settings": MORE | {"code": "2" * 64}},
        {"inputs": {"results/images/y_train.npy": "3" * 64}},
        {"cpu": "another"},
        {"keras": "1.0"},
    ],
)
def test_that_of_another_training_is_ignored(folder, caplog, other):
    keep_finished(RUN.path)
    assert find(**other) is None
    assert "ignoring the finished training of 2 epochs: it has other settings, data, code" in caplog.text


def test_other_threads_count_where_they_may_decide_bits(folder):
    card = {"versions": {}, "threads": 1, "epochs": 2}
    for network, alike in (
        ({"kind": "mlp"}, False),
        ({"kind": "mlp", "precision": "mixed_bfloat16"}, True),
        ({"kind": "cnn"}, True),
        ({"path": "my_network.py"}, True),
    ):
        settings = SETTINGS | {"network": network}
        for threads, same in ((1, True), (2, alike)):
            assert is_beginning(card | {"settings": settings}, settings, {}, threads, None) == same


@pytest.mark.parametrize("name", ["model", "history", "card"])
def test_a_damaged_one_is_ignored(folder, caplog, name):
    keep_finished(RUN.path)
    path = getattr(kept_files(RUN.path), name)
    path.write_bytes(path.read_bytes()[:-3])
    assert find() is None
    assert "damaged" in caplog.text
    path.unlink()
    assert find() is None


def extensions(settings=MORE, changed=(), cpu="this one"):
    """What is found for a job of Snakemake with these settings."""

    class Job:
        params = SimpleNamespace(settings=settings)
        input = ("results/images/card.json", *INPUTS)
        threads = 1

    job = Job()
    return list(find_extensions([job], set(changed), cpu).values())


def test_the_plan_says_and_keeps_what_trainings_go_on_from(folder, capsys):
    (one,) = extensions()
    assert (one.done, one.before, one.epochs, one.made) == (2, 2, 5, True)
    keep_beginnings([one])
    for path in made_files(RUN.path):
        path.unlink()
    (one,) = extensions()  # after a kill
    assert (one.done, one.made) == (2, False)
    assert extensions(SETTINGS)[0].done == 2
    say_extensions([one])
    assert capsys.readouterr().err == "1 training goes on after epoch 2.\n"


def test_the_plan_says_which_trainings_start_again(folder, capsys):
    fewer = extensions(SETTINGS | {"training": SETTINGS["training"] | {"epochs": 1}})
    elsewhere = extensions(cpu="another")
    keep_beginnings([*fewer, *elsewhere])
    assert not kept_files(RUN.path).model.exists()
    say_extensions([*fewer, *fewer, *elsewhere])
    assert capsys.readouterr().err == (
        "2 trainings of 2 epochs start again: the state after epoch 1 is not kept.\n"
        "1 training of 2 epochs starts again, because versions, threads or the processor have changed.\n"
    )


def test_with_early_stopping_it_is_not_the_beginning_of_a_longer_one(folder, capsys):
    stopping = {"early_stopping": {"patience": 3, "share": 0.1}}
    card = json.loads(made_files(RUN.path).card.read_text())
    card["settings"]["training"] |= stopping
    made_files(RUN.path).card.write_text(json.dumps(card))
    more = MORE | {"training": MORE["training"] | stopping}
    keep_finished(RUN.path)
    assert find(more) is None
    remove_finished(RUN.path)
    (one,) = extensions(more)
    assert one.done == 0
    say_extensions([one])
    assert capsys.readouterr().err == (
        "1 training of 2 epochs starts again: with early stopping, the state after the last epoch is not "
        "kept.\n"
    )


def test_the_plan_finds_nothing_where_more_has_changed(folder):
    assert extensions(SETTINGS) == []  # with --forcerun
    assert extensions(MORE | {"code": "2" * 64}) == []
    assert extensions(changed=["results/images/y_train.npy"]) == []
    (folder / "results/images/card.json").write_text(json.dumps({"sha256": dict.fromkeys(INPUTS, "4" * 64)}))
    assert extensions() == []
