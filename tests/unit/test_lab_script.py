"""The scripts of the lab, run by Node: they say what the code of the workflow says."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from scipy.ndimage import zoom
from scipy.special import log_ndtr
from scipy.stats import ks_2samp

from analysis.intervals import wilson_interval
from experiment.ceiling import classify, log_evidence
from experiment.noise import KINDS, Noise, noisy_copy
from inputs.people import read_scores
from lab.dense import ACTIVATIONS, Layer, run_dense
from lab.page import CONSTANTS

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    not NODE, reason="needs node (of Debian's npm): the lab's scripts are not run"
)
SCALES = {
    **{"gaussian": [0.1, 0.5, 2.0], "uniform": [0.3, 1.0], "salt_and_pepper": [0.1, 0.7]},
    **{"speckle": [0.3, 1.5], "shot": [0.13, 0.6, 3.0], "gaussian_blur": [0.05, 0.4, 2.5, 9.0]},
    "occlusion": [0.0, 0.25, 0.5, 0.66, 1.0],
}


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """Call a function of a module with arguments; gives what it returns. Both travel as JSON."""
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree("scripts/lab/browser", folder / "lab")
    (folder / "package.json").write_text('{"type": "module"}')

    def call(module, expression, **values):
        (folder / "values.json").write_text(json.dumps(values))
        (folder / "call.js").write_text(
            f'import * as module from "./lab/{module}.js";\n'
            'import { readFileSync } from "node:fs";\n'
            'const values = JSON.parse(readFileSync("values.json"));\n'
            "const plain = (key, value) => ArrayBuffer.isView(value) ? Array.from(value) : value;\n"
            f"process.stdout.write(JSON.stringify(await ({expression})(module, values), plain));\n"
        )
        done = subprocess.run([NODE, "call.js"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return call


@pytest.fixture(scope="module")
def images():
    """200 real digits from 0 to 1: float32 (200, 28, 28)."""
    with np.load("tests/data/mnist_sample.npz") as sample:
        return sample["x_test"][:200].astype(np.float32) / np.float32(255)


def ours(images, kind, scale, clip):
    return noisy_copy(images, scale, np.random.default_rng(5), Noise(kind, clip))


def of_page(node, images, kind, scale, clip, seed=1):
    noisy = node(
        "noise",
        "(m, v) => v.images.map((image, n) => m.addNoise(image, v.noise, v.scale, v.shape, v.seed + n))",
        images=images.reshape(len(images), -1).tolist(),
        **{
            "noise": {"kind": kind, "clip": clip, "min_shot": CONSTANTS["min_shot"]},
            "scale": scale,
            "shape": images.shape[1:],
            "seed": seed,
        },
    )
    return np.array(noisy, np.float32).reshape(images.shape)


def test_every_kind_of_noise_is_compared():
    assert SCALES.keys() == KINDS.keys()


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("gaussian_blur", "occlusion")])
def test_noise_of_pixels_has_the_same_distribution(node, images, kind, clip):
    for scale in SCALES[kind]:
        expected, page = ours(images, kind, scale, clip), of_page(node, images, kind, scale, clip)
        # Pixels of alike originals, as noise may depend on these.
        for low, high in ((0.0, 0.0), (0.3, 0.7), (1.0, 1.0)):
            alike = (images >= low) & (images <= high)
            assert alike.sum() > 400
            both = expected[alike] - images[alike], page[alike] - images[alike]
            assert ks_2samp(*both).pvalue > 1e-4, (scale, low)
            deviations = [values.std() for values in both]
            assert np.isclose(*deviations, rtol=5 / np.sqrt(alike.sum()), atol=1e-6), (scale, low)
        # Neighbours are independent.
        noise = (page - images)[images == 0].astype(float)
        if noise.std() > 0:
            assert abs(np.corrcoef(noise[:-1], noise[1:])[0, 1]) < 5 / np.sqrt(len(noise))


@pytest.mark.parametrize("shape", [(28, 28), (14, 28), (28, 8, 3)])
def test_blur_is_the_same(node, images, shape):
    some = images.reshape(-1)[: 20 * np.prod(shape)].reshape(20, *shape)
    for scale in SCALES["gaussian_blur"]:
        page = of_page(node, some, "gaussian_blur", scale, True)
        assert np.allclose(page, ours(some, "gaussian_blur", scale, True), atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28), (14, 28), (28, 8, 3)])
def test_occlusion_hides_as_large_a_square_anywhere_at_random(node, shape):
    clean = np.full((200, *shape), 0.2, np.float32)
    for scale in SCALES["occlusion"]:
        corners = []
        for noisy in (ours(clean, "occlusion", scale, True), of_page(node, clean, "occlusion", scale, True)):
            hidden = noisy.reshape(200, *shape[:2], -1) == 0.5
            side = round(scale * min(shape[:2]))
            assert (hidden.sum(axis=(1, 2, 3)) == side**2 * hidden.shape[3]).all()
            if side:
                corners.append([hidden.any(axis=(2, 3)).argmax(1), hidden.any(axis=(1, 3)).argmax(1)])
        for expected, page in zip(*corners, strict=True) if corners else []:
            assert ks_2samp(expected, page).pvalue > 1e-3
            assert set(page) <= set(range(max(expected.max(), page.max()) + 1))


def test_same_seed_same_noise_and_another_seed_other_noise(node, images):
    first, again, other = (of_page(node, images[:5], "gaussian", 0.5, True, seed) for seed in (1, 1, 99))
    assert np.array_equal(first, again)
    assert not np.isclose(first, other)[first != other].mean() > 0.1


def test_uniform_numbers_are_uniform(node):
    drawn = node(
        "random",
        "(m, v) => { const r = m.randomNumbers(3); return v.n.map(() => r.uniform()); }",
        n=[0] * 50_000,
    )
    counts = np.histogram(drawn, 50, (0, 1))[0]
    assert np.sum((counts - 1000) ** 2 / 1000) < 49 + 4 * np.sqrt(98)  # chi-squared
    first = node(
        "random", "(m, v) => v.n.map((seed) => m.randomNumbers(seed).uniform())", n=list(range(20_000))
    )
    assert ks_2samp(first, np.linspace(0, 1, 20_001)).pvalue > 1e-3  # of neighbouring seeds too


@pytest.mark.parametrize("mean", [0.0, 0.3, 4.0, 9.99, 10.0, 30.0, 400.0, 1e5])
def test_poisson_numbers(node, mean):
    drawn = node(
        "random",
        "(m, v) => { const r = m.randomNumbers(7); return v.n.map(() => r.poisson(v.mean)); }",
        n=[0] * 20_000,
        mean=mean,
    )
    expected = np.random.default_rng(1).poisson(mean, 20_000)
    assert abs(np.mean(drawn) - mean) <= 5 * np.sqrt(mean / 20_000)
    assert ks_2samp(drawn, expected).pvalue > 1e-4


def test_logarithm_of_the_normal_distribution_in_both_tails(node):
    z = [-200.0, -40.0, -10.0, -5.0, -1.0, -0.1, 0.0, 0.1, 1.0, 4.0, 8.0]
    page = node("classifiers", "(m, v) => v.z.map(m.logNormalCdf)", z=z)
    assert np.allclose(page, log_ndtr(z), rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("scale", [0.0, 0.1, 0.5, 2.0])
def test_lower_bound_says_what_the_ceiling_says(node, images, scale, clip):
    with np.load("tests/data/mnist_sample.npz") as sample:
        originals, labels = sample["x_train"][:300], sample["y_train"][:300]
    noisy = ours(images[:40], "gaussian", scale, clip)
    evidence = log_evidence(noisy, originals, labels, 10, scale, clip)
    answers, log_probability = classify(evidence)
    page = node(
        "classifiers",
        "(m, v) => v.noisy.map((y) => m.bayesWithOriginals(v.originals, y, v.scale, v.noise, 10))",
        noisy=noisy.reshape(40, -1).tolist(),
        originals={"images": originals.reshape(-1).tolist(), "labels": labels.tolist()},
        **{"scale": scale, "noise": {"clip": clip, "negligible": CONSTANTS["negligible"]}},
    )
    assert np.argmax(page, axis=1).tolist() == answers.tolist()
    if scale:
        assert np.allclose(page, np.exp(log_probability.T), atol=2e-3)


def test_nearest_centroid(node, images):
    centroids = images[:30].reshape(3, 10, -1).mean(axis=1)
    page = node(
        "classifiers",
        "(m, v) => v.images.map((image) => m.nearestCentroid(v.centroids, image, 3))",
        centroids=centroids.ravel().tolist(),
        images=images[:50].reshape(50, -1).tolist(),
    )
    distances = np.sum((images[:50].reshape(50, 1, -1) - centroids) ** 2, axis=2)
    assert np.argmax(page, axis=1).tolist() == np.argmin(distances, axis=1).tolist()


def test_layers_of_every_activation(node):
    rng = np.random.default_rng(2)
    layers = [
        Layer(rng.normal(size=(6, 6)).astype(np.float32), rng.normal(size=6).astype(np.float32), name)
        for name in (*ACTIVATIONS, "softmax")
    ]
    images = rng.normal(size=(20, 2, 3)).astype(np.float32)
    described = [
        {
            "inputs": 6,
            "units": 6,
            "activation": name,
            "weights": weights.ravel().tolist(),
            "bias": bias.tolist(),
        }
        for weights, bias, name in layers
    ]
    page = node(
        "classifiers",
        "(m, v) => v.images.map((image) => m.runNetwork(v.layers, image))",
        layers=described,
        images=images.reshape(20, -1).tolist(),
    )
    assert np.allclose(page, run_dense(layers, images), atol=1e-5)


def test_wilson_interval(node):
    for correct, n in ((0, 8), (8, 8), (3, 8), (31, 40)):
        page = node(
            "elements", "(m, v) => m.wilson(v.correct, v.n, v.z)", correct=correct, n=n, z=CONSTANTS["z"]
        )
        assert np.allclose(page, wilson_interval(correct, n))


def test_shifted_and_scaled_digits_become_what_they_were(node, images):
    """Digits of MNIST are centred by their mass and fit 20 x 20 pixels. So they come back."""
    rng = np.random.default_rng(4)
    inks = []
    for image in images[:60]:
        drawn = zoom(image, rng.uniform(3, 9.5), order=1, grid_mode=True, mode="grid-constant")
        top, left = rng.integers(0, 280 - len(drawn) + 1, 2)
        pad = np.zeros((280, 280))
        pad[top : top + len(drawn), left : left + len(drawn)] = np.clip(drawn, 0, 1)
        inks.append(pad.round(3).ravel().tolist())
    all_back = node("drawing", "(m, v) => v.inks.map((ink) => m.normalise(ink, 280, [28, 28]))", inks=inks)
    found = 0
    for number, back in enumerate(np.reshape(all_back, (60, 28, 28))):
        assert back.min() >= 0 and back.max() <= 1
        middles = np.arange(28) + 0.5
        centre = [np.sum(back.sum(axis=axis) * middles) / back.sum() for axis in (0, 1)]
        assert np.allclose(centre, 14.5, atol=0.3)
        found += np.square(images - back).sum(axis=(1, 2)).argmin() == number
    assert found >= 59


@pytest.mark.parametrize("shape", [[28, 28], [8, 8], [32, 20, 3]])
def test_empty_drawing_is_an_empty_image(node, shape):
    assert node("drawing", "(m, v) => m.normalise(v.ink, 30, v.shape)", ink=[0] * 900, shape=shape) == [
        0
    ] * int(np.prod(shape))


def test_quiz_asks_every_scale_as_often_and_its_file_is_read(node, tmp_path):
    scales = [0.1, 0.5, 1.0, 2.0, 4.0]
    questions = node("quiz", "(m, v) => m.questionsOf(40, v.scales, 100, Math.random)", scales=scales)
    assert sorted(question["scale"] for question in questions) == sorted(scales * 8)
    assert len({question["image"] for question in questions}) == 40
    answers = [{"scale": question["scale"], "correct": question["scale"] < 1} for question in questions]
    call = "(m, v) => m.csvOf(m.scoresOf(v.answers), v.columns)"
    text = node("quiz", call, answers=answers, columns=CONSTANTS["people_columns"])
    (tmp_path / "me.csv").write_text(text)
    assert read_scores(tmp_path / "me.csv") == [(scale, 8 if scale < 1 else 0, 8) for scale in scales]
