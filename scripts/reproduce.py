"""Train one network again in a temporary folder, and compare it with the stored one, bit for bit.

    python scripts/reproduce.py [results/models/fixed/scale_0.5/seed_1.keras]

Without a name it takes the first model in results/. Those of a study are in runs/<name>/results/. It draws
the noise and trains again from the model's card and the stored images. It prints `equal`, or what differs
(exit status 1).
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
    """The model to compare with, which has a card. Exits with one line when there is none."""
    found = [Path(name)] if name else sorted(Path("results").glob("models/*/scale_*/seed_*.keras"))
    if not found or not all(path.exists() for path in (found[0], found[0].with_suffix(".json"))):
        wanted = name or "model in results/models"
        sys.exit(f"ERROR: there is no {wanted} with its card. Run the sweep first, with `make`.")
    return found[0]


def other_circumstances(card: dict[str, Any]) -> list[str]:
    """What was different when the stored network was trained, and may be why it differs."""
    then, now = ({"cpu": card["cpu"], **card["versions"]}, {"cpu": cpu_model(), **versions()})
    return [f"(made with {name} {then[name]}, now {now[name]})" for name in now if then[name] != now[name]]


def differences(model: Path, card: dict[str, Any], folder: Path) -> list[str]:
    """What differs between the stored run and the same run made again in `folder`."""
    settings, found = card["settings"], []
    run, noise, network = Run(**settings["run"]), Noise(**settings["noise"]), settings["network"]
    files = {name: IMAGES / f"{name}.npy" for name in ("x_train", "y_train", "x_test", "y_test")}
    for split in ("train", "test") if DRAWS[run.draw].stored else ("test",):
        source, files[f"x_{split}"] = files[f"x_{split}"], folder / f"x_{split}.npy"
        store_noisy_copy(source, files[f"x_{split}"], run.seed, run.scale, split, noise)
    for name, path in files.items():
        if sha256_of(path) not in card["inputs"].values():
            found.append(f"the bytes of {name}")
    images = read_card(IMAGES / "card.json")
    own = network.get("path")
    if own and sha256_of(own) != network["sha256"]:
        found.append(f"the network's file {own}")
    trained, history = train_model(run, network, settings["training"], noise, files, images, card["threads"])
    trained.save(folder / "again.keras")
    if weights_sha256(folder / "again.keras") != weights_sha256(model):
        found.append("the weights")
    history.to_csv(folder / "again.csv", index=False)
    stored = next(path for path in card["sha256"] if path.endswith(".csv"))
    then, now = pd.read_csv(stored), pd.read_csv(folder / "again.csv")
    found += [
        f"the column {column} of the history"
        for column in then.columns.drop("seconds")
        if not then[column].equals(now[column])
    ]
    return found


def main() -> None:
    plain = plain_environment(os.environ)
    if plain != dict(os.environ):  # as the jobs have it
        os.execve(sys.executable, [sys.executable, *sys.argv], plain)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?")
    model = chosen_model(parser.parse_args().model).resolve()
    os.chdir(model.parents[4])  # the folder of results/, to which the paths on its card are relative
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(f"making {model} again", flush=True)
    card = read_card(model.with_suffix(".json"))
    with tempfile.TemporaryDirectory() as folder:
        found = differences(model, card, Path(folder))
    if not found:
        print("equal: noise, weights and history, bit for bit")
        return
    print("\n".join(["different:", *found, *other_circumstances(card)]))
    sys.exit(1)


if __name__ == "__main__":
    main()
