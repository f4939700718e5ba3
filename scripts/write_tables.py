"""Write the tables as pages that a browser shows, for the report; and what every stage cost.

In:  the CSV tables; the benchmark files of all jobs so far, in logs/.
Out: tables/*.html, one per table; cost.csv: rule, jobs, mean_seconds, total_seconds, most_memory_mb.
"""

import base64
import html
from pathlib import Path

import pandas as pd
from plumbing.cards import checked
from plumbing.job import replacing, start_log

MOST_ROWS = 2_000
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 1.5em; color: #222; background: white; }}
table {{ border-collapse: collapse; }}
th {{ position: sticky; top: 0; background: white; text-align: right; padding: 0.3em 0.7em; }}
td {{ text-align: right; padding: 0.15em 0.7em; border-top: 1px solid #ddd; }}
p {{ max-width: 60em; }}
</style>
<h1>{title}</h1>
{sentences}
<p>{shown}</p>
{table}
</html>
"""


def table_page(path: str, sentences: str = "") -> str:
    """A page with the sentences and the rows of a CSV file, the file itself included for saving."""
    name, table = Path(path).stem, pd.read_csv(path)
    data = base64.b64encode(Path(path).read_bytes()).decode()
    shown = f'{len(table)} rows. <a download="{name}.csv" href="data:text/csv;base64,{data}">Save as CSV</a>'
    if len(table) > MOST_ROWS:
        shown = f"The first {MOST_ROWS} of {len(table)} rows; all of them are in {html.escape(path)}."
    rows = table.head(MOST_ROWS).dropna(axis="columns", how="all")
    return PAGE.format(
        title=name.replace("_", " ").capitalize(),
        sentences="\n".join(f"<p>{html.escape(line)}</p>" for line in sentences.splitlines()),
        shown=shown,
        table=rows.to_html(index=False, border=0, na_rep="", float_format="{:.4g}".format),
    )


def cost_of_stages(logs: Path) -> pd.DataFrame:
    """One row per rule, in order of their first use: what Snakemake measured of its jobs, in s and MB."""
    files = [(path.relative_to(logs).parts[0], path) for path in logs.glob("*/**/*.benchmark.tsv")]
    jobs = pd.concat(
        [
            pd.read_csv(path, sep="\t", na_values="-").assign(rule=rule, made=path.stat().st_mtime)
            for rule, path in files
        ]
    )
    rules = jobs.groupby("rule").agg(
        jobs=("s", "size"),
        mean_seconds=("s", "mean"),
        total_seconds=("s", "sum"),
        most_memory_mb=("max_rss", "max"),
        made=("made", "min"),
    )
    return rules.sort_values("made").drop(columns="made").round(1).reset_index()


def main() -> None:
    start_log(snakemake.log[0])
    with replacing(snakemake.output.cost_csv) as part:
        cost_of_stages(Path("logs")).to_csv(part, index=False)
    answer = Path(checked(snakemake.input.answer)).read_text(encoding="utf-8")
    for name in ("comparison", "robustness", "classes", "evaluations", "baselines", "histories", "cost"):
        path = snakemake.output.cost_csv if name == "cost" else checked(snakemake.input[name])
        with replacing(snakemake.output[name]) as part:
            part.write_text(table_page(path, answer if name == "comparison" else ""), encoding="utf-8")


if __name__ == "__main__":
    main()
