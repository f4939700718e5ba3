"""The configuration, the runs that it has, and what several rule files share."""

import os
import sys
from dataclasses import replace
from pathlib import Path

# Not workflow.basedir: that is the folder of another workflow where this one is its module.
FOLDER = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(FOLDER / "scripts"))
from control.checksums import checksum_of
from control.code import code_checksum
from control.configuration import check_config, check_file, check_occlusion, check_people, own_file
from control.images import find_images, say_images
from control.machine import memory_here
from analysis.kinds import WORDS
from control.own_network import Data, size_of
from control.test_sets import find_sets, say_sets
from control.training_options import check_held_out, check_training
from control.trained_network import cost_of, network_files
from experiment.ceiling import KNOWN_KINDS
from experiment.draws import CLEAN, DRAWS
from experiment.optimizer import options_of
from experiment.runs import Run, all_runs, scale_label
from experiment.selection import chosen_scales
from plumbing.cards import sha256_of
from plumbing.environment import plain_environment
from plumbing.storage import has_storage, name_of, original_of, use_storage

# Of this process, and so of all jobs that it starts.
plain = plain_environment(os.environ)
os.environ.clear()
# WORKFLOW_FOLDER is for commands of a profile, which run in --directory.
os.environ.update(plain, WORKFLOW_FOLDER=str(FOLDER.resolve()))

given = workflow.config_settings.configfiles
for path in [own_file(FOLDER, given), *given]:
    check_file(path)


configfile: own_file(FOLDER, given)


TAKEN_AWAY = check_config(config, FOLDER, given)
IMAGES = find_images(config["images"])
check_occlusion(config, IMAGES.shape)
config["noise"] |= WORDS[config["noise"]["kind"]]._asdict()  # for the captions of the report

SCALES = {scale_label(scale): scale for scale in config["noise"]["scales"]}
# The scales of which samples are drawn, and on which every network is tested.
CHOSEN = chosen_scales(list(SCALES.values()))
# Kinds of noise on which no network is trained, but every one is tested; with the scales of each.
OTHER_KINDS = config["evaluation"]["kinds"]
# Test sets of people's own, by name: what was found in each. And the data set, of as many test images as the largest.
SETS = find_sets(config["evaluation"]["sets"], config["images"], IMAGES)
TESTED = replace(IMAGES, test=max([IMAGES.test, *(found["images"] for found in SETS.values())]))
SEEDS = {str(seed): seed for seed in config["seeds"]}
NOISE = {key: config["noise"][key] for key in ("kind", "clip")}
# Of test images, on which the ceiling is estimated; 0: not at all, as where the likelihood is not known.
if NOISE["kind"] not in KNOWN_KINDS:
    config["ceiling"]["images"] = 0  # for the captions too
CEILING_IMAGES = min(config["ceiling"]["images"], IMAGES.test)
PEOPLE = check_people()  # by name the file of each who has played the quiz of the lab
# Pretrained networks, by name, with the checksum of their files; and what it takes to run each.
TRAINED = {
    name: network | {"sha256": checksum_of(network_files(network))}
    for name, network in config["networks"].items()
    if "trained" in network
}
COSTS = {name: cost_of(config["networks"][name], IMAGES.shape, IMAGES.classes) for name in TRAINED}
# By the name of each network that is trained: its training values, its cost, and what else decides it, with the
# checksum of its file.
TO_TRAIN = {name: network for name, network in config["networks"].items() if name not in TRAINED}
TRAINING = {name: network.pop("training") for name, network in TO_TRAIN.items()}
TRAININGS = {"training": config["training"]} | {
    f"networks.{name}.training": values for name, values in TRAINING.items()
}
check_training(TRAININGS)
for name, training in TRAINING.items():
    if "precision" in training:  # it is built into the network
        TO_TRAIN[name]["precision"] = training.pop("precision")
