"""How long a ceiling takes on one core, beside the limit of its matrix products.

    python benchmarks/ceiling.py [--images 10000] [--rounds 3] [--scales 0 0.5 2]

Every round measures, in turn, the products alone and a ceiling at each scale, on random originals and on
MNIST. The limit is the three products of n test images with all 70 000 originals, at 784 pixels: numpy's
sgemm on one thread. A ceiling can be faster than that, because a pixel that is black in a whole chunk of
originals is left out.
"""

import argparse
import statistics
import time

import numpy as np
from _measure import ROOT, print_machine, print_table
from threadpoolctl import threadpool_limits

from experiment.ceiling import log_evidence
from experiment.noise import Noise, noisy_copy
from experiment.selection import spread_images
from experiment.streams import noise_generator

ORIGINALS, PIXELS, PRODUCTS, CHUNK = 70_000, 784, 3, 1024


def seconds_of_products(images: int) -> float:
    """Seconds of the products alone, as large ones as a ceiling has."""
    random = np.random.default_rng(1).random
    left = random((images, PRODUCTS * PIXELS), dtype=np.float32)
    right = random((CHUNK, PRODUCTS * PIXELS), dtype=np.float32)
    out = left @ right.T
    start = time.perf_counter()
    repeats = 5
    for _ in range(repeats):
        np.matmul(left, right.T, out=out)
    return (time.perf_counter() - start) / repeats * ORIGINALS / CHUNK


def seconds_of_ceiling(arrays: dict[str, np.ndarray], images: int, scale: float) -> float:
    """Seconds of both bounds, from arrays in memory."""
    test = arrays["x_test"]
    noisy = noisy_copy(test, scale, noise_generator(1, scale, "test"), Noise())
    noisy = noisy[spread_images(len(test), images)]
    start = time.perf_counter()
    for split in ("train", "test"):
        log_evidence(noisy, arrays[f"x_{split}"], arrays[f"y_{split}"], 10, scale)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.0, 0.5, 2.0])
    options = parser.parse_args()
    print_machine()
    names = [f"{name}_{split}" for name in "xy" for split in ("train", "test")]
    mnist = {name: np.load(ROOT / f"results/images/{name}.npy") for name in names}
    generator = np.random.default_rng(1)
    random = {
        name: generator.integers(0, 10 if name[0] == "y" else 256, array.shape, dtype=np.uint8)
        for name, array in mnist.items()
    }
    found = {}
    with threadpool_limits(1, "blas"):
        for _ in range(options.rounds):
            found.setdefault("limit", []).append(seconds_of_products(options.images))
            for scale in options.scales:
                for name, arrays in (("random", random), ("MNIST", mnist)):
                    seconds = seconds_of_ceiling(arrays, options.images, scale)
                    found.setdefault((name, scale), []).append(seconds)
    median = {key: statistics.median(seconds) for key, seconds in found.items()}
    rows = [
        [
            *(f"{scale:g}", median["limit"], median["random", scale], median["MNIST", scale]),
            f"{median['limit'] / median['random', scale]:.0%}",
        ]
        for scale in options.scales
    ]
    header = ["scale", "products alone, s", "random originals, s", "MNIST, s", "limit / random"]
    print_table(f"The ceiling of {options.images} images on one core", header, rows)


if __name__ == "__main__":
    main()
