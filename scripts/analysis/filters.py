"""Does it help to take the noise out first? Filters before networks that learned from no noise."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.classifiers import networks_at_own_scale, on_own_kind
from analysis.intervals import accuracy_interval, measured_once, same_everywhere, with_interval
from analysis.losses_in_words import MAX_SCALES
from analysis.phrases import listed, percent
from analysis.summaries import for_each_draw, without_noise
from analysis.tables import make_table
from experiment.counts import unpack_answers
from experiment.draws import DRAWS
from experiment.filters import BIAS_CORRECTION, NO_FILTER, POSTERIOR_MEAN, filtered_name
from experiment.selection import chosen_scales

Steps = tuple[str, ...]


def change(name: str, now: pd.DataFrame, then: pd.DataFrame) -> dict[str, float]:
    """By how much one classifier is above another on the same images, and its interval.

    now, then: rows of the table accuracies, one per seed, with their answers (`bits`). Of no rows it is nan.
    """
    pairs = now.merge(then, on="seed", suffixes=("", "_then"))
    if pairs.empty:
        return same_everywhere(name, np.nan)
    difference, images = ((pairs["correct"] - pairs["correct_then"]) / pairs["n"]).to_numpy(), None
    if measured_once(difference):
        row = pairs.iloc[0]
        images = np.subtract(
            *(unpack_answers(row[bits], row["n"]).astype(float) for bits in ("bits", "bits_then"))
        )
    return with_interval(name, difference, images)


def compare_filters(
    accuracies: pd.DataFrame, networks: list[str], draws: list[str], ways: Iterable[Steps], **identity: str
) -> pd.DataFrame:
    """One row per network, filter and scale: means over the seeds, and changes from other classifiers.

    accuracies: the table of this name, with a column `bits`, which images each recognised. ways: of ways_of
    in experiment/filters.py.
    """
    own = accuracies[on_own_kind(accuracies)]
    trained = for_each_draw(networks_at_own_scale(accuracies), draws)
    rows = []
    for network in networks:
        of_network = own[own["classifier"] == network]
        compared = draws if len(without_noise(of_network)) else []
        unfiltered = pd.concat([without_noise(of_network), of_network[of_network["draw"] == ""]])
        for steps in [(), *ways]:
            tests = own[own["classifier"] == filtered_name(network, steps)] if steps else unfiltered
            filters = [step for step in steps if step != BIAS_CORRECTION]
            for scale, seeds in tests.groupby("scale"):
                row = {"network": network, "filter": filters[0] if filters else NO_FILTER, "scale": scale}
                row |= {"bias_correction": int(BIAS_CORRECTION in steps), "seeds": len(seeds)}
                low, high = accuracy_interval(seeds["correct"].to_numpy(), int(seeds["n"].iloc[0]))
                row |= {"accuracy": seeds["accuracy"].mean(), "accuracy_low": low, "accuracy_high": high}
                of_scale = unfiltered[unfiltered["scale"] == scale]
                row |= change("change_from_unfiltered", seeds, of_scale) if steps else {}
                for draw, values in DRAWS.items():
                    if not steps and scale == 0 and values.one_scale:  # the same run
                        row |= same_everywhere(f"change_from_{draw}", 0.0 if draw in compared else np.nan)
                        continue
                    chosen = (trained["classifier"] == network) & (trained["draw"] == draw)
                    of_draw = trained[chosen & (trained["scale"] == scale)]
                    row |= change(f"change_from_{draw}", seeds, of_draw)
                rows.append(row)
    return make_table("filters", rows, **identity)


def filter_label(name: str, bias_correction: int = 0) -> str:
    """A filter in words.

    >>> filter_label("non_local_means", 1), filter_label("none", 1), filter_label("none")
    ('non-local means after bias correction', 'bias correction alone', 'no filter')
    """
    words = {"non_local_means": "non-local means", "wiener": "Wiener's filter", "gaussian": "Gaussian"}
    if name == NO_FILTER:
        return "bias correction alone" if bias_correction else "no filter"
    return words.get(name, name.replace("_", " ")) + " after bias correction" * bias_correction


def steps_label(steps: Steps) -> str:
    """What is done before the network, in words.

    >>> steps_label(()), steps_label(("bias_correction", "median"))
    ('no filter', 'median after bias correction')
    """
    names = [step for step in steps if step != BIAS_CORRECTION]
    return filter_label(names[0] if names else NO_FILTER, int(BIAS_CORRECTION in steps))


def say_filters(filters: pd.DataFrame, several: bool = False) -> list[str]:
    """Whether a filter helps, where, and how far it stays behind training on noise.

    filters: the table of this name. The mean of the posterior is no filter that one could have without the
    training images, and stands apart.
    """
    sentences = []
    for network, rows in filters[filters["scale"] > 0].groupby("network", sort=False):
        shown = chosen_scales(sorted(rows["scale"].unique()), MAX_SCALES)
        rows = rows[rows["scale"].isin(shown)]
        bare = (rows["filter"] == NO_FILTER) & (rows["bias_correction"] == 0)
        without = rows[bare].set_index("scale")["accuracy"]
        came_trained = rows[[f"change_from_{draw}" for draw in DRAWS]].isna().all(axis=None)
        subject = network if several or came_trained else "the network"
        subject += " without noise" * (not came_trained)
        possible = rows["filter"] == POSTERIOR_MEAN
        for tried, start in (
            (rows[~bare & ~possible], "Where the noise is taken out first"),
            (
                rows[possible],
                "After the mean of the posterior over the training images",
            ),
        ):
            if tried.empty:
                continue
            best = tried.loc[tried.groupby("scale")["accuracy"].idxmax()].set_index("scale")
            ways = tried.groupby(["filter", "bias_correction"]).ngroups
            texts = []
            for scale in shown:
                label = filter_label(*best.loc[scale, ["filter", "bias_correction"]])
                others = [label] * (ways > 1)
                others += [f"{percent(without[scale])} without"] * (scale in without)
                noted = f" ({'; '.join(others)})" * bool(others)
                texts.append(f"{percent(best.at[scale, 'accuracy'])} at scale {scale:g}{noted}")
            by = f" by the best of {ways} ways" * (ways > 1)
            chosen = ", each chosen on these images" * (ways > 1)
            if ways == 1 and not tried["filter"].eq(POSTERIOR_MEAN).any():
                by = f" by {filter_label(*tried[['filter', 'bias_correction']].iloc[0])}"
            sentences.append(f"{start}{by}, {subject} recognises {listed(texts)}{chosen}.")
            sentences += say_behind(best.loc[shown], network if several else "")
        sentences += say_bias(rows, without, subject)
    return sentences


def say_behind(best: pd.DataFrame, network: str) -> list[str]:
    """How far the best filters are behind training on noise. best: of the table, a row per scale. network:
    its name, if there are several.
    """
    changes = {draw: best[f"change_from_{draw}"] for draw in DRAWS}
    texts = [
        f"on {draw} noise, {listed([f'{100 * value:+.0f}' for value in values])}"
        for draw, values in changes.items()
        if values.notna().all()
    ]
    return (
        [f"In points against training{f' {network}' * bool(network)}: {'; '.join(texts)}."] if texts else []
    )


def say_bias(rows: pd.DataFrame, without: pd.Series, subject: str) -> list[str]:
    """What the correction of the bias does alone, where it does most, if this is clear. rows: of one network.
    without: its accuracy as it is, by scale.
    """
    alone = rows[(rows["filter"] == NO_FILTER) & (rows["bias_correction"] == 1)].set_index("scale")
    clear = alone[alone["change_from_unfiltered_low"] > 0]
    if clear.empty:
        return []
    row = clear.loc[clear["change_from_unfiltered"].idxmax()]
    return [
        "Clipped noise turns black into grey on average. Correcting this bias alone, without a filter, takes "
        f"{subject} from {percent(without[row.name])} to {percent(row['accuracy'])} at scale {row.name:g}."
    ]
