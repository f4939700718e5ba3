"""What many runs say together: comparison of scales, robustness of networks, recall of classes."""

import numpy as np
import pandas as pd

from analysis.classifiers import CHANCE, is_network, networks_at_own_scale, on_own_kind
from analysis.draws import COMPARED
from analysis.intervals import accuracy_interval, measured_once, same_everywhere, with_interval
from analysis.tables import make_table
from experiment.draws import CLEAN, DRAWS
from experiment.runs import trained_as

LEVEL = 0.9  # of accuracy, up to which a network or a class is said to take the noise


def for_each_draw(table: pd.DataFrame, draws: list[str], scale: str = "scale") -> pd.DataFrame:
    """The rows that count for each draw: a network that counts for several draws is there once for each, and
    a pretrained one, without a draw, once.
    """
    parts = [came_trained] if len(came_trained := table[table["draw"] == ""]) else []
    for draw in draws:
        counted = [trained_as(draw, number) for number in table[scale]]
        parts.append(table[table["draw"] == counted].assign(draw=draw))
    return pd.concat(parts, ignore_index=True)


def compare_scales(
    histories: pd.DataFrame,
    accuracies: pd.DataFrame,
    networks: list[str],
    draws: list[str],
    equivalents: dict[tuple[str, str, float], dict[str, float]],
    answers: dict[tuple, np.ndarray],
    **identity: str,
) -> pd.DataFrame:
    """One row per (network, draw, scale): means over the seeds after the epoch that is taken.

    histories, accuracies: the tables of these names. networks: in the order of the rows. The changes of
    val_accuracy, from the network without noise and from earlier draws at the same scale, are paired by seed,
    or with one seed by image. equivalents: of losses.equivalent_scales; empty without a ceiling. answers:
    (network, draw, scale, seed) -> which test images were recognised, bool (n,). Raises ValueError when runs
    of a network without early stopping have different numbers of epochs.
    """
    run = ["network", "draw", "scale", "seed"]
    taken = histories[histories["taken"] == 1]
    for network, epochs in taken[taken["held_out_loss"].isna()].groupby("network")["epoch"]:
        if epochs.nunique() > 1:
            raise ValueError(f"the runs of {network} end at different epochs: {sorted(epochs.unique())}")
    own = networks_at_own_scale(accuracies).rename(columns={"classifier": "network"})
    # A pretrained network has no history here; its loss is known from its evaluation.
    runs = own[[*run, "correct", "n", "log_loss"]].merge(taken, on=run, how="left", validate="one_to_one")

    def change(name: str, now: pd.DataFrame, then: pd.DataFrame) -> dict[str, float]:
        """By how much `now` is above `then`, two tables of the runs of the same seeds."""
        if then.empty:
            return same_everywhere(name, np.nan)
        if now.index.equals(then.index):  # the same runs
            return same_everywhere(name, 0.0)
        shares = [table.set_index("seed").eval("correct / n") for table in (now, then)]
        difference = (shares[0] - shares[1]).to_numpy()
        images = None
        if measured_once(difference):
            now_images, then_images = (answers[tuple(table[run].iloc[0])] for table in (now, then))
            images = now_images.astype(float) - then_images
        return with_interval(name, difference, images)

    rows = []
    for (network, scale), at_scale in runs.groupby(["network", "scale"]):
        of_network = runs[runs["network"] == network]
        clean = of_network[of_network["draw"].isin([CLEAN, ""]) & (of_network["scale"] == 0)]
        for draw in draws if (of_network["draw"] != "").all() else [""]:
            counted = at_scale[at_scale["draw"] == trained_as(draw, scale)] if draw else at_scale
            low, high = accuracy_interval(counted["correct"].to_numpy(), int(counted["n"].iloc[0]))
            row = {
                "network": network,
                "draw": draw,
                "scale": scale,
                "seeds": len(counted),
                "epochs": counted["epoch"].mean(),
                "train_accuracy": counted["accuracy"].mean(),
                "val_accuracy": (counted["correct"] / counted["n"]).mean(),
                "val_accuracy_low": low,
                "val_accuracy_high": high,
                "train_loss": counted["loss"].mean(),
                "val_loss": counted["val_loss"].fillna(counted["log_loss"]).mean(),
            }
            row |= change("change_from_clean", counted, clean)
            for other, compared in COMPARED.items():
                trained = at_scale["draw"] == trained_as(other, scale)
                then = at_scale[trained & (other in draws and draw in compared)]
                row |= change(f"change_from_{other}", counted, then) if compared else {}
            rows.append(
                row | equivalents.get((network, draw, scale), same_everywhere("equivalent_scale", np.nan))
            )
    rows.sort(key=lambda row: (networks.index(row["network"]), [*draws, ""].index(row["draw"]), row["scale"]))
    return make_table("comparison", rows, **identity)


