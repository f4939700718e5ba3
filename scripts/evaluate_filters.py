"""Test a network that learned from no noise on noisy test images from which filters took the noise first.

In:  the network without noise of one seed, or a pretrained one, with its check; the noisy x_test,
     float32 (n, *shape); x_train as published; y_test (n,); the cards of all these; filters, noise, scale and
     seed; on how many test images the ceiling is estimated.
Out: the counts of every filter, as CSV; which images were recognised, in bits; a card.

Every filter is tried alone, and where clipping moves the mean of the noise, after this has been corrected.
"""

import logging
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from experiment.counts import count_row, pack_answers
from experiment.filters import filtered, filtered_name, ways_of
from experiment.noise import Noise
from experiment.outputs import Outputs, answers_of
from experiment.preprocessing import Preprocessing
from experiment.rows import Rows, open_rows, store_rows
from experiment.trained import open_model, run_model
from experiment.trained import set_threads as set_trained_threads
from plumbing.cards import cpu_model, read_card, versions
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_csv

# From images, float32 (n, *shape), to their predicted classes, (n,), and the mean of -log p(true class), in
# nats; None where the network gives no probabilities.
Classify = Callable[[Rows], tuple[np.ndarray, float | None]]


def trained_here(
    model: str, network: dict[str, Any], seed: int, card: dict[str, Any], y_test: str
) -> Classify:
    """A network that was trained here. model: path. card: of the images."""
    from experiment.network import build_network
    from experiment.training import compile_evaluation, load_labels

    classes = len(card["classes"])
    built = build_network(card["shape"], classes, network, seed)
    built.load_weights(model)
    evaluate, labels = compile_evaluation(built), load_labels(y_test, classes)

    def classify(images: Rows) -> tuple[np.ndarray, float]:
        (loss, _), predicted = evaluate(images, labels)
        return predicted.numpy(), float(loss) / len(images)

    return classify


def that_came_trained(
    network: dict[str, Any], check: dict[str, Any], classes: list[str], y_test: str, threads: int
) -> Classify:
    """A pretrained network. check: the card of check_trained."""
    model, labels = open_model(network, classes), np.load(y_test)
    how, outputs = Preprocessing(**check["how"]), Outputs(**check["outputs"])

    def classify(images: Rows) -> tuple[np.ndarray, float | None]:
        predicted, losses = answers_of(run_model(model, images, how, threads), outputs, labels)
        return predicted, None if losses is None else float(losses.mean())

    return classify


def main() -> None:
    inputs, settings = start_job(snakemake, snakemake.input.own), snakemake.params.settings
    given, threads = snakemake.input, snakemake.threads
    network, seed, noise = settings["network"], settings["seed"], Noise(**settings["noise"])
    card, labels = read_card(given.images_card), np.load(given.y_test)
    if "trained" in network:
        set_trained_threads(network, threads)
        check = read_card(given.check_card[0])
        classify = that_came_trained(network, check, card["classes"], given.y_test, threads)
    else:
        from experiment.training import set_threads

        set_threads(threads, network)
        classify = trained_here(given.model[0], network, seed, card, given.y_test)
    noisy, x_train = open_rows(given.x_test), open_rows(given.x_train)
    rows, packed = [], []
    tested = {"kind": noise.kind, "scale": settings["scale"], "seed": seed}
    for steps in ways_of(settings["filters"], noise):
        started = time.monotonic()
        parts = filtered(noisy, steps, x_train, settings["scale"], seed, noise, threads)
        images = store_rows(parts, noisy.shape)
        seconds = time.monotonic() - started
        predicted, log_loss = classify(images)
        correct, name = predicted == labels, filtered_name(settings["classifier"], steps)
        if log_loss is not None and not np.isfinite(log_loss):
            sys.exit(f"ERROR: {name} has the loss {log_loss}, so that its answers are no answers.")
        rows.append(count_row(name, tested, correct, settings["ceiling_images"], log_loss=log_loss))
        packed.append(pack_answers([correct]))
        logging.info("%s: %.4f, filtered in %.1f s", name, correct.mean(), seconds)
    write_csv(pd.DataFrame(rows), snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, np.concatenate(packed))
    finish_job(snakemake, inputs, cpu=cpu_model(), versions=versions("onnxruntime", "scikit-image"))


if __name__ == "__main__":
    main()
