"""From all that was measured to the tables, the figures and the answer."""

from analysis.figures import FIGURES as ALL_FIGURES
from analysis.tables import TABLES as ALL_TABLES

# What some tables and figures need.
HAS = {
    "ceiling": CEILING_IMAGES,
    "kinds": OTHER_KINDS,
    "sets": SETS,
    "filters": FILTERS,
    "networks": len(config["networks"]) > 1,
    "trainings": RUNS,
}
TABLES = [name for name, table in ALL_TABLES.items() if name != "cost" and HAS.get(table.needs, True)]
FIGURES = {name: figure for name, figure in ALL_FIGURES.items() if HAS.get(figure.needs, True)}


def existing(**outputs):
    """Outputs by the name of their table: those whose table exists."""
    return {name: output for name, output in outputs.items() if name in TABLES}


# Functions: with lists, the plan of 5 000 runs takes half as long again (docs/performance.md).
def of_runs(pattern):
    """A file of every run."""
    text = as_text(pattern)
    return lambda wildcards: [text.format(**run.wildcards) for run in RUNS]


def of_places(pattern):
    """A file of every scale and seed."""
    return lambda wildcards: expanded(pattern, scale=SCALES, seed=SEEDS)


def of_people(pattern):
    """A file of everyone who has played."""
    return lambda wildcards: expanded(pattern, person=PEOPLE)


def of_evaluations(pattern):
    """A file of every network and seed."""
    return lambda wildcards: expanded(pattern, network=NETWORKS, seed=SEEDS)


def of_trained(pattern):
    """A file of every pretrained network, and seed."""
    return lambda wildcards: expanded(pattern, network=TRAINED, seed=SEEDS)


def of_filters(pattern):
    """A file of every network, scale and seed, where there are filters."""
    return lambda wildcards: (
        expanded(pattern, network=FILTERED, scale=SCALES, seed=SEEDS) if FILTERS else []
    )


# What the summaries are about. A run of other values says what it replaces (control/replaced.py).
COMPARED = {
    "scales": list(SCALES.values()),
    "seeds": list(SEEDS.values()),
    "draws": config["noise"]["draws"] if NETWORKS else [],
    "noise": NOISE,
    "images": IMAGES_USED,
    "networks": {name: NETWORKS[name] | {"training": TRAINING[name]} for name in NETWORKS} | TRAINED,
    "ceiling_images": CEILING_IMAGES,
    "other_kinds": OTHER_KINDS,
    "sets": list(SETS),
    "filters": FILTERS,
}


rule compare_scales:
    """Merge what was measured, compare the scales, say the answer."""
    input:
        histories=of_runs(rules.train_model.output.history),
        model_cards=of_runs(rules.train_model.output.card),
        baselines=of_places(rules.fit_baselines.output.table),
        baseline_answers=of_places(rules.fit_baselines.output.answers),
        baseline_cards=of_places(rules.fit_baselines.output.card),
        ceilings=of_places(rules.estimate_ceiling.output.table) if CEILING_IMAGES else [],
        ceiling_answers=of_places(rules.estimate_ceiling.output.answers) if CEILING_IMAGES else [],
        ceiling_cards=of_places(rules.estimate_ceiling.output.card) if CEILING_IMAGES else [],
        people=of_people(rules.read_person.output.table),
        people_cards=of_people(rules.read_person.output.card),
        networks=of_evaluations(rules.evaluate_models.output.table),
        network_answers=of_evaluations(rules.evaluate_models.output.answers),
        confusion=of_evaluations(rules.evaluate_models.output.confusion),
        network_cards=of_evaluations(rules.evaluate_models.output.card),
        trained=of_trained(rules.evaluate_trained.output.table),
        trained_answers=of_trained(rules.evaluate_trained.output.answers),
        trained_confusion=of_trained(rules.evaluate_trained.output.confusion),
        trained_cards=of_trained(rules.evaluate_trained.output.card),
        filters=of_filters(rules.evaluate_filters.output.table),
        filter_answers=of_filters(rules.evaluate_filters.output.answers),
        filter_cards=of_filters(rules.evaluate_filters.output.card),
        checks=expanded(rules.check_trained.output.card, network=TRAINED),
        images_card=rules.fetch_images.output.card,
    output:
        **{table: f"results/{table}.csv" for table in TABLES},
        card="results/card.json",
        answer=reported("results/answer.txt", "answer", "Answer", "the sentences, as text"),
    log:
        "logs/compare_scales/all.log",
    benchmark:
        "logs/compare_scales/all.benchmark.tsv"
    localrule: True  # it takes seconds, like what follows
    params:
        settings=settings("compare_scales.py", COMPARED),
    script:
        "../scripts/compare_scales.py"


def figure(name):
    """PNG, SVG and PDF of a figure; the report shows the SVG."""
    category, label = FIGURES[name].category, FIGURES[name].label.format(noun=IMAGES.noun)
    svg = reported(f"results/figures/{name}.svg", f"figure_{name}", category, label)
    return [f"results/figures/{name}.png", svg, f"results/figures/{name}.pdf"]


