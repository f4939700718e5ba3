"""Estimate the ceiling at one scale: what any reader of the noisy test images can and cannot reach.

In:  the images as published, uint8 or float32 (n, *shape), and the numbers of their classes (n,); the noisy
     x_test, float32 (n, *shape); their cards; scale, seed, whether the noise is clipped, and on how
     many test images to estimate.
Out: CSV, one row per end; a card.

lower: the most probable class, where the originals are the training images. This is a classifier that exists,
so the best possible accuracy is at least its own. upper: the originals are the training and the test images,
so the reader is told everything but which of them it sees. It knows more than a reader who has to generalise.
Where training and test images come from one distribution, its accuracy is in expectation at least that of
every reader. At scale 0 both take the nearest original, and give no probabilities.
"""

import logging

import numpy as np
import pandas as pd

from analysis.intervals import wilson_interval
from experiment.ceiling import NEGLIGIBLE, log_evidence, read_images, spread_images
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_csv


def log_progress(done: int, chunks: int) -> None:
    """A line for every tenth of the work."""
    if done * 10 // chunks > (done - 1) * 10 // chunks:
        logging.info("%d of %d chunks of originals", done, chunks)


def estimate_ceiling(
    files: dict[str, str], noisy: str, classes: int, scale: float, clip: bool, images: int, threads: int
) -> list[dict[str, object]]:
    """End, accuracy, n, its interval and the mean log-loss (nats) of both ends.

    files: paths of the published arrays by name. noisy: path of the noisy x_test. clip: whether it is
    clipped. images: on how many of them, evenly spread.
    """
    x_train, y_train, x_test, y_test = (
        np.load(files[name], mmap_mode="r") for name in ("x_train", "y_train", "x_test", "y_test")
    )
    chosen = spread_images(len(y_test), images)
    seen, labels = np.load(noisy, mmap_mode="r")[chosen], y_test[chosen]
    rows, evidence = [], np.full((classes, len(chosen)), -np.inf)
    for end, originals, known in (("lower", x_train, y_train), ("upper", x_test, y_test)):
        found = log_evidence(seen, originals, known, classes, scale, clip, threads, log_progress)
        evidence = np.logaddexp(evidence, found)
        answers, log_probability = read_images(evidence)
        right = int(np.sum(answers == labels))
        low, high = wilson_interval(right, len(labels))
        row = {"end": end, "accuracy": right / len(labels), "n": len(labels)}
        row |= {"accuracy_low": low, "accuracy_high": high, "log_loss": np.nan}
        if scale >= NEGLIGIBLE:
            loss = np.mean(-log_probability[labels, np.arange(len(labels))])
            row["log_loss"] = abs(round(float(loss), 4))  # abs: no -0.0; single precision has no more digits
        rows.append(row)
        logging.info("%s end: %.4f", end, right / len(labels))
    return rows


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    run = {"scale": settings["scale"], "seed": settings["seed"]}
    files = {name: snakemake.input[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    classes = len(read_card(snakemake.input.images_card)["classes"])
    rows = estimate_ceiling(
        files,
        snakemake.input.noisy,
        classes,
        run["scale"],
        settings["clip"],
        settings["images"],
        snakemake.threads,
    )
    write_csv(pd.DataFrame([run | row for row in rows]), snakemake.output.table)
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
