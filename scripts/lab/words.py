"""The words of the lab's page that follow from what is on it."""

import html
from pathlib import Path
from typing import Any

from analysis.classifiers import CENTROID, STYLES
from analysis.draws import STYLES as DRAWS
from analysis.kinds import WORDS
from analysis.phrases import count, listed
from experiment.noise import KINDS
from experiment.runs import Run

# Names of known images as their authors write them. Others stay as the configuration has them.
PROPER_NAMES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def curve_name(network: str, draw: str, names: list[str]) -> str:
    """The curve of a network: 'fixed noise', or of several 'mlp, fixed noise'. draw: "" if it is pretrained.
    names: of all networks.
    """
    if not draw:
        return network
    return f"{network}, {draw} noise" if len(names) > 1 else f"{draw} noise"


def trained_name(run: Run, names: list[str]) -> str:
    """A network: 'trained with fixed noise, scale 0.5', or of several 'mlp, trained without noise'."""
    if not run.draw:
        return f"{run.network}, pretrained"
    scale = "all scales" if run.scale is None else f"scale {run.scale:.3g}"
    noise = "without noise" if run.scale == 0 else f"with {run.draw} noise, {scale}"
    return f"{run.network}, trained {noise}" if len(names) > 1 else f"trained {noise}"


def players_name(run: Run, names: list[str]) -> str:
    """Who plays in the quiz: the network without noise, or those with noise, each at its own scale."""
    one = "the network" if len(names) == 1 else run.network
    if not run.draw:
        return one
    if run.scale == 0:
        return f"{one} trained without noise"
    who = "the networks" if len(names) == 1 and run.scale else one
    return f"{who} with {run.draw} noise"


def title_of(data: dict[str, Any]) -> str:
    """What this page is of: 'MNIST · mlp · Gaussian noise'."""
    images, kind = data["images"]["name"], data["noise"]["kind"]
    return " · ".join([PROPER_NAMES.get(images, images), ", ".join(data["names"]), WORDS[kind].name])


def about_images(data: dict[str, Any]) -> str:
    images = data["images"]
    learned = (
        f"Each network learned the same {count(images['train'], 'image')}, with a different amount of noise. "
    )
    return learned * bool(data["draws"]) + "This page runs in your browser and needs no internet connection."


def about_noise(data: dict[str, Any]) -> str:
    kind = WORDS[data["noise"]["kind"]]
    return f"The noise is {kind.name}. Its scale is the {kind.unit}."


def about_guess(data: dict[str, Any]) -> str:
    """Which of several curves is guessed."""
    if len(data["names"]) == 1:
        return ""
    noise = [f"with {draw} noise" for draw in data["draws"][:1]]
    return f"The curve is that of {' '.join([data['names'][0], *noise])}."


def about_networks(data: dict[str, Any]) -> str:
    """Which networks run on the page."""
    nearest = "Of the networks trained with noise of one scale, you see those nearest to the slider."
    if not data["stored"]:
        return nearest
    return f"{nearest} The stored answers of {listed(data['stored']['names'])} are in the next part."


def stored_title(data: dict[str, Any]) -> str:
    """The title of the part with stored answers, which is the only one to look at where no network runs."""
    return f"Stored answers of {listed(data['stored']['names'])}" if data["networks"] else "Look"


def about_stored(data: dict[str, Any]) -> str:
    """Which networks do not run on the page."""
    names, images = data["stored"]["names"], len(data["stored"]["labels"])
    if data["networks"]:
        return (
            f"This page cannot run {listed(names)}: too large, or with layers that are not dense. Instead, "
            f"it has stored answers for {count(images, 'test image')} at each scale. All classifiers in this "
            "part see the same noisy image."
        )
    return (
        "These networks do not run on this page, because they are too large or have layers that are not "
        f"dense. Instead, the page has their answers for {images} test images at each scale. So you cannot "
        "draw an image or new noise. The slider chooses the scale, which the plot above marks too."
    )


def quiz_title(data: dict[str, Any]) -> str:
    return "You against the network" + "s" * (len(data["names"]) > 1)


def about_players(data: dict[str, Any]) -> str:
    """Which networks do not play in the quiz, where others do."""
    if not data["networks"] or not data["stored"]:
        return ""
    names = listed(data["stored"]["names"])
    return f"{names} cannot play. The plot at the end compares you with all networks."


def about_losses(data: dict[str, Any]) -> str:
    """What the curves are, and in which ways accuracy is lost."""
    sentences = [DRAWS[draw].about for draw in data["draws"]]
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


def about_filtered(data: dict[str, Any]) -> str:
    """What the part on filters shows, on a page that has it."""
    if not data["filtered"]:
        return ""
    texts = ["Below is a noisy image, and what each filter makes of it. The networks learned from no noise."]
    if "bias correction alone" in data["filtered"]["ways"]:
        texts.append(
            "Clipping turns black into grey on average. Bias correction stretches the pixels, so that black "
            "is black on average again."
        )
    if "posterior mean" in data["filtered"]["ways"]:
        texts.append(
            "The posterior mean is the mean of all training images, each weighed by how probable it makes "
            "this noisy image. If the image were one of them, no filter would have a smaller squared error."
        )
    return " ".join(texts)


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
