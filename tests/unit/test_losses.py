"""Where the lost points go, against sums done by hand and in a world whose probabilities are known."""

import numpy as np
import pandas as pd
import pytest

from analysis.intervals import paired_interval, student_interval
from analysis.losses import (
    OTHER,
    best_known,
    clean_shares,
    edges,
    equivalent_scales,
    losses,
    lost_images,
    scale_at,
    shares_by_seed,
)
from analysis.summaries import compare_scales
from experiment.selection import spread_images
from made_up import counted, merged, network

BOTH = ["fixed", "fresh"]
STEPS = [("mlp", "fixed"), ("mlp", "fresh")]
SWEEP = {"images": "mnist", "kind": "gaussian"}
# Accuracy by scale, of two seeds.
FIXED = {0.0: (0.98, 0.96), 1.0: (0.70, 0.74), 2.0: (0.30, 0.32)}
FRESH = {1.0: (0.80, 0.82), 2.0: (0.40, 0.44)}
MIXED = {0.0: (0.97, 0.95), 1.0: (0.79, 0.79), 2.0: (0.41, 0.43)}  # of one network for all scales
# At scale 1, the network with fresh noise is better.
LOWER = {0.0: (0.95, 0.95), 1.0: (0.78, 0.79), 2.0: (0.50, 0.50)}
UPPER = {0.0: (1.0, 1.0), 1.0: (0.99, 0.99), 2.0: (0.52, 0.54)}
RIDGE = {0.0: (0.85, 0.85), 1.0: (0.60, 0.60), 2.0: (0.20, 0.20)}


def accuracies(draws=BOTH, seeds=2, others=(("ceiling_lower", LOWER), ("ceiling_upper", UPPER))):
    """Of networks, with tests on other scales and kinds among them that are not to count."""
    rows = [counted("people/ann.csv", 2.0, 0.9, None), counted("chance", 2.0, 0.99)]
    for seed in range(1, seeds + 1):
        for draw, shares in (("fixed", FIXED), ("fresh", FRESH)):
            for scale in shares:
                if draw in draws or scale == 0:
                    rows.append(network(scale, shares[scale][seed - 1], draw, seed))
                    rows.append(network(9.0, 0.5, draw, seed, train_scale=scale))
                    rows.append(network(scale, 0.4, draw, seed, kind="shot"))
        for scale in MIXED if "mixed" in draws else []:
            rows.append(network(scale, MIXED[scale][seed - 1], "mixed", seed, train_scale=None))
            rows.append(network(scale, 0.3, "mixed", seed, train_scale=None, kind="shot"))
        for name, shares in (*others, ("ridge_regression", RIDGE)):
            rows += [counted(name, scale, shares[scale][seed - 1], seed) for scale in shares]
    return merged(rows)


def losses_of(draws=BOTH, answers=None, **others):
    return losses(accuracies(draws, **others), ["mlp"], draws, answers or {}, **SWEEP)


@pytest.mark.parametrize("column", ["correct", "paired_correct"])
def test_classifiers_are_those_of_the_same_scale_and_seed(column):
    shares = shares_by_seed(accuracies(), BOTH, column)
    assert list(shares.index) == [(scale, seed) for scale in FIXED for seed in (1, 2)]
    others = {(name, "") for name in ("chance", "ridge_regression", "ceiling_lower", "ceiling_upper")}
    assert set(shares.columns) == {("mlp", "fixed"), ("mlp", "fresh")} | others
    assert list(shares.columns[:2]) == [("mlp", "fixed"), ("mlp", "fresh")]
    assert shares["mlp", "fixed"].loc[1.0].tolist() == [0.70, 0.74]
    assert shares["mlp", "fresh"].loc[0.0].tolist() == [0.98, 0.96]  # clean is trained once
    assert shares["ceiling_upper", ""].loc[2.0].tolist() == [0.52, 0.54]
    assert clean_shares(accuracies(), "mlp", column).to_dict() == {1: 0.98, 2: 0.96}


def test_accuracies_are_on_all_images_or_on_those_of_the_ceiling():
    table = merged(
        [
            network(0.0, 0.9, n=1000, paired_correct=95, paired_n=100),
            counted("ceiling_lower", 0.0, 0.8, n=100),
        ]
    )
    by_column = {
        column: shares_by_seed(table, ["fixed"], column).iloc[0].to_dict()
        for column in ("correct", "paired_correct")
    }
    assert by_column["correct"] == {("mlp", "fixed"): 0.9, ("ceiling_lower", ""): 0.8}
    assert by_column["paired_correct"] == {("mlp", "fixed"): 0.95, ("ceiling_lower", ""): 0.8}


