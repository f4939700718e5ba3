"""What the other files use: the checked configuration, labels, and the few input functions."""

import os
import shlex
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from snakemake.utils import update_config

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))
from control.configuration import check_config, check_file, read_scalars
from control.disk import check_room, check_writable, existing_bytes, model_bytes, noise_bytes
from control.lock import hold_folder
from control.progress import print_progress_lines, print_results
from experiment.runs import chosen_scales, scale_label

# Snakemake 9.27 puts this path unquoted into the command that runs a script, and it may have a space in it.
sys.executable = shlex.quote(sys.executable)

for path in [Path("config.yaml"), *workflow.config_settings.configfiles]:
    check_file(path)


configfile: "config.yaml"


update_config(config, read_scalars(config))
check_config(config, Path(workflow.basedir))

SCALES = {scale_label(scale): scale for scale in config["noise"]["scales"]}
# Those that are looked at closely: samples are drawn of them, and every network is tested on them.
CHOSEN = chosen_scales(list(SCALES), 20)
SEEDS = {str(seed): seed for seed in config["seeds"]}
DRAWS = config["noise"]["draws"]
# Without noise there is nothing to draw anew: the clean baseline is trained once, as fixed.
RUNS = {
    (draw, scale, seed): number
    for draw in ("fixed", "fresh")
    for scale, number in SCALES.items()
    for seed in SEEDS
    if (draw == "fixed" if number == 0 else draw in DRAWS)
}


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
    return {
        "seed": SEEDS[wildcards.seed],
        "networks": [(draw, number) for (draw, _, seed), number in RUNS.items() if seed == wildcards.seed],
        "scales": list(SCALES.values()),
        "chosen": [SCALES[scale] for scale in CHOSEN],
    }


def models_of_seed(wildcards):
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return [
        f"results/models/{draw}/scale_{scale}/seed_{seed}.keras"
        for draw, scale, seed in RUNS
        if seed == wildcards.seed
    ]


def threads_of_one(jobs):
    """Threads of each of `jobs`: one is the most efficient, unless there are more cores than jobs.

    On a cluster it is one: there are no cores to be counted, and on the node all of its cores would be.
    """
    cores = None if workflow.remote_exec else workflow.resource_settings.cores
    return max(1, (cores or 1) // jobs)


def kept(path):
    """Noisy training images: kept, or deleted when all that needs them has been made."""
    return path if config["noise"]["keep"] else temp(path)


def check_disk():
    """Before the first job: is there room for all that will be stored?"""
    stored = ("add_noise", "train_model")  # beside which the rest is little
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name in stored]
    counts = Counter(job.rule.name for job in jobs)
    sets = in_use = counts["add_noise"]
    if not config["noise"]["keep"]:
        at_once = workflow.resource_settings.cores or workflow.resource_settings.nodes or 1
        in_use = min(sets, 2 * at_once + len(SEEDS))  # fresh noise needs each seed's copy without noise
    need = noise_bytes(config["images"]["train"], config["images"]["test"], sets, in_use)
    need += counts["train_model"] * model_bytes(round(network_size() * 669_706))
    check_room(max(0, need - existing_bytes(path for job in jobs for path in job.output)), Path("results"))


def growing(amount):
    """A resource that grows with every try: a job that was killed for having too little is given more."""
    return lambda wildcards, attempt: attempt * amount


def network_size():
    """Parameters of the network, in those of the assignment's: 1 for 784, 512, 512 and 10 units."""
    units = [784, *config["training"]["hidden_units"], 10]
    return sum((before + 1) * after for before, after in pairwise(units)) / 669_706


def network_memory():
    """MB (2^20 bytes) of a job with a network: 1397 were measured of the assignment's trainings, 137 of
    them the Snakemake that a cluster's job has around it. Adam keeps four arrays of the network's size.
    """
    return round(1500 + 40 * network_size())


def training_minutes():
    """Five times what was measured on one core: three seconds for an epoch of all images."""
    share = config["images"]["train"] / 60_000
    return round(10 + 0.25 * config["training"]["epochs"] * share * max(network_size(), 0.1))


def evaluation_minutes():
    """Five times what was measured on one core: 0.15 s for each network on each test set."""
    return round(10 + 0.0125 * len(RUNS) / len(SEEDS) * len(CHOSEN))


def all_samples(wildcards):
    """Of the first seed: the pictures of the others look no different."""
    return expand("results/samples/scale_{scale}/seed_{seed}.png", scale=CHOSEN, seed=list(SEEDS)[0])


def all_noise(wildcards):
    """But for training images that are not kept."""
    files = ["card.json", "x_test.npy", *(["x_train.npy"] if config["noise"]["keep"] else [])]
    return expand("results/noisy/scale_{scale}/seed_{seed}/{file}", scale=SCALES, seed=SEEDS, file=files)


def all_models(wildcards):
    return [
        f"results/models/{draw}/scale_{scale}/seed_{seed}.{kind}"
        for draw, scale, seed in RUNS
        for kind in ("keras", "json")
    ]


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
if workflow.is_main_process:
    held_folder = hold_folder()
    check_writable(Path("results"))
