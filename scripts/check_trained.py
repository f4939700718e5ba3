"""Check that a pretrained network reads clean training images as it did in its training.

In:  the file of the network, with its external data and the code of its layers; x_train and y_train as
     published, with their card; what the configuration says of the network; whether noise is clipped.
Out: a CSV file with the fit of every way to read the images that was compared; a card with the way that is
     used, what the outputs mean, and notes.

A network that gets pixels in another range than in its training does not fail. So it reads the images in the
declared way and in the usual other ones. Where another way fits better, the job ends with one line.
"""

import logging
import sys
from typing import Any

import numpy as np
import pandas as pd

from experiment.behaviour import clips_pixels, depends_on_batch, find_outputs
from experiment.fit import NOISY, SCREENED, Fit, compare, judge, notes_on_unclear, order_of
from experiment.noise import clean_images
from experiment.outputs import WITHOUT_PROBABILITIES
from experiment.preprocessing import Preprocessing, in_yaml, other_preprocessings
from experiment.selection import spread_images
from experiment.trained import Model, batch_size, choose_preprocessing, open_model, run_model, set_threads
from plumbing.cards import cpu_model, read_card, versions
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_csv


def check(
    model: Model,
    network: dict[str, Any],
    images: tuple[np.ndarray, np.ndarray],
    classes: list[str],
    clip: bool,
    threads: int = 1,
) -> tuple[list[Fit], list[str]]:
    """Fits of the declared way to read images, which is the first, and of others; and notes.

    network: KEYS of experiment/trained.py. images: of training, uint8 or float32 (n, *shape), and their
    classes, int (n,). clip: whether noise is clipped. Raises ValueError where something is wrong.
    """
    x, y = images
    declared, layouts = choose_preprocessing(model, network, x.shape[1:])

    def read(how: Preprocessing, some: np.ndarray) -> np.ndarray:
        return run_model(model, some, how, threads)

    def read_declared(some: np.ndarray) -> np.ndarray:
        return read(declared, some)

    few, batch = x[spread_images(len(x), SCREENED)], batch_size(model, x.shape[1:])
    outputs = find_outputs(read_declared, model, network, few, classes)
    notes = []
    if outputs.meaning in WITHOUT_PROBABILITIES:
        notes.append(
            f"It gives {outputs.meaning} and no probabilities, so there is no log-loss. The ways to read the "
            "images are compared by accuracy alone, which hardly tells them apart."
        )
    if np.dtype(model.dtype).kind in "iu":
        notes.append(f"It takes {np.dtype(model.dtype)}, so pixels are rounded to whole numbers.")
    if depends_on_batch(read_declared, outputs, few, batch):
        notes.append(f"Its outputs depend on the others in its batch of {batch} images, as in dynamic int8.")
    if not clip and clips_pixels(read_declared, few):
        notes.append(
            "It clips pixels beyond black and white itself, as static int8 does. With noise.clip: false, its "
            "accuracies are those of clipped noise."
        )
    others = other_preprocessings(declared, layouts, clean_images(x[spread_images(len(x), NOISY)]))
    fits = compare(read, [declared, *others], outputs, x, y, reorder=model.names is None)
    given = {key for key, value in network.items() if value is not None}
    notes += judge(fits, given, classes, y)
    notes += notes_on_unclear(read, fits, x, y, clip, classes)
    return fits, notes


def main() -> None:
    inputs, settings = start_job(snakemake, snakemake.input.own), snakemake.params.settings
    network, classes = settings["network"], read_card(snakemake.input.images_card)["classes"]
    images = tuple(np.load(snakemake.input[name], mmap_mode="r") for name in ("x_train", "y_train"))
    set_threads(network, snakemake.threads)
    try:
        model = open_model(network, classes)
        fits, notes = check(model, network, images, classes, settings["clip"], snakemake.threads)
    except ValueError as error:
        sys.exit(f"ERROR in networks.{settings['classifier']}, {network['trained']}: {error}.")
    for note in notes:
        logging.info(note)
    rows = [
        {
            **{key: in_yaml(value) for key, value in fit.how._asdict().items()},
            "classes": in_yaml(order_of(fit.outputs, classes)),
            "images": len(fit.correct),
            "log_loss": None if fit.outputs.meaning in WITHOUT_PROBABILITIES else fit.loss,
            "accuracy": fit.accuracy,
        }
        for fit in fits
    ]
    write_csv(pd.DataFrame(rows), snakemake.output.table)
    how, outputs = fits[0][:2]
    facts = {"how": how._asdict(), "outputs": outputs._asdict(), "output": model.output}
    facts |= {"batch": batch_size(model, images[0].shape[1:]), "notes": notes}
    facts |= {"accuracy": fits[0].accuracy, "cpu": cpu_model(), "versions": versions("onnxruntime")}
    finish_job(snakemake, inputs, **facts)


if __name__ == "__main__":
    main()
