"""The page of the lab: its curves and words, and how all that is on it becomes one small file."""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import pandas as pd

from analysis.classifiers import (
    CENTROID,
    CHANCE,
    LOWER,
    RIDGE,
    STYLES,
    UPPER,
    is_person,
    mean_accuracies,
    own_scale,
    person_label,
)
from analysis.kinds import WORDS
from experiment.noise import KINDS
from experiment.selection import chosen_scales

# In the order in which they become one script: each imports only earlier ones.
MODULES = (
    "random",
    "noise",
    "readers",
    "elements",
    "drawing",
    "plot",
    "look",
    "guess",
    "quiz",
    "memorised",
    "main",
)
NETWORK_BYTES = 20_000_000  # of all networks on the page, in base64, before gzip saves a tenth
PEOPLE_MARKERS = ("plus", "cross", "diamond", "square")


def packed(values: np.ndarray) -> str:
    """An array as text: its bytes, made smaller by gzip, in base64. Equal arrays give equal texts.

    Of numbers of two bytes (float16, int16) first the high bytes of all, which are alike, then the low ones.
    """
    if values.itemsize == 2:
        bits = np.ascontiguousarray(values).ravel().view(np.uint16)
        values = np.concatenate([bits >> 8, bits & 255]).astype(np.uint8)
    return base64.b64encode(gzip.compress(values.tobytes(), 6, mtime=0)).decode("ascii")


def scales_that_fit(
    scales: list[float], draws: int, parameters: int, most: int = NETWORK_BYTES
) -> list[float]:
    """The scales whose networks have room on the page: all, or fewer, evenly by rank; none if not even two.

    draws: networks per noisy scale. parameters: of a network; each takes two bytes, and in base64 a third
    more.

    >>> scales_that_fit([0.0, 0.5, 1.0, 2.0], draws=2, parameters=3, most=30)
    [0.0, 2.0]
    """
    room = (most // (parameters * 8 // 3) - 1) // draws + 1
    return chosen_scales(scales, room) if room >= min(2, len(scales)) else []


def curve_rows(table: pd.DataFrame, value: str, interval: bool = True) -> list[list[float | None]]:
    """[scale, accuracy, low, high] of every row; low and high are None where there is no interval."""
    rows = []
    for row in table.to_dict("records"):
        ends = [row[f"{value}_{end}"] if interval else None for end in ("low", "high")]
        rows.append(
            [row["scale"], row[value], *(None if end is None or np.isnan(end) else end for end in ends)]
        )
    return rows


def curves_of(tables: dict[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """The curves of the plot, as scripts/lab/browser/plot.js takes them, from accuracies and comparison."""
    means = mean_accuracies(own_scale(tables["accuracies"]))
    rows = {name: curve_rows(table, "accuracy") for name, table in means.groupby("classifier", sort=False)}
    curves: list[dict[str, Any]] = []
    if LOWER in rows:
        style = {"style": "ceiling", "dash": "none", "shown": True}
        band = {
            "name": "ceiling",
            "label": "ceiling, both bounds",
            "marker": None,
            "band": [rows[LOWER], rows[UPPER]],
        }
        curves.append(band | style)
        for bound, marker in ((LOWER, "up"), (UPPER, "down")):
            name = STYLES[bound].label
            curves.append(
                {"name": name, "marker": marker, **style, "partner": "ceiling", "rows": rows[bound]}
            )
    for classifier, marker, dash in (
        (CHANCE, None, "1 4"),
        (CENTROID, "diamond", "6 3"),
        (RIDGE, "down", "6 3"),
    ):
        style = {"style": "baseline", "marker": marker, "dash": dash, "shown": classifier != RIDGE}
        curves.append({"name": STYLES[classifier].label, **style, "rows": rows[classifier]})
    comparison = tables["comparison"]
    for draw, marker in (("fresh", "diamond"), ("fixed", "circle")):
        table = comparison[comparison["draw"] == draw]
        if table.empty:
            continue
        training = {"name": f"training, {draw} noise", "style": f"{draw} hollow", "marker": "square"}
        training |= {"dash": "4 3", "shown": False}
        curves.append(training | {"rows": curve_rows(table, "train_accuracy", interval=False)})
        tested = {
            "name": f"{draw} noise",
            "label": f"networks, {draw} noise",
            "style": draw,
            "marker": marker,
        }
        tested |= {"dash": "none", "draw": draw, "shown": True}
        curves.append(tested | {"rows": curve_rows(table, "val_accuracy")})
    people = means.loc[is_person(means["classifier"]), "classifier"].unique()
    for index, person in enumerate(people):
        style = {"style": "person", "marker": PEOPLE_MARKERS[index % len(PEOPLE_MARKERS)], "dash": "2 3"}
        curves.append({"name": person_label(person), **style, "shown": True, "rows": rows[person]})
    return curves


def one_script(folder: Path) -> str:
    """The modules as one script: without their imports, which are all from each other, and exports."""
    parts = []
    for name in MODULES:
        source = (folder / f"{name}.js").read_text(encoding="utf-8")
        source = re.sub(r'^import [^;]*? from "\./\w+\.js";\n', "", source, flags=re.MULTILINE)
        parts.append(re.sub(r"^export ", "", source, flags=re.MULTILINE))
    return "\n".join(parts)


def source_hash(text: str) -> str:
    """A source that a Content-Security-Policy allows by its sum."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def paragraphs(texts: Iterable[str], leading: int = 0) -> str:
    """Texts as HTML paragraphs, no word of them markup. The first, so many, are larger."""
    styles = [' class="lead"' if place < leading else "" for place, _ in enumerate(texts)]
    return "\n".join(f"<p{style}>{html.escape(text)}</p>" for style, text in zip(styles, texts, strict=True))


def about_images(data: dict[str, Any]) -> str:
    images = data["images"]
    return (
        f"Each network learned the same {images['train']} images ({images['name']}) with another amount of "
        "noise. This page runs in your browser and needs no internet."
    )


def about_networks(data: dict[str, Any]) -> str:
    """What the slider moves, and who reads."""
    kind = WORDS[data["noise"]["kind"]]
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
    kind = data["noise"]["kind"]
    if data["memorised"]:
        return (
            "With fixed noise, a network sees each training image with the same noise in every epoch. It can "
            "learn this noise by heart. Here is such an image, and the same with other noise. (The curve of "
            "training accuracy is lower: it is measured while the network learns, with dropout.)"
        )
    if not KINDS[kind].random:
        return f"There is nothing to memorise: {WORDS[kind].name} is not random."
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


def make_page(folder: Path, data: dict[str, Any], answer: list[str], tables: list[str]) -> str:
    """The page, as one file that asks for nothing.

    folder: scripts/lab/browser. data: what the script of the page reads; arrays in it are packed. answer: its
    sentences, of which each draw has a first one. tables: those that are pages of their own.
    """
    style, script = (folder / "style.css").read_text(encoding="utf-8"), one_script(folder)
    policy = f"default-src 'none'; script-src {source_hash(script)}; style-src {source_hash(style)}"
    text = json.dumps(data, default=packed, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    template = Template((folder / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        data=text.replace("<", "\\u003c"),  # which could end the element that holds it
        about=html.escape(about_images(data)),
        answer=paragraphs(answer, leading=len(data["draws"])),
        why=html.escape(about_losses(data)),
        look=html.escape(about_networks(data)),
        memorised=html.escape(about_memorised(data)),
        more=paragraphs(left_out(data)) + links(tables),
    )