def best(draws, **others):
    """Of each scale: by its draw for a network, else by its name."""
    shares = shares_by_seed(accuracies(draws, **others), draws, "paired_correct")
    return [draw or classifier for classifier, draw in best_known(shares)]


def test_the_best_known_classifier_is_any_that_one_could_have():
    assert best(BOTH) == ["fixed", "fresh", "ceiling_lower"]
    assert best(["fixed"]) == ["fixed", "ceiling_lower", "ceiling_lower"]
    assert best(["fixed", "mixed"]) == ["fixed", "mixed", "ceiling_lower"]
    linear = {scale: (0.975, 0.985) for scale in FIXED}
    assert best(BOTH, others=[("nearest_centroid", linear)]) == ["nearest_centroid"] * 3


def test_of_classifiers_that_are_as_good_a_network_is_the_best_known():
    level = {0.0: (0.97, 0.97), 1.0: (0.81, 0.81), 2.0: (0.42, 0.42)}
    assert best(BOTH, others=[("ceiling_lower", level)]) == ["fixed", "fresh", "fresh"]


def several(shares, trained=None):
    """The table with another network, whose accuracy is this at every scale, and a pretrained one."""
    table = accuracies()
    own = table[table["classifier"] == "mlp"]
    correct = own["scale"].map(lambda scale: round(200 * shares.get(scale, 0.5)))
    parts = [table, own.assign(classifier="cnn", correct=correct, paired_correct=correct)]
    if trained:
        rows = [
            counted("theirs", scale, trained[scale], seed, train_kind="")
            for scale in FIXED
            for seed in (1, 2)
        ]
        parts.append(merged(rows))
    return pd.concat(parts, ignore_index=True)


def test_what_another_network_reads_is_a_part_of_its_own():
    table = losses(several({0.0: 0.99, 1.0: 0.9, 2.0: 0.35}), ["mlp", "cnn"], BOTH, {}, **SWEEP)
    rows = table.set_index(["network", "scale", "part"])
    parts = ["memorised", OTHER, "unread", "open", "gone"]
    assert rows.loc[("mlp", 1.0)].index.tolist() == parts
    read = rows.loc[("mlp", 1.0, OTHER)]
    # Of the draws of the other network, that which comes first where they are as good.
    assert (read["worse"], read["better"]) == ("fresh", "cnn, fixed noise")
    assert read["lost"] == pytest.approx(0.9 - 0.81)
    assert rows.loc[("mlp", 1.0, "unread"), "worse"] == "cnn, fixed noise"
    # The best network has nothing that another reads.
    itself = rows.loc[("mlp", 2.0, OTHER)]
    assert (itself["worse"], itself["better"]) == ("fresh", "fresh")
    assert itself[["lost", "lost_low", "lost_high"]].tolist() == [0, 0, 0]
    sums = table.groupby(["network", "scale"])["lost"].sum()
    assert sums["mlp", 1.0] == pytest.approx(0.97 - 0.72)
    assert sums["cnn", 2.0] == pytest.approx(0.99 - 0.35)


def test_a_network_that_came_trained_loses_points_to_the_best_network_of_the_sweep():
    trained = {0.0: 0.99, 1.0: 0.6, 2.0: 0.2}
    table = losses(several({1.0: 0.75}, trained), ["mlp", "cnn", "theirs"], BOTH, {}, **SWEEP)
    rows = table[table["network"] == "theirs"].set_index(["scale", "part"])
    assert rows.loc[1.0].index.tolist() == [OTHER, "unread", "open", "gone"]
    read = rows.loc[(1.0, OTHER)]
    assert (read["worse"], read["better"]) == ("theirs", "mlp, fresh noise")
    assert read["lost"] == pytest.approx(0.81 - 0.6)
    lost = rows.groupby("scale")["lost"].sum()
    assert lost.tolist() == pytest.approx([0.99 - trained[scale] for scale in FIXED])


