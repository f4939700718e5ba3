"""What every classifier recognises: networks beyond their own scale, simple methods, people, the ceiling."""

from control.resources import baseline_memory, baseline_minutes, ceiling_memory, ceiling_minutes
from control.resources import evaluation_memory, evaluation_minutes, filter_memory, filter_minutes
from control.resources import trained_memory, trained_minutes

# The inputs of what is tested on the sets of people's own.
SETS_READ = {
    "sets": expanded(rules.read_set.output.x, set=SETS),
    "set_labels": expanded(rules.read_set.output.y, set=SETS),
    "set_cards": expanded(rules.read_set.output.card, set=SETS),
}


def noise_tested(wildcards):
    """The noise in the test images, on how many of them the ceiling is estimated, and other test sets."""
    tested = {"kind": NOISE["kind"], "ceiling_images": CEILING_IMAGES, "sets": list(SETS)}
    return place_of(wildcards) | tested


rule fit_baselines:
    """What nearest centroid and ridge regression reach on the same noisy copy."""
    input:
        **SETS_READ,
        x_train=rules.add_noise.output.x_train,
        x_test=rules.add_noise.output.x_test,
        noisy_card=rules.add_noise.output.card,
        y_train=rules.fetch_images.output.y_train,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
    output:
        table="results/measured/baselines/scale_{scale}/seed_{seed}.csv",
        answers="results/measured/baselines/scale_{scale}/seed_{seed}.npy",
        card="results/measured/baselines/scale_{scale}/seed_{seed}.json",
    log:
        "logs/fit_baselines/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/fit_baselines/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 20
    resources:
        mem_mb=growing(baseline_memory(TESTED)),
        runtime=growing(baseline_minutes(IMAGES)),
    params:
        settings=settings("fit_baselines.py", noise_tested),
    script:
        "../scripts/fit_baselines.py"


def scores_of(wildcards):
    if wildcards.person not in PEOPLE:
        sys.exit(f"ERROR: there is no file people/{wildcards.person}.csv")
    return PEOPLE[wildcards.person]


def person_of(wildcards):
    return {"person": wildcards.person, "kind": NOISE["kind"], "sha256": sha256_of(scores_of(wildcards))}


rule read_person:
    """What a person recognised who has played the quiz of the lab."""
    input:
        scores=lambda wildcards: local(scores_of(wildcards)),
    output:
        table="results/measured/people/{person}.csv",
        card="results/measured/people/{person}.json",
    log:
        "logs/read_person/{person}.log",
    benchmark:
        "logs/read_person/{person}.benchmark.tsv"
    localrule: True  # it takes a second
    params:
        settings=settings("read_person.py", person_of),
    script:
        "../scripts/read_person.py"


def ceiling_of(wildcards):
    if NOISE["kind"] not in KNOWN_KINDS:
        known = ", ".join(KNOWN_KINDS)
        sys.exit(f"ERROR: the ceiling is not known for noise.kind {NOISE['kind']}, only for {known}")
    if not CEILING_IMAGES:
        sys.exit("ERROR: ceiling.images is 0, so that no ceiling is estimated. Set it to 1 or more")
    return place_of(wildcards) | NOISE | {"images": CEILING_IMAGES}


CEILING_THREADS = threads_of_one(len(SCALES) * len(SEEDS))


def memory_of_ceiling(wildcards):
    return ceiling_memory(IMAGES, CEILING_IMAGES, CEILING_THREADS(wildcards))


rule estimate_ceiling:
    """What any classifier of the noisy test images can and cannot reach."""
    input:
        **{name: path for name, path in rules.fetch_images.output.items() if name != "card"},
        images_card=rules.fetch_images.output.card,
        noisy=rules.add_noise.output.x_test,
        noisy_card=rules.add_noise.output.card,
    output:
        table="results/measured/ceilings/scale_{scale}/seed_{seed}.csv",
        answers="results/measured/ceilings/scale_{scale}/seed_{seed}.npy",
        card="results/measured/ceilings/scale_{scale}/seed_{seed}.json",
    log:
        "logs/estimate_ceiling/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/estimate_ceiling/scale_{scale}/seed_{seed}.benchmark.tsv"
    threads: CEILING_THREADS
    resources:
        mem_mb=growing(memory_of_ceiling),
        runtime=growing(ceiling_minutes(IMAGES, CEILING_IMAGES)),
    params:
        settings=settings("estimate_ceiling.py", ceiling_of),
    script:
        "../scripts/estimate_ceiling.py"


def runs_tested(wildcards):
    """All runs of a network and a seed."""
    network_of(wildcards)
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return [run for run in RUNS if (run.network, str(run.seed)) == (wildcards.network, wildcards.seed)]


