"""Test a pretrained network on the noisy test images of one seed, at every scale.

In:  the file of the network, with its external data and the code of its layers; the card of its check; the
     noisy x_test of every scale, float32 (n, *shape); x_test as published, for other kinds of noise, and the
     scales of these; y_test (n,); test sets of people's own, with their labels; the cards of all
     these; on how many test images the ceiling is estimated.
Out: the counts of every kind of noise and scale, as CSV; which images were recognised, in bits; confusion
     CSV, one row per scale, class and predicted class; a card.
"""

import logging
import sys
from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from experiment.counts import confusion_counts, count_row, pack_answers
from experiment.noise import Noise, copy_of
from experiment.outputs import Outputs, answers_of
from experiment.preprocessing import Preprocessing
from experiment.rows import Rows, open_rows
from experiment.sets import read_sets, stack_answers, test_name
from experiment.streams import noise_generator
from experiment.trained import open_model, run_model, set_threads
from plumbing.cards import cpu_model, read_card, versions
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_csv


def noisy_tests(
    stored: dict[float, str], published: str, noise: Noise, kinds: dict[str, list[float]], seed: int
) -> Iterator[tuple[str, float, Rows]]:
    """Kind of noise, scale and images, float32 (n, *shape), of every test.

    stored: path of the noisy x_test.npy of each scale. published: path of x_test.npy without noise. kinds:
    scales of other kinds of noise.
    """
    for scale, path in stored.items():
        yield noise.kind, scale, open_rows(path)
    clean = open_rows(published)
    for kind, scales in kinds.items():
        for scale in scales:
            generator = noise_generator(seed, scale, "test", kind)
            yield kind, scale, copy_of(clean, scale, generator, Noise(kind, noise.clip))


def main() -> None:
    inputs, settings = start_job(snakemake, snakemake.input.own), snakemake.params.settings
    network, seed, noise = settings["network"], settings["seed"], Noise(**settings["noise"])
    classes, y_test = read_card(snakemake.input.images_card)["classes"], np.load(snakemake.input.y_test)
    checked: dict[str, Any] = read_card(snakemake.input.check_card)
    how, outputs = Preprocessing(**checked["how"]), Outputs(**checked["outputs"])
    stored = dict(zip(settings["scales"], snakemake.input.x_test, strict=True))
    noisy = noisy_tests(stored, snakemake.input.images, noise, settings["other_kinds"], seed)
    sets = read_sets(settings["sets"], snakemake.input.sets, snakemake.input.set_labels)
    tests = chain(
        ((*test, y_test) for test in noisy), ((name, np.nan, images, labels) for name, images, labels in sets)
    )
    rows, packed, confusion = [], [], []
    set_threads(network, snakemake.threads)
    try:
        model = open_model(network, classes)
        for kind, scale, images, labels in tests:
            raw = run_model(model, images, how, snakemake.threads)
            predicted, losses = answers_of(raw, outputs, labels)
            correct, tested = predicted == labels, {"kind": kind, "scale": scale, "seed": seed}
            log_loss = None if losses is None else float(losses.mean())
            paired = settings["ceiling_images"] if kind == noise.kind else 0
            rows.append(count_row(settings["classifier"], tested, correct, paired, log_loss=log_loss))
            packed.append(pack_answers([correct]))
            logging.info("%s: %.4f", test_name(kind, scale), correct.mean())
            if kind == noise.kind:
                run = {"network": settings["classifier"], "draw": None, "scale": scale, "seed": seed}
                confusion.extend(run | count for count in confusion_counts(labels, predicted, classes))
    except ValueError as error:
        sys.exit(f"ERROR in networks.{settings['classifier']}, {network['trained']}: {error}.")
    write_csv(pd.DataFrame(rows), snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, stack_answers(packed))
    write_csv(pd.DataFrame(confusion), snakemake.output.confusion)
    facts = {name: checked[name] for name in ("how", "outputs", "batch", "notes")}
    finish_job(snakemake, inputs, **facts, cpu=cpu_model(), versions=versions("onnxruntime"))


if __name__ == "__main__":
    main()