check_held_out(TRAININGS, IMAGES.train, len(IMAGES.classes))
SIZES = {
    name: size_of(
        network,
        Data(
            IMAGES.shape,
            len(IMAGES.classes),
            IMAGES.train,
            TRAINING[name]["batch_size"],
            options_of(TRAINING[name]),
            network.get("precision", "float32"),
        ),
    )
    for name, network in TO_TRAIN.items()
}
NETWORKS = {
    name: network | {"sha256": sha256_of(network["path"])} if "path" in network else network
    for name, network in TO_TRAIN.items()
}
# Filters that take noise out before a network reads it, and the networks after them: those that saw no noise.
FILTERS = config["filters"]
FILTERED = NETWORKS | TRAINED
RUNS = all_runs(NETWORKS, config["noise"]["draws"], SCALES.values(), SEEDS.values())
RUN_OF_PATH = {run.path: run for run in RUNS}


wildcard_constraints:
    draw="[a-z]+",
    network=r"\w[\w.-]*",
    person=r"[\w ()-]+",
    scale=r"[0-9.e+-]+|all",
    seed="[0-9]+",
    set=r"\w[\w.-]*",


def settings(script, values, parts=()):
    """The settings of a rule, its one parameter: `values`, a dictionary or a function of the wildcards that gives
    one, with the checksum of the script's code and of `parts`. They stand on the card of what the job makes.
    """
    code = {"code": code_checksum(FOLDER / "scripts" / script, tuple(parts))}
    return (lambda wildcards: values(wildcards) | code) if callable(values) else values | code


def place_of(wildcards):
    """Scale and seed of a job, as numbers. Refuses those that the configuration does not have."""
    if wildcards.scale not in SCALES:
        sys.exit(f"ERROR: scale {wildcards.scale} is not among noise.scales: {', '.join(SCALES)}")
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return {"scale": SCALES[wildcards.scale], "seed": SEEDS[wildcards.seed]}


def network_of(wildcards):
    """The settings of the network of a job. Refuses one that the configuration does not have."""
    if wildcards.network not in NETWORKS:
        sys.exit(f"ERROR: network {wildcards.network} is not among networks: {', '.join(NETWORKS)}")
    return NETWORKS[wildcards.network]


def own(paths):
    """People's own files, and parts of this workflow: inputs that are never in a storage."""
    return [local(path) for path in paths]


def own_file_of(wildcards):
    """The file of an own network, an input of all that builds it."""
    network = network_of(wildcards)
    return own([network["path"]] if "path" in network else [])


def as_text(pattern):
    """An output of a rule as text with wildcards, because Snakemake does not fill in those of a file in a storage."""
    return name_of(pattern)


def expanded(pattern, **values):
    """The outputs of a rule with all combinations of these wildcards."""
    return expand(as_text(pattern), **values)


def growing(amount):
    """A resource that grows with every try: a job that was killed for having too little gets more."""
    return lambda wildcards, attempt: attempt * (amount(wildcards) if callable(amount) else amount)


def cores_here():
    """Cores of this machine for jobs that run on it, known once Snakemake plans. None on a cluster: those of its
    nodes are not known here, and on a node all would be counted.
    """
    return None if workflow.remote_exec or workflow.non_local_exec else workflow.resource_settings.cores


def memory_for_jobs():
    """MB that all jobs of this machine have: by --resources mem_mb=..., or as much as there is."""
    given = workflow.global_resources.get("mem_mb").value
    return memory_here() if given is None else given


def threads_of_one(jobs, memory=None):
    """Threads of each of `jobs`: one is the most efficient, unless there are more cores than jobs at a time.

    memory: gives MB that a job asks for by its wildcards, or 0, if no more run at a time than have room.
    """

    def threads(wildcards):
        cores, at_a_time = cores_here() or 1, jobs
        if cores > 1 and memory is not None and (asked := memory(wildcards)):
            at_a_time = min(jobs, max(1, memory_for_jobs() // asked))
        return max(1, cores // at_a_time)

    return threads


def reported(path, caption, category, what):
    """An output that the report shows."""
    return report(path, caption=f"../report/{caption}.rst", category=category, labels={"what": what})
