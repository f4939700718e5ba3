"""One network has one accuracy: whatever says another one is told before a table is made of it."""

import pandas as pd
import pytest

from plumbing.agreement import find_disagreement

RUNS = [("mlp", "fixed", 0.0, 1), ("mlp", "fixed", 0.5, 1), ("mlp", "fresh", 0.5, 1)]


def tables(trained=(980, 930, 950), evaluated=(980, 930, 950), loss=0.3, evaluated_loss=0.3, n=1000):
    """Histories of three epochs, of which the second was taken; counts at two scales and of another kind."""
    histories, counts = [], []
    for (network, draw, scale, seed), then, now in zip(RUNS, trained, evaluated, strict=True):
        run = {"network": network, "draw": draw, "scale": scale, "seed": seed}
        histories += [run | {"epoch": 2, "val_accuracy": then / n, "val_loss": loss, "taken": 1}]
        histories += [run | {"epoch": 1, "val_accuracy": 0.1, "val_loss": 9.0, "taken": 0}]
        histories += [run | {"epoch": 3, "val_accuracy": 0.2, "val_loss": 9.0, "taken": 0}]
        for kind, tested, correct in (("gaussian", scale, now), ("gaussian", 2.0, 3), ("shot", scale, 4)):
            row = {"classifier": network, "draw": draw, "train_scale": scale, "kind": kind}
            row |= {"scale": tested, "seed": seed}
            counts.append(row | {"correct": correct, "n": n, "log_loss": evaluated_loss})
    return pd.DataFrame(histories), pd.DataFrame(counts)


def test_the_epoch_that_was_taken_is_compared_with_the_own_scale_and_kind():
    assert find_disagreement(*tables(), "gaussian") is None
    assert find_disagreement(*tables(), "gaussian", exact=RUNS) is None


@pytest.mark.parametrize("evaluated", [140, 928, 933, 1000])
def test_another_accuracy_is_told_with_both_and_their_files(evaluated):
    message = find_disagreement(*tables(evaluated=(980, evaluated, 950)), "gaussian", exact=RUNS)
    assert message.startswith(
        f"The network results/models/mlp/fixed/scale_0.5/seed_1.keras recognises {evaluated} of 1000 test "
        "images (loss 0.3000), but results/histories/mlp/fixed/scale_0.5/seed_1.csv has 930 (loss "
        "0.3000) after epoch 2"
    )
    assert "rm 'results/models/mlp/fixed/scale_0.5/seed_1.keras'" in message


@pytest.mark.parametrize(("images", "difference"), [(1000, 2), (10_000, 10), (50, 2)])
def test_elsewhere_as_many_may_differ_as_rounding_can_flip(images, difference):
    trained = (images // 2,) * 3
    for more, disagrees in ((difference, False), (difference + 1, True)):
        evaluated = (images // 2 + more, *trained[1:])
        pair = tables(trained, evaluated, n=images)
        assert bool(find_disagreement(*pair, "gaussian")) == disagrees
        assert find_disagreement(*pair, "gaussian", exact=RUNS[:1])
        assert bool(find_disagreement(*pair, "gaussian", exact=RUNS[1:])) == disagrees


@pytest.mark.parametrize("loss", [0.31, float("nan")])
def test_another_loss_with_the_same_accuracy_is_told_where_bits_are_promised(loss):
    assert find_disagreement(*tables(evaluated_loss=0.300001), "gaussian", exact=RUNS) is None
    if loss == loss:
        assert "loss 0.3100" in find_disagreement(*tables(evaluated_loss=loss), "gaussian", exact=RUNS)
    assert find_disagreement(*tables(evaluated=(float("nan"), 930, 950)), "gaussian")


def test_a_network_without_an_evaluation_is_told():
    histories, counts = tables()
    own = (counts["draw"] == "fresh") & (counts["scale"] == 0.5)
    message = find_disagreement(histories, counts[~own], "gaussian")
    assert (
        message == "The network mlp/fresh/scale_0.5/seed_1 has a history, but no evaluation at its own scale"
    )


def test_a_network_of_all_scales_is_compared_at_each_of_them():
    network, run = {"draw": "mixed", "seed": 1}, ("mlp", "mixed", None, 1)
    scales = {0.0: 900, 0.5: 800, 2.0: 300}
    histories = pd.DataFrame(
        network
        | {"network": "mlp", "scale": scale, "epoch": epoch, "val_accuracy": share, "val_loss": 0.3}
        | {"taken": int(epoch == 2)}
        for scale, correct in scales.items()
        for epoch, share in ((1, 0.1), (2, correct / 1000))
    )
    counts = pd.DataFrame(
        network
        | {"classifier": "mlp", "train_scale": None, "kind": kind, "scale": scale}
        | {"correct": correct if kind == "gaussian" else 3, "n": 1000, "log_loss": 0.3}
        for scale, correct in scales.items()
        for kind in ("gaussian", "shot")
    )
    assert find_disagreement(histories, counts, "gaussian", exact=[run]) is None
    wrong = counts.assign(correct=counts["correct"].replace(800, 801))
    assert find_disagreement(histories, wrong, "gaussian") is None
    message = find_disagreement(histories, wrong, "gaussian", exact=[run])
    assert message.startswith("The network results/models/mlp/mixed/scale_all/seed_1.keras recognises 801 of")
    missing = counts[counts["scale"] != 0.5]
    assert "no evaluation at its own scale" in find_disagreement(histories, missing, "gaussian")
