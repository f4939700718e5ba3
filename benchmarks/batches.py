"""Compare reading the batches of an epoch from a file with PyTorch's DataLoader over the same mapped file.

    python benchmarks/batches.py [--images 50000] [--side 32] [--rounds 3]

Every round runs each program once, in turn, in its own process: with the file in the system's cache, and
without it. The programs give batches of 128 colour images in a random order, and do nothing with them.
PyTorch has 0, 1 or 2 workers.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from _measure import PEERS, print_machine, print_table, run_command

BATCH = 128


class Mapped:
    """The data set of PyTorch: a mapped file, of which it asks for whole batches, which is fastest."""

    def __init__(self, path: str) -> None:
        self.x = np.load(path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, indices: list[int]) -> np.ndarray:
        return self.x[indices]


def read_ours(path: str) -> float:
    """Seconds of all batches of an epoch, in this process."""
    from experiment.rows import blocks_of, open_rows

    start = time.perf_counter()
    x = open_rows(path)
    order = np.random.default_rng(1).permutation(len(x)).astype(np.int32)
    for block in blocks_of(x, order, BATCH):
        for first in range(0, block.count, BATCH):
            block.images[first : first + BATCH]
    return time.perf_counter() - start


def read_torch(path: str, workers: int) -> float:
    from torch.utils.data import BatchSampler, DataLoader, RandomSampler

    start = time.perf_counter()
    data = Mapped(path)
    batches = BatchSampler(RandomSampler(data), BATCH, drop_last=False)
    for _ in DataLoader(data, sampler=batches, batch_size=None, num_workers=workers):
        pass
    return time.perf_counter() - start


PROGRAMS = {"ours": read_ours}
PROGRAMS |= {f"DataLoader, {n} workers": partial(read_torch, workers=n) for n in (0, 1, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", choices=PROGRAMS, help="only this one, and print its seconds")
    parser.add_argument("--path", help="of the file that it reads")
    options = parser.parse_args()
    if options.program:
        print(PROGRAMS[options.program](options.path))
        return
    print_machine()
    found: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        path = Path(folder) / "x.npy"
        # A part at a time: the system counts the peak of this process as that of the programs that it starts.
        generator, shape = np.random.default_rng(1), (options.images, options.side, options.side, 3)
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f4", "fortran_order": False, "shape": shape}
            )
            for _ in range(options.images):
                file.write(generator.random(shape[1:], np.float32))
        for _ in range(options.rounds):
            for name in PROGRAMS:
                for cold in (True, False):  # the first leaves the file in the cache for the second
                    with path.open("rb") as file:
                        os.fsync(file.fileno())
                        if cold:
                            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                    python = sys.executable if name == "ours" else str(PEERS)
                    command = [python, __file__, "--program", name, "--path", str(path.resolve())]
                    _, memory, said = run_command(command)
                    found.setdefault((name, cold), []).append((float(said), memory))
    rows = []
    for name in PROGRAMS:
        cold, warm = (
            [statistics.median(v) for v in zip(*found[name, c], strict=True)] for c in (True, False)
        )
        rows.append([name, cold[0], warm[0], round(warm[1])])
    print_table(
        f"The batches of {options.images} images", ["program", "cold, s", "warm, s", "memory, MB"], rows
    )


if __name__ == "__main__":
    main()
