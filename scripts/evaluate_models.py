"""Evaluate a network, as trained with one seed, on noisy test images of its own and of at most 20 scales.

In:  the .keras files and the histories of the seed; its noisy x_test per scale, float32 (n, *shape); x_test
     as published, for other kinds of noise, and the scales of these; y_test (n,); test sets of people's own,
     with their labels; the cards of all these; the network, and the file of an own one; on how many test
     images the ceiling is estimated.
Out: the counts of every network, kind of noise and test scale, as CSV; which images were recognised, in bits;
     confusion CSV, one row per network, class and predicted class, at the network's own scale; a card.

All its runs have one architecture and one seed: one is built and compiled, and given the weights of each. No
table is written when an accuracy at a network's own scale is not the one in its history.
"""

import logging
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from experiment.counts import confusion_counts, count_row, pack_answers
from experiment.noise import Images, Noise, copy_of
from experiment.rows import open_images
from experiment.runs import Run
from experiment.sets import read_sets, stack_answers, test_name
from experiment.streams import noise_generator
from plumbing.agreement import find_disagreement
from plumbing.cards import cpu_model, read_card, threads_decide, versions
from plumbing.job import finish_job, start_job
from plumbing.outputs import replacing, write_csv


class Test(NamedTuple):
    """A network and the noisy images that it is tested on: float32 (n, *shape)."""

    run: Run
    kind: str
    scale: float
    images: Images


class Answers(NamedTuple):
    """What a network says in a test. predicted: int64 (n,). log_loss: mean of -log p(true class), in nats."""

    run: Run
    kind: str
    scale: float
    predicted: np.ndarray
    log_loss: float


def own_tests(
    runs: Iterable[Run], tests: dict[float, str], kind: str, chosen: list[float], dense: bool
) -> Iterator[Test]:
    """Each network on stored noisy images: of its own scale and of the chosen ones, or of all scales, if it
    learned from all.

    tests: path of the noisy x_test.npy of each scale. dense: whether the network has dense layers alone.
    """
    for run in runs:
        for scale in sorted(tests if run.scale is None else {run.scale, *chosen}):
            yield Test(run, kind, scale, open_images(tests[scale], dense))


def other_tests(
    runs: Iterable[Run], images: str, kinds: dict[str, list[float]], seed: int, clip: bool, dense: bool
) -> Iterator[Test]:
    """Every network on images with other kinds of noise, at the scales of each kind.

    images: path of x_test.npy as published. The noise is what add_noise draws for this kind. dense: as in
    own_tests.
    """
    clean = open_images(images, dense)
    for kind, scales in kinds.items():
        for scale in scales:
            noisy = copy_of(clean, scale, noise_generator(seed, scale, "test", kind), Noise(kind, clip))
            for run in runs:
                yield Test(run, kind, scale, noisy)


def answers_of(network: Any, models: dict[Run, str], tests: Iterable[Test], y: Any) -> Iterator[Answers]:
    """The answers of each test.

    network: a Keras model, which gets the weights of each run's .keras file. y: one-hot labels (n, classes).
    Raises FloatingPointError when a network gives no number for an image.
    """
    # Not before the log has been started: TensorFlow writes to descriptors 1 and 2 as it is imported.
    from experiment.training import compile_evaluation

    evaluate, loaded = compile_evaluation(network), None
    for run, kind, scale, images in tests:
        if run != loaded:
            network.load_weights(models[run])
            loaded = run
        (loss, _), predicted = evaluate(images, y)
        log_loss = float(loss) / len(images)
        logging.info("%s on %s: log loss %.4f", run.path, test_name(kind, scale), log_loss)
        if not np.isfinite(log_loss):
            raise FloatingPointError(
                f"the network {run.path} has the loss {log_loss} on {test_name(kind, scale)}, so that its "
                "answers are no answers"
            )
        yield Answers(run, kind, scale, predicted.numpy(), log_loss)


def is_exact(card: dict[str, Any], here: dict[str, Any], threads: int) -> bool:
    """Whether the network of this card gives here what it gave in its training, to the bit. No GPU promises
    it.
    """
    alike = card["threads"] == threads or not threads_decide(card["settings"]["network"])
    return here["gpus"] == 0 and alike and all(card[name] == value for name, value in here.items())


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    from experiment.network import build_network
    from experiment.training import count_gpus, load_labels, only_dense, set_threads

    set_threads(snakemake.threads, settings["network"])
    seed, noise = settings["seed"], Noise(**settings["noise"])
    images = read_card(snakemake.input.images_card)
    classes = images["classes"]
    # Built, not loaded: a file may lack the code of own layers, and is not asked for any.
    network = build_network(images["shape"], len(classes), settings["network"], seed)
    dense, runs = only_dense(network), [Run(*run) for run in settings["runs"]]
    models = dict(zip(runs, snakemake.input.models, strict=True))
    stored = dict(zip(settings["scales"], snakemake.input.x_test, strict=True))
    given, rows, packed, confusion = snakemake.input, [], [], []
    other_kinds = other_tests(runs, given.images, settings["other_kinds"], seed, noise.clip, dense)
    sets = zip(
        read_sets(settings["sets"], given.sets, given.set_labels, dense), given.set_labels, strict=True
    )
    parts = chain(
        [
            (own_tests(runs, stored, noise.kind, settings["chosen"], dense), given.y_test),
            (other_kinds, given.y_test),
        ],
        (([Test(run, tested.name, np.nan, tested.images) for run in runs], path) for tested, path in sets),
    )
    try:
        for tests, path in parts:
            labels, y = np.load(path), load_labels(path, len(classes))
            for run, kind, scale, predicted, log_loss in answers_of(network, models, tests, y):
                correct, own_kind = predicted == labels, kind == noise.kind
                tested = {"kind": kind, "scale": scale, "seed": seed}
                trained = {"draw": run.draw, "train_scale": run.scale}
                paired = settings["ceiling_images"] if own_kind else 0
                rows.append(count_row(run.network, tested, correct, paired, trained, log_loss))
                packed.append(
                    pack_answers([correct])
                )  # at once: of a thousand networks they take much memory
                if own_kind and run.scale in (None, scale):
                    counts = confusion_counts(labels, predicted, classes)
                    confusion.extend(run._asdict() | {"scale": scale} | count for count in counts)
    except FloatingPointError as error:
        sys.exit(
            f"ERROR: {error}. It needs an output for every image: look for a division or a logarithm of 0."
        )
    here = {"cpu": cpu_model(), "versions": versions(), "gpus": count_gpus()}
    cards = dict(zip(runs, map(read_card, snakemake.input.model_cards), strict=True))
    exact = {run for run, card in cards.items() if is_exact(card, here, snakemake.threads)}
    histories, table = pd.concat(map(pd.read_csv, snakemake.input.histories)), pd.DataFrame(rows)
    if difference := find_disagreement(histories, table, noise.kind, exact):
        sys.exit(f"ERROR: {difference}.")
    write_csv(table, snakemake.output.table)
    with replacing(snakemake.output.answers) as part:
        np.save(part, stack_answers(packed))
    write_csv(pd.DataFrame(confusion), snakemake.output.confusion)
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
