"""Estimate the ceiling at one scale: what any classifier of the noisy test images can and cannot reach.

In:  the images as published, uint8 or float32 (n, *shape), and the numbers of their classes (n,); the noisy
     x_test, float32 (n, *shape); their cards; scale, seed, whether the noise is clipped, and on how
     many test images to estimate.
Out: the counts of both bounds, as CSV; which images each recognised, in bits; a card.

ceiling_lower: the most probable class, where the originals are the training images. This is a classifier that
exists, so the best possible accuracy is at least its own. ceiling_upper: the originals are the training and
the test images, so the classifier is told everything but which of them it sees. It knows more than one that
has to generalise. Where training and test images come from one distribution, its accuracy is in expectation
at least that of every classifier. At scale 0 both take the nearest original, and give no probabilities.
"""

import logging

import numpy as np

from experiment.ceiling import NEGLIGIBLE, classify, log_evidence
from experiment.counts import BOUNDS, count_row, pack_answers
from experiment.rows import open_rows
from experiment.selection import spread_images
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_rows


def log_progress(done: int, chunks: int) -> None:
    """A line for every tenth of the work."""
    if done * 10 // chunks > (done - 1) * 10 // chunks:
        logging.info("%d of %d chunks of originals", done, chunks)


def estimate_ceiling(
    files: dict[str, str], noisy: str, classes: int, scale: float, clip: bool, images: int, threads: int
) -> dict[str, tuple[np.ndarray, float | None]]:
    """For each bound which images it recognises, bool (images,), and the mean of -log p(true class), in nats.

    files: paths of the published arrays by name. noisy: path of the noisy x_test. clip: whether it is
    clipped. images: on how many of them, evenly spread.
    """
    x_train, x_test = (open_rows(files[name]) for name in ("x_train", "x_test"))
    y_train, y_test = (np.load(files[name]) for name in ("y_train", "y_test"))
    chosen = spread_images(len(y_test), images)
    tested, labels = open_rows(noisy).select(chosen), y_test[chosen]
    bounds, evidence = {}, np.full((classes, len(chosen)), -np.inf)
    sets = (x_train, y_train), (x_test, y_test)
    for bound, (originals, known) in zip(BOUNDS, sets, strict=True):
        more = log_evidence(tested, originals, known, classes, scale, clip, threads, log_progress)
        evidence = np.logaddexp(evidence, more)
        answers, log_probability = classify(evidence)
        loss = None
        if scale >= NEGLIGIBLE:
            mean = np.mean(-log_probability[labels, np.arange(len(labels))])
            loss = abs(round(float(mean), 4))  # abs: no -0.0; single precision has no more digits
        bounds[bound] = (np.asarray(answers == labels), loss)
        logging.info("%s: %.4f", bound, bounds[bound][0].mean())
    return bounds


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    files = {name: snakemake.input[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    classes = len(read_card(snakemake.input.images_card)["classes"])
    bounds = estimate_ceiling(
        files,
        snakemake.input.noisy,
        classes,
        settings["scale"],
        settings["clip"],
        settings["images"],
        snakemake.threads,
    )
    tested = {name: settings[name] for name in ("kind", "scale", "seed")}
    rows = [
        count_row(bound, tested, correct, len(correct), log_loss=loss)
        for bound, (correct, loss) in bounds.items()
    ]
    write_rows(rows, snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, pack_answers([correct for correct, _ in bounds.values()]))
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
