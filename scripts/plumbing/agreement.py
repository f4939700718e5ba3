"""One network, one accuracy: its history must have what its evaluation at its own scale measures."""

from collections.abc import Collection

import pandas as pd

RUN = ["network", "draw", "scale", "seed"]
# Where the bits are not promised, the two may differ by 2 correct answers, or by 1 in 1 000 images if that is
# more. We measured 24 pairs of a network and a test set of the assignment, with 10 000 images each. In single
# precision, no answer changed between XLA with AVX-512, XLA with AVX2 and two threads, Keras, and NumPy in
# double precision. With products in bfloat16, up to 33 answers changed, and up to 5 more or fewer were
# correct.
MIN_DIFFERENCE, SHARE = 2, 1 / 1000
LOSS = 1e-4  # relative: the same numbers may be added up in another order


def find_disagreement(
    histories: pd.DataFrame, accuracies: pd.DataFrame, kind: str, exact: Collection[tuple] = ()
) -> str | None:
    """A sentence about the first network with a history and an evaluation that disagree, or None.

    histories: the table of this name, where `taken` is 1 in the rows of the epoch whose network is stored.
    accuracies: counts of these networks. kind: of the noise in training.
    exact: the runs that were trained on this kind of machine: for these, no answer may
    differ.
    """
    taken = histories.loc[histories["taken"] == 1, [*RUN, "epoch", "val_accuracy", "val_loss"]]
    of_all = accuracies["train_scale"].isna()  # of a network that learned from all scales
    own = accuracies[
        ((accuracies["train_scale"] == accuracies["scale"]) | of_all) & (accuracies["kind"] == kind)
    ]
    own = own.rename(columns={"classifier": "network"}).assign(of_all=of_all)
    own = own[[*RUN, "of_all", "correct", "log_loss", "n"]]
    for pair in taken.merge(own, on=RUN, how="left").to_dict("records"):
        run = (pair["network"], pair["draw"], None if pair["of_all"] is True else pair["scale"], pair["seed"])
        label = "all" if run[2] is None else run[2]
        name = f"{pair['network']}/{pair['draw']}/scale_{label}/seed_{pair['seed']}"
        if pd.isna(pair["n"]):
            return f"The network {name} has a history, but no evaluation at its own scale"
        n, is_exact = int(pair["n"]), run in exact
        then, now = pair["val_accuracy"] * n, pair["correct"]
        allowed = 0 if is_exact else max(MIN_DIFFERENCE, SHARE * n)
        same = abs(then - now) < allowed + 0.5  # whole numbers, up to rounding; False for NaN
        if is_exact:
            same &= abs(pair["log_loss"] - pair["val_loss"]) <= LOSS * max(abs(pair["val_loss"]), LOSS)
        if not same:
            return (
                f"The network results/models/{name}.keras recognises {now:.0f} of {n} test images (loss "
                f"{pair['log_loss']:.4f}), but results/histories/{name}.csv has {then:.0f} (loss "
                f"{pair['val_loss']:.4f}) after epoch {pair['epoch']}. They do not belong to the same "
                f"network. To train it again, run rm 'results/models/{name}.keras' and then the same command "
                "again"
            )
    return None
