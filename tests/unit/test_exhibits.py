"""What the lab shows: the stored noise drawn again, and what networks say."""

import keras
import numpy as np
import pytest

from experiment.noise import Noise
from experiment.runs import Run
from lab import exhibits
from lab.dense import dense_layers, run_dense
from lab.exhibits import (
    MAX_STEPS,
    Source,
    describe_centroids,
    describe_memorised,
    describe_networks,
    describe_originals,
    describe_run,
    describe_votes,
    indices_on_page,
    mixed,
    round_weights,
    rounded_agreement,
    top_votes,
    votes_of,
)

NAMES = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Paths of 600 and 200 real digits, as published."""
    folder = tmp_path_factory.mktemp("images")
    with np.load("tests/data/mnist_sample.npz") as sample:
        for name in NAMES:
            np.save(folder / f"{name}.npy", sample[name])
    return {name: str(folder / f"{name}.npy") for name in NAMES}


@pytest.fixture(scope="module")
def source(files):
    return Source(files, 1, Noise())


def network_of(*layers, shape=(28, 28)):
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input(shape), *layers])


def small():
    layers = keras.layers
    return network_of(
        layers.Flatten(), layers.Dense(20, "relu"), layers.Dropout(0.5), layers.Dense(10, "softmax")
    )


def test_stored_noise_is_that_of_the_stored_copies(finished_sweep):
    results = finished_sweep.folder / "results"
    source = Source({name: str(results / f"images/{name}.npy") for name in NAMES}, 1, Noise())
    for scale in (0.0, 0.5, 2.0):
        stored = np.load(results / f"noisy/scale_{scale}/seed_1/x_train.npy")
        assert np.array_equal(source.stored("train", 100, scale), stored[:100])
        other = source.other(source.images("train", np.arange(100)), scale)
        assert np.array_equal(other, stored[:100]) == (scale == 0)


def test_images_on_the_page_follow_from_their_size(files, tmp_path):
    assert len(indices_on_page(Source(files, 1, Noise()))) == 200
    large = dict(files)
    for split, n in (("train", 30), ("test", 30)):
        np.save(tmp_path / f"x_{split}.npy", np.zeros((n, 224, 224, 3), np.uint8))
        np.save(tmp_path / f"y_{split}.npy", np.arange(n) % 3)
        large |= {f"x_{split}": tmp_path / f"x_{split}.npy", f"y_{split}": tmp_path / f"y_{split}.npy"}
    source = Source(large, 1, Noise())
    assert len(indices_on_page(source)) == 10
    assert describe_centroids(source, [0.5], 3) is None
    assert describe_originals(source, 3) is None


def test_first_of_mixed_indices_are_of_every_class():
    labels = np.repeat(np.arange(10), 50)  # sorted by class
    indices = mixed(np.arange(500))
    assert sorted(indices) == list(range(500))
    assert len(set(labels[indices[:20]])) == 10


def test_dense_layers_run_as_keras_does(source):
    images = source.images("test", np.arange(50))
    network = small()
    layers = dense_layers(network)
    assert [(layer.weights.shape, layer.activation) for layer in layers] == [
        ((784, 20), "relu"),
        ((20, 10), "softmax"),
    ]
    assert np.allclose(run_dense(layers, images), votes_of(network, images), atol=1e-6)
    without_bias = network_of(keras.layers.Flatten(), keras.layers.Dense(10, use_bias=False))
    assert np.allclose(
        run_dense(dense_layers(without_bias), images), votes_of(without_bias, images), atol=1e-5
    )


@pytest.mark.parametrize(
    "layers",
    [
        [keras.layers.Flatten(), keras.layers.Dense(10, "gelu")],
        [keras.layers.Dense(10, "softmax")],
        [keras.layers.Dense(10), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")],
        [keras.layers.Flatten(), keras.layers.BatchNormalization(), keras.layers.Dense(10, "softmax")],
        [keras.layers.Rescaling(2.0), keras.layers.Flatten(), keras.layers.Dense(10, "softmax")],
        [keras.layers.Flatten()],
    ],
)
def test_other_networks_are_not_taken_for_dense_ones(layers):
    assert dense_layers(network_of(*layers)) is None


def test_a_network_of_another_form_is_not_taken_for_a_dense_one():
    inputs = keras.Input((28, 28))
    first = keras.layers.Dense(10)(keras.layers.Flatten()(inputs))
    assert dense_layers(keras.Model(inputs, first + 1.0)) is None


def test_weights_are_rounded_to_steps_of_their_unit():
    weights = np.random.default_rng(1).normal(size=(30, 4)).astype(np.float32) * [1e-6, 1, 1e6, 0]
    numbers, steps = round_weights(weights.astype(np.float32))
    assert numbers.dtype == np.int16 and steps.dtype == np.float32
    assert np.abs(numbers).max(axis=0).tolist() == [MAX_STEPS] * 3 + [0]
    assert (np.abs(numbers * steps - weights) <= steps * 0.51).all()


def test_agreement_is_counted(source):
    network, images = small(), source.images("test", np.arange(200))
    layers = dense_layers(network)
    assert rounded_agreement(network, layers, images) >= 0.99
    turned = [layers[0], layers[1]._replace(weights=-layers[1].weights)]
    assert rounded_agreement(network, turned, images) < 0.5


def test_networks_and_their_numbers(source):
    network = small()
    flat = network_of(keras.layers.Flatten(), keras.layers.Dense(10, "softmax"))
    runs = [
        (Run("mlp", "fixed", 0.0, 1), network),
        (Run("mlp", "fresh", 0.5, 1), network),
        (Run("mlp", "mixed", None, 1), network),
        (Run("flat", "fresh", 0.5, 1), flat),
    ]
    found = describe_networks(source, runs, [0.0, 0.5], np.arange(100), ["mlp", "flat"])
    trained = [(one["network"], one["draw"], one["scale"]) for one in found["networks"]]
    assert trained == [
        ("mlp", None, 0.0),
        ("mlp", "fresh", 0.5),
        ("mlp", "mixed", None),
        ("flat", "fresh", 0.5),
    ]
    assert [one["everywhere"] for one in found["networks"]] == [True, False, True, False]
    assert [one["name"] for one in found["networks"]] == [
        "mlp, trained without noise",
        "mlp, trained with fresh noise, scale 0.5",
        "mlp, trained with mixed noise, all scales",
        "flat, trained with fresh noise, scale 0.5",
    ]
    assert [one["player"] for one in found["networks"]] == [
        "mlp trained without noise",
        "mlp with fresh noise",
        "mlp with mixed noise",
        "flat with fresh noise",
    ]
    sizes = [one["numbers"].shape for one in found["networks"]]
    assert sizes == [(784 * 20 + 200,)] * 3 + [(7840,)]
    assert found["layers"]["mlp"][0] == {"inputs": 784, "units": 20, "activation": "relu"}
    assert found["layers"]["flat"] == [{"inputs": 784, "units": 10, "activation": "softmax"}]
    assert (found["agreement_n"], found["agreement"] > 0.98) == (100, True)


def test_a_network_alone_is_not_named(source):
    runs = [(Run("mlp", "fixed", scale, 1), small()) for scale in (0.0, 0.5)]
    runs.append((Run("mlp", "mixed", None, 1), small()))
    found = describe_networks(source, runs, [0.0, 0.5], np.arange(10), ["mlp"])["networks"]
    assert [one["name"] for one in found] == [
        "trained without noise",
        "trained with fixed noise, scale 0.5",
        "trained with mixed noise, all scales",
    ]
    assert [one["player"] for one in found] == [
        "the network trained without noise",
        "the networks with fixed noise",
        "the network with mixed noise",
    ]


def test_votes_are_stored_where_networks_are_not_on_the_page(source):
    network = small()
    runs = [(Run("mlp", "fixed", 0.0, 1), network), (Run("mlp", "fixed", 0.5, 1), network)]
    runs.append((Run("mlp", "fresh", None, 1), network))  # of all scales
    stored = describe_votes(source, runs, [0.0, 0.5], np.arange(200), ["mlp"])
    assert stored["names"] == ["mlp"] and len(stored["labels"]) == 200
    assert [entry["scale"] for entry in stored["scales"]] == [0.0, 0.5]
    asked = [[(one["draw"], one["scale"]) for one in entry["networks"]] for entry in stored["scales"]]
    assert asked == [[(None, 0.0), ("fresh", None)], [(None, 0.0), ("fixed", 0.5), ("fresh", None)]]
    noisy = stored["scales"][1]["noisy"].astype(np.float32)
    votes = votes_of(network, noisy)
    for (index, share), all_votes in zip(
        (votes[0] for votes in stored["scales"][1]["networks"][1]["votes"]), votes, strict=True
    ):
        assert (index, share) == (all_votes.argmax(), pytest.approx(all_votes.max(), abs=2e-3))


def test_images_of_which_a_network_gives_no_number_have_no_votes():
    """As a network that standardises each image gives NaN for a blank one: the others stay as they are."""
    layers, ops = keras.layers, keras.ops
    image = keras.Input((28, 28))
    x = layers.Flatten()(image)
    x = (x - ops.mean(x, 1, True)) / ops.std(x, 1, True)
    network = keras.Model(image, layers.Dense(10, "softmax")(x))
    images = np.random.default_rng(1).random((3, 28, 28), dtype=np.float32)
    images[1] = 0
    votes = votes_of(network, images)
    assert votes.sum(axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    assert np.isfinite(votes).all()
    assert votes[2] == pytest.approx(np.asarray(network(images[2:]))[0], abs=1e-6)


def test_top_votes():
    assert top_votes(np.array([[0.1, 0.7, 0.2]])) == [[(1, 0.7), (2, 0.2), (0, 0.1)]]
    assert [len(votes) for votes in top_votes(np.full((2, 30), 1 / 30))] == [5, 5]


def test_memorised_is_of_fixed_noise_that_is_random(files, source):
    runs = [(Run("mlp", "fixed", 0.5, 1), small())]
    on_page = describe_memorised(source, runs, ["mlp"])
    (images,), (row,) = on_page["scales"], on_page["networks"]
    assert (row["network"], row["scale"], row["n"]) == ("mlp", 0.5, 500) and "other_votes" not in row
    assert images["scale"] == 0.5 and "other" not in images
    assert (images["stored"].shape, len(on_page["labels"])) == ((40, 28, 28), 40)
    assert describe_memorised(source, [], ["mlp"]) is None
    assert describe_memorised(Source(files, 1, Noise("gaussian_blur")), runs, ["mlp"]) is None


def test_networks_of_one_scale_share_the_memorised_images(source):
    """Those that are not on the page need the images with other noise, too."""
    runs = [(Run(name, "fixed", scale, 1), small()) for scale in (0.5, 1.0) for name in ("mlp", "other")]
    memorised = describe_memorised(source, runs, ["mlp"])
    assert [images["scale"] for images in memorised["scales"]] == [0.5, 1.0]
    for images in memorised["scales"]:
        assert len(images["stored"]) == len(images["other"]) == 40
        assert not np.array_equal(images["stored"], images["other"])
    live, stored = memorised["networks"][:2]
    assert (live["network"], stored["network"]) == ("mlp", "other")
    assert live["correct_stored"] == stored["correct_stored"] and "stored_votes" not in live
    assert len(stored["stored_votes"]) == len(stored["other_votes"]) == 40


def test_memorised_images_are_of_all_classes_also_where_they_are_sorted(files, source, monkeypatch, tmp_path):
    monkeypatch.setattr(exhibits, "DRAWN", 100)
    monkeypatch.setattr(exhibits, "COUNTED", 60)
    order = np.argsort(source.arrays["y_train"], kind="stable")
    paths = {name: str(tmp_path / f"{name}.npy") for name in ("x_train", "y_train")}
    for name, path in paths.items():
        np.save(path, source.arrays[name][order])
    runs = [(Run("mlp", "fixed", 0.5, 1), small())]
    for given, drawn in ((source, 100), (Source(files | paths, 1, Noise()), 600)):
        assert exhibits.first_images(given) == drawn
        found = describe_memorised(given, runs, ["mlp"])
        assert set(found["labels"]) == set(range(10))
        assert found["networks"][0]["n"] == 60


def test_centroids_are_those_of_noisy_images(source):
    """Of clipped noise: brighter than the clean ones where these are black."""
    clean, noisy = describe_centroids(source, [0.0, 1.0], 10)
    labels = source.labels("train", np.arange(600))
    images = source.images("train", np.arange(600))
    expected = np.stack([images[labels == digit].mean(axis=0) for digit in range(10)])
    assert np.allclose(clean["numbers"].astype(float), expected, atol=1e-3)
    # E[max(0, min(1, N(0, 1)))] = phi(0) - phi(1) + 1 - Phi(1) = 0.3156
    dark = expected == 0
    assert noisy["numbers"].astype(float)[dark].mean() == pytest.approx(0.3156, abs=0.01)


def test_a_network_that_came_trained_votes_at_every_scale_by_its_name(source):
    run, names = Run("theirs", "", None, 0), ["mlp", "theirs"]
    described = describe_run(run, names)
    assert (described["name"], described["player"]) == ("theirs, pretrained", "theirs")
    assert described["everywhere"]

    def network(images, training):
        return np.eye(10)[np.full(len(images), 7)]

    stored = describe_votes(source, [(run, network)], [0.0, 0.5], np.arange(3), names)
    assert stored["names"] == ["theirs"]
    assert [entry["networks"][0]["votes"][0][0] for entry in stored["scales"]] == [(7, 1.0)] * 2
