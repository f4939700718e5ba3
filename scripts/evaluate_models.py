"""Evaluate every network of one seed on the noisy test images of every scale: its own, and at most 20 chosen.

In:  the .keras files and the histories of the seed; its noisy x_test per scale, float32 (n, *shape); x_test
     as published, for other kinds of noise, and the scales of these; y_test (n,); the cards of all these; the
     network, and the file of an own one; on how many test images the ceiling is estimated.
Out: evaluations CSV, one row per network, kind of noise and test scale; confusion CSV, one row per network,
     class and predicted class, at the network's own scale; a card.

The networks have one architecture and one seed: one is built and compiled, and given the weights of each. No
table is written when an accuracy at a network's own scale is not the one that its history ends with.
"""

import logging
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis.intervals import wilson_interval
from experiment.ceiling import spread_images
from experiment.noise import KINDS, noisy_chunks
from experiment.runs import Run
from experiment.streams import noise_generator
from plumbing.agreement import find_disagreement
from plumbing.cards import adds_up_alike, cpu_model, read_card, versions
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_csv

MOST_PAIRS = 100  # classes: of more, pairs that never happened are left out


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: list[str]) -> list[dict[str, Any]]:
    """How often every class was taken for every class: class, predicted, n.

    All pairs of them. Of more than 100 classes only those that happened, and each class with itself.
    """
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (labels, predicted), 1)
    wanted = (counts > 0) | np.eye(len(classes), dtype=bool) | (len(classes) <= MOST_PAIRS)
    return [
        {"class": classes[true], "predicted": classes[taken_for], "n": int(counts[true, taken_for])}
        for true, taken_for in np.argwhere(wanted)
    ]


def noisy_tests(
    images: str, kinds: dict[str, list[float]], seed: int, clip: bool
) -> Iterator[tuple[str, float, np.ndarray]]:
    """Kind, scale and noisy copies of the test images, float32 (n, *shape), one set at a time.

    images: path of x_test.npy as published. The noise is what add_noise draws for this kind.
    """
    clean = np.load(images, mmap_mode="r")
    for kind, scales in kinds.items():
        for scale in scales:
            noisy = np.empty(clean.shape, np.float32)
            for _ in noisy_chunks(
                clean, scale, noise_generator(seed, scale, "test", kind), noisy, kind, clip
            ):
                pass
            yield kind, scale, noisy


def evaluate_models(
    models: dict[Run, str],
    tests: dict[float, str],
    others: Iterable[tuple[str, float, np.ndarray]],
    kind: str,
    chosen: list[float],
    labels: str,
    images: dict[str, Any],
    network: dict[str, Any],
    seed: int,
    ceiling_images: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evaluations and confusion of the networks of one seed.

    models: the .keras file of each run. tests: the noisy x_test.npy of each scale. others: of noisy_tests.
    kind: of the noise in training. chosen: the scales on which every network is tested, beside its own.
    labels: path of y_test.npy. images: the card of the images. network: as deciding_settings gives it, and
    seed: of these runs. Raises FloatingPointError when a network gives no number for an image.
    ceiling_images: on how many test images the ceiling is estimated; paired_accuracy is on the same ones.
    """
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    from experiment.network import build_network
    from experiment.training import compile_evaluation, load_images, load_labels

    # Built, not loaded: a file may lack the code of own layers, and is not asked for any.
    classes = images["classes"]
    built = build_network(images["shape"], len(classes), network, seed)
    evaluate = compile_evaluation(built)
    y, numbers = load_labels(labels, len(classes)), np.load(labels)
    paired = spread_images(len(numbers), ceiling_images)
    evaluations, confusion = [], []

    def test(run: Run, x: Any, test_kind: str, scale: float) -> None:
        """Test the network of this run, whose weights have been loaded, on the images x."""
        sums, predicted = evaluate(x, y)
        (loss, right), predicted = map(float, sums), predicted.numpy()
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the network {run.path} has the loss {loss} on {KINDS[test_kind].name} of scale {scale:g}, "
                "so that its answers are no answers"
            )
        low, high = wilson_interval(round(right), len(numbers))
        pair = {"draw": run.draw, "train_scale": run.scale, "kind": test_kind, "test_scale": scale}
        means = {"accuracy": right / len(numbers), "loss": loss / len(numbers), "n": len(numbers)}
        means |= {"accuracy_low": low, "accuracy_high": high}
        same = predicted[paired] == numbers[paired]
        known = test_kind == kind and len(same)
        paired_accuracy = same.mean() if known else np.nan
        evaluations.append(pair | {"seed": run.seed} | means | {"paired_accuracy": paired_accuracy})
        if (test_kind, scale) == (kind, run.scale):
            counts = confusion_counts(numbers, predicted, classes)
            confusion.extend(run._asdict() | count for count in counts)

    for run, model in models.items():
        logging.info("the network trained with %s noise of scale %g", run.draw, run.scale)
        built.load_weights(model)
        for scale in sorted({run.scale, *chosen}):
            test(run, load_images(tests[scale]), kind, scale)
    for other, scale, noisy in others:
        logging.info("every network on %s of scale %g", KINDS[other].name, scale)
        for run, model in models.items():
            built.load_weights(model)
            test(run, noisy, other, scale)
    return pd.DataFrame(evaluations), pd.DataFrame(confusion)


def same_bits(card: dict[str, Any], here: dict[str, Any], threads: int) -> bool:
    """Whether the network of this card gives here what it gave in its training, to the bit. No GPU promises
    it.
    """
    dense = card["settings"]["network"].get("name") == "mlp" or "path" in card["settings"]["network"]
    alike = not dense or adds_up_alike() or card["threads"] == threads
    return here["gpus"] == 0 and alike and all(card[name] == value for name, value in here.items())


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    from experiment.training import count_gpus, set_threads

    set_threads(snakemake.threads, settings["network"])
    kind, clip = settings["noise"]["kind"], settings["noise"]["clip"]
    runs = [Run(*run) for run in settings["runs"]]
    try:
        tables = evaluate_models(
            dict(zip(runs, snakemake.input.models, strict=True)),
            dict(zip(settings["scales"], snakemake.input.x_test, strict=True)),
            noisy_tests(snakemake.input.images, settings["other_kinds"], settings["seed"], clip),
            kind,
            settings["chosen"],
            snakemake.input.y_test,
            read_card(snakemake.input.images_card),
            settings["network"],
            settings["seed"],
            settings["ceiling_images"],
        )
    except FloatingPointError as error:
        sys.exit(
            f"ERROR: {error}. It needs an output for every image: look for a division or a logarithm of 0."
        )
    here = {"cpu": cpu_model(), "versions": versions(), "gpus": count_gpus()}
    cards = dict(zip(runs, map(read_card, snakemake.input.model_cards), strict=True))
    exact = {run for run, card in cards.items() if same_bits(card, here, snakemake.threads)}
    histories = pd.concat(map(pd.read_csv, snakemake.input.histories))
    if difference := find_disagreement(histories, tables[0], kind, exact):
        sys.exit(f"ERROR: {difference}.")
    paths = [snakemake.output.evaluations, snakemake.output.confusion]
    for table, path in zip(tables, paths, strict=True):
        write_csv(table, path)
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
