"""The page of the lab: small, the same every time, and no word of it markup."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from experiment.draws import DRAWS
from lab.page import MODULES, make_page, networks_that_fit, one_script, packed, scales_that_fit

LAB = Path("scripts/lab/browser")
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 ${x} $data"
DATA = {
    "curves": [{"band": []}, {"network": "mlp", "training": True}, {"network": "mlp"}],
    "agreement": 0.9995,
    "agreement_n": 2000,
    "draws": ["fixed"],
    "images": {"name": HOSTILE, "train": 600, "test": {"labels": [0] * 5, "of": 10}},
    "centroids": None,
    "memorised": None,
    "filtered": None,
    "names": ["mlp"],
    "networks": [{"numbers": np.arange(-3, 3, dtype=np.int16)}],
    "noise": {"kind": "gaussian", "clip": True},
    "originals": None,
    "page_scales": [0.0, 2.0],
    "scales": [0.0, 0.5, 2.0],
    "seed": 3,
    "seeds": 2,
    "stored": None,
}


@pytest.fixture
def page():
    return make_page(LAB, DATA, [HOSTILE, "And why."], ["comparison"])


def test_every_module_is_in_the_script_and_imports_only_earlier_ones():
    assert {path.stem for path in LAB.glob("*.js")} == set(MODULES)
    for index, name in enumerate(MODULES):
        imported = re.findall(r'from "\./(\w+)\.js"', (LAB / f"{name}.js").read_text())
        assert set(imported) <= set(MODULES[:index]), name
    script = one_script(LAB)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert "</script" not in script and "<!--" not in script
    declared = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)
    assert len(declared) == len(set(declared))  # they share one scope


def test_script_and_style_name_no_draw():
    """So another draw needs its entry in DRAWS, and nothing in the browser's files."""
    text = one_script(LAB) + (LAB / "style.css").read_text()
    assert [draw for draw in DRAWS if re.search(rf"\b{draw}\b", text)] == []


def test_policy_allows_this_script_and_this_style_and_no_request(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", 'script type="module"'):
        content = re.search(rf"<{tag}>(.*?)</", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", page)


def test_no_word_is_markup(page):
    assert page.count("<script") == 2 and "alert(1)</script>" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert data["images"]["name"] == HOSTILE
    assert "$" not in re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.DOTALL).replace(
        "${x} $data", ""
    )


def test_page_says_what_it_is_of_and_what_it_lacks(page):
    for tag in ("title", "h1"):
        assert "· mlp · Gaussian noise" in re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
    assert "The networks are those of 2 of the 3 scales: 0, 2." in page
    assert page.count('<p class="lead">') == 1 and "<p>And why.</p>" in page


def test_same_data_same_page(page):
    assert make_page(LAB, DATA, [HOSTILE, "And why."], ["comparison"]) == page


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float16, np.float32])
def test_arrays_are_packed_without_loss(dtype):
    values = np.random.default_rng(0).normal(scale=50, size=(7, 5)).astype(dtype)
    data = gzip.decompress(base64.b64decode(packed(values)))
    if values.itemsize == 2:
        high, low = np.frombuffer(data, np.uint8).reshape(2, -1).astype(np.uint16)
        data = (high << 8 | low).astype(np.uint16).tobytes()
    assert data == values.tobytes()


@pytest.mark.parametrize(
    ("max_bytes", "fit"),
    [
        (100, [0.0, 0.5, 1.0, 2.0]),
        (56, [0.0, 0.5, 1.0, 2.0]),
        (55, [0.0, 1.0, 2.0]),
        (24, [0.0, 2.0]),
        (23, []),
    ],
)
def test_scales_whose_networks_fit(max_bytes, fit):
    """Of 8 bytes each: one network without noise, two for every other scale."""
    assert scales_that_fit([0.0, 0.5, 1.0, 2.0], 2, 0, 3, max_bytes) == fit


def test_networks_of_all_scales_take_room_once():
    scales = [0.0, 0.5, 1.0, 2.0]
    assert scales_that_fit(scales, 2, 1, 3, 64) == scales
    assert scales_that_fit(scales, 2, 1, 3, 63) == [0.0, 1.0, 2.0]
    assert scales_that_fit(scales, 0, 1, 3, 16) == scales  # beside the network without noise
    assert scales_that_fit(scales, 0, 1, 3, 15) == []


@pytest.mark.parametrize(
    ("max_bytes", "fit"),
    [
        (96, (["a", "b"], [0.0, 0.5, 1.0])),
        (95, (["a", "b"], [0.0, 1.0])),
        (63, (["b"], [0.0, 0.5, 1.0])),
        (15, ([], [])),
    ],
)
def test_networks_share_the_room_without_the_largest(max_bytes, fit):
    """Of 24 and 8 bytes, each with one draw."""
    assert networks_that_fit([0.0, 0.5, 1.0], 1, 0, {"a": 9, "b": 3}, max_bytes) == fit


def test_large_networks_alone_have_no_room():
    assert scales_that_fit([0.0], 1, 0, 10_000_000) == []
    assert scales_that_fit([0.0], 1, 0, 1_000_000) == [0.0]
