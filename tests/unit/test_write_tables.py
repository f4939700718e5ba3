"""The pages of the tables."""

from html import escape

from analysis.tables import TABLES, make_table
from plumbing.outputs import write_csv
from write_tables import MAX_ROWS, table_page

SWEEP = {"images": "mnist", "network": "mlp", "kind": "gaussian", "draw": "fixed", "scale": 0.5}


def page(folder, classes):
    """The page of the table classes, with these."""
    rows = [{"class": name, "seeds": 1, "n": 9, "recall": 0.12345} for name in classes]
    interval = {"recall_low": 0.0, "recall_high": 0.5}
    write_csv(make_table("classes", rows, **SWEEP, **interval), folder / "classes.csv")
    return table_page("classes", str(folder / "classes.csv"), "One & two.\nThree.")


def test_a_page_has_sentences_rows_and_the_meaning_of_every_column(tmp_path):
    text = page(tmp_path, ["<b>", "7"])
    assert "<p>One &amp; two.</p>\n<p>Three.</p>" in text
    assert "2 rows. <a download" in text
    assert text.count("0.1235</td>") == 2
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    for column, (_, meaning) in TABLES["classes"].columns.items():
        assert f"<dt>{column}</dt><dd>{escape(meaning.replace('`', ''))}</dd>" in text


def test_of_many_rows_the_first_are_shown(tmp_path):
    text = page(tmp_path, [f"class {number}" for number in range(MAX_ROWS + 1)])
    assert f"The first {MAX_ROWS} of {MAX_ROWS + 1} rows; all of them are in " in text
    assert f"class {MAX_ROWS - 1}</td>" in text
    assert f"class {MAX_ROWS}</td>" not in text
