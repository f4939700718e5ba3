"""What networks are tested on, what they answer, and which class is taken for which."""

import numpy as np
import pytest

from evaluate_models import answers_of, is_exact, other_tests, own_tests
from experiment.network import build_network
from experiment.noise import Noise, noisy_copy
from experiment.runs import Run
from experiment.streams import noise_generator

MLP, SHAPE = {"kind": "mlp", "hidden_units": [4], "dropout": 0.0}, (4, 4)


def test_a_network_that_gives_no_number_has_no_answers(tmp_path):
    """Argmax calls NaN the first class."""
    run, network = Run("mlp", "fixed", 0.5, 1), build_network(SHAPE, 2, MLP, 1)
    network.set_weights([np.full(weights.shape, np.nan) for weights in network.get_weights()])
    network.save(tmp_path / "a.keras")
    np.save(tmp_path / "x.npy", np.zeros((6, *SHAPE), np.float32))
    tests = own_tests([run], {0.5: tmp_path / "x.npy"}, "gaussian", [], True)
    y = np.eye(2, dtype=np.float32)[np.zeros(6, int)]
    message = r"the network mlp/fixed/scale_0\.5/seed_1 has the loss nan on gaussian noise of scale 0\.5,"
    with pytest.raises(FloatingPointError, match=message):
        list(answers_of(build_network(SHAPE, 2, MLP, 1), {run: tmp_path / "a.keras"}, tests, y))


def test_each_network_answers_with_its_own_weights_whatever_the_order_of_the_tests(tmp_path):
    runs, x = [Run("mlp", "fixed", scale, 1) for scale in (0.0, 0.5)], tmp_path / "x.npy"
    images = np.random.default_rng(1).random((50, *SHAPE), dtype=np.float32)
    y = np.eye(2, dtype=np.float32)[np.arange(50) % 2]
    models, expected = {}, {}
    for seed, run in enumerate(runs):
        network = build_network(SHAPE, 2, MLP, seed)
        models[run] = tmp_path / f"{seed}.keras"
        network.save(models[run])
        probabilities = network.predict(images, verbose=0)
        log_loss = -np.log(probabilities[np.arange(50), np.arange(50) % 2]).mean()
        expected[run] = (probabilities.argmax(axis=1).tolist(), pytest.approx(log_loss, rel=1e-4))
    np.save(x, images)
    tests = [
        *own_tests(runs, {0.0: x, 0.5: x}, "gaussian", [0.0], True),
        *own_tests(runs[:1], {0.0: x}, "shot", [], True),
    ]
    given = list(answers_of(build_network(SHAPE, 2, MLP, 9), models, tests, y))
    assert [(answers.run, answers.kind, answers.scale) for answers in given] == [
        (runs[0], "gaussian", 0.0),
        (runs[1], "gaussian", 0.0),
        (runs[1], "gaussian", 0.5),
        (runs[0], "shot", 0.0),
    ]
    assert expected[runs[0]][0] != expected[runs[1]][0]
    for answers in given:
        assert (answers.predicted.tolist(), answers.log_loss) == expected[answers.run]


def test_a_network_of_all_scales_is_tested_at_every_scale_and_others_at_their_own_and_the_chosen(tmp_path):
    stored = {scale: tmp_path / f"{scale}.npy" for scale in (0.0, 0.5, 1.0, 2.0)}
    for scale, path in stored.items():
        np.save(path, np.full((1, *SHAPE), scale, np.float32))
    runs = [Run("mlp", "fixed", 0.5, 1), Run("mlp", "fresh", None, 1)]
    tests = list(own_tests(runs, stored, "gaussian", [0.0, 2.0], True))
    assert [(test.run, test.scale) for test in tests] == [
        *((runs[0], scale) for scale in (0.0, 0.5, 2.0)),
        *((runs[1], scale) for scale in stored),
    ]
    assert all((test.images == test.scale).all() for test in tests)


@pytest.mark.parametrize("dense", [True, False])
def test_other_kinds_are_drawn_once_for_all_networks_as_add_noise_draws_them(tmp_path, dense):
    runs = [Run("mlp", "fixed", scale, 7) for scale in (0.0, 0.5)]
    images = np.random.default_rng(1).integers(0, 256, (6, *SHAPE), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    kinds = {"shot": [0.2, 0.5], "speckle": [2.0]}
    tests = list(other_tests(runs, tmp_path / "x.npy", kinds, 7, clip=False, dense=dense))
    assert [(run, kind, scale) for run, kind, scale, _ in tests] == [
        (run, kind, scale) for kind, scales in kinds.items() for scale in scales for run in runs
    ]
    for _, kind, scale, noisy in tests:
        expected = noisy_copy(images, scale, noise_generator(7, scale, "test", kind), Noise(kind, clip=False))
        assert np.array_equal(noisy[:], expected)
    assert tests[-1].images[:].max() > 1


HERE = {"cpu": "this one", "versions": {"keras": "3"}, "gpus": 0}
TRAINED = HERE | {"threads": 1, "settings": {"network": {"kind": "mlp"}}}


@pytest.mark.parametrize(
    ("card", "here", "threads", "exact"),
    [
        ({}, {}, 1, True),
        ({"cpu": "another"}, {}, 1, False),
        ({"versions": {"keras": "4"}}, {}, 1, False),
        ({"gpus": 1}, {"gpus": 1}, 1, False),
        ({"settings": {"network": {"kind": "cnn"}}}, {}, 2, True),
    ],
)
def test_bits_are_promised_where_the_network_was_trained(card, here, threads, exact):
    assert is_exact(TRAINED | card, HERE | here, threads) == exact


@pytest.mark.parametrize(
    ("network", "promised"),
    [
        ({"kind": "mlp"}, False),
        ({"kind": "mlp", "precision": "mixed_bfloat16"}, True),
        ({"kind": "cnn"}, True),
        ({"path": "my_network.py"}, True),
    ],
)
def test_products_of_mlp_are_promised_for_the_same_number_of_threads(network, promised):
    card = TRAINED | {"threads": 2, "settings": {"network": network}}
    assert is_exact(card, HERE, 2)
    assert is_exact(card, HERE, 1) == promised
