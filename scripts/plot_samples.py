"""Show one image of every digit above its noisy copy.

In:  x_train and y_train as published, the noisy x_train; scale and seed.
Out: a PNG with the originals in the upper row and their noisy copies in the lower one.
"""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from plumbing.cards import checked
from plumbing.job import replacing, start_log


def first_of_each(labels: np.ndarray) -> list[int]:
    """Index of the first image of every class, in the order of the classes."""
    return list(np.unique(labels, return_index=True)[1])


def plot_samples(originals: np.ndarray, noisy: np.ndarray, labels: np.ndarray, title: str) -> plt.Figure:
    """Draw the two rows. originals and noisy: (n, 28, 28), 0 black to 1 white; labels: (n,)."""
    figure, axes = plt.subplots(
        2, len(labels), figsize=(len(labels), 2.7), squeeze=False, layout="constrained"
    )
    for column, label in enumerate(labels):
        for axis, image in zip(axes[:, column], (originals[column], noisy[column]), strict=True):
            axis.imshow(image, cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        axes[0, column].set_title(str(label))
    axes[0, 0].set_ylabel("original")
    axes[1, 0].set_ylabel("noisy")
    figure.suptitle(title)
    return figure


def main() -> None:
    start_log(snakemake.log[0])
    labels = np.load(checked(snakemake.input.y_train))
    chosen = first_of_each(labels)
    originals = np.load(checked(snakemake.input.x_train), mmap_mode="r")[chosen] / 255
    noisy = np.load(checked(snakemake.input.noisy), mmap_mode="r")[chosen].reshape(originals.shape)
    run = snakemake.params.run
    title = f"Training images without noise and with noise of scale {run['scale']:g} (seed {run['seed']})"
    figure = plot_samples(originals, noisy, labels[chosen], title)
    with replacing(snakemake.output[0]) as part:
        figure.savefig(part, dpi=150)


if __name__ == "__main__":
    main()