def of_tested(pattern):
    text = as_text(pattern)
    return lambda wildcards: [text.format(**run.wildcards) for run in runs_tested(wildcards)]


def of_scales(pattern):
    return lambda wildcards: expanded(pattern, scale=SCALES, seed=wildcards.seed)


def evaluation_of(wildcards):
    runs = [list(run) for run in runs_tested(wildcards)]
    tests = {
        "scales": list(SCALES.values()),
        "chosen": CHOSEN,
        "other_kinds": OTHER_KINDS,
        "sets": list(SETS),
    }
    return {
        "seed": SEEDS[wildcards.seed],
        "runs": runs,
        "network": network_of(wildcards),
        "noise": NOISE,
        "ceiling_images": CEILING_IMAGES,
        **tests,
    }


# Of every network, beside that at its own scale.
TESTS = len(CHOSEN) + sum(map(len, OTHER_KINDS.values())) + len(SETS)
MODELS_TESTED = len(RUNS) // (max(1, len(NETWORKS)) * len(SEEDS))  # by a job


def memory_of_evaluation(wildcards):
    return evaluation_memory(TESTED, SIZES[wildcards.network])


def minutes_of_evaluation(wildcards):
    return evaluation_minutes(TESTED, SIZES[wildcards.network], MODELS_TESTED, TESTS)


rule evaluate_models:
    """A network, as trained with a seed, on the noisy test images of every scale, other kinds of noise, and test sets."""
    input:
        **SETS_READ,
        network=own_file_of,
        models=of_tested(rules.train_model.output.model),
        histories=of_tested(rules.train_model.output.history),
        model_cards=of_tested(rules.train_model.output.card),
        x_test=of_scales(rules.add_noise.output.x_test),
        noisy_cards=of_scales(rules.add_noise.output.card),
        images=rules.fetch_images.output.x_test,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
    output:
        table="results/measured/networks/{network}/seed_{seed}.csv",
        answers="results/measured/networks/{network}/seed_{seed}.npy",
        confusion="results/measured/confusion/{network}/seed_{seed}.csv",
        card="results/measured/networks/{network}/seed_{seed}.json",
    log:
        "logs/evaluate_models/{network}/seed_{seed}.log",
    benchmark:
        "logs/evaluate_models/{network}/seed_{seed}.benchmark.tsv"
    priority: 5  # before the ceilings that are left, which have time until the comparison
    # A share is left to the ceilings: on all cores, it would wait until none of them runs, and import on one.
    threads: threads_of_one(len(NETWORKS) * len(SEEDS) + 1)
    resources:
        mem_mb=growing(memory_of_evaluation),
        runtime=growing(minutes_of_evaluation),
    params:
        settings=settings("evaluate_models.py", evaluation_of),
    script:
        "../scripts/evaluate_models.py"


def trained_of(wildcards):
    """The settings of a pretrained network. Refuses one that the configuration does not have."""
    if wildcards.network not in TRAINED:
        sys.exit(
            f"ERROR: network {wildcards.network} did not come trained, as {', '.join(TRAINED) or 'none'} did"
        )
    return TRAINED[wildcards.network]


def trained_files(wildcards):
    """The file of a pretrained network, with its external data and the code of its layers."""
    trained_of(wildcards)
    return own(network_files(config["networks"][wildcards.network]))


def check_of(wildcards):
    return {"classifier": wildcards.network, "network": trained_of(wildcards), "clip": NOISE["clip"]}


def memory_of_trained(wildcards):
    return trained_memory(TESTED, COSTS[wildcards.network].memory)


def minutes_of_check(wildcards):
    return trained_minutes(COSTS[wildcards.network].seconds, 3 * IMAGES.train)


def minutes_of_trained(wildcards):
    return trained_minutes(COSTS[wildcards.network].seconds, TRAINED_TESTS * TESTED.test)


rule check_trained:
    """Whether a pretrained network reads clean training images as it did in its training."""
    input:
        own=trained_files,
        x_train=rules.fetch_images.output.x_train,
        y_train=rules.fetch_images.output.y_train,
        images_card=rules.fetch_images.output.card,
    output:
        table="results/trained/{network}/check.csv",
        card="results/trained/{network}/card.json",
    log:
        "logs/check_trained/{network}.log",
    benchmark:
        "logs/check_trained/{network}.benchmark.tsv"
    priority: 30  # before the noise: where it stops, nothing else has been done
    threads: threads_of_one(max(1, len(TRAINED)))
    resources:
        mem_mb=growing(memory_of_trained),
        runtime=growing(minutes_of_check),
    params:
        settings=settings("check_trained.py", check_of),
    script:
        "../scripts/check_trained.py"


