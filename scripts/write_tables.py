"""Write the tables as pages that a browser shows, for the report.

In:  the CSV tables, the answer and their card.
Out: tables/*.html, one per table; a card.
"""

import base64
import html
from pathlib import Path

from analysis.tables import TABLES, read_table
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_text

MAX_ROWS = 2_000
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 1.5em; color: #222; background: white; }}
table {{ border-collapse: collapse; }}
th {{ position: sticky; top: 0; background: white; text-align: right; padding: 0.3em 0.7em; }}
td {{ text-align: right; padding: 0.15em 0.7em; border-top: 1px solid #ddd; }}
p, dl {{ max-width: 60em; }}
dt {{ font-family: monospace; float: left; clear: left; width: 18em; }}
dd {{ margin-left: 18.5em; }}
</style>
<h1>{title}</h1>
{sentences}
<p>{about}. {shown}</p>
{table}
<h2>Columns</h2>
<dl>
{columns}
</dl>
</html>
"""


def table_page(name: str, path: str, sentences: str = "") -> str:
    """A page with sentences, the rows of a CSV file, what its columns mean, and the file for saving."""
    table, about = read_table(name, path), TABLES[name]
    data = base64.b64encode(Path(path).read_bytes()).decode()
    shown = f'{len(table)} rows. <a download="{name}.csv" href="data:text/csv;base64,{data}">Save as CSV</a>'
    if len(table) > MAX_ROWS:
        shown = f"The first {MAX_ROWS} of {len(table)} rows; all of them are in {html.escape(path)}."
    rows = table.head(MAX_ROWS).dropna(axis="columns", how="all")
    return PAGE.format(
        title=name.capitalize(),
        sentences="\n".join(f"<p>{html.escape(line)}</p>" for line in sentences.splitlines()),
        about=about.about[0].upper() + about.about[1:],
        shown=shown,
        table=rows.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format),
        columns="\n".join(
            f"<dt>{column}</dt><dd>{html.escape(meaning.replace('`', ''))}</dd>"
            for column, (_, meaning) in about.columns.items()
        ),
    )


def main() -> None:
    inputs = start_job(snakemake)
    answer = Path(snakemake.input.answer).read_text(encoding="utf-8")
    for name in [table for table in TABLES if table in snakemake.output.keys()]:
        sentences = answer if name == "comparison" else ""
        write_text(table_page(name, snakemake.input[name], sentences), snakemake.output[name])
    finish_job(snakemake, inputs)


if __name__ == "__main__":
    main()
