"""What the other files use: the checked configuration, labels, and the few input functions."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config, validate

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))
from _config import check_values, explain, normalise, read_scalars, scale_label
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
    check_values(config)
except WorkflowError as error:
    sys.exit(f"ERROR in the configuration: {explain(error.__context__)}")
except ValueError as error:
    sys.exit(f"ERROR in the configuration: {error}")
normalise(config)

SCALES = {scale_label(scale): scale for scale in config["noise"]["scales"]}
SEEDS = {str(seed): seed for seed in config["seeds"]}
DRAWS = config["noise"]["draws"]


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
    if wildcards.draw not in DRAWS:
        sys.exit(f"ERROR: draw {wildcards.draw} is not among noise.draws: {', '.join(DRAWS)}")
    return {"draw": wildcards.draw, **run_of(wildcards), **config["training"]}


def training_threads():
    """Threads of one training: one is the most efficient, unless there are more cores than runs."""
    runs = len(DRAWS) * len(SCALES) * len(SEEDS)
    return max(1, (workflow.cores or 1) // runs)


def all_samples(wildcards):
    return expand("results/samples/scale_{scale}/seed_{seed}.png", scale=SCALES, seed=SEEDS)


def all_histories(wildcards):
    return expand(
        "results/histories/{draw}/scale_{scale}/seed_{seed}.csv", draw=DRAWS, scale=SCALES, seed=SEEDS
    )


def compared():
    """Whether this run was asked for the comparison, so that its end should show it."""
    return any(job.rule.name == "compare_scales" for job in workflow.dag.jobs)


print_progress_lines()
if workflow.is_main_process and not workflow.dryrun:
    held_folder = hold_folder()
