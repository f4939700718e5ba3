"""Merge what was measured in every run, compare the scales, say the answer.

In:  per run its history; per scale and seed the counts of the baselines, and of the ceiling if one was
     estimated; per network and seed its counts and its confusion, and after filters its counts; the counts of
     people; the cards of all these and of the images; what is compared: data set, networks, noise, draws.
Out: accuracies.csv, one table of all classifiers; histories.csv and confusion.csv; comparison.csv,
     robustness.csv and classes.csv; losses.csv where there is a ceiling, kinds.csv where other kinds of noise
     are tested, filters.csv for filters, and sets.csv for test sets of people's own (see analysis/tables.py);
     answer.txt (sentences); card.json.
"""

import logging
import sys

import numpy as np
import pandas as pd

from analysis.answer import answer
from analysis.classifiers import is_network, on_noise, own_scale
from analysis.filters import compare_filters
from analysis.intervals import wilson_interval
from analysis.losses import equivalent_scales, losses
from analysis.pairs import compare_networks
from analysis.sets import compare_sets
from analysis.summaries import class_recall, compare_kinds, compare_scales, robustness
from analysis.tables import TABLES, merge_tables, sort_table
from experiment.counts import COLUMNS, unpack_answers
from experiment.filters import ways_of
from experiment.noise import Noise
from plumbing.agreement import find_disagreement
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_csv, write_text


def read_counts(measured: list[str], answers: list[str], people: list[str]) -> pd.DataFrame:
    """The counts of all classifiers, with a column `bits`: which images each recognised, packed.

    measured: paths of the counts; answers: of what pack_answers gave for the same rows; people: of their
    counts, which have no answers.
    """
    parts = []
    for path, packed in zip(measured, answers, strict=True):
        table = pd.read_csv(path)
        parts.append(table.assign(bits=list(np.load(packed))))
    parts += [pd.read_csv(path).assign(bits=None) for path in people]
    for path, part in zip([*measured, *people], parts, strict=True):
        if tuple(part.columns) != (*COLUMNS, "bits"):
            raise ValueError(f"the columns of {path} are {list(part.columns[:-1])}, not {list(COLUMNS)}")
    # None of the parts decides the type of a column that is empty in it.
    return pd.concat([part.dropna(axis="columns", how="all") for part in parts], ignore_index=True).reindex(
        columns=[*COLUMNS, "bits"]
    )


def with_shares(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts with their share and its interval. Where there is no draw, it is empty text."""
    limits = [wilson_interval(*pair) for pair in zip(counts["correct"], counts["n"], strict=True)]
    low, high = zip(*limits, strict=True)
    shares = {"accuracy": counts["correct"] / counts["n"], "accuracy_low": low, "accuracy_high": high}
    return counts.assign(draw=counts["draw"].astype(object).fillna(""), **shares)


class Answers(dict):
    """(classifier, draw, scale, seed) -> which images it recognised at its own scale, bool (n,).

    They are packed until they are asked for: those of many runs take much memory.
    """

    def __init__(self, accuracies: pd.DataFrame) -> None:
        own = own_scale(accuracies).dropna(subset="bits")
        self.packed = {
            (row.classifier, row.draw, row.scale, row.seed): (row.bits, row.n) for row in own.itertuples()
        }

    def __missing__(self, key: tuple) -> np.ndarray:
        return unpack_answers(*self.packed[key])


def main() -> None:
    inputs, settings = start_job(snakemake), snakemake.params.settings
    given, draws, networks = snakemake.input, settings["draws"], list(settings["networks"])
    kind = settings["noise"]["kind"]
    identity = {"images": settings["images"]["name"], "kind": kind}
    images = read_card(given.images_card)
    counts = read_counts(
        [*given.baselines, *given.ceilings, *given.networks, *given.trained, *given.filters],
        [
            *given.baseline_answers,
            *given.ceiling_answers,
            *given.network_answers,
            *given.trained_answers,
            *given.filter_answers,
        ],
        given.people,
    )
    trained_kind = {"train_kind": counts["draw"].map(lambda draw: "" if pd.isna(draw) else kind)}
    accuracies = with_shares(counts).assign(images=identity["images"], **trained_kind)
    with_answers = accuracies
    answers = Answers(accuracies)
    confusions = [*given.confusion, *given.trained_confusion]
    tables = {
        "accuracies": sort_table("accuracies", accuracies),
        "confusion": merge_tables("confusion", confusions, **identity),
    }
    accuracies = on_noise(tables["accuracies"])
    of_networks = accuracies[is_network(accuracies["classifier"])]
    histories = pd.DataFrame(columns=[*TABLES["histories"].columns])  # where all networks are pretrained
    if given.histories:
        histories = tables["histories"] = merge_tables("histories", given.histories, **identity)
        if difference := find_disagreement(histories, of_networks, kind):
            sys.exit(f"ERROR: {difference}.")
    equivalents = {}
    if given.ceilings:
        tables["losses"] = losses(accuracies, networks, draws, answers, **identity)
        equivalents = equivalent_scales(accuracies, networks, draws)
    tables |= {
        "comparison": compare_scales(
            histories, accuracies, networks, draws, equivalents, answers, **identity
        ),
        "robustness": robustness(accuracies, networks, draws, **identity),
        "classes": class_recall(tables["confusion"], draws, **identity),
    }
    if len(networks) > 1:
        tables["networks"] = compare_networks(accuracies, networks, draws, answers, **identity)
    if settings["other_kinds"]:
        tables["kinds"] = compare_kinds(accuracies, draws, images=identity["images"])
    if settings["filters"]:
        ways = ways_of(settings["filters"], Noise(**settings["noise"]))
        tables["filters"] = compare_filters(with_answers, networks, draws, ways, **identity)
    if settings["sets"]:
        tables["sets"] = compare_sets(tables["accuracies"], **identity)
    checks = {card["settings"]["classifier"]: card for card in map(read_card, given.checks)}
    sentences = answer(tables, images["noun"], kind, checks, images)
    logging.info(sentences)
    for name, table in tables.items():
        write_csv(table, snakemake.output[name])
    write_text(sentences + "\n", snakemake.output.answer)
    finish_job(snakemake, inputs, runs=len(given.histories))


if __name__ == "__main__":
    main()