def last_above(scales: np.ndarray, accuracies: np.ndarray, level: float) -> int | None:
    """Index of the last scale before accuracy first falls to `level` or below; None if it starts there.

    scales: ascending, from 0.0 on; accuracies: of the same length.
    """
    fallen = np.flatnonzero(np.asarray(accuracies) <= level)
    index = int(fallen[0]) - 1 if len(fallen) else len(scales) - 1
    return index if index >= 0 else None


def crossing(scales: np.ndarray, accuracies: np.ndarray, level: float) -> float | None:
    """Scale at which accuracy first falls to `level`, interpolated linearly between neighbouring scales.

    None when it never falls so far, or starts below.
    """
    index = last_above(scales, accuracies, level)
    if index is None or index == len(scales) - 1:
        return None
    (x0, x1), (y0, y1) = scales[index : index + 2], accuracies[index : index + 2]
    return float(x0 + (y0 - level) / (y0 - y1) * (x1 - x0))


def scale_where(
    name: str, scales: np.ndarray, accuracies: np.ndarray, level: float
) -> dict[str, float | str]:
    """The crossing of the level, as column `name`, and why there is none, as `name`_reason."""
    if last_above(scales, accuracies, level) is None:
        reason = "never above" if max(accuracies) <= level else "below at 0"
        return {name: np.nan, f"{name}_reason": reason}
    scale = crossing(scales, accuracies, level)
    if scale is None:
        return {name: np.nan, f"{name}_reason": "not reached"}
    return {name: round(scale, 4), f"{name}_reason": "crossed"}


def area_under_curve(scales: np.ndarray, accuracies: np.ndarray) -> float:
    """Mean height of accuracy over the square root of the scale, the axis of the figures: 1 is perfect.

    By the trapezoidal rule, divided by the axis's length. With a single scale, the accuracy there.
    """
    x = np.sqrt(scales)
    return float(np.trapezoid(accuracies, x) / (x[-1] - x[0]) if len(x) > 1 else accuracies[0])


def curves_of(tests: pd.DataFrame, clean: pd.DataFrame) -> dict[float, pd.DataFrame]:
    """The accuracies of networks at the scales on which all of them, and the clean one, were tested.

    tests, clean: rows of the table accuracies, one kind of noise in the test images. clean: none where there
    is no such network. By the scale of training (nan: of all scales, or of none): a row per test scale, a
    column per seed.
    """
    networks = tests.groupby("train_scale", dropna=False)
    curves = {
        scale: rows.pivot(index="scale", columns="seed", values="accuracy").dropna()
        for scale, rows in networks
    }
    scales = [set(curve.index) for curve in curves.values()] + [set(clean["scale"])] * (not clean.empty)
    tested = set.intersection(*scales)
    return {scale: curve.loc[sorted(tested)] for scale, curve in curves.items()}


def without_noise(networks: pd.DataFrame) -> pd.DataFrame:
    """The rows of the networks without noise, in the table accuracies."""
    return networks[(networks["draw"] == CLEAN) & (networks["train_scale"] == 0)]


