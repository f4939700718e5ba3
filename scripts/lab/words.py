"""The words of the lab's page that follow from what is on it."""

import html
from pathlib import Path
from typing import Any

from experiment.noise import KINDS


def about_images(data: dict[str, Any]) -> str:
    images = data["images"]
    return (
        f"Each network learned the same {images['train']} images ({images['name']}) with another amount of "
        "noise. This page runs in your browser and needs no internet."
    )


def about_networks(data: dict[str, Any]) -> str:
    """What the slider moves, and who reads."""
    kind = KINDS[data["noise"]["kind"]]
    said = f"The noise is {kind.name}. Its scale is the {kind.unit}. "
    if data["networks"]:
        return said + "The networks trained with noise are those of the scale nearest to the slider."
    return said + (
        "These networks do not run on this page: not all of their layers are dense, or they are too large. "
        f"Stored instead is what they say of {len(data['stored']['labels'])} test images at each scale. "
        "So you cannot draw an image, or other noise."
    )


def about_losses(data: dict[str, Any]) -> str:
    """What the curves are, and in which ways accuracy is lost."""
    said = (
        "Fixed noise was drawn once for every image: the network sees the same in every epoch. Fresh noise "
        "is drawn again for every epoch. Chance always names the class that is most frequent in training."
    )
    if not any("band" in curve for curve in data["curves"]):
        return said
    return said + (
        " Accuracy can be lost in three ways. The network memorises noise. It does not read what is still "
        "in the image. Or what the image showed is gone: no reader can be expected above the ceiling's upper "
        "end. "
        "Its lower end is what a reader reaches who knows the noise and compares with every training image. "
        "With little noise, a network can be better than that."
    )


def about_memorised(data: dict[str, Any]) -> str:
    kind = KINDS[data["noise"]["kind"]]
    if data["memorised"]:
        return (
            "With fixed noise, a network sees each training image with the same noise in every epoch. It can "
            "learn this noise by heart. Here is such an image, and the same with other noise. (The curve of "
            "training accuracy is lower: it is measured while the network learns, with dropout.)"
        )
    if not kind.random:
        return f"There is nothing to memorise: {kind.name} is not random."
    return "There is nothing to memorise: no network of this sweep was trained with fixed noise."


def left_out(data: dict[str, Any]) -> list[str]:
    """What is on the page, and what is not."""
    said, test = [], data["images"]["test"]
    if data["networks"]:
        share = "" if data["agreement"] == 1 else f"at least {data['agreement']:.2%} of ".replace("%", " %")
        said.append(
            f"{len(data['networks'])} networks run on this page, their weights rounded to 15 bits. On {share}"
            f"{data['agreement_n']} noisy test images, each network says the same as Keras."
        )
        if data["means"] is None:
            said.append(
                "The nearest class mean is left out: the images are too large or the classes too many."
            )
        if data["originals"] is None:
            said.append("The ceiling's reader is left out: it is not known for this noise or these images.")
    if len(data["page_scales"]) < len(data["scales"]):
        scales = ", ".join(f"{scale:g}" for scale in data["page_scales"])
        said.append(f"These are of {len(data['page_scales'])} of the {len(data['scales'])} scales: {scales}.")
    if data["seeds"] > 1:
        said.append(
            f"They are of seed {data['seed']}, one of {data['seeds']}. The plot shows means over all seeds."
        )
    if len(test["labels"]) < test["of"]:
        said.append(f"The page has {len(test['labels'])} of the {test['of']} test images.")
    return said


def links(tables: list[str]) -> str:
    """What lies beside the page, and the command that makes it again. tables: those that are pages."""
    files = {"report.html": "the report (made by the command make)", "answer.txt": "the answer as text"}
    files |= {f"tables/{name}.html": f"table: {name}" for name in tables}
    items = "".join(f'<li><a href="{path}">{text}</a></li>' for path, text in files.items())
    folder = Path.cwd()
    study = f" STUDY={folder.name}" if folder.parent.name == "runs" else ""
    again = f"<p>To make all of it again: <code>make{html.escape(study)}</code></p>"
    return f"<p>Where this page was made, these lie beside it:</p>\n<ul>{items}</ul>\n{again}"
