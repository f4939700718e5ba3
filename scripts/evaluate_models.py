"""Evaluate every network of one seed on the noisy test images of every scale: its own, and at most 20 chosen.

In:  the .keras files of the seed; its noisy x_test per scale, float32 (n, 784); y_test, uint8 (n,).
Out: evaluations CSV, one row per network and test scale: draw, train_scale, test_scale, seed, accuracy, loss
     (cross-entropy, nats), n; confusion CSV, at each network's own scale: draw, scale, seed, digit,
     predicted, n.

The networks have one architecture: it is compiled once, and given the weights of each.
"""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from plumbing.cards import checked, end_as_damaged
from plumbing.job import replacing, start_log


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: int = 10) -> list[dict[str, int]]:
    """How often every digit was taken for every digit, all pairs of them: digit, predicted, n."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return [
        {"class": digit, "predicted": taken_for, "n": int(n)}
        for (digit, taken_for), n in np.ndenumerate(counts)
    ]


def load(model: str, read: Callable, **options: Any) -> Any:
    """Read a .keras file. Ends this process with one line when it is damaged, or has code to be executed."""
    try:
        return read(checked(model), **options)
    except Exception as error:  # whatever a damaged archive raises
        end_as_damaged(model, error)


def evaluate_models(run: dict[str, Any], models: list[str], tests: list[str], labels: str):
    """Evaluations and confusion table of a seed.

    run: `seed`, `networks` (draw and scale of each of `models`, which are .keras files), `scales` (of each
    of `tests`, which are x_test.npy files) and those of them that are `chosen` for every network. labels:
    path of y_test.npy.
    """
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    import keras
    import tensorflow as tf
    from experiment.training import compile_validation, forward, load_set

    network = load(models[0], keras.models.load_model, safe_mode=True)  # which executes no code from the file
    validate = compile_validation(network)
    classify = tf.function(lambda x: tf.argmax(forward(network, x), axis=1), jit_compile=True)
    images_at = dict(zip(run["scales"], map(checked, tests), strict=True))
    checked(labels)
    evaluations, confusion = [], []
    for (draw, train_scale), model in zip(run["networks"], models, strict=True):
        load(model, network.load_weights)
        logging.info("the network trained with %s noise of scale %g", draw, train_scale)
        for test_scale in sorted({train_scale, *run["chosen"]}):
            x, y = load_set(images_at[test_scale], labels)
            loss, right = validate(x, y)
            pair = {"draw": draw, "train_scale": train_scale, "test_scale": test_scale, "seed": run["seed"]}
            means = {"accuracy": float(right) / len(x), "loss": float(loss) / len(x), "n": len(x)}
            evaluations.append(pair | means)
            if test_scale == train_scale:
                cell = {"draw": draw, "scale": train_scale, "seed": run["seed"]}
                counts = confusion_counts(np.load(labels), classify(x).numpy())
                confusion += [cell | count for count in counts]
    return pd.DataFrame(evaluations), pd.DataFrame(confusion)


def main() -> None:
    start_log(snakemake.log[0])
    from experiment.training import set_threads

    set_threads(snakemake.threads)
    tables = evaluate_models(
        snakemake.params.run, snakemake.input.models, snakemake.input.x_test, snakemake.input.y_test
    )
    for table, path in zip(tables, (snakemake.output.evaluations, snakemake.output.confusion), strict=True):
        with replacing(path) as part:
            table.to_csv(part, index=False)


if __name__ == "__main__":
    main()
