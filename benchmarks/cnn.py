"""Compare an epoch of the network cnn, in float32 and in bfloat16, with Keras's own `fit` and with PyTorch.

    python benchmarks/cnn.py [--epochs 2] [--rounds 3] [--images 12000]

Every round runs each program once, in turn, in its own process. The table gives medians over the rounds of
the medians over the epochs. The images are the first ones of results/noisy/scale_0.5. PyTorch runs if
.venv-peers exists.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import PEERS, ROOT, print_machine, print_table, run_command

PROGRAMS = {
    "float32": (sys.executable, "epoch_cnn", "float32"),
    "bfloat16": (sys.executable, "epoch_cnn", "mixed_bfloat16"),
    "Keras's fit": (sys.executable, "epoch_keras", ""),
    "PyTorch": (PEERS, "epoch_torch_cnn", "float32"),
    "PyTorch, bfloat16": (PEERS, "epoch_torch_cnn", "mixed_bfloat16"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--images", type=int, default=12_000)
    options = parser.parse_args()
    print_machine()
    programs = {name: program for name, program in PROGRAMS.items() if Path(program[0]).exists()}
    found: dict[tuple[str, int], list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for stage, names in (("noisy/scale_0.5/seed_1", "x"), ("images", "y")):
            for split in ("train", "test"):
                name = f"{names}_{split}.npy"
                (Path(folder) / name).symlink_to(ROOT / "results" / stage / name)
        for _ in range(options.rounds):
            for threads in (1, 2):
                for name, (python, script, precision) in programs.items():
                    numbers = [folder, threads, options.epochs, options.images, precision]
                    command = [python, f"benchmarks/{script}.py", *map(str, numbers)]
                    _, memory, said = run_command(command, TF_CPP_MIN_LOG_LEVEL="2")
                    found.setdefault((name, threads), []).append([float(said), memory])
    rows = []
    for threads in (1, 2):
        medians = {
            name: [statistics.median(values) for values in zip(*found[name, threads], strict=True)]
            for name in programs
        }
        for name, (seconds, memory) in medians.items():
            ratios = [medians[other][0] / seconds for other in ("float32", "bfloat16")]
            rows.append([threads, name, seconds, *ratios, round(memory)])
    header = ["threads", "", "seconds", "float32 / this", "bfloat16 / this", "MB"]
    print_table(f"An epoch of cnn with {options.images} images, and its validation", header, rows)


if __name__ == "__main__":
    main()