TRAINED_TESTS = len(SCALES) + sum(map(len, OTHER_KINDS.values())) + len(SETS)


def trained_test_of(wildcards):
    if wildcards.seed not in SEEDS:
        sys.exit(f"ERROR: seed {wildcards.seed} is not among seeds: {', '.join(SEEDS)}")
    return {
        "classifier": wildcards.network,
        "network": trained_of(wildcards),
        "seed": SEEDS[wildcards.seed],
        "noise": NOISE,
        "scales": list(SCALES.values()),
        "other_kinds": OTHER_KINDS,
        "sets": list(SETS),
        "ceiling_images": CEILING_IMAGES,
    }


rule evaluate_trained:
    """A pretrained network on the noisy test images of every scale, and on other kinds of noise."""
    input:
        **SETS_READ,
        own=trained_files,
        check=rules.check_trained.output.table,
        check_card=rules.check_trained.output.card,
        x_test=of_scales(rules.add_noise.output.x_test),
        noisy_cards=of_scales(rules.add_noise.output.card),
        images=rules.fetch_images.output.x_test,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
    output:
        table="results/measured/trained/{network}/seed_{seed}.csv",
        answers="results/measured/trained/{network}/seed_{seed}.npy",
        confusion="results/measured/trained/{network}/seed_{seed}_confusion.csv",
        card="results/measured/trained/{network}/seed_{seed}.json",
    log:
        "logs/evaluate_trained/{network}/seed_{seed}.log",
    benchmark:
        "logs/evaluate_trained/{network}/seed_{seed}.benchmark.tsv"
    priority: 5
    threads: threads_of_one(max(1, len(TRAINED) * len(SEEDS)))
    resources:
        mem_mb=growing(memory_of_trained),
        runtime=growing(minutes_of_trained),
    params:
        settings=settings("evaluate_trained.py", trained_test_of),
    script:
        "../scripts/evaluate_trained.py"


def filtered_network(wildcards):
    """The settings of a network that is tested after filters. Refuses one that the configuration does not have."""
    if wildcards.network not in FILTERED:
        sys.exit(f"ERROR: network {wildcards.network} is not among networks: {', '.join(FILTERED)}")
    return FILTERED[wildcards.network]


# Of a pretrained network, there is a check; of the others, a training without noise.
def of_clean(pattern):
    text = as_text(pattern)

    def files(wildcards):
        if wildcards.network in TRAINED:
            return []
        return [text.format(**Run(wildcards.network, CLEAN, 0.0, wildcards.seed).wildcards)]

    return files


def checks_of(wildcards):
    return [wildcards.network] if wildcards.network in TRAINED else []


def filters_of(wildcards):
    return place_of(wildcards) | {
        "classifier": wildcards.network,
        "network": filtered_network(wildcards),
        "filters": FILTERS,
        "noise": NOISE,
        "ceiling_images": CEILING_IMAGES,
    }


def memory_of_filters(wildcards):
    if wildcards.network in TRAINED:
        return filter_memory(IMAGES, trained_memory(IMAGES, COSTS[wildcards.network].memory))
    return filter_memory(IMAGES, evaluation_memory(IMAGES, SIZES[wildcards.network]))


rule evaluate_filters:
    """A network that learned from no noise, on noisy test images from which filters took the noise first."""
    input:
        own=lambda wildcards: (trained_files if wildcards.network in TRAINED else own_file_of)(wildcards),
        model=of_clean(rules.train_model.output.model),
        model_card=of_clean(rules.train_model.output.card),
        check_card=lambda wildcards: expanded(rules.check_trained.output.card, network=checks_of(wildcards)),
        x_test=rules.add_noise.output.x_test,
        noisy_card=rules.add_noise.output.card,
        x_train=rules.fetch_images.output.x_train,
        y_test=rules.fetch_images.output.y_test,
        images_card=rules.fetch_images.output.card,
    output:
        table="results/measured/filters/{network}/scale_{scale}/seed_{seed}.csv",
        answers="results/measured/filters/{network}/scale_{scale}/seed_{seed}.npy",
        card="results/measured/filters/{network}/scale_{scale}/seed_{seed}.json",
    log:
        "logs/evaluate_filters/{network}/scale_{scale}/seed_{seed}.log",
    benchmark:
        "logs/evaluate_filters/{network}/scale_{scale}/seed_{seed}.benchmark.tsv"
    priority: 5
    threads: threads_of_one(max(1, len(FILTERED) * len(SCALES) * len(SEEDS)))
    resources:
        mem_mb=growing(memory_of_filters),
        runtime=growing(lambda wildcards: filter_minutes(IMAGES, FILTERS)),
    params:
        settings=settings("evaluate_filters.py", filters_of),
    script:
        "../scripts/evaluate_filters.py"
