"""Which of two networks recognises more images."""

import numpy as np
import pytest

from analysis.answer import say_networks
from analysis.intervals import paired_interval, student_interval
from analysis.pairs import compare_networks
from made_up import counted, merged, network

SWEEP = {"images": "mnist", "kind": "gaussian"}
# Accuracy by network, draw and scale; of each seed.
SHARES = {
    ("mlp", "fixed", 0.0): [0.9, 0.92],
    ("mlp", "fixed", 1.0): [0.5, 0.5],
    ("mlp", "fresh", 1.0): [0.6, 0.64],
    ("cnn", "fixed", 0.0): [0.95, 0.95],
    ("cnn", "fixed", 1.0): [0.4, 0.44],
    ("cnn", "fresh", 1.0): [0.6, 0.64],
    ("theirs", "", 0.0): [0.99, 0.99],
    ("theirs", "", 1.0): [0.3, 0.3],
}


def table_of(networks, draws, seeds=2, answers=None):
    rows = []
    for (name, draw, scale), shares in SHARES.items():
        for seed, share in enumerate(shares[:seeds], 1):
            if draw:
                rows.append(network(scale, share, draw, seed, classifier=name))
                rows.append(network(5.0, 0.1, draw, seed, classifier=name, train_scale=scale))
            else:
                rows.append(counted(name, scale, share, seed))
    rows.append(counted("chance", 0.0, 0.1))
    if answers is None:
        answers = {
            (*key, seed): np.arange(200) < 200 * share
            for key, shares in SHARES.items()
            for seed, share in enumerate(shares, 1)
        }
    return compare_networks(merged(rows), networks, draws, answers, **SWEEP)


def test_pairs_are_differences_of_one_seed_and_stand_in_every_draw():
    table = table_of(["mlp", "cnn"], ["fixed", "fresh"])
    assert set(table["network"]) == {"cnn"}
    assert set(table["other"]) == {"mlp"}
    rows = table.set_index(["draw", "scale"])
    assert rows.loc[("fixed", 1.0), "difference"] == pytest.approx(-0.08)
    interval = rows.loc[("fixed", 1.0), ["difference_low", "difference_high"]].tolist()
    assert interval == pytest.approx(student_interval(np.array([-0.1, -0.06])))
    assert rows.loc[("fresh", 1.0), "difference"] == 0
    # Without noise, one network counts for every draw.
    assert rows.loc[("fresh", 0.0), "difference"] == pytest.approx(0.04)


def test_a_network_that_came_trained_is_compared_with_every_draw():
    table = table_of(["mlp", "theirs"], ["fixed", "fresh"]).set_index(["draw", "scale"])["difference"]
    assert table.to_dict() == pytest.approx(
        {("fixed", 0.0): 0.08, ("fixed", 1.0): -0.2, ("fresh", 0.0): 0.08, ("fresh", 1.0): -0.32}
    )


def test_pretrained_networks_are_compared_by_their_images_where_all_seeds_have_the_same():
    answers = {("theirs", "", 0.0, 1): np.arange(200) < 198, ("ours", "", 0.0, 1): np.arange(200) < 195}
    shares = {"theirs": 198 / 200, "ours": 195 / 200}
    rows = [counted(name, 0.0, share, seed) for name, share in shares.items() for seed in range(1, 6)]
    rows.append(counted("chance", 0.0, 0.1))
    (row,) = compare_networks(merged(rows), ["ours", "theirs"], ["fixed"], answers, **SWEEP).itertuples()
    images = np.repeat([1.0, 0.0], [3, 197])
    assert (row.seeds, row.difference) == (5, pytest.approx(3 / 200))
    assert (row.difference_low, row.difference_high) == pytest.approx(paired_interval(images))


def test_every_pair_is_compared_without_noise_once():
    table = table_of(["mlp", "cnn", "theirs"], ["fixed", "fresh"])
    table["difference_low"], table["difference_high"] = table["difference"] - 0.02, table["difference"] + 0.02
    fixed = [sentence for sentence in say_networks(table) if "fixed" in sentence]
    assert ["at scale 0" in sentence for sentence in fixed] == [True, True, True]
    fresh = [sentence for sentence in say_networks(table) if "fresh" in sentence]
    assert ["at scale 0" in sentence for sentence in fresh] == [False, False, False]


def test_with_one_seed_the_interval_is_that_of_the_paired_images():
    generator = np.random.default_rng(1)
    answers = {(*key, 1): generator.random(200) < shares[0] for key, shares in SHARES.items()}
    table = table_of(["mlp", "cnn"], ["fixed"], 1, answers).set_index("scale")
    images = answers["cnn", "fixed", 1.0, 1].astype(float) - answers["mlp", "fixed", 1.0, 1]
    assert table.loc[1.0, ["difference_low", "difference_high"]].tolist() == pytest.approx(
        paired_interval(images)
    )


def test_only_clear_differences_are_said():
    table = table_of(["mlp", "cnn"], ["fixed", "fresh"])
    table["difference_low"], table["difference_high"] = table["difference"] - 0.02, table["difference"] + 0.02
    assert say_networks(table) == [
        "With fixed noise, cnn recognises 4 points more than mlp at scale 0 (2 to 6) and 8 fewer at scale 1 "
        "(6 to 10), paired by seed and image.",
        "With fresh noise, no difference between cnn and mlp is clear at any scale.",
    ]
    assert say_networks(table, ["mlp"])[0] == (
        "cnn trained with fixed noise of the same scale recognises 4 points more than mlp at scale 0 (2 to "
        "6) and 8 fewer at scale 1 (6 to 10), paired by seed and image."
    )
    assert say_networks(table, ["cnn"])[1] == (
        "No difference between cnn and mlp trained with fresh noise of the same scale is clear at any scale."
    )
    alone = table[table["draw"] == "fixed"].assign(draw="", seeds=1)
    assert say_networks(alone)[0].startswith("cnn recognises 4 points more than mlp at scale 0 (2 to 6)")
    assert say_networks(alone)[0].endswith("paired by image.")
