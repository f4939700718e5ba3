"""How time and memory grow with the number of scales: plans, comparison, figures and tables.

    python benchmarks/growth.py [--scales 10 100 1000] [--seeds 5]

Nothing is trained. The script makes up the files of trainings and evaluations in their real shape and size.
Their cards have no settings, so the plan of one scale more finds every file out of date: it is the largest
plan there is.
"""

import argparse
import contextlib
import itertools
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _measure import print_machine, print_table, run_command
from whole import copy_workflow

from experiment.counts import BASELINES, BOUNDS, count_row, pack_answers
from experiment.runs import Run, scale_label
from experiment.selection import chosen_scales
from plumbing.cards import write_card

EPOCHS, IMAGES, CLASSES = 20, 10_000, list("0123456789")


def write_config(folder: Path, scales: list[float], seeds: int) -> None:
    (folder / "config.yaml").write_text(
        f"noise: {{scales: {scales}, draws: [fixed]}}\nseeds: {list(range(1, seeds + 1))}\n"
    )


def put(path: Path, table: pd.DataFrame | None = None) -> Path:
    """Write a table, or an empty file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch() if table is None else table.to_csv(path, index=False)
    return path


def put_counts(path: Path, rows: list[dict], correct: list[np.ndarray]) -> list[Path]:
    """Write counts, and which images were recognised. Gives their paths."""
    table, answers = put(path, pd.DataFrame(rows)), path.with_suffix(".npy")
    np.save(answers, pack_answers(correct))
    return [table, answers]


def make_up_results(results: Path, scales: list[float], seeds: int) -> None:
    """Make up all files before the comparison: tables with plausible numbers, empty arrays and models.

    results: relative to the working folder, as cards name their files.
    """
    generator = np.random.default_rng(1)
    arrays = [put(results / f"images/{name}.npy") for name in ("x_train", "y_train", "x_test", "y_test")]
    about = {"noun": "digit", "classes": CLASSES, "test": IMAGES}
    write_card(about, results / "images/card.json", arrays)
    half = np.arange(IMAGES) < IMAGES // 2
    chosen = chosen_scales(scales)
    for seed in range(1, seeds + 1):
        networks, recognised, confusion = [], [], []
        for scale in scales:
            run = Run("mlp", "fixed", scale, seed)
            place = f"scale_{scale_label(scale)}/seed_{seed}"
            for name in ("x_train.npy", "x_test.npy", "card.json"):
                put(results / "noisy" / place / name)
            accuracy = 0.1 + 0.88 / (1 + scale**2) + generator.normal(0, 0.003, EPOCHS)
            values = {"accuracy": accuracy, "loss": 1.0, "val_accuracy": accuracy, "val_loss": 1.0}
            values |= {"seconds": 2.0, "held_out_loss": np.nan, "taken": np.eye(EPOCHS, dtype=int)[-1]}
            epochs = pd.DataFrame(run._asdict() | {"epoch": range(1, EPOCHS + 1)} | values)
            history = put(results / f"histories/{run.path}.csv", epochs)
            model = put(results / f"models/{run.path}.keras")
            write_card({}, results / f"models/{run.path}.json", [model, history])
            tested = {"kind": "gaussian", "scale": scale, "seed": seed}
            trained = {"draw": "fixed", "train_scale": scale}
            for folder, names in (("baselines", BASELINES), ("ceilings", BOUNDS)):
                path = results / f"measured/{folder}/{place}.csv"
                rows = [
                    count_row(name, tested, half, IMAGES, trained if name in BASELINES[1:] else None)
                    for name in names
                ]
                write_card({}, path.with_suffix(".json"), put_counts(path, rows, [half] * len(rows)))
            for other in sorted({scale, *chosen}):
                share = accuracy[-1] if other == scale else 0.1 + 0.8 / (1 + other)
                recognised.append(np.arange(IMAGES) < round(IMAGES * share))
                row = count_row("mlp", tested | {"scale": other}, recognised[-1], IMAGES, trained, 1.0)
                networks.append(row)
            confusion += [
                run._asdict() | {"class": one, "predicted": other, "n": 910 if one == other else 10}
                for one, other in itertools.product(CLASSES, repeat=2)
            ]
        path = results / f"measured/networks/mlp/seed_{seed}.csv"
        files = put_counts(path, networks, recognised)
        files.append(put(results / f"measured/confusion/mlp/seed_{seed}.csv", pd.DataFrame(confusion)))
        write_card({}, path.with_suffix(".json"), files)
    for scale in chosen:
        put(results / f"samples/scale_{scale_label(scale)}/seed_1.png")


def measure(scales: list[float], seeds: int) -> list:
    """Seconds and MB of a plan with no results, of a plan with one more scale, and of the last rules."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_workflow(folder)
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
        write_config(folder, scales[1:], seeds)
        plan = run_command([*snakemake, "--dry-run", "--quiet"], folder)
        with contextlib.chdir(folder):
            make_up_results(Path("results"), scales, seeds)
        # Only these, whatever the cards of the made-up files lack. Not the lab: no network is real.
        ends = ["compare_scales", "plot_figures", "write_tables"]
        cards = [f"results/{path}card.json" for path in ("", "figures/", "tables/")]
        run_command([*snakemake, "--quiet", "--allowed-rules", *ends, "--force", *cards], folder)
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
