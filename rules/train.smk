"""From a noisy copy to a trained network and the history of its epochs."""

from control.resources import training_memory, training_minutes
from plumbing.cards import threads_decide


def run_of(wildcards):
    """The run of a job. Refuses one that the configuration does not have."""
    run = RUN_OF_PATH.get("{w.network}/{w.draw}/scale_{w.scale}/seed_{w.seed}".format(w=wildcards))
    if run is None:
        network_of(wildcards)
        scale = place_of(wildcards)["scale"]
        draws = ", ".join(dict.fromkeys(other.draw for other in RUNS if other.scale == scale))
        sys.exit(f"ERROR: draw {wildcards.draw} is not trained at scale {scale}, which has: {draws}")
    return run


def scales_of(run):
    """The scales on which a run is validated: its own, or all."""
    return list(SCALES.values()) if run.scale is None else [run.scale]


def of_test_sets(pattern):
    """A file of every scale on which a run is validated."""

    def paths(wildcards):
        scales = scales_of(run_of(wildcards))
        return expanded(pattern, scale=map(scale_label, scales), seed=wildcards.seed)

    return paths


def training_images(wildcards):
    """Stored images with noise; or those without, to which noise is added as a network trains on them."""
    source = rules.add_noise if DRAWS[run_of(wildcards).draw].stored else rules.fetch_images
    return as_text(source.output.x_train)


def training_of(wildcards):
    run = run_of(wildcards)
    return {
        "run": run._asdict(),
        "scales": scales_of(run),
        "noise": NOISE,
        "network": network_of(wildcards),
        "training": TRAINING[wildcards.network],
    }


def memory_of_training(wildcards):
    name = wildcards.network
    training = TRAINING[name]
    stopping = "early_stopping" in training
    return training_memory(IMAGES, SIZES[name], wildcards.draw, training["batch_size"], stopping)


def memory_if_threads_are_free(wildcards):
    """MB that a training asks for, or 0 where its bits would then depend on the memory of the machine."""
    optimizer = TRAINING[wildcards.network]["optimizer"]
    muon = "muon" in (optimizer, isinstance(optimizer, dict) and optimizer["name"])  # docs/reliability.md
    return 0 if muon or threads_decide(network_of(wildcards)) else memory_of_training(wildcards)


def minutes_of_training(wildcards):
    name = wildcards.network
    tests = len(scales_of(run_of(wildcards)))
    return training_minutes(IMAGES, SIZES[name], TRAINING[name]["epochs"], tests)


rule train_model:
    """One network at one draw and scale of the noise, or at all scales, validated on their noisy test images."""
    input:
        network=own_file_of,
        x_train=training_images,
        y_train=rules.fetch_images.output.y_train,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
        x_test=of_test_sets(rules.add_noise.output.x_test),
        noisy_cards=of_test_sets(rules.add_noise.output.card),
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
    threads: threads_of_one(len(RUNS), memory_if_threads_are_free)
    resources:
        mem_mb=growing(memory_of_training),
        runtime=growing(minutes_of_training),
    params:
        settings=settings("train_model.py", training_of),
    script:
        "../scripts/train_model.py"
