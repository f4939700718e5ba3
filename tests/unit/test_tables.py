"""A table has the declared columns and no row twice, whoever writes, reads or merges it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.tables import MEASURED, TABLES, checked, make_table, merge_tables, read_table
from plumbing.outputs import write_csv

NAMES = ["0", "NA", "1e5", "nan", "T-shirt/top", "007"]  # as they could be read as something else


def count(scale=0.5, true="0", predicted="0", n=1, **others):
    row = {"draw": "fixed", "scale": scale, "seed": 1, "class": true, "predicted": predicted, "n": n}
    return row | others


def test_columns_are_in_the_declared_order_whatever_that_of_the_rows():
    row = count()
    for rows in ([row], [dict(reversed(row.items()))]):
        table = make_table("confusion", rows)
        assert list(table.columns) == list(TABLES["confusion"].columns) == list(row)
        assert table.iloc[0].to_dict() == row


def test_missing_and_unknown_columns_are_refused():
    row = count()
    del row["n"], row["seed"]
    with pytest.raises(ValueError, match="the rows of confusion have no seed, n"):
        make_table("confusion", [row])
    with pytest.raises(ValueError, match=r"the columns of confusion are \[.*'extra'\], not \['draw', "):
        make_table("confusion", [count(extra=1)])
    with pytest.raises(ValueError, match="have no draw, scale"):
        make_table("confusion", [])


def test_a_row_may_lack_a_value_that_another_row_has():
    rows = [{"scale": 0.5, "seed": 1, "method": method, "accuracy": 0.1, "n": 9} for method in "ab"]
    rows[1] |= {"accuracy_low": 0.0, "accuracy_high": 0.3}
    assert make_table("baselines", rows)["accuracy_low"].isna().tolist() == [True, False]


def test_two_rows_of_the_same_keys_are_refused():
    two = [count(true="3", n=1), count(true="3", n=2)]
    with pytest.raises(ValueError, match=r"confusion has two rows of {.*'class': '3', 'predicted': '0'}"):
        make_table("confusion", two)
    assert len(make_table("confusion", [count(true="3"), count(true="4"), count(true="3", scale=1.0)])) == 3


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_keys_and_each_of_its_columns_a_meaning(name):
    table = TABLES[name]
    assert table.about
    assert table.keys
    assert not set(table.keys) & set(table.values)
    assert all(meaning.strip() == meaning != "" for meaning in table.columns.values())
    empty = pd.DataFrame(columns=list(table.columns))
    assert checked(name, empty) is empty


def test_what_is_measured_is_declared():
    assert set(MEASURED) < set(TABLES)


def test_names_of_classes_stay_text(tmp_path):
    table = make_table("confusion", [count(true=name, predicted=name) for name in NAMES])
    write_csv(table, tmp_path / "confusion.csv")
    read = read_table("confusion", tmp_path / "confusion.csv")
    pd.testing.assert_frame_equal(read, table)
    assert read["class"].tolist() == read["predicted"].tolist() == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "draw,scale,seed,class,predicted\nfixed,0.5,1,0,0\n",
        "scale,draw,seed,class,predicted,n\n0.5,fixed,1,0,0,9\n",
        "draw,scale,seed,digit,predicted,n\nfixed,0.5,1,0,0,9\n",
        "draw,scale,seed,class,predicted,n,more\nfixed,0.5,1,0,0,9,9\n",
        "draw,scale,seed,class,predicted,n\nfixed,0.5,1,0,0,9\nfixed,0.50,1,0,0,8\n",
        "",
    ],
)
def test_a_file_of_another_table_is_refused(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=r"columns of confusion are|two rows of|No columns to parse"):
        read_table("confusion", tmp_path / "a.csv")


def test_merged_tables_are_sorted_by_keys_whatever_the_order_of_the_files(tmp_path):
    names = ["T-shirt/top", "bag", "ankle boot", "0"]
    paths = []
    for scale in (10.0, 0.5, 2.0):
        for seed in (10, 9):
            rows = [count(scale, true, taken, seed=seed) for true in names for taken in names]
            paths.append(tmp_path / f"{scale}_{seed}.csv")
            write_csv(make_table("confusion", rows), paths[-1])
    merged = merge_tables("confusion", paths)
    places = merged[["scale", "seed"]].drop_duplicates().apply(tuple, axis=1).tolist()
    assert places == [(scale, seed) for scale in (0.5, 2.0, 10.0) for seed in (9, 10)]
    for _, rows in merged.groupby(["scale", "seed"]):  # in the order of the file, not of the alphabet
        assert rows["class"].tolist() == [name for name in names for _ in names]
        assert rows["predicted"].tolist() == names * len(names)
    pd.testing.assert_frame_equal(merge_tables("confusion", reversed(paths)), merged)


def test_merged_tables_have_no_row_twice(tmp_path):
    for name in ("a.csv", "b.csv"):
        write_csv(make_table("confusion", [count()]), tmp_path / name)
    with pytest.raises(ValueError, match="confusion has two rows of"):
        merge_tables("confusion", [tmp_path / "a.csv", tmp_path / "b.csv"])


def rows_below(heading: str, text: str) -> list[str]:
    """The rows of the Markdown table below a heading, without its head."""
    section = re.search(rf"^### {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    lines = section[1].splitlines() if section else []
    return [line for line in lines if line.startswith("|")][2:]


def declared_rows(name: str) -> list[str]:
    return [f"| `{column}` | {meaning} |" for column, meaning in TABLES[name].columns.items()]


@pytest.mark.parametrize("name", TABLES)
def test_readme_of_the_results_has_every_column_and_its_meaning(name):
    assert rows_below(name, Path("results/README.md").read_text(encoding="utf-8")) == declared_rows(name)


def test_a_column_that_the_readme_lacks_or_has_elsewhere_is_noticed():
    rows = declared_rows("cost")
    head = "# What lies where\n\n### cost\n\nOne row per rule.\n\n| column | meaning |\n| --- | --- |\n"
    rest = "\n\nMore.\n\n### classes\n\n| column | meaning |\n| --- | --- |\n| `other` | text |\n"
    assert rows_below("cost", head + "\n".join(rows) + rest) == rows
    assert rows_below("cost", head + "\n".join(rows[1:]) + rest) != rows
    assert rows_below("cost", head + "\n".join(reversed(rows)) + rest) != rows
    assert rows_below("cost", rest) == []
