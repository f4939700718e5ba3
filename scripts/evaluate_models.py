"""Evaluate every network of one seed on the noisy test images of every scale: its own, and at most 20 chosen.

In:  the .keras files of the seed; its noisy x_test per scale, float32 (n, *shape); y_test, uint8 (n,); the
     cards of all these; on how many test images the ceiling is estimated.
Out: evaluations CSV, one row per network and test scale; confusion CSV, one row per network, class and
     predicted class, at the network's own scale; a card.

The networks have one architecture: it is compiled once, and given the weights of each.
"""

import logging
from typing import Any

import numpy as np
import pandas as pd

from analysis.intervals import wilson_interval
from experiment.ceiling import spread_images
from experiment.runs import Run
from plumbing.cards import read_card, write_card
from plumbing.job import start_job
from plumbing.outputs import write_csv


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: list[str]) -> list[dict[str, Any]]:
    """How often every class was taken for every class, all pairs of them: class, predicted, n."""
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (labels, predicted), 1)
    return [
        {"class": classes[true], "predicted": classes[taken_for], "n": int(n)}
        for (true, taken_for), n in np.ndenumerate(counts)
    ]


def evaluate_models(
    models: dict[Run, str],
    tests: dict[float, str],
    chosen: list[float],
    labels: str,
    classes: list[str],
    ceiling_images: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluations and confusion of the networks of one seed.

    models: the .keras file of each run. tests: the x_test.npy of each scale. chosen: the scales on which
    every network is tested, beside its own. labels: path of y_test.npy. ceiling_images: on how many test
    images the ceiling is estimated; paired_accuracy is on the same ones.
    """
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    import keras
    import tensorflow as tf

    from experiment.training import forward, load_images, load_labels, totals

    # Safe mode executes no code from the file.
    network = keras.models.load_model(next(iter(models.values())), safe_mode=True)

    @tf.function(jit_compile=True)
    def evaluate(x: tf.Tensor, y: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Sums of loss and of right answers, and the predicted class of every image."""
        probabilities = forward(network, x)
        return totals(y, probabilities, tf.ones(x.shape[0])), tf.argmax(probabilities, axis=1)

    y, numbers = load_labels(labels, len(classes)), np.load(labels)
    paired = spread_images(len(numbers), ceiling_images)
    evaluations, confusion = [], []
    for run, model in models.items():
        network.load_weights(model)
        logging.info("the network trained with %s noise of scale %g", run.draw, run.scale)
        for test_scale in sorted({run.scale, *chosen}):
            x = load_images(tests[test_scale])
            sums, predicted = evaluate(x, y)
            (loss, right), predicted = map(float, sums), predicted.numpy()
            low, high = wilson_interval(round(right), len(numbers))
            pair = {"draw": run.draw, "train_scale": run.scale, "test_scale": test_scale, "seed": run.seed}
            means = {"accuracy": right / len(numbers), "loss": loss / len(numbers), "n": len(numbers)}
            means |= {"accuracy_low": low, "accuracy_high": high}
            same = predicted[paired] == numbers[paired]
            evaluations.append(pair | means | {"paired_accuracy": same.mean() if len(same) else np.nan})
            if test_scale == run.scale:
                counts = confusion_counts(numbers, predicted, classes)
                confusion += [run._asdict() | count for count in counts]
    return pd.DataFrame(evaluations), pd.DataFrame(confusion)


def main() -> None:
    start_job(snakemake)
    from experiment.training import set_threads

    set_threads(snakemake.threads)
    settings = snakemake.params.settings
    tables = evaluate_models(
        dict(zip((Run(*run) for run in settings["runs"]), snakemake.input.models, strict=True)),
        dict(zip(settings["scales"], snakemake.input.x_test, strict=True)),
        settings["chosen"],
        snakemake.input.y_test,
        read_card(snakemake.input.images_card)["classes"],
        settings["ceiling_images"],
    )
    paths = [snakemake.output.evaluations, snakemake.output.confusion]
    for table, path in zip(tables, paths, strict=True):
        write_csv(table, path)
    write_card({"seed": settings["seed"]}, snakemake.output.card, paths)


if __name__ == "__main__":
    main()
