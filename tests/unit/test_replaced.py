"""The sentence about a comparison that a run replaces, and how to keep both."""

import json
from pathlib import Path

import pytest

from control.replaced import folder_of_its_own, other_comparison

SETTINGS = {
    "scales": [0.0, 0.5, 2.0],
    "seeds": [1],
    "draws": ["fixed"],
    "noise": {"kind": "gaussian", "clip": True},
    "networks": {"mlp": {"kind": "mlp", "hidden_units": [32], "training": {"epochs": 2}}},
    "code": "1234",
}


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.json"
    path.write_text(json.dumps({"settings": SETTINGS}))
    return path


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"scales": [0.0, 0.5]}, "scales 0.0, 0.5 and 2.0", "scales 0.0 and 0.5"),
        ({"seeds": [1, 2]}, "seed 1", "seeds 1 and 2"),
        ({"draws": ["fixed", "fresh"]}, "fixed noise", "fixed and fresh noise"),
        (
            {"noise": {"kind": "shot", "clip": True}, "seeds": [2]},
            "seed 1, gaussian noise",
            "seed 2, shot noise",
        ),
        (
            {"networks": {"mlp": {"kind": "mlp", "hidden_units": [32], "training": {"epochs": 3}}}},
            "networks.mlp.training.epochs 2",
            "networks.mlp.training.epochs 3",
        ),
        (
            {"networks": SETTINGS["networks"] | {"mine": {"path": "my.py", "sha256": "0123456789"}}},
            "no networks.mine",
            "network mine",
        ),
        ({"networks": {"cnn": {"kind": "cnn"}}}, "network mlp", "network cnn"),
        (
            {"scales": [0.5 * number for number in range(9)]},
            "scales 0.0, 0.5 and 2.0",
            "9 scales from 0.0 to 4.0",
        ),
    ],
)
def test_what_differs_is_named(card, change, old, new):
    said = other_comparison(card, SETTINGS | change)
    assert said == f"results/ has the comparison of {old}; this run replaces it with that of {new}."


@pytest.mark.parametrize("settings", [SETTINGS, SETTINGS | {"code": "other"}, SETTINGS | {"new": 1}])
def test_of_the_same_comparison_nothing_is_said(card, settings):
    """Also when the code is another one, or when the card is of a version that did not say as much."""
    assert other_comparison(card, settings) is None


@pytest.mark.parametrize("text", ["{", "[1]", '{"settings": 1}', "{}"])
def test_without_a_card_nothing_is_said(tmp_path, text):
    assert other_comparison(tmp_path / "card.json", SETTINGS) is None
    (tmp_path / "card.json").write_text(text)
    assert other_comparison(tmp_path / "card.json", SETTINGS) is None


def test_the_configuration_of_the_workflow_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_of_its_own(Path("elsewhere"), [], False) == "--directory runs/<name>"
    Path("config.yaml").touch()
    assert folder_of_its_own(Path(), [], False) == "--directory runs/<name>"


def test_any_other_configuration_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("config.yaml", "workflow/config.yaml", "my own.yaml"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).touch()
    own = folder_of_its_own(Path("workflow"), [], False)
    assert own == "--configfile config.yaml --directory runs/<name>"
    given = folder_of_its_own(Path(), [tmp_path / "my own.yaml"], False)
    assert given == "--configfile config.yaml 'my own.yaml' --directory runs/<name>"
    moved = folder_of_its_own(Path("workflow"), [], True)
    assert moved == f"--configfile {tmp_path}/config.yaml --directory runs/<name>"
