"""Train one network on one noisy copy of the images.

In:  noisy x_train and x_test, float32 (n, 784); y_train and y_test, uint8 (n,); the run and its settings.
     For fresh noise, which is drawn anew in every epoch, x_train is the copy without noise.
Out: the trained network as an ordinary .keras file; its history as CSV, one row per epoch; its card as JSON.

A training that was stopped goes on from its checkpoint, and ends with the bits of one that was not.
"""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
from plumbing.cards import (
    checked_sha256,
    cpu_model,
    fingerprint,
    sha256_of,
    versions,
    weights_sha256,
    write_card,
)
from plumbing.checkpoints import Checkpoint, stop_when_told
from plumbing.job import replacing, start_log

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
COLUMNS = ["epoch", "accuracy", "loss", "val_accuracy", "val_loss", "seconds"]


def log_epoch(row: dict, epochs: int) -> None:
    logging.info(
        "epoch %d/%d  loss %.4f  accuracy %.4f  val_loss %.4f  val_accuracy %.4f  %.2f s",
        *(row["epoch"], epochs, row["loss"], row["accuracy"]),
        *(row["val_loss"], row["val_accuracy"], row["seconds"]),
    )


def describe_run(run: dict[str, Any], files: dict[str, str], code: list[str]) -> dict[str, Any]:
    """All that decides the bits of a run: its settings, and the SHA-256 of its data and of the code."""
    return {
        "run": run,
        "data": {name: checked_sha256(path) for name, path in files.items()},
        "code": {Path(path).name: sha256_of(path) for path in code},
        "versions": versions(),
    }


def train_model(
    run: dict[str, Any], files: dict[str, str], threads: int, checkpoint: Checkpoint | None = None
):
    """Train the network of `run` on `files` (paths by array name); gives the network and its history."""
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    from experiment import training

    training.set_threads(threads)
    network = training.build_network(run["hidden_units"], run["dropout"], run["learning_rate"], run["seed"])
    network.summary()
    history = training.train(
        network,
        training.load_set(files["x_train"], files["y_train"]),
        training.load_set(files["x_test"], files["y_test"]),
        run["epochs"],
        run["batch_size"],
        run["seed"],
        fresh_scale=run["scale"] if run["draw"] == "fresh" else 0.0,
        report=lambda row: log_epoch(row, run["epochs"]),
        checkpoint=checkpoint,
    )
    table = pd.DataFrame(history)[COLUMNS]
    for place, column in enumerate(("draw", "scale", "seed")):
        table.insert(place, column, run[column])
    return network, table


def main() -> None:
    start_log(snakemake.log[0])
    files = {name: snakemake.input[name] for name in ARRAYS}
    about = describe_run(snakemake.params.run, files, snakemake.input.code)
    checkpoint = Checkpoint(snakemake.params.checkpoint, fingerprint(about))
    stop_when_told(before=checkpoint.write)
    network, history = train_model(snakemake.params.run, files, snakemake.threads, checkpoint)
    with replacing(snakemake.output.model) as part:
        network.save(part)
    with replacing(snakemake.output.history) as part:
        history.to_csv(part, index=False)
    measured = {
        "weights_sha256": weights_sha256(snakemake.output.model),
        "cpu": cpu_model(),
        "threads": snakemake.threads,
        "seconds": round(history["seconds"].sum(), 2),
    }
    write_card(about | measured, snakemake.output.card, [snakemake.output.model])
    checkpoint.remove()


if __name__ == "__main__":
    main()
