"""The words of the lab's page that follow from what is on it."""

import html
from pathlib import Path
from typing import Any

from analysis.classifiers import CENTROID, STYLES
from analysis.draws import STYLES as DRAWS
from analysis.kinds import WORDS
from analysis.phrases import count
from experiment.noise import KINDS

# Names of known images as their authors write them. Others stay as the configuration has them.
PROPER_NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def title_of(data: dict[str, Any]) -> str:
    """What this page is of: 'MNIST · mlp · Gaussian noise'."""
    images = data["images"]["name"]
    return " · ".join([PROPER_NAMES.get(images, images), data["network"], WORDS[data["noise"]["kind"]].name])


def about_images(data: dict[str, Any]) -> str:
    images = data["images"]
    return (
        f"Each network learned the same {count(images['train'], 'image')}, with a different amount of noise. "
        "This page runs in your browser and needs no internet connection."
    )


def about_noise(data: dict[str, Any]) -> str:
    kind = WORDS[data["noise"]["kind"]]
    return f"The noise is {kind.name}. Its scale is the {kind.unit}."


def about_networks(data: dict[str, Any]) -> str:
    """Which classifiers there are."""
    if data["networks"]:
        return "Of the networks trained with noise of one scale, you see those nearest to the slider."
    return (
        "These networks do not run on this page, because they are too large or have layers that are not "
        f"dense. Instead, the page has their answers for {len(data['stored']['labels'])} test images at each "
        "scale. So you cannot draw an image or new noise."
    )


def about_losses(data: dict[str, Any]) -> str:
    """What the curves are, and in which ways accuracy is lost."""
    sentences = [DRAWS[draw["name"]].about for draw in data["draws"]]
    sentences.append("Chance always names the class that is most frequent in training.")
    draws = " ".join(sentences)
    if not any("band" in curve for curve in data["curves"]):
        return draws
    return draws + (
        " Accuracy is lost in three ways. The network memorises the noise. It misses what is still in the "
        "image. Or the noise has destroyed what the image showed: no classifier can be expected to exceed "
        "the ceiling's upper bound. A classifier that knows the noise and compares the image with every "
        "training image reaches the lower bound. Where there is little noise, a network can do better."
    )


def about_memorised(data: dict[str, Any]) -> str:
    kind = data["noise"]["kind"]
    if data["memorised"]:
        return (
            "With fixed noise, a network sees each training image with the same noise in every epoch. It can "
            "learn this noise by heart. Below is such an image with that noise and with other noise. (The "
            "training curve in the plot is lower: it is measured during training, with dropout.)"
        )
    if not KINDS[kind].random:
        return f"There is nothing to memorise: {WORDS[kind].name} is not random."
    return "There is nothing to memorise: no network here was trained with fixed noise."


def left_out(data: dict[str, Any]) -> list[str]:
    """What is on the page, and what is not."""
    sentences, test = [], data["images"]["test"]
    if data["networks"]:
        share = "" if data["agreement"] == 1 else f"at least {data['agreement']:.2%} of ".replace("%", " %")
        networks = count(len(data["networks"]), "network")
        sentences.append(
            f"This page runs {networks} with weights rounded to 15 bits. For {share}{data['agreement_n']} "
            "noisy test images, each network gives the same answer as in Keras."
        )
        if data["centroids"] is None:
            sentences.append(
                f"The {STYLES[CENTROID].label} is left out: the images are too large or there are too many "
                "classes."
            )
        if data["originals"] is None:
            sentences.append(
                "The lower bound of the ceiling is left out: it is not known for this noise or these images."
            )
    if len(data["page_scales"]) < len(data["scales"]):
        scales = ", ".join(f"{scale:g}" for scale in data["page_scales"])
        sentences.append(
            f"The networks are those of {len(data['page_scales'])} of the {len(data['scales'])} scales: "
            f"{scales}."
        )
    if data["seeds"] > 1:
        sentences.append(
            f"The networks are those of seed {data['seed']}, one of {data['seeds']}. The plot shows means "
            "over all seeds."
        )
    if len(test["labels"]) < test["of"]:
        sentences.append(f"The page has {len(test['labels'])} of the {test['of']} test images.")
    return sentences


def links(tables: list[str]) -> str:
    """What lies beside the page, and the command that makes it again. tables: those that are pages."""
    files = {"report.html": "the report (the command make creates it)", "answer.txt": "the answer as text"}
    files |= {f"tables/{name}.html": f"table: {name}" for name in tables}
    items = "".join(f'<li><a href="{path}">{text}</a></li>' for path, text in files.items())
    folder = Path.cwd()
    study = f" STUDY={folder.name}" if folder.parent.name == "runs" else ""
    again = f"<p>To make everything again: <code>make{html.escape(study)}</code></p>"
    return f"<p>These files are in the same folder, where this page was made:</p>\n<ul>{items}</ul>\n{again}"
