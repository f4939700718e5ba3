"""Compare an epoch of the network cnn with Keras's own `fit` on the same network.

    python benchmarks/cnn.py [--epochs 2] [--rounds 3] [--images 12000]

Every round runs each program once, in turn, in its own process. The table gives medians over the rounds of
the medians over the epochs. The images are the first ones of results/noisy/scale_0.5.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import ROOT, print_machine, print_table, run_command


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=12_000)
    options = parser.parse_args()
    print_machine()
    found: dict[tuple[str, int], list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for stage, names in (("noisy/scale_0.5/seed_1", "x"), ("images", "y")):
            for split in ("train", "test"):
                name = f"{names}_{split}.npy"
                (Path(folder) / name).symlink_to(ROOT / "results" / stage / name)
        for _ in range(options.rounds):
            for threads in (1, 2):
                for program in ("cnn", "keras"):
                    numbers = [folder, threads, options.epochs, options.images]
                    command = [sys.executable, f"benchmarks/epoch_{program}.py", *map(str, numbers)]
                    _, memory, said = run_command(command, TF_CPP_MIN_LOG_LEVEL="2")
                    found.setdefault((program, threads), []).append([float(said), memory])
    rows = []
    for threads in (1, 2):
        ours, fit = (
            [statistics.median(values) for values in zip(*found[program, threads], strict=True)]
            for program in ("cnn", "keras")
        )
        rows.append([threads, ours[0], fit[0], fit[0] / ours[0], round(ours[1]), round(fit[1])])
    header = ["threads", "ours, s", "fit, s", "fit / ours", "ours, MB", "fit, MB"]
    print_table(f"An epoch of cnn with {options.images} images, and its validation", header, rows)


if __name__ == "__main__":
    main()
