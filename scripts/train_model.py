"""Train one network on one noisy copy of the images.

In:  noisy x_train and x_test, float32 (n, 784); y_train and y_test, uint8 (n,); the run and its settings.
Out: the trained network as an ordinary .keras file; its history as CSV, one row per epoch.
"""

import logging

import pandas as pd
from _job import replacing, start_log


def log_epoch(row: dict, epochs: int) -> None:
    logging.info(
        "epoch %d/%d  loss %.4f  accuracy %.4f  val_loss %.4f  val_accuracy %.4f  %.2f s",
        *(row["epoch"], epochs, row["loss"], row["accuracy"]),
        *(row["val_loss"], row["val_accuracy"], row["seconds"]),
    )


def train_model(files: dict[str, str], run: dict, threads: int):
    """Train the network of `run` on `files` (paths by array name); gives the network and its history."""
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    import _training

    _training.set_threads(threads)
    network = _training.build_network(run["hidden_units"], run["dropout"], run["learning_rate"], run["seed"])
    network.summary()
    history = _training.train(
        network,
        _training.load_set(files["x_train"], files["y_train"]),
        _training.load_set(files["x_test"], files["y_test"]),
        run["epochs"],
        run["batch_size"],
        run["seed"],
        report=lambda row: log_epoch(row, run["epochs"]),
    )
    table = pd.DataFrame(history)[["epoch", "accuracy", "loss", "val_accuracy", "val_loss", "seconds"]]
    for place, column in enumerate(("draw", "scale", "seed")):
        table.insert(place, column, run[column])
    return network, table


def main() -> None:
    start_log(snakemake.log[0])
    names = ("x_train", "y_train", "x_test", "y_test")
    files = {name: snakemake.input[name] for name in names}
    network, history = train_model(files, snakemake.params.run, snakemake.threads)
    with replacing(snakemake.output.model) as part:
        network.save(part)
    with replacing(snakemake.output.history) as part:
        history.to_csv(part, index=False)


if __name__ == "__main__":
    main()