def test_parts_are_paired_differences_and_add_up():
    table = losses_of().set_index(["scale", "part"])
    assert set(table["n"]) == {200}
    at_2 = table.loc[2.0]
    assert list(at_2.index) == ["memorised", "unread", "open", "gone"]
    assert at_2["worse"].tolist() == ["fixed", "fresh", "ceiling_lower", "ceiling_upper"]
    assert at_2["better"].tolist() == ["fresh", "ceiling_lower", "ceiling_upper", "clean"]
    assert at_2["lost"].tolist() == pytest.approx([0.11, 0.08, 0.03, 0.44])
    memorised = at_2.loc["memorised", ["lost_low", "lost_high"]]
    assert memorised.tolist() == pytest.approx(student_interval(np.array([0.10, 0.12])))
    opened = at_2.loc["open", ["lost_low", "lost_high"]]
    assert opened.tolist() == pytest.approx(student_interval(np.array([0.02, 0.04])))
    # Where the network is better than the lower bound, nothing is known to be unread.
    assert table.loc[(1.0, "unread"), "lost"] == pytest.approx(0.785 - 0.81)
    lost = table.groupby("scale")["lost"].sum()
    clean = np.mean(FIXED[0.0])
    assert lost.tolist() == pytest.approx([0.0, clean - 0.72, clean - 0.31], abs=1e-12)
    # The upper bound is above the network without noise: nothing is known to be gone.
    assert table.loc[(1.0, "gone"), "lost"] == pytest.approx(clean - 0.99)
    # The clean network counts for both draws.
    memorised = table.loc[(0.0, "memorised"), ["lost", "lost_low", "lost_high"]]
    assert memorised.tolist() == [0.0] * 3


def test_each_part_begins_where_the_one_below_ends():
    for _, parts in losses_of().groupby("scale"):
        assert parts["worse_accuracy"].tolist()[1:] == parts["better_accuracy"].tolist()[:-1]
        assert parts["better_accuracy"].iloc[-1] == pytest.approx(np.mean(FIXED[0.0]))
        widths = parts["better_accuracy"] - parts["worse_accuracy"]
        assert widths.to_numpy() == pytest.approx(parts["lost"].to_numpy())


def test_without_fresh_noise_memorised_and_unread_are_one_part():
    table = losses_of(["fixed"]).set_index(["scale", "part"])
    assert list(table.loc[2.0].index) == ["memorised or unread", "open", "gone"]
    assert table.loc[(2.0, "memorised or unread"), "lost"] == pytest.approx(0.5 - 0.31)


def test_without_fixed_noise_nothing_is_said_of_memory():
    table = losses_of(["fresh"]).set_index(["scale", "part"])
    assert list(table.loc[2.0].index) == ["unread", "open", "gone"]
    assert table.loc[(2.0, "unread"), "lost"] == pytest.approx(0.5 - 0.42)


@pytest.mark.parametrize("draws", [["fixed"], ["fresh"], BOTH])
def test_a_network_of_all_scales_has_no_part_in_the_losses_of_others(draws):
    pd.testing.assert_frame_equal(losses_of([*draws, "mixed"]), losses_of(draws))
    pd.testing.assert_frame_equal(losses_of(["mixed", *draws]), losses_of(draws))


def test_a_network_of_all_scales_that_is_alone_has_losses_that_add_up_at_scale_0_too():
    table = losses_of(["mixed"])
    assert list(table["part"].unique()) == ["unread", "open", "gone"]
    assert table["worse"].iloc[0] == "mixed"
    lost, clean = table.groupby("scale")["lost"].sum(), np.mean(FIXED[0.0])
    assert lost.tolist() == pytest.approx([clean - np.mean(MIXED[scale]) for scale in MIXED])


def test_losses_of_a_network_of_all_scales_have_intervals_over_the_images_of_one_seed():
    names = [("mlp", "fixed", 0.0), *(("mlp", "mixed", scale) for scale in MIXED)]
    names += [(bound, "", scale) for bound in ("ceiling_lower", "ceiling_upper") for scale in MIXED]
    shares = [0.98, *(MIXED[scale][0] for scale in MIXED)]
    shares += [bound[scale][0] for bound in (LOWER, UPPER) for scale in MIXED]
    images = {(*name, 1): np.arange(200) < 200 * share for name, share in zip(names, shares, strict=True)}
    table = losses_of(["mixed"], images, seeds=1)
    assert table[["lost_low", "lost_high"]].notna().all(axis=None)
    assert (table["lost_low"] < table["lost"]).all() and (table["lost"] < table["lost_high"]).all()


