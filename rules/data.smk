"""From the published images to noisy copies, and a picture of them."""

from control.resources import noise_memory, noise_minutes
from experiment.formats import source_files


rule fetch_images:
    """The images as published, from the first source that works and passes its checksums."""
    input:
        *code("fetch_images.py"),
        # Known images have the same bytes, wherever they come from.
        source=source_files(config["images"]["path"]) if config["images"]["own"] else [],
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
        settings={key: config["images"][key] for key in ("name", "path", "train", "test")},
    script:
        "../scripts/fetch_images.py"


def noise_of(wildcards):
    return {"images": config["images"]["name"], "noise": NOISE, **place_of(wildcards)}


def kept(path):
    """Noisy training images: kept, or deleted when all that needs them has been made."""
    return path if config["noise"]["keep"] else temp(path)


rule add_noise:
    """One noisy copy of all images, at one scale and with one seed."""
    input:
        *code("add_noise.py"),
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
    resources:
        mem_mb=growing(noise_memory(IMAGES)),
        runtime=growing(noise_minutes(IMAGES)),
    params:
        settings=noise_of,
    script:
        "../scripts/add_noise.py"


rule plot_samples:
    """One original of every class above its noisy copy."""
    input:
        *code("plot_samples.py"),
        x_train=rules.fetch_images.output.x_train,
        y_train=rules.fetch_images.output.y_train,
        images_card=rules.fetch_images.output.card,
        noisy=rules.add_noise.output.x_train,
        noisy_card=rules.add_noise.output.card,
    output:
        report(
            "results/samples/scale_{scale}/seed_{seed}.png",
            caption="../report/samples.rst",
            category="Images",
            labels={"scale": "{scale}", "seed": "{seed}"},
        ),
    log:
        "logs/plot_samples/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/plot_samples/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 20
    localrule: True  # it takes a second
    params:
        settings=place_of,
    script:
        "../scripts/plot_samples.py"
