"""One network, one accuracy: what its history ends with is what its evaluation at its own scale says."""

from collections.abc import Collection

import pandas as pd

RUN = ["draw", "scale", "seed"]
# Where the bits are not promised, by how many correct answers the two may differ: 2, or 1 in 1 000 images.
# Measured of 24 pairs of the assignment's networks and test sets: in single precision, no answer of 10 000
# changed between XLA with AVX-512, XLA with AVX2 and two threads, Keras, and numpy in double precision. With
# products in bfloat16, 33 changed at most, and the correct ones were up to 5 more or fewer.
MIN_DIFFERENCE, SHARE = 2, 1 / 1000
LOSS = 1e-4  # relative; a sum of the same numbers in another order


def find_disagreement(
    histories: pd.DataFrame, accuracies: pd.DataFrame, kind: str, exact: Collection[tuple] = ()
) -> str | None:
    """A sentence about the first network whose history and evaluation disagree, if any.

    histories: the table of this name. accuracies: counts of these networks. kind: of the noise in training.
    exact: the runs (draw, scale, seed) that were trained where the evaluation runs now, so that no answer may
    differ.
    """
    last = histories.sort_values("epoch").groupby(RUN).tail(1)[[*RUN, "val_accuracy", "val_loss"]]
    own = accuracies[(accuracies["train_scale"] == accuracies["scale"]) & (accuracies["kind"] == kind)]
    own = own[[*RUN, "correct", "log_loss", "n"]]
    for pair in last.merge(own, on=RUN, how="left").to_dict("records"):
        name = f"{pair['draw']}/scale_{pair['scale']}/seed_{pair['seed']}"
        if pd.isna(pair["n"]):
            return f"The network {name} has a history, but no evaluation at its own scale"
        n, known = int(pair["n"]), (pair["draw"], pair["scale"], pair["seed"]) in exact
        then, now = pair["val_accuracy"] * n, pair["correct"]
        allowed = 0 if known else max(MIN_DIFFERENCE, SHARE * n)
        same = abs(then - now) < allowed + 0.5  # whole numbers, but for rounding; never of NaN
        if known:
            same &= abs(pair["log_loss"] - pair["val_loss"]) <= LOSS * max(abs(pair["val_loss"]), LOSS)
        if not same:
            return (
                f"The network results/models/{name}.keras recognises {now:.0f} of {n} test images (loss "
                f"{pair['log_loss']:.4f}), but results/histories/{name}.csv ends with {then:.0f} (loss "
                f"{pair['val_loss']:.4f}). They are not of one network. To train it again: "
                f"rm 'results/models/{name}.keras', then give the same command again"
            )
    return None
