"""The page of the lab: small, the same every time, and no word of it markup."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.tables import TABLES
from lab.page import MODULES, curves_of, left_out, make_page, one_script, packed, scales_that_fit

LAB = Path("scripts/lab/browser")
HOSTILE = "</script><script>alert(1)</script><!-- & \u2028 ${x} $data"
DATA = {
    "curves": [{"band": []}],
    "agreement": 0.9995,
    "agreement_n": 2000,
    "draws": ["fixed"],
    "images": {"name": HOSTILE, "train": 600, "test": {"labels": [0] * 5, "of": 10}},
    "means": None,
    "memorised": None,
    "networks": [{"numbers": np.arange(-3, 3, dtype=np.int16)}],
    "noise": {"kind": "gaussian", "clip": True},
    "originals": None,
    "page_scales": [0.0, 2.0],
    "scales": [0.0, 0.5, 2.0],
    "seed": 3,
    "seeds": 2,
}


@pytest.fixture
def page():
    return make_page(LAB, DATA, [HOSTILE, "And why."], ["comparison"])


def test_every_module_is_in_the_script_and_imports_only_earlier_ones():
    assert {path.stem for path in LAB.glob("*.js")} == set(MODULES)
    for place, name in enumerate(MODULES):
        imported = re.findall(r'from "\./(\w+)\.js"', (LAB / f"{name}.js").read_text())
        assert set(imported) <= set(MODULES[:place]), name
    script = one_script(LAB)
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    assert "</script" not in script and "<!--" not in script
    declared = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script, re.MULTILINE)
    assert len(declared) == len(set(declared))  # they share one scope


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


def test_what_is_left_out_is_said(page):
    said = " ".join(left_out(DATA))
    assert "1 networks run" in said and "On at least 99.95 % of 2000 noisy" in said
    assert "2 of the 3 scales: 0, 2." in said
    assert "seed 3, one of 2" in said
    assert "5 of the 10 test images" in said
    assert "nearest class mean is left out" in said and "ceiling's reader is left out" in said
    assert said.split(".")[0] in page
    alone = {"seeds": 1, "scales": [0.0, 2.0], "means": [], "originals": {}, "agreement": 1.0}
    said = " ".join(left_out(DATA | alone))
    assert "On 2000 noisy test images, each network says the same as Keras." in said
    assert "seed" not in said and "left out" not in said


@pytest.mark.parametrize(
    ("most", "fit"),
    [
        (100, [0.0, 0.5, 1.0, 2.0]),
        (56, [0.0, 0.5, 1.0, 2.0]),
        (55, [0.0, 1.0, 2.0]),
        (24, [0.0, 2.0]),
        (23, []),
    ],
)
def test_scales_whose_networks_fit(most, fit):
    """Of 8 bytes each: one network without noise, two for every other scale."""
    assert scales_that_fit([0.0, 0.5, 1.0, 2.0], 2, 3, most) == fit


def test_large_networks_alone_have_no_room():
    assert scales_that_fit([0.0], 1, 10_000_000) == []
    assert scales_that_fit([0.0], 1, 1_000_000) == [0.0]


def test_curves_have_the_numbers_of_the_tables():
    def table(name, rows):
        return pd.DataFrame(rows, columns=list(TABLES[name].columns))

    rows = [
        {"draw": "fixed", "scale": scale, "train_accuracy": 0.9, "val_accuracy": 0.8}
        | {"val_accuracy_low": 0.7, "val_accuracy_high": np.nan}
        for scale in (0.0, 1.0)
    ]
    baselines = [
        {"scale": scale, "seed": 1, "method": method, "accuracy": 0.5, "n": 100}
        for scale in (0.0, 1.0)
        for method in ("chance", "nearest_class_mean", "ridge_regression")
    ]
    people = [{"person": "ann", "scale": 1.0, "accuracy": 0.25, "n": 8}]
    tables = {"comparison": table("comparison", rows), "baselines": table("baselines", baselines)}
    curves = {curve["name"]: curve for curve in curves_of(tables | {"people": table("people", people)})}
    assert curves["fixed noise"]["rows"] == [[0.0, 0.8, 0.7, None], [1.0, 0.8, 0.7, None]]
    assert curves["training, fixed noise"]["rows"][0] == [0.0, 0.9, None, None]
    assert "fresh noise" not in curves and "ceiling" not in curves
    assert [row[:2] for row in curves["ann"]["rows"]] == [[1.0, 0.25]]
    assert curves["ridge regression"]["shown"] is False and curves["nearest class mean"]["shown"] is True
    json.dumps(list(curves.values()), allow_nan=False)
