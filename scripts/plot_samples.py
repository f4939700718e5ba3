"""Show images of every class above their noisy copies: one of each, several if there are few, 12 at most.

In:  x_train and y_train as published, the noisy x_train, their cards; scale and seed.
Out: a PNG image with the originals in the upper row and their noisy copies in the lower row; a card.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from experiment.noise import clean_images
from experiment.selection import chosen_scales
from inputs.datasets import short_name
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing

COLUMNS = 10  # to fill with images, if there are few classes
MAX_CLASSES = 12  # in one picture
MAX_NAME = 14  # characters above an image


def first_of_each(labels: np.ndarray) -> list[int]:
    """Indices of the first images of every class that has one, in the order of the classes."""
    classes = chosen_scales(np.unique(labels).tolist(), MAX_CLASSES)
    of_each = max(1, COLUMNS // len(classes))
    return [int(index) for label in classes for index in np.flatnonzero(labels == label)[:of_each]]


def plot_samples(originals: np.ndarray, noisy: np.ndarray, names: list[str], title: str) -> plt.Figure:
    """Draw the two rows. originals and noisy: (n, *shape), grey or RGB, from 0 to 1. names: n of them."""
    figure, axes = plt.subplots(2, len(names), figsize=(len(names), 2.7), squeeze=False, layout="constrained")
    for column, name in enumerate(names):
        for axis, image in zip(axes[:, column], (originals[column], noisy[column]), strict=True):
            image = image[..., 0] if image.shape[2:] == (1,) else image
            axis.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        size = "medium" if max(map(len, names)) < 4 else "small"
        axes[0, column].set_title(short_name(name, MAX_NAME), fontsize=size, parse_math=False)
    axes[0, 0].set_ylabel("original")
    axes[1, 0].set_ylabel("noisy")
    figure.suptitle(title)
    return figure


def main() -> None:
    inputs = start_job(snakemake)
    plt.rcdefaults()  # ignore any matplotlibrc
    labels = np.load(snakemake.input.y_train)
    chosen = first_of_each(labels)
    originals = clean_images(np.load(snakemake.input.x_train, mmap_mode="r")[chosen])
    noisy = np.load(snakemake.input.noisy, mmap_mode="r")[chosen]
    run, classes = snakemake.params.settings, read_card(snakemake.input.images_card)["classes"]
    title = f"Training images without noise and with noise of scale {run['scale']:g} (seed {run['seed']})"
    figure = plot_samples(originals, noisy, [classes[label] for label in labels[chosen]], title)
    with replacing(snakemake.output.picture) as part:
        figure.savefig(part, dpi=150)
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
