"""A table has the declared columns and types and no row twice, whoever writes, reads or merges it."""

import re

import pandas as pd
import pytest

from analysis.tables import TABLES, TYPES, checked, make_table, merge_tables, read_table
from experiment.counts import COLUMNS
from plumbing.outputs import write_csv

NAMES = ["0", "NA", "1e5", "nan", "T-shirt/top", "007"]  # as they could be read as something else
SWEEP = {"images": "mnist", "network": "mlp", "kind": "gaussian"}


def count(scale=0.5, true="0", predicted="0", n=1, **others):
    """A row of the table confusion, as it is measured."""
    row = {"draw": "fixed", "scale": scale, "seed": 1, "class": true, "predicted": predicted, "n": n}
    return row | others


def confusion(*rows):
    return make_table("confusion", rows, **SWEEP)


def test_columns_are_in_the_declared_order_whatever_that_of_the_rows():
    row = SWEEP | count()
    for rows in ([row], [dict(reversed(row.items()))]):
        table = make_table("confusion", rows)
        assert list(table.columns) == list(TABLES["confusion"].columns) == list(row)
        assert table.iloc[0].to_dict() == row


def test_what_is_the_same_in_every_row_is_added():
    table = confusion(count(), count(scale=2.0))
    assert table[list(SWEEP)].to_dict("records") == [SWEEP] * 2


def test_missing_and_unknown_columns_are_refused():
    row = count()
    del row["n"], row["seed"]
    with pytest.raises(ValueError, match="the rows of confusion have no seed, n"):
        confusion(row)
    with pytest.raises(ValueError, match=r"the columns of confusion are \[.*'extra'\], not \['images', "):
        confusion(count(extra=1))
    with pytest.raises(ValueError, match="have no draw, scale"):
        confusion()


def test_a_row_may_lack_a_value_that_another_row_has():
    rows = [
        {"class": name, "draw": "fixed", "scale": 0.5, "seeds": 1, "n": 9, "recall": 0.1} for name in "ab"
    ]
    rows[1] |= {"recall_low": 0.0, "recall_high": 0.3}
    assert make_table("classes", rows, **SWEEP)["recall_low"].isna().tolist() == [True, False]


def test_two_rows_of_the_same_keys_are_refused():
    two = [count(true="3", n=1), count(true="3", n=2)]
    with pytest.raises(ValueError, match=r"confusion has two rows of {.*'class': '3', 'predicted': '0'}"):
        confusion(*two)
    assert len(confusion(count(true="3"), count(true="4"), count(true="3", scale=1.0))) == 3


@pytest.mark.parametrize(
    ("column", "value", "type"),
    [
        ("n", 0.5, "integer"),
        ("n", "9", "integer"),
        ("seed", float("nan"), "integer"),
        ("scale", "high", "number"),
        ("draw", 7, "text"),
        ("class", None, "name"),
    ],
)
def test_a_value_of_another_type_is_refused(column, value, type):
    message = f"the column {column} of confusion is not of its type: {TYPES[type][0]}"
    with pytest.raises(ValueError, match=re.escape(message)):
        confusion(count() | {column: value})


@pytest.mark.parametrize("share", [-0.01, 1.01, "half"])
def test_a_share_is_from_0_to_1(share):
    row = {"class": "a", "draw": "fixed", "scale": 0.5, "seeds": 1, "n": 9, "recall": 0.1}
    row |= {"recall_low": 0.0, "recall_high": share}
    with pytest.raises(ValueError, match="the column recall_high of classes is not of its type: "):
        make_table("classes", [row], **SWEEP)


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_keys_and_each_of_its_columns_a_type_and_a_meaning(name):
    table = TABLES[name]
    assert table.about
    assert table.keys
    assert table.needs in ("", "ceiling", "filters", "kinds", "networks", "sets", "trainings")
    assert not set(table.keys) & set(table.values)
    for type, meaning in table.columns.values():
        assert type in TYPES
        assert meaning.strip() == meaning != ""
    empty = pd.DataFrame(columns=list(table.columns))
    assert checked(name, empty) is empty


def test_what_is_measured_of_every_classifier_is_in_the_table_of_all():
    assert set(COLUMNS) < set(TABLES["accuracies"].columns)


def test_names_of_classes_stay_text(tmp_path):
    table = confusion(*(count(true=name, predicted=name) for name in NAMES))
    write_csv(table, tmp_path / "confusion.csv")
    read = read_table("confusion", tmp_path / "confusion.csv")
    pd.testing.assert_frame_equal(read, table)
    assert read["class"].tolist() == read["predicted"].tolist() == NAMES


HEAD = "images,network,kind,draw,scale,seed,class,predicted,n"
ROW = "mnist,mlp,gaussian,fixed,0.5,1,0,0,9"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD[:-2]}\n{ROW[:-2]}\n",
        f"network,{HEAD.replace('network,', '')}\n{ROW}\n",
        f"{HEAD.replace('class', 'digit')}\n{ROW}\n",
        f"{HEAD},more\n{ROW},9\n",
        f"{HEAD}\n{ROW}\n{ROW.replace('0.5', '0.50')}\n",
        f"{HEAD}\n{ROW.replace('0.5', 'half')}\n",
        "",
    ],
)
def test_a_file_of_another_table_is_refused(tmp_path, text):
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{ROW}\n")
    assert len(read_table("confusion", tmp_path / "a.csv")) == 1
    (tmp_path / "a.csv").write_text(text)
    message = r"columns of confusion are|two rows of|not of its type|No columns to parse"
    with pytest.raises(ValueError, match=message):
        read_table("confusion", tmp_path / "a.csv")


def measured(*rows):
    """A file of one seed: without what is the same in the whole sweep."""
    return confusion(*rows).drop(columns=list(SWEEP))


def test_merged_tables_are_sorted_by_keys_whatever_the_order_of_the_files(tmp_path):
    names = ["T-shirt/top", "bag", "ankle boot", "0"]
    paths = []
    for scale in (10.0, 0.5, 2.0):
        for seed in (10, 9):
            rows = [count(scale, true, taken, seed=seed) for true in names for taken in names]
            paths.append(tmp_path / f"{scale}_{seed}.csv")
            write_csv(measured(*rows), paths[-1])
    merged = merge_tables("confusion", paths, **SWEEP)
    runs = merged[["scale", "seed"]].drop_duplicates().apply(tuple, axis=1).tolist()
    assert runs == [(scale, seed) for scale in (0.5, 2.0, 10.0) for seed in (9, 10)]
    for _, rows in merged.groupby(["scale", "seed"]):  # in the order of the file, not of the alphabet
        assert rows["class"].tolist() == [name for name in names for _ in names]
        assert rows["predicted"].tolist() == names * len(names)
    pd.testing.assert_frame_equal(merge_tables("confusion", paths[::-1], **SWEEP), merged)


def test_merged_tables_have_no_row_twice_and_no_other_columns(tmp_path):
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        write_csv(measured(count()), path)
    with pytest.raises(ValueError, match="confusion has two rows of"):
        merge_tables("confusion", paths, **SWEEP)
    write_csv(confusion(count()), paths[1])
    with pytest.raises(ValueError, match=r"the columns of .*b\.csv are \['images', .*, not \['draw', "):
        merge_tables("confusion", paths, **SWEEP)