def robustness(
    accuracies: pd.DataFrame, networks: list[str], draws: list[str], **identity: str
) -> pd.DataFrame:
    """One row per network: how its accuracy falls with the scale of the test images.

    accuracies: the table of this name. Rows whose `tested` is `matched` are not of one network but of one per
    scale, each tested at its own. corruption_error is Hendrycks & Dietterich's (2019, arXiv:1903.12261,
    section 4): the sum of errors over the noisy scales, divided by that of the network of the same seed
    trained without noise. Below 1 is better than this network. A pretrained network is compared with
    the first of `networks` that was trained here.
    """
    chance = accuracies.loc[accuracies["classifier"] == CHANCE, "accuracy"].iloc[0]
    of_networks = accuracies[is_network(accuracies["classifier"]) & on_own_kind(accuracies)]
    rows = []
    counted = for_each_draw(of_networks, draws, "train_scale")
    clean_tests = without_noise(of_networks)
    trained_here = [network for network in networks if network in set(clean_tests["classifier"])]
    for (network, draw, seed), tests in counted.groupby(["classifier", "draw", "seed"]):
        compared = network if draw else next(iter(trained_here), "")
        clean = clean_tests[(clean_tests["classifier"] == compared) & (clean_tests["seed"] == seed)]
        # Of many scales, only the chosen ones are tested with every network.
        curves = [("one", scale, curve[seed]) for scale, curve in curves_of(tests, clean).items()]
        noisy = curves[0][2].index[curves[0][2].index > 0]
        clean_error = (1 - clean.set_index("scale")["accuracy"].reindex(noisy)).sum()
        if draw and DRAWS[draw].one_scale:
            matched = tests[tests["train_scale"] == tests["scale"]].set_index("scale")["accuracy"]
            curves.append(("matched", np.nan, matched.sort_index()))
        for tested, train_scale, curve in curves:
            scales, shares = curve.index.to_numpy(), curve.to_numpy()
            row = {"network": network, "draw": draw, "train_scale": train_scale, "seed": int(seed)}
            row["tested"] = tested
            row |= scale_where("scale_at_90_percent", scales, shares, LEVEL)
            row |= scale_where("scale_half_way_to_chance", scales, shares, (shares[0] + chance) / 2)
            row["area"] = area_under_curve(scales, shares)
            row["corruption_error"] = (1 - curve[noisy]).sum() / clean_error if clean_error else np.nan
            rows.append(row)
    return make_table("robustness", rows, **identity)


def compare_kinds(accuracies: pd.DataFrame, draws: list[str], **identity: str) -> pd.DataFrame:
    """One row per network, draw, scale of training and kind of noise in the test images: means over its
    scales.

    accuracies: the table of this name, all seeds and kinds. Scale 0 is left out, and so are scales on which
    not every network was tested. Changes are paired by seed, with the network trained without noise.
    """
    noisy = accuracies[is_network(accuracies["classifier"]) & (accuracies["scale"] > 0)]
    keys = ["classifier", "draw", "train_kind", "kind"]
    rows = []
    counted = for_each_draw(noisy, draws, "train_scale")
    clean_tests = without_noise(noisy)
    for (network, draw, train_kind, kind), tests in counted.groupby(keys, sort=False):
        clean = clean_tests[(clean_tests["classifier"] == network) & (clean_tests["kind"] == kind)]
        for train_scale, curve in curves_of(tests, clean).items():
            shares = curve.mean()
            of_clean = clean.pivot(index="scale", columns="seed", values="accuracy").reindex(curve.index)
            row = {"network": network, "draw": draw, "train_kind": train_kind, "kind": kind}
            row |= {"train_scale": train_scale, "seeds": len(shares), "scales": len(curve)}
            row["accuracy"] = shares.mean()
            rows.append(row | with_interval("change_from_clean", (shares - of_clean.mean()).to_numpy()))
    return make_table("kinds", rows, **identity)


def class_recall(confusion: pd.DataFrame, draws: list[str], **identity: str) -> pd.DataFrame:
    """One row per network, draw, scale and class: the share of its test images that is recognised, mean over
    the seeds.

    confusion: the table of this name, all seeds. Intervals as for accuracies. Classes without test images are
    left out.
    """
    confusion = for_each_draw(confusion, draws)
    confusion["correct"] = confusion["n"].where(confusion["class"] == confusion["predicted"], 0)
    key = ["network", "draw", "scale", "class", "seed"]
    counts = confusion.groupby(key, sort=False)[["correct", "n"]].sum().query("n > 0").reset_index()
    rows = []
    for (network, draw, scale, name), seeds in counts.groupby(key[:-1], sort=False):
        recall, n = seeds["correct"] / seeds["n"], int(seeds["n"].iloc[0])
        low, high = accuracy_interval(seeds["correct"].to_numpy(), n)
        row = {"network": network, "draw": draw, "scale": scale, "class": name, "seeds": len(seeds), "n": n}
        rows.append(row | {"recall": recall.mean(), "recall_low": low, "recall_high": high})
    return make_table("classes", rows, **identity)
