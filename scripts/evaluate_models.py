"""Evaluate every network of one seed on the noisy test images of every scale: its own, and at most 20 chosen.

In:  the .keras files of the seed; its noisy x_test per scale, float32 (n, *shape); x_test as published, uint8
     (n, *shape), for other kinds of noise, and the scales of these; y_test, uint8 (n,); the cards of all
     these; on how many test images the ceiling is estimated.
Out: evaluations CSV, one row per network, kind of noise and test scale; confusion CSV, one row per network,
     class and predicted class, at the network's own scale; a card.

The networks have one architecture: it is compiled once, and given the weights of each.
"""

import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.intervals import wilson_interval
from experiment.ceiling import spread_images
from experiment.noise import noisy_chunks
from experiment.runs import Run
from experiment.streams import noise_generator
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


def store_other_kinds(
    images: str, kinds: dict[str, list[float]], seed: int, clip: bool, folder: Path
) -> dict[tuple[str, float], Path]:
    """Noisy copies of the test images in a folder, by kind of noise and scale.

    images: path of x_test.npy as published. The noise is what add_noise draws for this kind.
    """
    clean, tests = np.load(images, mmap_mode="r"), {}
    for kind, scales in kinds.items():
        for scale in scales:
            noisy = np.empty(clean.shape, np.float32)
            for _ in noisy_chunks(
                clean, scale, noise_generator(seed, scale, "test", kind), noisy, kind, clip
            ):
                pass
            tests[kind, scale] = folder / f"{kind}_{scale}.npy"
            np.save(tests[kind, scale], noisy)
    return tests


def evaluate_models(
    models: dict[Run, str],
    tests: dict[tuple[str, float], str],
    kind: str,
    chosen: list[float],
    labels: str,
    classes: list[str],
    ceiling_images: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluations and confusion of the networks of one seed.

    models: the .keras file of each run. tests: the noisy x_test.npy by kind of noise and scale. kind: that of
    the training. chosen: its scales on which every network is tested, beside its own; of other kinds it is
    on all. labels: path of y_test.npy. ceiling_images: on how many test images the ceiling is estimated;
    paired_accuracy is on the same ones.
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
        own = {run.scale, *chosen}
        for test_kind, test_scale in [key for key in sorted(tests) if key[0] != kind or key[1] in own]:
            x = load_images(tests[test_kind, test_scale])
            sums, predicted = evaluate(x, y)
            (loss, right), predicted = map(float, sums), predicted.numpy()
            low, high = wilson_interval(round(right), len(numbers))
            pair = {"draw": run.draw, "train_scale": run.scale, "kind": test_kind}
            pair |= {"test_scale": test_scale, "seed": run.seed}
            means = {"accuracy": right / len(numbers), "loss": loss / len(numbers), "n": len(numbers)}
            means |= {"accuracy_low": low, "accuracy_high": high}
            same = predicted[paired] == numbers[paired]
            known = test_kind == kind and len(same)
            evaluations.append(pair | means | {"paired_accuracy": same.mean() if known else np.nan})
            if (test_kind, test_scale) == (kind, run.scale):
                counts = confusion_counts(numbers, predicted, classes)
                confusion += [run._asdict() | count for count in counts]
    return pd.DataFrame(evaluations), pd.DataFrame(confusion)


def main() -> None:
    start_job(snakemake)
    from experiment.training import set_threads

    set_threads(snakemake.threads)
    settings = snakemake.params.settings
    kind, clip = settings["noise"]["kind"], settings["noise"]["clip"]
    own = {
        (kind, scale): path for scale, path in zip(settings["scales"], snakemake.input.x_test, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        other = store_other_kinds(
            snakemake.input.images, settings["other_kinds"], settings["seed"], clip, Path(folder)
        )
        tables = evaluate_models(
            dict(zip((Run(*run) for run in settings["runs"]), snakemake.input.models, strict=True)),
            own | other,
            kind,
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
