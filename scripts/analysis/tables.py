"""Reading what was measured in every run: all of it, and nothing else, or nothing."""

from collections import Counter
from itertools import product
from pathlib import Path

import pandas as pd
from analysis.summaries import RUN
from plumbing.cards import end_as_damaged

BASELINES = ("chance", "nearest_mean", "ridge")


def read_table(path: str, keys: list[str], rows: list[tuple], numbers: list[str]) -> pd.DataFrame:
    """A CSV with exactly one row for each of `rows`, which are the values of its `keys`, and its `numbers`.

    Ends this process with one line when it is anything else.
    """
    try:
        if not Path(path).read_bytes().endswith(b"\n"):
            raise ValueError("it ends within a line")
        table = pd.read_csv(path)
        found = Counter(table[keys].itertuples(index=False, name=None))
        sound = (table[numbers].to_numpy(float) >= 0).all()
    except (ValueError, KeyError, TypeError) as error:  # what pandas raises is a ValueError
        end_as_damaged(path, error)
    for wrong, why in (
        (Counter(rows) - found, "is missing"),
        (found - Counter(rows), "does not belong there"),
    ):
        if wrong:
            row = ", ".join(f"{key} {value}" for key, value in zip(keys, next(iter(wrong)), strict=True))
            end_as_damaged(path, f"its row of {row} {why}")
    if not sound:
        end_as_damaged(path, f"there is something else than a number in {', '.join(numbers)}")
    return table


def read_all(inputs, about: dict) -> dict[str, pd.DataFrame]:
    """All that was measured: one table of each kind, sorted, whatever the order of the files.

    What a file is of stands in its path: the draw, the scale and the seed.
    """

    def run_of(path: str) -> tuple[str, float, int]:
        draw, scale, seed = Path(path).with_suffix("").parts[-3:]
        return draw, float(scale.removeprefix("scale_")), int(seed.removeprefix("seed_"))

    networks = [run_of(path) for path in inputs.histories]

    def rows_of(kind: str, path: str) -> list[tuple]:
        if kind == "histories":
            return [(*run_of(path), epoch) for epoch in range(1, about["epochs"] + 1)]
        if kind == "baselines":
            return [(*run_of(path)[1:], method) for method in BASELINES]
        seed = int(Path(path).stem.removeprefix("seed_"))
        ours = [network for network in networks if network[2] == seed]
        if kind == "evaluations":
            return [(d, s, test, seed) for d, s, _ in ours for test in sorted({s, *about["chosen"]})]
        return [(*network, *pair) for network in ours for pair in product(range(10), repeat=2)]

    # Not the losses: where a training diverges they are no numbers.
    kinds = {
        "histories": ([*RUN, "epoch"], ["accuracy", "val_accuracy", "seconds"]),
        "baselines": (["scale", "seed", "method"], ["accuracy", "n"]),
        "evaluations": (["draw", "train_scale", "test_scale", "seed"], ["accuracy", "n"]),
        "confusion": ([*RUN, "class", "predicted"], ["n"]),
    }
    merged = {}
    for kind, (keys, numbers) in kinds.items():
        tables = [read_table(path, keys, rows_of(kind, path), numbers) for path in inputs[kind]]
        merged[kind] = pd.concat(tables, ignore_index=True).sort_values(keys, ignore_index=True)
    return merged
