"""Compare a sweep whose epochs are raised with one of that length from its first epoch.

    python benchmarks/more_epochs.py [--before 20] [--after 21 40] [--repeats 1] [--cores 2]

All sweeps run in turn, in copies of this folder that have the images but no other results. A sweep that
goes on has all results of the shorter one. Both must end with the same networks, or this program fails.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import print_machine, print_table
from whole import copy_workflow, read_libraries, run_workflow

from plumbing.cards import weights_sha256


def networks(folder: Path) -> dict[Path, str]:
    """The SHA-256 of the weights of every network of a sweep."""
    paths = sorted((folder / "results/models").rglob("*.keras"))
    return {path.relative_to(folder): weights_sha256(path) for path in paths}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--before", type=int, default=20)
    parser.add_argument("--after", type=int, nargs="+", default=[21, 40])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    print_machine()
    found = {epochs: [] for epochs in options.after}
    for _ in range(options.repeats):
        with tempfile.TemporaryDirectory() as temporary:
            shorter = Path(temporary, "shorter")
            shorter.mkdir()
            copy_workflow(shorter, "results/images")
            read_libraries(sys.executable)
            run_workflow(shorter, options.cores, options.before)
            for epochs in options.after:
                on, anew = Path(temporary, f"{epochs} on"), Path(temporary, f"{epochs} anew")
                shutil.copytree(shorter, on)
                anew.mkdir()
                copy_workflow(anew, "results/images")
                found[epochs].append([run_workflow(folder, options.cores, epochs) for folder in (on, anew)])
                print(epochs, found[epochs][-1], file=sys.stderr, flush=True)
                if networks(on) != networks(anew):
                    sys.exit(f"ERROR: {epochs} epochs have other networks after {options.before}.")
                for folder in (on, anew):
                    shutil.rmtree(folder)
    rows = [
        [
            f"{options.before} to {epochs}",
            *map(statistics.median, zip(*pairs, strict=True)),
            statistics.median(on / anew for on, anew in pairs),
        ]
        for epochs, pairs in found.items()
    ]
    print_table(
        f"More epochs, {options.cores} cores, medians of {options.repeats}",
        ["epochs", "going on, s", "from the first epoch, s", "ratio"],
        rows,
    )


if __name__ == "__main__":
    main()