class World:
    """Images of which every classifier recognises the easy ones more often, so that all are correlated.

    halves: how difficult images are of which each of NAMES recognises a half.
    """

    NAMES = ("fixed", "fresh", "ceiling_lower", "ceiling_upper", "clean")
    N, OF_CEILING = 10_000, 1000

    def __init__(self, halves, seed):
        difficulty = (np.arange(500) + 0.5) / 500
        chances = 0.99 / (1 + np.exp((difficulty - np.array(halves)[:, None]) / 0.15))
        self.outcomes = np.array(list(np.ndindex(*[2] * len(halves))), bool)
        each = np.where(self.outcomes[:, :, None], chances, 1 - chances)
        self.probabilities = each.prod(axis=1).mean(axis=1)  # of each outcome
        accuracies = dict(zip(self.NAMES, self.probabilities @ self.outcomes, strict=True))
        self.lost = {
            "memorised": accuracies["fresh"] - accuracies["fixed"],
            "unread": accuracies["ceiling_lower"] - accuracies["fresh"],
            "gone": accuracies["clean"] - accuracies["ceiling_upper"],
        }
        whole = accuracies["clean"] - accuracies["fixed"]
        self.lost["open"] = whole - sum(self.lost.values())
        self.generator = np.random.default_rng(seed)
        self.chosen = spread_images(self.N, self.OF_CEILING)
        self.others = np.setdiff1d(np.arange(self.N), self.chosen)

    def draw(self):
        """Which of the test images each classifier recognises: bool (N,) by name."""
        recognised = np.empty((self.N, len(self.NAMES)), bool)
        for images in (self.chosen, self.others):
            counts = self.generator.multinomial(len(images), self.probabilities)
            recognised[images] = np.repeat(self.outcomes, counts, axis=0)
        return dict(zip(self.NAMES, recognised.T, strict=True))

    def rows(self, recognised, seed):
        """The counts at scale 1, and of the network without noise."""
        rows = []
        for name, correct in recognised.items():
            of_ceiling = correct[self.chosen]
            if name.startswith("ceiling"):
                rows += [
                    counted(name, scale, of_ceiling.mean(), seed, self.OF_CEILING) for scale in (0.0, 1.0)
                ]
            else:
                scale, draw = (0.0, "fixed") if name == "clean" else (1.0, name)
                paired = {"paired_correct": of_ceiling.sum(), "paired_n": self.OF_CEILING}
                rows.append(network(scale, correct.mean(), draw, seed, n=self.N, **paired))
        return rows

    def answers(self, recognised, seed=1):
        answers = {("mlp", "fixed", 0.0, seed): recognised["clean"]}
        for draw in BOTH:
            answers["mlp", draw, 1.0, seed] = recognised[draw]
        for bound in ("ceiling_lower", "ceiling_upper"):
            for scale in (0.0, 1.0):
                answers[bound, "", scale, seed] = recognised[bound][self.chosen]
        return answers

    def losses(self, draws, answers=None):
        """The losses at scale 1, where draws[seed - 1] is what was recognised with each seed."""
        rows = [row for seed, recognised in enumerate(draws, 1) for row in self.rows(recognised, seed)]
        table = losses(merged(rows), ["mlp"], BOTH, answers or {}, **SWEEP)
        return table[table["scale"] == 1].set_index("part")


WORLDS = {
    "little is gone": (0.72, 0.80, 0.86, 0.93, 1.2),
    "much is gone": (0.25, 0.35, 0.45, 0.50, 1.2),
    "two are as good": (0.72, 0.80, 0.80, 0.93, 1.2),
}


@pytest.mark.parametrize("name", WORLDS)
def test_parts_are_estimated_without_bias(name):
    """Means of 3 000 repetitions, whose standard errors are up to 0.00042."""
    world = World(WORLDS[name], seed=1)
    table = world.losses([world.draw() for _ in range(3000)])
    for part, lost in world.lost.items():
        assert table.loc[part, "lost"] == pytest.approx(lost, abs=0.001)


@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize("name", WORLDS)
def test_parts_add_up_to_what_is_lost_on_all_test_images(name, seeds):
    world = World(WORLDS[name], seed=2)
    draws = [world.draw() for _ in range(seeds)]
    if name == "two are as good":  # on each image
        draws = [drawn | {"ceiling_lower": drawn["fresh"]} for drawn in draws]
    table = world.losses(draws, world.answers(draws[0]) if seeds == 1 else None)
    clean, fixed = (np.mean([drawn[name] for drawn in draws]) for name in ("clean", "fixed"))
    assert table["lost"].sum() == pytest.approx(clean - fixed, abs=1e-12)
    assert table["n"].to_dict() == {"memorised": 10_000, "unread": 1000, "open": 10_000, "gone": 1000}
    assert table["seeds"].tolist() == [seeds] * 4
    if name == "two are as good":
        assert table.loc["unread", "lost"] == 0


