"""Compare one epoch of our training with the limit of its matrix products, with PyTorch and with JAX.

    python benchmarks/epoch.py [--epochs 5] [--rounds 3]

Every round runs each program once, in turn, in its own process. The tables give medians over the rounds of
the medians over the epochs. The images are from results/noisy/scale_0.5. PyTorch and JAX have their own
environment, .venv-peers, which `make benchmark` makes. Without it, their table is left out.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import PEERS, ROOT, print_machine, print_table, run_command


def measure(program: str, python: str | Path, folder: str, threads: int, epochs: int) -> list[float]:
    name, *options = program.split()
    command = [str(python), f"benchmarks/epoch_{name}.py", folder, str(threads), str(epochs), *options]
    environment = {"OPENBLAS_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "2"}
    return [float(word) for word in run_command(command, **environment)[2].split()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    programs = dict.fromkeys(("limit", "ours", "ours fresh"), sys.executable)
    if PEERS.exists():
        programs |= {"torch": PEERS, "jax": PEERS}
    print_machine()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for stage, names in (("noisy/scale_0.5/seed_1", "x"), ("images", "y")):
            for split in ("train", "test"):
                name = f"{names}_{split}.npy"
                (Path(folder) / name).symlink_to(ROOT / "results" / stage / name)
        (Path(folder) / "images.npy").symlink_to(ROOT / "results/images/x_train.npy")
        for _ in range(options.rounds):
            for threads in (1, 2):
                for program, python in programs.items():
                    numbers = measure(program, python, folder, threads, options.epochs)
                    found.setdefault((program, threads), []).append(numbers)

    def median(program: str, threads: int, place: int = 0) -> float:
        return statistics.median(numbers[place] for numbers in found[program, threads])

    rows = []
    for threads in (1, 2):
        limit, train, both = median("limit", threads), median("ours", threads), median("ours", threads, 1)
        rows.append([threads, limit, train, both, f"{limit / train:.0%}"])
    header = ["threads", "sgemm alone, s", "train, s", "train and validate, s", "share of the limit"]
    print_table("One epoch against the limit", header, rows)
    rows = []
    for threads in (1, 2):
        fixed, fresh = median("ours", threads, 1), median("ours fresh", threads, 1)
        rows.append([threads, fixed, fresh, fresh / fixed])
    header = ["threads", "fixed, train and validate, s", "fresh, s", "fresh / fixed"]
    print_table("One epoch with fresh noise", header, rows)
    if PEERS.exists():
        rows = []
        for threads in (1, 2):
            ours, torch, jax = (median(program, threads) for program in ("ours", "torch", "jax"))
            rows.append([threads, ours, torch, jax, torch / ours, jax / ours])
        header = ["threads", "ours, s", "PyTorch, s", "JAX, s", "PyTorch / ours", "JAX / ours"]
        print_table("The same epoch in PyTorch and JAX", header, rows)


if __name__ == "__main__":
    main()
