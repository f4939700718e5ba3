"""What was measured is read whole, or not at all, with one line that names the file."""

from types import SimpleNamespace

import pandas as pd
import pytest
from analysis.tables import read_all, read_table

KEYS = ["scale", "seed", "epoch"]
ROWS = [(0.5, 1, 1), (0.5, 1, 2), (0.5, 1, 3)]
WHOLE = "scale,seed,epoch,accuracy,loss\n0.5,1,1,0.7,2.0\n0.5,1,2,0.8,1.0\n0.5,1,3,0.9,0.5\n"


def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, KEYS, ROWS, ["accuracy"])


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        WHOLE.replace("0.5,1,2,0.8,1.0", "0.5,1,2,0.8,"),  # a training that diverged has no loss
    ],
)
def test_whole_table_is_read(tmp_path, text):
    assert read(tmp_path / "a.csv", text)["accuracy"].tolist() == [0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (WHOLE.replace("0.5,1,2,0.8,1.0\n", ""), "its row of scale 0.5, seed 1, epoch 2 is missing"),
        (WHOLE + "0.5,1,3,0.9,0.5\n", "its row of scale 0.5, seed 1, epoch 3 does not belong there"),
        (WHOLE.replace("0.5,1,3", "2.0,1,3"), "its row of scale 0.5, seed 1, epoch 3 is missing"),
        (WHOLE[:-16], "its row of scale 0.5, seed 1, epoch 3 is missing"),
        (WHOLE[:-2], "it ends within a line"),
        (WHOLE[:-1], "it ends within a line"),
        (WHOLE.replace(",0.8,", ",,"), "something else than a number in accuracy"),
        (WHOLE.replace(",0.8,", ",-1,"), "something else than a number in accuracy"),
        (WHOLE.replace(",0.8,", ",good,"), "good"),
        (WHOLE.replace("accuracy", "precision"), "accuracy"),
        ("scale,seed,epoch,accuracy,loss\n", "is missing"),
        ("", "it ends within a line"),
        ("\n", "No columns to parse"),
        (b"\xff\xfe\x00\x01\n", "codec can't decode"),
        (b"\x00" * 100 + b"\n", "scale"),
    ],
)
def test_any_other_table_ends_with_a_line_that_names_it_and_the_remedy(tmp_path, text, why):
    path = tmp_path / "a.csv"
    with pytest.raises(SystemExit) as stopped:
        read(path, text)
    message = str(stopped.value)
    assert message.startswith(f"ERROR: {path} is damaged: ")
    assert message.endswith(f"makes it anew after: rm '{path}'")
    assert why in message
    assert "\n" not in message


def test_all_tables_are_merged_in_one_order_whatever_the_order_of_the_files(tmp_path):
    runs = [("fixed", scale, seed) for scale in (0.0, 10.0, 2.0) for seed in (10, 9)]
    inputs = {"histories": [], "baselines": [], "evaluations": [], "confusion": []}

    def store(kind, path, columns, rows):
        path = tmp_path / kind / path
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
        inputs[kind].insert(0, str(path))

    run_columns = ["draw", "scale", "seed"]
    for run in runs:
        _, scale, seed = run
        history = [(*run, epoch, 0.5, 0.5, 1.0) for epoch in (2, 1)]
        store(
            "histories",
            f"fixed/scale_{scale}/seed_{seed}.csv",
            [*run_columns, "epoch", "accuracy", "val_accuracy", "seconds"],
            history,
        )
        baselines = [(scale, seed, method, 0.5, 200) for method in ("ridge", "chance", "nearest_mean")]
        columns = ["scale", "seed", "method", "accuracy", "n"]
        store("baselines", f"scale_{scale}/seed_{seed}.csv", columns, baselines)
    for seed in (10, 9):
        pairs = [("fixed", s, test, seed, 0.5, 200) for s in (0.0, 2.0, 10.0) for test in {0.0, 10.0, s}]
        columns = ["draw", "train_scale", "test_scale", "seed", "accuracy", "n"]
        store("evaluations", f"seed_{seed}.csv", columns, pairs)
        counts = [
            (*run, digit, other, 1)
            for run in runs
            if run[2] == seed
            for digit in range(10)
            for other in range(10)
        ]
        store("confusion", f"seed_{seed}.csv", [*run_columns, "class", "predicted", "n"], counts)

    class Inputs(SimpleNamespace):
        __getitem__ = SimpleNamespace.__getattribute__

    tables = read_all(Inputs(**inputs), {"epochs": 2, "chosen": [0.0, 10.0]})
    lengths = {kind: len(table) for kind, table in tables.items()}
    assert lengths == {"histories": 12, "baselines": 18, "evaluations": 14, "confusion": 600}
    for table, keys in (("histories", [*run_columns, "epoch"]), ("baselines", ["scale", "seed", "method"])):
        assert tables[table][keys].apply(tuple, axis=1).is_monotonic_increasing
