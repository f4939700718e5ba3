"""How the workflow grows with the number of scales: planning, finding one scale more, comparing, drawing.

    python benchmarks/growth.py [--scales 10 100 1000] [--seeds 5]

Nothing is trained: what trainings and evaluations leave is made up, in the shape and size that it has, and
Snakemake is told by --touch that it is up to date.
"""

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import print_machine, print_table, run_command
from experiment.runs import chosen_scales, scale_label
from whole import copy_workflow

EPOCHS, CLASSES = 20, 10


def write_config(folder: Path, scales: list[float], seeds: int) -> None:
    (folder / "config.yaml").write_text(
        f"noise: {{scales: {scales}, draws: [fixed]}}\nseeds: {list(range(1, seeds + 1))}\n"
    )


def put(path: Path, table: pd.DataFrame | None = None) -> None:
    """A file that is there: a table, or nothing at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch() if table is None else table.to_csv(path, index=False)


def make_up_results(results: Path, scales: list[float], seeds: int) -> None:
    """Everything up to the comparison: the tables with plausible numbers, the arrays and models empty."""
    generator = np.random.default_rng(1)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        put(results / f"images/{name}.npy")
    put(results / "images/card.json")
    chosen = chosen_scales(scales, 20)
    for seed in range(1, seeds + 1):
        evaluations, confusion = [], []
        for scale in scales:
            cell = f"scale_{scale_label(scale)}/seed_{seed}"
            for name in ("x_train.npy", "x_test.npy", "card.json"):
                put(results / "noisy" / cell / name)
            for suffix in ("keras", "json"):
                put(results / "models/fixed" / f"{cell}.{suffix}")
            accuracy = 0.1 + 0.88 / (1 + scale**2) + generator.normal(0, 0.003, EPOCHS)
            run = {"draw": "fixed", "scale": scale, "seed": seed}
            values = {"accuracy": accuracy, "loss": 1.0, "val_accuracy": accuracy, "val_loss": 1.0}
            epochs = pd.DataFrame(run | {"epoch": range(1, EPOCHS + 1)} | values | {"seconds": 2.0})
            put(results / "histories/fixed" / f"{cell}.csv", epochs)
            methods = {"method": ["chance", "nearest_mean", "ridge"], "accuracy": [0.1, 0.5, 0.5]}
            put(
                results / "baselines" / f"{cell}.csv",
                pd.DataFrame({"scale": scale, "seed": seed} | methods | {"n": 10_000}),
            )
            pair = {"draw": "fixed", "train_scale": scale, "seed": seed, "loss": 1.0, "n": 10_000}
            evaluations += [
                pair | {"test_scale": test, "accuracy": 0.1 + 0.8 / (1 + test)} for test in {scale, *chosen}
            ]
            pairs = itertools.product(range(CLASSES), repeat=2)
            confusion += [run | {"class": a, "predicted": b, "n": 910 if a == b else 10} for a, b in pairs]
        put(results / f"evaluations/seed_{seed}.csv", pd.DataFrame(evaluations))
        put(results / f"confusion/seed_{seed}.csv", pd.DataFrame(confusion))
    for scale in chosen:
        put(results / f"samples/scale_{scale_label(scale)}/seed_1.png")


def measure(scales: list[float], seeds: int) -> list:
    """Seconds and MB of a plan from nothing, of one with a scale more, and of the last stages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_workflow(folder)
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
        write_config(folder, scales[1:], seeds)
        plan = run_command([*snakemake, "--dry-run", "--quiet"], folder)
        make_up_results(folder / "results", scales, seeds)
        run_command(
            [*snakemake, "--touch", "--quiet", "--until", "evaluate_models", "fit_baselines", "plot_samples"],
            folder,
        )
        ends = ["compare_scales", "plot_figures", "write_tables"]
        run_command([*snakemake, "--quiet"], folder)
        write_config(folder, [*scales[1:], 2 * scales[-1]], seeds)
        one_more = run_command([*snakemake, "--dry-run", "--quiet"], folder)
        costs = [pd.read_csv(folder / f"logs/{rule}/all.benchmark.tsv", sep="\t").iloc[0] for rule in ends]
    measured = [
        (plan[0], plan[1]),
        (one_more[0], one_more[1]),
        *((job["s"], job["max_rss"]) for job in costs),
    ]
    return [len(scales), len(scales) * seeds, *itertools.chain.from_iterable(measured)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scales", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    print_machine()
    rows = []
    for number in options.scales:
        scales = [0.0, *np.linspace(0, 4, number)[1:].round(6).tolist()]
        rows.append(measure(scales, options.seeds))
        print(*rows[-1], file=sys.stderr, flush=True)
    names = ["plan", "plan of one scale more", "compare_scales", "plot_figures", "write_tables"]
    columns = [f"{name}, {unit}" for name in names for unit in ("s", "MB")]
    print_table(f"Growth, {options.seeds} seeds", ["scales", "runs", *columns], rows)


if __name__ == "__main__":
    main()
