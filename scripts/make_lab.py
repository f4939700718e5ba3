"""Make the lab: one page on which people play with the networks in a browser, without internet.

In:  the tables accuracies and comparison; the answer; the networks of the first seed; the images as
     published, uint8 or float32 (n, *shape), and their classes (n,); the cards of all these; pretrained
     networks, with what was found of them; the files of scripts/lab/browser.
Out: lab.html; a card.

Networks of dense layers that have room go into the page, their weights rounded to 15 bits. Of others, it has
what they say of some images.
"""

import logging
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from analysis.tables import read_table
from experiment.draws import DRAWS
from experiment.noise import Noise
from experiment.outputs import Outputs, probabilities_of
from experiment.preprocessing import Preprocessing
from experiment.runs import Run
from experiment.selection import chosen_scales
from experiment.trained import open_model, run_model
from lab.curves import curves_of
from lab.dense import dense_layers
from lab.exhibits import (
    Source,
    describe_centroids,
    describe_images,
    describe_memorised,
    describe_networks,
    describe_originals,
    describe_votes,
    indices_on_page,
)
from lab.filtered import describe_filtered
from lab.page import make_page, networks_that_fit
from plumbing.cards import read_card
from plumbing.job import finish_job, start_job
from plumbing.outputs import write_text

QUIZ_SCALES = 5


def loaded(networks: dict[str, Any], files: dict[Run, str]) -> Iterator[tuple[Run, Any]]:
    """(run, network) for every run: each time its network, with the weights of the run."""
    for run, path in files.items():
        logging.info("the network %s", run.path)
        networks[run.network].load_weights(path)
        yield run, networks[run.network]


def opened(
    trained: dict[str, dict[str, Any]], checks: list[str], classes: list[str], threads: int
) -> Iterator[tuple[Run, Any]]:
    """(run, function) of every pretrained network: from images to probabilities, as a Keras model is
    called. checks: the cards of check_trained.
    """
    for (name, network), path in zip(trained.items(), checks, strict=True):
        logging.info("the network %s", name)
        checked, model = read_card(path), open_model(network, classes)
        how, outputs = Preprocessing(**checked["how"]), Outputs(**checked["outputs"])

        def call(images: Any, training: bool, given: tuple = (model, how, outputs)) -> Any:
            model, how, outputs = given
            return probabilities_of(run_model(model, images, how, threads), outputs)

        yield Run(name, "", None, 0), call


def main() -> None:
    inputs = start_job(snakemake, snakemake.input.own)
    from experiment.network import build_network
    from experiment.training import set_threads

    settings, card = snakemake.params.settings, read_card(snakemake.input.images_card)
    # Once per process, so for all networks: in the way in which no sum depends on the number of threads.
    set_threads(snakemake.threads, {})
    classes, names = len(card["classes"]), [*settings["networks"], *settings["trained"]]
    networks = {
        name: build_network(card["shape"], classes, values, settings["seed"])
        for name, values in settings["networks"].items()
    }
    parameters = {name: network.count_params() for name, network in networks.items() if dense_layers(network)}
    chosen = chosen_scales(settings["scales"])
    one_scale = sum(DRAWS[draw].one_scale for draw in settings["draws"])
    of_all = len(settings["draws"]) - one_scale
    live, scales = networks_that_fit(chosen, one_scale, of_all, parameters)
    scales = scales or chosen
    runs = zip((Run(*run) for run in settings["runs"]), snakemake.input.models, strict=True)
    files = {run: path for run, path in runs if run.scale is None or run.scale in scales}
    on_page = {run: path for run, path in files.items() if run.network in live}
    stored = {run: path for run, path in files.items() if run.network not in live}
    of_fixed = [run for run in files if DRAWS[run.draw].stored and run.scale]
    memorising = {run: files[run] for run in sorted(of_fixed, key=lambda run: run.scale)}

    arrays = {name: snakemake.input[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    source = Source(arrays, settings["seed"], Noise(**settings["noise"]))
    test = indices_on_page(source)

    def came_trained() -> Iterator[tuple[Run, Any]]:
        return opened(settings["trained"], snakemake.input.checks, card["classes"], snakemake.threads)

    asked = chain(loaded(networks, stored), came_trained())
    clean = {run: path for run, path in files.items() if run.scale == 0}
    noiseless = chain(loaded(networks, clean), came_trained())
    tables = {name: read_table(name, snakemake.input[name]) for name in ("accuracies", "comparison")}
    noisy_scales = [scale for scale in settings["scales"] if scale > 0]
    data = describe_networks(source, loaded(networks, on_page), scales, test, names) | {
        "centroids": describe_centroids(source, scales, classes) if live else None,
        "curves": curves_of(tables),
        "filtered": describe_filtered(source, noiseless, settings["filters"], scales, test),
        "draws": [draw for draw in DRAWS if draw in settings["draws"]],
        "images": {
            "name": settings["images"],
            "train": card["train"],
            **{key: card[key] for key in ("noun", "shape", "classes")},
            "test": describe_images(source, "test", test),
        },
        "memorised": describe_memorised(source, loaded(networks, memorising), live),
        "names": names,
        "noise": settings["noise"],
        "originals": describe_originals(source, classes) if live else None,
        "page_scales": scales,
        "stored": describe_votes(source, asked, scales, test, names)
        if stored or settings["trained"]
        else None,
        "quiz_scales": chosen_scales(noisy_scales, QUIZ_SCALES) or [0.0],
        **{key: settings[key] for key in ("scales", "seed", "seeds")},
    }
    answer = Path(snakemake.input.answer).read_text(encoding="utf-8").splitlines()
    page = make_page(Path(snakemake.input.page[0]).parent, data, answer, settings["pages"])
    write_text(page, snakemake.output.page)
    finish_job(snakemake, inputs)
    logging.info("%.1f MB", len(page) / 1e6)


if __name__ == "__main__":
    main()
