"""From the published images to noisy copies, and a picture of them."""

from control.resources import noise_memory, noise_minutes
from inputs.formats import source_files
from inputs.own_images import SETTINGS

# Known images have the same bytes, wherever they come from.
OWN_IMAGES = source_files(config["images"]["path"]) if config["images"]["own"] else []
IMAGES_USED = {key: config["images"][key] for key in ("name", "train", "test")}
if OWN_IMAGES:
    IMAGES_USED |= {key: config["images"][key] for key in (*SETTINGS, "share")}
    IMAGES_USED |= {"sha256": checksum_of(OWN_IMAGES)}


rule fetch_images:
    """The images as published, from the first source that works and passes its checksums."""
    input:
        source=own(OWN_IMAGES),
    output:
        x_train="results/images/x_train.npy",
        y_train="results/images/y_train.npy",
        x_test="results/images/x_test.npy",
        y_test="results/images/y_test.npy",
        card="results/images/card.json",
    log:
        "logs/fetch_images/images.log",
    benchmark:
        "logs/fetch_images/images.benchmark.tsv"
    localrule: True  # it needs the internet
    params:
        settings=settings("fetch_images.py", IMAGES_USED),
    script:
        "../scripts/fetch_images.py"


def set_found(wildcards):
    if wildcards.set not in SETS:
        sys.exit(f"ERROR: set {wildcards.set} is not among evaluation.sets: {', '.join(SETS) or 'none'}")
    return SETS[wildcards.set]


def set_of(wildcards):
    sha256, range_ = set_found(wildcards)["sha256"], config["evaluation"]["sets"][wildcards.set]["range"]
    keys = ("range", "size", "grey", "shape", "transpose", "all_test")
    read_as = {key: config["images"][key] for key in keys}
    return {"sets": {wildcards.set: {"range": range_, "sha256": sha256}}, **read_as}


rule read_set:
    """A test set of people's own, in the form of the test images."""
    input:
        own=lambda wildcards: own(set_found(wildcards)["files"]),
        x_test=rules.fetch_images.output.x_test,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
    output:
        x="results/sets/{set}/x.npy",
        y="results/sets/{set}/y.npy",
        card="results/sets/{set}/card.json",
    log:
        "logs/read_set/{set}.log",
    benchmark:
        "logs/read_set/{set}.benchmark.tsv"
    priority: 30  # before the noise: where it stops, nothing else has been done
    localrule: True  # it takes a second
    params:
        settings=settings("read_set.py", set_of),
    script:
        "../scripts/read_set.py"


def noise_of(wildcards):
    return {"noise": NOISE, **place_of(wildcards)}


def kept(path):
    """Noisy training images: kept, or deleted when all that needs them has been made."""
    return path if config["noise"]["keep"] else temp(path)


rule add_noise:
    """One noisy copy of all images, at one scale and with one seed."""
    input:
        x_train=rules.fetch_images.output.x_train,
        x_test=rules.fetch_images.output.x_test,
        images_card=rules.fetch_images.output.card,
    output:
        x_train=kept("results/noisy/scale_{scale}/seed_{seed}/x_train.npy"),
        x_test="results/noisy/scale_{scale}/seed_{seed}/x_test.npy",
        card="results/noisy/scale_{scale}/seed_{seed}/card.json",
    log:
        "logs/add_noise/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/add_noise/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 1  # before the ceilings, which would keep the last training waiting, and can run beside it
    resources:
        mem_mb=growing(noise_memory(IMAGES)),
        runtime=growing(noise_minutes(IMAGES)),
    params:
        settings=settings("add_noise.py", noise_of),
    script:
        "../scripts/add_noise.py"


rule plot_samples:
    """One original of every class above its noisy copy."""
    input:
        x_train=rules.fetch_images.output.x_train,
        y_train=rules.fetch_images.output.y_train,
        images_card=rules.fetch_images.output.card,
        noisy=rules.add_noise.output.x_train,
        noisy_card=rules.add_noise.output.card,
    output:
        picture=report(
            "results/samples/scale_{scale}/seed_{seed}.png",
            caption="../report/samples.rst",
            category="Images",
            labels={"scale": "{scale}", "seed": "{seed}"},
        ),
        card="results/samples/scale_{scale}/seed_{seed}.json",
    log:
        "logs/plot_samples/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/plot_samples/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 20
    localrule: True  # it takes a second
    params:
        settings=settings("plot_samples.py", place_of),
    script:
        "../scripts/plot_samples.py"
