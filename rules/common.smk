"""What the other files use: the checked configuration, labels, and the few input functions."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config, validate

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))
from _config import check_values, explain, find_images, normalise, read_scalars, scale_label
from _lock import hold_folder
from _progress import print_progress_lines, print_results

# Snakemake 9.27 puts this path unquoted into the command that runs a script, and it may have a space in it.
sys.executable = shlex.quote(sys.executable)

SCHEMA = "../schemas/config.schema.yaml"

update_config(config, read_scalars(workflow.config_settings.config))
try:
    # Twice: setting defaults needs sections that are sections.
    validate(config, SCHEMA, set_default=False)
    validate(config, SCHEMA)
    find_images(config["images"], Path(workflow.basedir))
    check_values(config)
except WorkflowError as error:
    sys.exit(f"ERROR in the configuration: {explain(error.__context__)}")
except ValueError as error:
    sys.exit(f"ERROR in the configuration: {error}")
normalise(config)

SCALES = {scale_label(scale): scale for scale in config["noise"]["scales"]}
SEEDS = {str(seed): seed for seed in config["seeds"]}
DRAWS = config["noise"]["draws"]
# Without noise there is nothing to draw anew: the clean baseline is trained once, as fixed.
RUNS = [
    (draw, scale, seed)
    for draw in ("fixed", "fresh")
    for scale, number in SCALES.items()
    for seed in SEEDS
    if (draw == "fixed" if number == 0 else draw in DRAWS)
]


wildcard_constraints:
    draw="[a-z]+",
    scale=r"[0-9.e+-]+",
    seed="[0-9]+",


def code(*names):
    """A stage's script and libraries. As inputs they are compared by checksum: an edit reruns the stage."""
    return [os.path.relpath(Path(workflow.basedir) / "scripts" / name) for name in names]


def run_of(wildcards):
    """The numbers of one run. Refuses a run that the configuration does not have."""
    if wildcards.scale not in SCALES:
        sys.exit(f"ERROR: scale {wildcards.scale} is not among noise.scales: {', '.join(SCALES)}")
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return {"scale": SCALES[wildcards.scale], "seed": SEEDS[wildcards.seed]}


def noise_of(wildcards):
    return {"images": config["images"]["name"], **run_of(wildcards)}


def training_of(wildcards):
    run = {"draw": wildcards.draw, **run_of(wildcards)}
    if (wildcards.draw, wildcards.scale, wildcards.seed) not in RUNS:
        if run["scale"] == 0:
            sys.exit("ERROR: scale 0.0 is without noise and trained once, as draw fixed")
        sys.exit(f"ERROR: draw {wildcards.draw} is not among noise.draws: {', '.join(DRAWS)}")
    return {**run, **config["training"]}


def training_images(wildcards):
    """Fixed noise is in the stored images; fresh noise is added to those without, as they are trained on."""
    scale = "{scale}" if wildcards.draw == "fixed" else "0.0"
    return f"results/noisy/scale_{scale}/seed_{{seed}}/x_train.npy"


def evaluation_of(wildcards):
    networks = [(draw, SCALES[scale]) for draw, scale, seed in RUNS if seed == wildcards.seed]
    return {"seed": SEEDS[wildcards.seed], "networks": networks, "scales": list(SCALES.values())}


def models_of_seed(wildcards):
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return [
        f"results/models/{draw}/scale_{scale}/seed_{seed}.keras"
        for draw, scale, seed in RUNS
        if seed == wildcards.seed
    ]


def threads_of_one(jobs):
    """Threads of each of `jobs`: one is the most efficient, unless there are more cores than jobs."""
    return max(1, (workflow.cores or 1) // jobs)


def all_samples(wildcards):
    """Of the first seed: the pictures of the others look no different."""
    return expand("results/samples/scale_{scale}/seed_{seed}.png", scale=SCALES, seed=list(SEEDS)[0])


def all_histories(wildcards):
    return [f"results/histories/{draw}/scale_{scale}/seed_{seed}.csv" for draw, scale, seed in RUNS]


def reported(path, caption, category, what):
    """An output that the report shows."""
    return report(path, caption=f"../report/{caption}.rst", category=category, labels={"what": what})


def figure(name, category, what):
    """PNG and SVG of a figure; the report shows the latter."""
    svg = reported(f"results/figures/{name}.svg", f"figure_{name}", category, what)
    return [f"results/figures/{name}.png", svg]


def page(name, category, what):
    """A table as a page for a browser."""
    return reported(f"results/tables/{name}.html", f"table_{name}", category, what)


def compared():
    """Whether this run was asked for the comparison, so that its end should show it."""
    return any(job.rule.name == "compare_scales" for job in workflow.dag.jobs)


print_progress_lines()
if workflow.is_main_process and not workflow.dryrun:
    held_folder = hold_folder()
