"""Show what a finished sweep has found: where its files are, its table and its answer.

    python scripts/show_results.py [runs/quick]

The folder is the one that has results/. A run ends with the same words (rules/run.smk).
"""

import os
import shlex
import sys
from collections.abc import Collection
from pathlib import Path

COMPARISON = "results/comparison.csv"
REPORT = "results/report.html"
SAMPLES = "results/samples/scale_0.0/"
FILES = {
    "Table": COMPARISON,
    "Plot": "results/figures/accuracy.png",
    "Lab": "results/lab.html",
    "Report": REPORT,
}


def make_command(target: str) -> str | None:
    """How to make a target for the working folder. None where make does not know this folder."""
    folder = Path.cwd()
    if (folder / "Makefile").exists():
        return f"make {target}"
    if folder.parent.name == "runs" and (folder.parents[1] / f"studies/{folder.name}.yaml").exists():
        return f"make {target} STUDY={shlex.quote(folder.name)}"
    return None


def report_is_old(command: str | None) -> str:
    """Words for the report, when any result is newer. command: what makes it again, if make knows how."""
    made = Path(REPORT).stat().st_mtime
    if not any(path.stat().st_mtime > made for path in Path("results").rglob("*") if path.is_file()):
        return ""
    return " (older than the results" + (f"; {command} makes it again)" if command else ")")


def show_results(paths: Collection[str], report_command: str | None) -> None:
    """Print where those files of the results are that are among `paths`, the table and the answer.

    report_command: what makes the report again, if make knows how.
    """
    import pandas as pd  # half a second that only the end of a run needs

    table = pd.read_csv(COMPARISON).dropna(axis="columns", how="all")
    # No losses and fewer intervals: it fits a terminal.
    table = table.rename(columns={"val_accuracy_low": "low", "val_accuracy_high": "high"})
    table = table.drop(columns=table.filter(regex="_loss|_low|_high").columns)
    print()
    # Of images without noise, to see whether they were read rightly.
    samples = min(
        (path for path in paths if path.startswith(SAMPLES) and path.endswith(".png")), default=SAMPLES
    )
    for name, path in (FILES | {"Images": samples}).items():
        if path in paths:
            age = report_is_old(report_command) if path == REPORT else ""
            print(f"{name:<6} {Path(path).resolve()}{age}")
    print()
    whole = {  # a mean of early stopping is not; none where it is pretrained
        "epochs": lambda epochs: "-" if pd.isna(epochs) else f"{epochs:.1f}".removesuffix(".0")
    }
    print(table.to_string(index=False, float_format="{:.4f}".format, formatters=whole, na_rep="-"))
    print(f"\n{Path('results/answer.txt').read_text(encoding='utf-8')}", flush=True)


def main() -> None:
    os.chdir(*sys.argv[1:] or ".")
    paths = [path for path in FILES.values() if Path(path).exists()]
    show_results([*paths, *map(str, Path(SAMPLES).glob("*.png"))], make_command("report"))


if __name__ == "__main__":
    main()