rule plot_figures:
    """Draw the figures."""
    input:
        **{table: f"results/{table}.csv" for table in TABLES},
        card=rules.compare_scales.output.card,
        images_card=rules.fetch_images.output.card,
    output:
        **{name: figure(name) for name in FIGURES},
        card="results/figures/card.json",
    log:
        "logs/plot_figures/all.log",
    benchmark:
        "logs/plot_figures/all.benchmark.tsv"
    localrule: True
    params:
        settings=settings("plot_figures.py", {"axis": config["figures"]["axis"]}),
    script:
        "../scripts/plot_figures.py"


def page(name, category, what):
    """A table as a page for a browser."""
    return reported(f"results/tables/{name}.html", f"table_{name}", category, what)


rule write_tables:
    """The tables as pages for a browser."""
    input:
        **{table: f"results/{table}.csv" for table in TABLES},
        card=rules.compare_scales.output.card,
        answer=rules.compare_scales.output.answer,
    output:
        **existing(
            histories=page("histories", "Training", "table: every epoch"),
            losses=page("losses", "Ceiling", "table: where the lost points go"),
            kinds=page("kinds", "Classifiers", "table: other kinds of noise"),
            filters=page("filters", "Classifiers", "table: filters before the network"),
            sets=page("sets", "Classifiers", "table: your test sets"),
            networks=page("networks", "Answer", "table: the networks compared"),
        ),
        card="results/tables/card.json",
        comparison=page("comparison", "Answer", "table: the scales compared"),
        classes=page("classes", "Answer", f"table: every {IMAGES.noun}"),
        robustness=page("robustness", "Classifiers", "table: every network"),
        accuracies=page("accuracies", "Classifiers", "table: every classifier at every scale"),
    log:
        "logs/write_tables/all.log",
    benchmark:
        "logs/write_tables/all.benchmark.tsv"
    localrule: True
    params:
        settings=settings("write_tables.py", {}),
    script:
        "../scripts/write_tables.py"


# The parts of the page, from which the script makes one file.
LAB_PARTS = [
    path
    for end in ("html", "css", "js")
    for path in sorted((FOLDER / "scripts/lab/browser").glob(f"*.{end}"))
]
# Of the first seed, at the scales on which every network is tested.
FIRST_SEED = list(SEEDS.values())[0]
LAB_RUNS = [run for run in RUNS if run.seed == FIRST_SEED and run.scale in [None, *CHOSEN]]


LAB = {
    "draws": COMPARED["draws"],
    "filters": FILTERS,
    "images": config["images"]["name"],
    "networks": NETWORKS,
    "trained": TRAINED,
    "noise": NOISE,
    "pages": [name for name in rules.write_tables.output.keys() if name != "card"],
    "runs": [list(run) for run in LAB_RUNS],
    "scales": list(SCALES.values()),
    "seed": FIRST_SEED,
    "seeds": len(SEEDS),
}


def memory_of_lab(wildcards):
    return max(
        [evaluation_memory(IMAGES, size) for size in SIZES.values()]
        + [trained_memory(IMAGES, cost.memory) for cost in COSTS.values()]
    )


def minutes_of_lab(wildcards):
    minutes = [evaluation_minutes(IMAGES, size, len(LAB_RUNS), 1) for size in SIZES.values()]
    minutes += [trained_minutes(cost.seconds, IMAGES.test) for cost in COSTS.values()]
    return sum(minutes)


rule make_lab:
    """A page on which people play with the networks, without internet."""
    input:
        **{name: path for name, path in rules.fetch_images.output.items() if name != "card"},
        **{table: f"results/{table}.csv" for table in ("accuracies", "comparison")},
        card=rules.compare_scales.output.card,
        answer=rules.compare_scales.output.answer,
        images_card=rules.fetch_images.output.card,
        models=[as_text(rules.train_model.output.model).format(**run.wildcards) for run in LAB_RUNS],
        model_cards=[as_text(rules.train_model.output.card).format(**run.wildcards) for run in LAB_RUNS],
        checks=expanded(rules.check_trained.output.card, network=TRAINED),
        networks=own(network["path"] for network in NETWORKS.values() if "path" in network),
        own=own(path for name in TRAINED for path in network_files(config["networks"][name])),
        page=own(map(os.path.relpath, LAB_PARTS)),
    output:
        page="results/lab.html",
        card="results/lab.json",
    log:
        "logs/make_lab/all.log",
    benchmark:
        "logs/make_lab/all.benchmark.tsv"
    resources:
        mem_mb=growing(memory_of_lab),
        runtime=growing(minutes_of_lab),
    params:
        settings=settings("make_lab.py", LAB, parts=LAB_PARTS),
    script:
        "../scripts/make_lab.py"
