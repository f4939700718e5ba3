"""Run `snakemake --lint` and fail on all that it says but for two things.

The software of this workflow is one pinned virtual environment (requirements.txt), so rules name none. The
input and params functions of a rule are right above it, where a reader looks for them.
"""

import re
import subprocess
import sys

WAIVED = (
    "Specify a conda environment or container for each rule.",
    "Mixed rules and functions in same snakefile.",
)


def findings(said: str) -> list[str]:
    """The findings that are not waived, from what `snakemake --lint` prints: one block per place."""
    blocks = re.findall(r"^Lints for (.+):\n((?:    .*\n)*)", said, re.MULTILINE)
    return [
        f"{place}: {title}"
        for place, body in blocks
        for title in re.findall(r"^ {4}\* (.+):$", body, re.MULTILINE)
        if title not in WAIVED
    ]


def main() -> None:
    command = [sys.executable, "-m", "snakemake", "--lint"]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    # The waived findings are there as long as rules are: without them, this no longer reads the output right.
    if not all(title in said for title in WAIVED):
        sys.exit(f"snakemake --lint did not say what was expected:\n{said}")
    sys.exit("\n".join(findings(said)) or None)


if __name__ == "__main__":
    main()