@pytest.mark.parametrize("name", WORLDS)
def test_intervals_of_one_seed_have_the_truth_in_95_of_100_repetitions(name):
    world = World(WORLDS[name], seed=3)
    held = dict.fromkeys(world.lost, 0)
    for _ in range(1000):
        images = lost_images(
            world.answers(world.draw()), STEPS, ["memorised"], "unread", 1.0, 1, world.chosen
        )
        for part, lost in world.lost.items():
            low, high = paired_interval(images[part])
            held[part] += low <= lost <= high
    print(held)
    assert all(930 <= count <= 970 for count in held.values())


def test_one_seed_has_the_interval_of_its_images():
    world = World(WORLDS["little is gone"], seed=4)
    recognised = world.draw()
    answers = world.answers(recognised)
    table = world.losses([recognised], answers)
    images = lost_images(answers, STEPS, ["memorised"], "unread", 1.0, 1, world.chosen)
    for part, values in images.items():
        row = table.loc[part]
        assert (row["lost_low"], row["lost_high"]) == pytest.approx(paired_interval(values))
        assert row["lost"] == pytest.approx(values.mean())


def test_edges_stay_between_the_first_network_and_the_clean_one():
    stacked = edges(losses_of())
    assert list(stacked.columns) == ["recognised", "memorised", "unread", "open", "gone"]
    assert stacked.loc[2.0].tolist() == pytest.approx([0.31, 0.42, 0.5, 0.53, 0.97])
    assert stacked.loc[1.0].tolist() == pytest.approx([0.72, 0.81, 0.81, 0.97, 0.97])
    assert stacked.loc[0.0].tolist() == pytest.approx([0.97] * 5)


def test_edges_of_a_classifier_that_is_below_the_one_before():
    table = losses_of()
    memorised = (table["scale"] == 2.0) & (table["part"] == "memorised")
    table.loc[memorised, "better_accuracy"] = 0.2
    assert edges(table).loc[2.0].tolist() == pytest.approx([0.31, 0.31, 0.5, 0.53, 0.97])


@pytest.mark.parametrize(
    ("accuracy", "scale"),
    [
        (0.95, 0.0),  # never so high
        (0.9, 0.0),
        (0.85, 0.5),
        (0.8, 1.0),
        (0.6, 2.5),  # the last place where it is so high
        (0.3, 4.0),
        (0.1, np.nan),
    ],
)
def test_scale_at_an_accuracy(accuracy, scale):
    value = scale_at(np.array([0.0, 1, 2, 4]), np.array([0.9, 0.8, 0.7, 0.3]), accuracy)
    assert value == pytest.approx(scale, nan_ok=True)


def test_equivalent_scales_are_means_over_the_seeds():
    equivalents = equivalent_scales(accuracies(), ["mlp"], BOTH)
    assert set(equivalents) == {("mlp", draw, scale) for draw in BOTH for scale in FIXED}
    # The best known has 0.80 and 0.50 with seed 1, and 0.82 and 0.50 with seed 2, at scales 1 and 2.
    each = np.array([1 + 0.10 / 0.30, 1 + 0.08 / 0.32])
    low, high = student_interval(each)
    assert list(equivalents["mlp", "fixed", 1.0].values()) == pytest.approx([each.mean(), low, high])
    # The best known classifier itself, and one that is worse than it at the largest scale.
    assert equivalents["mlp", "fresh", 1.0]["equivalent_scale"] == pytest.approx(1.0)
    assert np.isnan(list(equivalents["mlp", "fixed", 2.0].values())).all()


def test_comparison_has_the_equivalent_scales_or_none():
    histories = pd.DataFrame(
        {"network": "mlp", "draw": draw, "scale": scale, "seed": seed, "epoch": 1}
        for draw, shares in (("fixed", FIXED), ("fresh", FRESH))
        for scale in shares
        for seed in (1, 2)
    ).assign(
        accuracy=0.5, loss=1.0, val_accuracy=0.5, val_loss=1.0, seconds=1.0, held_out_loss=np.nan, taken=1
    )
    equivalents = equivalent_scales(accuracies(), ["mlp"], BOTH)
    table = compare_scales(histories, accuracies(), ["mlp"], BOTH, equivalents, {}, **SWEEP)
    table = table.set_index(["draw", "scale"])
    assert table.loc[("fresh", 1.0), "equivalent_scale"] == pytest.approx(1.0)
    low = table.loc[("fixed", 1.0), "equivalent_scale_low"]
    assert low == equivalents["mlp", "fixed", 1.0]["equivalent_scale_low"]
    without = compare_scales(histories, accuracies(), ["mlp"], BOTH, {}, {}, **SWEEP)
    assert without.filter(like="equivalent_scale").isna().all(axis=None)
    assert without.filter(like="equivalent_scale").shape[1] == 3
