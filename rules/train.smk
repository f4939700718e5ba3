"""From a noisy copy to a trained network and the history of its epochs."""

from control.resources import training_memory, training_minutes


def run_of(wildcards):
    """The run of a job. Refuses one that the configuration does not have."""
    network_of(wildcards)
    run = Run(wildcards.network, wildcards.draw, **place_of(wildcards))
    if run not in RUNS:
        draws = ", ".join(dict.fromkeys(other.draw for other in RUNS if other.scale == run.scale))
        sys.exit(f"ERROR: draw {run.draw} is not trained at scale {wildcards.scale}, which has: {draws}")
    return run


def training_images(wildcards):
    """Stored images with noise; or those without, to which noise is added as a network trains on them."""
    source = rules.add_noise if DRAWS[run_of(wildcards).draw].stored else rules.fetch_images
    return source.output.x_train


def training_of(wildcards):
    run = run_of(wildcards)
    return {
        "run": run._asdict(),
        "noise": NOISE,
        "network": network_of(wildcards),
        "training": TRAINING[wildcards.network],
    }


def memory_of_training(wildcards):
    name = wildcards.network
    return training_memory(IMAGES, SIZES[name], wildcards.draw, TRAINING[name]["batch_size"])


def minutes_of_training(wildcards):
    name = wildcards.network
    return training_minutes(IMAGES, SIZES[name], TRAINING[name]["epochs"])


rule train_model:
    """One network at one draw and scale of the noise, validated on the noisy test images of this scale."""
    input:
        network=own_file_of,
        x_train=training_images,
        y_train=rules.fetch_images.output.y_train,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
        x_test=rules.add_noise.output.x_test,
        noisy_card=rules.add_noise.output.card,
    output:
        model="results/models/{network}/{draw}/scale_{scale}/seed_{seed}.keras",
        card="results/models/{network}/{draw}/scale_{scale}/seed_{seed}.json",
        history="results/histories/{network}/{draw}/scale_{scale}/seed_{seed}.csv",
    log:
        "logs/train_model/{network}/{draw}/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/train_model/{network}/{draw}/scale_{scale}/seed_{seed}.benchmark.tsv"
    # Existing noise is used before more is made, so that with noise.keep false little of it is stored.
    priority: 10
    threads: threads_of_one(len(RUNS))
    resources:
        mem_mb=growing(memory_of_training),
        runtime=growing(minutes_of_training),
    params:
        settings=settings("train_model.py", training_of),
    script:
        "../scripts/train_model.py"
