"""Train one network on one noisy copy of the images.

In:  x_train: for fixed noise the stored noisy copy, float32 (n, *shape); for fresh noise the images as
     published, uint8 or float32. The noisy x_test of its scale, or of all, float32; y_train and y_test (n,);
     the cards of all these; the run, the network and the training values; the file of an own network.
Out: the trained network as an ordinary .keras file; its history as CSV, one row per epoch and scale; its
     card.

A training that was stopped resumes from its checkpoint. One whose epochs were raised goes on from the shorter
one, without early stopping. Both end with the bits of a training that was not interrupted. If another job
trains the same network, this one waits for it.
"""

import logging
import sys
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from experiment.draws import DRAWS
from experiment.early_stopping import best_epoch, hold_out
from experiment.noise import Noise
from experiment.optimizer import options_of, say_lower
from experiment.rows import open_images, some_of
from experiment.runs import Run
from plumbing.cards import cpu_model, read_card, threads_decide, versions, weights_sha256
from plumbing.checkpoints import Checkpoint
from plumbing.finished import (
    checkpoint_file,
    find_finished,
    keep_finished,
    kept_files,
    made_files,
    remove_finished,
    without_epochs,
)
from plumbing.job import end_with_snakemake, finish_job, start_job, stop_when_told
from plumbing.lease import Lease
from plumbing.log import log_epoch
from plumbing.outputs import replacing, write_csv
from plumbing.storage import has_storage


def train_model(
    run: Run,
    network: dict[str, Any],
    settings: dict[str, Any],
    noise: Noise,
    files: dict[str, str],
    test_sets: dict[float, str],
    images: dict[str, Any],
    threads: int,
    checkpoint: Checkpoint | None = None,
    finished: tuple[dict[str, Any], list[dict[str, Any]]] | None = None,
):
    """Train the network of `run`. Gives the network and its history.

    network: its settings (build_network). settings: its training values: epochs, batch_size, options_of, and
    early_stopping if it has any. The network is then that of the epoch whose `taken` is 1 in the history.
    files: paths of x_train, y_train and y_test, by name. test_sets: paths of the noisy x_test, by scale.
    images: the card of the images. finished: card and history of a finished training to go on from.
    """
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    from experiment import training
    from experiment.extension import load_state
    from experiment.network import build_network, compile_network

    training.set_threads(threads, network)
    classes = len(images["classes"])
    built = build_network(images["shape"], classes, network, run.seed)
    compile_network(built, **options_of(settings)).summary()
    stopping, best = settings.get("early_stopping"), []
    arrays, history = checkpoint.load(settings["epochs"]) if checkpoint else ([], [])
    if arrays and stopping:  # whose checkpoints end with the weights of the best epoch
        arrays, best = arrays[: -len(built.variables)], arrays[-len(built.variables) :]
    if arrays:
        training.restore(built, arrays)
    elif finished:
        card, rows = finished
        if reason := load_state(built, kept_files(run.path).model, card):
            logging.warning("ignoring the finished training: %s", reason)
        else:
            history = rows
            logging.info("going on after epoch %d", training.epochs_of(history))

    def after_epoch(history: list[dict]) -> None:
        nonlocal best
        epoch = training.epochs_of(history)
        log_epoch([row for row in history if row["epoch"] == epoch], settings["epochs"])
        if stopping and best_epoch(history) == epoch:
            best = [variable.numpy().copy() for variable in built.variables]
        if checkpoint:
            checkpoint.keep(training.state_of(built) + best, history)

    epochs = range(training.epochs_of(history) + 1, settings["epochs"] + 1)
    dense = training.only_dense(built)
    x_train = open_images(files["x_train"], dense)
    y_train, held_out = training.load_labels(files["y_train"], classes), None
    copies = partial(DRAWS[run.draw].copies, scale=max(test_sets), seed=run.seed, noise=noise)
    if stopping:
        labels, groups = np.load(files["y_train"]), images.get("groups")
        try:
            chosen = hold_out(labels, stopping["share"], run.seed, groups)
        except ValueError as error:
            sys.exit(
                f"ERROR: early stopping can hold out no image, because {error}. Add groups, or set "
                f"networks.{run.network}.training.early_stopping to null."
            )
        logging.info("holding out %d of %d training images", chosen.sum(), len(chosen))
        # Noise that is drawn again is drawn once for these: that of an epoch 0, which no training has.
        held_out = next(copies(some_of(x_train, chosen), epochs=range(1))), y_train[chosen]
        x_train, y_train = some_of(x_train, ~chosen), y_train[~chosen]
    history = training.train(
        built,
        copies(x_train, epochs=epochs),
        y_train,
        {scale: partial(open_images, path, dense) for scale, path in test_sets.items()},
        training.load_labels(files["y_test"], classes),
        settings,
        run.seed,
        history,
        after_epoch,
        held_out,
    )
    taken = training.epochs_of(history)
    if stopping:
        taken = best_epoch(history)
        for variable, array in zip(built.variables, best, strict=True):
            variable.assign(array)
        logging.info("the network is that of epoch %d, which has the lowest held_out_loss", taken)
    table = pd.DataFrame([run._asdict() | row for row in history])
    held_out_loss = table.pop("held_out_loss") if stopping else np.nan
    return built, table.assign(held_out_loss=held_out_loss, taken=(table["epoch"] == taken).astype(int))


def main() -> None:
    settings = snakemake.params.settings
    run = Run(**settings["run"])
    lease = Lease(checkpoint_file(run.path, "lease"))
    end_with_snakemake()
    has_waited = lease.take()  # before the log is opened, which another job may be writing
    # Of another job that trained the network. Snakemake has deleted older files, but not those in a storage.
    if made_files(run.path).card.exists() and (has_waited or not has_storage()):
        keep_finished(run.path)
    inputs = start_job(snakemake)
    files = {name: snakemake.input[name] for name in ("x_train", "y_train", "y_test")}
    about = {"settings": without_epochs(settings), "inputs": inputs, "versions": versions()}
    if threads_decide(settings["network"]):
        about["threads"] = snakemake.threads
    checkpoint = Checkpoint(checkpoint_file(run.path), about)
    stop_when_told(checkpoint.write, lease.release)
    images, own = read_card(snakemake.input.images_card), "path" in settings["network"]
    try:
        network, history = train_model(
            run,
            settings["network"],
            settings["training"],
            Noise(**settings["noise"]),
            files,
            dict(zip(settings["scales"], snakemake.input.x_test, strict=True)),
            images,
            snakemake.threads,
            checkpoint,
            find_finished(run.path, settings, inputs, versions(), snakemake.threads, cpu_model()),
        )
    except FloatingPointError as error:
        key = f"networks.{run.network}.training.learning_rate"
        sys.exit(
            f"ERROR: the training {run.path} ends here, because {error}. "
            + say_lower(key, settings["training"]["learning_rate"])
            + (f", or look in {settings['network']['path']} for a logarithm or a division of 0." * own or ".")
        )

    from experiment.extension import state_facts
    from experiment.training import count_gpus

    with replacing(snakemake.output.model) as part:
        network.save(part)
    write_csv(history, snakemake.output.history)
    finish_job(
        snakemake,
        inputs,
        versions=versions(),
        weights_sha256=weights_sha256(snakemake.output.model),
        cpu=cpu_model(),
        gpus=count_gpus(),
        threads=snakemake.threads,
        epochs=int(history["epoch"].max()),
        seconds=round(history["seconds"].sum(), 2),
        **state_facts(network),
    )
    checkpoint.remove()
    remove_finished(run.path)


if __name__ == "__main__":
    main()
