"""The page of the lab: how its words, its data and its script become one small file."""

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

from analysis.classifiers import CENTROID, MAX_MARKERS, STYLES
from analysis.intervals import CONFIDENCE, QUANTILE
from experiment.ceiling import NEGLIGIBLE
from experiment.noise import MIN_SHOT
from experiment.selection import chosen_scales
from inputs.people import COLUMNS, MAX_NAME
from lab import words
from lab.exhibits import TOP_VOTES

# In the order in which they become one script: each imports only earlier ones.
MODULES = (
    "random",
    "noise",
    "classifiers",
    "elements",
    "drawing",
    "pad",
    "plot",
    "inspect",
    "votes",
    "look",
    "stored",
    "guess",
    "quiz",
    "memorised",
    "filtered",
    "main",
)
# What the script of the page shares with the workflow, each from the one place where it stands.
CONSTANTS = {
    "baseline": STYLES[CENTROID].label,
    "confidence": CONFIDENCE,
    "z": QUANTILE,  # of Wilson's interval
    "max_markers": MAX_MARKERS,
    "max_name": MAX_NAME,
    "min_shot": MIN_SHOT,
    "negligible": NEGLIGIBLE,
    "people_columns": COLUMNS,
    "questions": 40,
    "seconds": 5,  # for a question
    "top_votes": TOP_VOTES,
}
NETWORK_BYTES = 20_000_000  # of all networks on the page, in base64, before gzip saves a tenth


def packed(values: np.ndarray) -> str:
    """An array as text: its bytes, made smaller by gzip, in base64. Equal arrays give equal texts.

    Of numbers of two bytes (float16, int16) first the high bytes of all, which are alike, then the low ones.
    """
    if values.itemsize == 2:
        bits = np.ascontiguousarray(values).ravel().view(np.uint16)
        values = np.concatenate([bits >> 8, bits & 255]).astype(np.uint8)
    return base64.b64encode(gzip.compress(values.tobytes(), 6, mtime=0)).decode("ascii")


def scales_that_fit(
    scales: list[float], per_scale: int, of_all: int, parameters: int, max_bytes: int = NETWORK_BYTES
) -> list[float]:
    """The scales whose networks have room on the page: all, or fewer, evenly by rank; none if not even two.

    per_scale: networks of each noisy scale. of_all: networks of all scales. parameters: of a network; each
    takes two bytes, and in base64 a third more.

    >>> scales_that_fit([0.0, 0.5, 1.0, 2.0], per_scale=2, of_all=0, parameters=3, max_bytes=30)
    [0.0, 2.0]
    """
    left = max_bytes // (parameters * 8 // 3) - of_all - 1  # beside these and the one without noise
    if left < per_scale * min(1, len(scales) - 1):
        return []
    return chosen_scales(scales, left // per_scale + 1) if per_scale else list(scales)


def networks_that_fit(
    scales: list[float],
    per_scale: int,
    of_all: int,
    parameters: dict[str, int],
    max_bytes: int = NETWORK_BYTES,
) -> tuple[list[str], list[float]]:
    """The networks that have room on the page together, and at which scales: without the largest, as often as
    needed. per_scale, of_all: as above, of each network. parameters: by its name.

    >>> networks_that_fit([0.0, 0.5, 1.0], 1, 0, {"large": 90, "small": 3}, max_bytes=30)
    (['small'], [0.0, 0.5, 1.0])
    """
    fitting = dict(parameters)
    while fitting:
        if room := scales_that_fit(scales, per_scale, of_all, sum(fitting.values()), max_bytes):
            return list(fitting), room
        fitting.pop(max(fitting, key=fitting.get))
    return [], []


def one_script(folder: Path) -> str:
    """The modules as one script: without their imports, which are all from each other, and exports."""
    parts = []
    for name in MODULES:
        source = (folder / f"{name}.js").read_text(encoding="utf-8")
        source = re.sub(r'^import [^;]*? from "\./\w+\.js";\n', "", source, flags=re.MULTILINE)
        parts.append(re.sub(r"^export ", "", source, flags=re.MULTILINE))
    return "\n".join(parts)


def source_hash(text: str) -> str:
    """A source that a Content-Security-Policy allows by its checksum."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def paragraphs(texts: Iterable[str], style: str = "") -> str:
    """Texts as HTML paragraphs of a class of the style sheet, no word of them markup."""
    start = f'<p class="{style}">' if style else "<p>"
    return "\n".join(f"{start}{html.escape(text)}</p>" for text in texts)


def is_tested(curve: dict[str, Any]) -> bool:
    """Whether a curve is that of a network and draw on new images."""
    return "network" in curve and not curve.get("training")


def make_page(folder: Path, data: dict[str, Any], answer: list[str], tables: list[str]) -> str:
    """The page, as one file that asks for nothing.

    folder: scripts/lab/browser. data: what the script of the page reads; arrays in it are packed. answer: its
    sentences, of which each network and draw has a first one. tables: those that are pages of their own.
    """
    style, script = (folder / "style.css").read_text(encoding="utf-8"), one_script(folder)
    policy = f"default-src 'none'; script-src {source_hash(script)}; style-src {source_hash(style)}"
    data, leading = data | {"constants": CONSTANTS}, sum(map(is_tested, data["curves"]))
    text = json.dumps(data, default=packed, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    template = Template((folder / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        data=text.replace("<", "\\u003c"),  # which could end the element that holds it
        **{name: CONSTANTS[name] for name in ("max_name", "questions", "seconds")},
        about=html.escape(words.about_images(data)),
        title=html.escape(words.title_of(data)),
        noise=html.escape(words.about_noise(data)),
        guess=html.escape(words.about_guess(data)),
        answer=paragraphs(answer[:leading], "lead"),
        sentences=paragraphs(answer[leading:]),
        why=html.escape(words.about_losses(data)),
        look=html.escape(words.about_networks(data)),
        stored_title=html.escape(words.stored_title(data)) if data["stored"] else "",
        stored=html.escape(words.about_stored(data)) if data["stored"] else "",
        memorised=html.escape(words.about_memorised(data)),
        filtered=html.escape(words.about_filtered(data)),
        quiz_title=words.quiz_title(data),
        players=html.escape(words.about_players(data)),
        more=paragraphs(words.left_out(data)) + words.links(tables),
    )
