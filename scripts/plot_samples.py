"""Show one image of every class above its noisy copy.

In:  x_train and y_train as published, the noisy x_train, their cards; scale and seed.
Out: a PNG with the originals in the upper row and their noisy copies in the lower one.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from plumbing.cards import read_card
from plumbing.job import start_job
from plumbing.outputs import replacing


def first_of_each(labels: np.ndarray) -> list[int]:
    """Index of the first image of every class that has one, in the order of the classes."""
    return list(np.unique(labels, return_index=True)[1])


def plot_samples(originals: np.ndarray, noisy: np.ndarray, names: list[str], title: str) -> plt.Figure:
    """Draw the two rows. originals and noisy: (n, height, width), 0 black to 1 white; names: n."""
    figure, axes = plt.subplots(2, len(names), figsize=(len(names), 2.7), squeeze=False, layout="constrained")
    for column, name in enumerate(names):
        for axis, image in zip(axes[:, column], (originals[column], noisy[column]), strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        axes[0, column].set_title(name, fontsize="medium" if max(map(len, names)) < 4 else "small")
    axes[0, 0].set_ylabel("original")
    axes[1, 0].set_ylabel("noisy")
    figure.suptitle(title)
    return figure


def main() -> None:
    start_job(snakemake)
    labels = np.load(snakemake.input.y_train)
    chosen = first_of_each(labels)
    originals = np.load(snakemake.input.x_train, mmap_mode="r")[chosen] / 255
    noisy = np.load(snakemake.input.noisy, mmap_mode="r")[chosen]
    run, classes = snakemake.params.settings, read_card(snakemake.input.images_card)["classes"]
    title = f"Training images without noise and with noise of scale {run['scale']:g} (seed {run['seed']})"
    figure = plot_samples(originals, noisy, [classes[label] for label in labels[chosen]], title)
    with replacing(snakemake.output[0]) as part:
        figure.savefig(part, dpi=150)


if __name__ == "__main__":
    main()
