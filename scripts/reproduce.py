"""Train one network again in a temporary folder, and compare it with the stored one, bit for bit.

    python scripts/reproduce.py [results/models/mlp/fixed/scale_0.5/seed_1.keras]

Without a path, it takes the first model in results/. A study has its models in runs/<name>/results/. It
draws the noise and trains again, from the model's card and the stored images. It prints `equal`, or what
differs (exit status 1).
"""

import argparse
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from add_noise import store_noisy_copy
from experiment.draws import DRAWS
from experiment.noise import Noise
from experiment.runs import Run
from plumbing.cards import cpu_model, read_card, sha256_of, versions, weights_sha256
from plumbing.environment import plain_environment
from train_model import train_model

IMAGES = Path("results/images")


def chosen_model(name: str | None) -> Path:
    """The model to compare with, which must have a card. Exits with one line if there is none."""
    models = [Path(name)] if name else sorted(Path("results").glob("models/*/*/scale_*/seed_*.keras"))
    if not models or not all(path.exists() for path in (models[0], models[0].with_suffix(".json"))):
        wanted = name or "model in results/models"
        sys.exit(f"ERROR: there is no {wanted} with its card. Run the sweep first, with `make`.")
    return models[0]


def other_circumstances(card: dict[str, Any]) -> list[str]:
    """What has changed since the stored network was trained: a possible reason for the difference."""
    then, now = ({"cpu": card["cpu"], **card["versions"]}, {"cpu": cpu_model(), **versions()})
    return [f"(trained with {name} {then[name]}, now {now[name]})" for name in now if then[name] != now[name]]


def differences(model: Path, card: dict[str, Any], folder: Path) -> list[str]:
    """What differs between the stored run and the same run, repeated in `folder`."""
    settings, differing = card["settings"], []
    run, noise, network = Run(**settings["run"]), Noise(**settings["noise"]), settings["network"]
    files = {name: IMAGES / f"{name}.npy" for name in ("x_train", "y_train", "y_test")}
    if DRAWS[run.draw].stored:
        files["x_train"] = folder / "x_train.npy"
        store_noisy_copy(IMAGES / "x_train.npy", files["x_train"], run.seed, run.scale, "train", noise)
    test_sets = {scale: folder / f"x_test_{scale}.npy" for scale in settings["scales"]}
    for scale, path in test_sets.items():
        store_noisy_copy(IMAGES / "x_test.npy", path, run.seed, scale, "test", noise)
    for path in (*files.values(), *test_sets.values()):
        if sha256_of(path) not in card["inputs"].values():
            differing.append(f"the bytes of {path.stem}")
    images = read_card(IMAGES / "card.json")
    own = network.get("path")
    if own and sha256_of(own) != network["sha256"]:
        differing.append(f"the network's file {own}")
    trained, history = train_model(
        run, network, settings["training"], noise, files, test_sets, images, card["threads"]
    )
    trained.save(folder / "again.keras")
    if weights_sha256(folder / "again.keras") != weights_sha256(model):
        differing.append("the weights")
    history.to_csv(folder / "again.csv", index=False)
    stored = next(path for path in card["sha256"] if path.endswith(".csv"))
    then, now = pd.read_csv(stored), pd.read_csv(folder / "again.csv")
    differing += [
        f"the column {column} of the history"
        for column in then.columns.drop("seconds")
        if not then[column].equals(now[column])
    ]
    return differing


def main() -> None:
    plain = plain_environment(os.environ)
    if plain != dict(os.environ):  # the jobs run in this environment
        os.execve(sys.executable, [sys.executable, *sys.argv], plain)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?")
    model = chosen_model(parser.parse_args().model).resolve()
    os.chdir(model.parents[5])  # the folder of results/, to which the paths on its card are relative
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(f"training {model} again", flush=True)
    card = read_card(model.with_suffix(".json"))
    with tempfile.TemporaryDirectory() as folder:
        differing = differences(model, card, Path(folder))
    if not differing:
        print("equal: noise, weights and history, bit for bit")
        return
    print("\n".join(["different:", *differing, *other_circumstances(card)]))
    sys.exit(1)


if __name__ == "__main__":
    main()
