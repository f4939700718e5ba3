"""Make one cell of the sweep again in a temporary folder, and compare it with the stored one, bit for bit.

    python scripts/reproduce.py [results/models/fixed/scale_0.5/seed_1.keras]

Without a name it takes the first model that it finds. Noise and training are made anew from the model's card
and the stored images. Prints `equal`, or what differs (exit status 1).
"""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

import pandas as pd
from add_noise import store_noisy_copy
from plumbing.cards import cpu_model, sha256_of, versions, weights_sha256
from train_model import train_model

RESULTS = Path("results")


def chosen_model(name: str | None) -> Path:
    """The model to compare with, which has a card; exits with one line when there is none."""
    found = [Path(name)] if name else sorted(RESULTS.glob("models/*/scale_*/seed_*.keras"))
    if not found or not all(path.exists() for path in (found[0], found[0].with_suffix(".json"))):
        wanted = name or "model in results/models"
        sys.exit(f"ERROR: there is no {wanted} with its card: run the sweep first, with `make`.")
    return found[0]


def other_circumstances(card: dict) -> list[str]:
    """What is not as it was when the stored cell was made, and may be why it differs."""
    then, now = ({"cpu": card["cpu"], **card["versions"]}, {"cpu": cpu_model(), **versions()})
    return [f"(made with {name} {then[name]}, now {now[name]})" for name in now if then[name] != now[name]]


def differences(model: Path, card: dict, folder: Path) -> list[str]:
    """What differs between the stored cell and the same cell made anew in `folder`."""
    run, found = card["run"], []
    files = {name: RESULTS / f"images/{name}.npy" for name in ("y_train", "y_test")}
    for split in ("train", "test"):
        name = f"x_{split}"
        files[name] = folder / f"{name}.npy"
        # Fresh noise is added to the training images as they are trained on.
        scale = 0.0 if (run["draw"], split) == ("fresh", "train") else run["scale"]
        store_noisy_copy(RESULTS / f"images/{name}.npy", files[name], run["seed"], scale, split)
    for name, path in files.items():
        if sha256_of(path) != card["data"][name]:
            found.append(f"the bytes of {name}")
    network, history = train_model(run, files, card["threads"])
    network.save(folder / "anew.keras")
    if weights_sha256(folder / "anew.keras") != weights_sha256(model):
        found.append("the weights")
    stored = Path(str(model).replace("/models/", "/histories/")).with_suffix(".csv")
    history.to_csv(folder / "anew.csv", index=False)
    then, now = pd.read_csv(stored), pd.read_csv(folder / "anew.csv")
    found += [
        f"the column {column} of the history"
        for column in then.columns.drop("seconds")
        if not then[column].equals(now[column])
    ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?")
    model = chosen_model(parser.parse_args().model)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    print(f"making {model} again", flush=True)
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        found = differences(model, card, Path(folder))
    if not found:
        print("equal: noise, weights and history, bit for bit")
        return
    print("\n".join(["different:", *found, *other_circumstances(card)]))
    sys.exit(1)


if __name__ == "__main__":
    main()
