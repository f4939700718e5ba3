"""Early stopping: what is held out, which epoch is taken, and that a training resumes with the same bits."""

import keras
import numpy as np
import pytest

from control.training_options import check_held_out, complete_training
from experiment import training
from experiment.early_stopping import best_epoch, hold_out, is_over
from experiment.noise import Noise, noisy_copy
from experiment.runs import Run
from plumbing.checkpoints import Checkpoint
from train_model import train_model

MLP = {"kind": "mlp", "hidden_units": [32], "dropout": 0.2}
CNN = {"kind": "cnn", "dropout": 0.2}
TRAINING = {"epochs": 12, "batch_size": 64, "learning_rate": 0.005}
TRAINING |= {"early_stopping": {"patience": 2, "share": 0.2}}
SCALE = 2.0  # so much noise that a network soon memorises it
NOISE = Noise("gaussian", True)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Paths of images with and without noise, and of labels."""
    folder = tmp_path_factory.mktemp("images")
    with np.load("tests/data/mnist_sample.npz") as file:
        arrays = {name: file[name][:300] for name in file}
    arrays["noisy"] = noisy_copy(arrays["x_train"], SCALE, np.random.default_rng(1), NOISE)
    arrays["noisy_test"] = noisy_copy(arrays["x_test"], SCALE, np.random.default_rng(2), NOISE)
    arrays["other_test"] = np.roll(arrays["y_test"], 1)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return {name: folder / f"{name}.npy" for name in arrays}


@pytest.fixture(autouse=True, scope="module")
def threads():
    """Those of this process, in which TensorFlow has run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "set_threads", lambda threads, network: None)
        yield


class StoppedError(Exception):
    pass


class Stopping(Checkpoint):
    """Writes every state, and stops a training after so many epochs."""

    def __init__(self, path, after=100):
        super().__init__(path, {})
        self.after = after

    def keep(self, arrays, history):
        super().keep(arrays, history)
        self.write()
        if history[-1]["epoch"] == self.after:
            raise StoppedError


def train(files, draw="fixed", network=MLP, checkpoint=None, labels="y_test", groups=None, **values):
    inputs = {"x_train": files["noisy" if draw == "fixed" else "x_train"], "y_train": files["y_train"]}
    scale = None if draw == "mixed" else SCALE
    return train_model(
        Run("mlp", draw, scale, 1),
        network,
        TRAINING | values,
        NOISE,
        inputs | {"y_test": files[labels]},
        {SCALE: files["noisy_test"]},
        {"shape": (28, 28), "classes": list("0123456789")} | ({"groups": groups} if groups else {}),
        1,
        checkpoint,
    )


@pytest.fixture(scope="module")
def trained(files, threads):
    return train(files)


def weights(network):
    return [variable.numpy().tobytes() for variable in network.variables]


def held_out_loss(network, files):
    """Of the stored network, by Keras."""
    labels = np.load(files["y_train"])
    held_out = hold_out(labels, 0.2, 1)
    probabilities = network.predict(np.load(files["noisy"])[held_out], verbose=0)
    return float(-np.log(probabilities[np.arange(len(probabilities)), labels[held_out]]).mean())


def test_a_share_of_each_class_is_held_out_by_the_seed():
    labels = np.repeat(np.arange(4), [100, 7, 2, 1])
    first, again, other = (hold_out(labels, 0.1, seed) for seed in (1, 1, 2))
    assert np.bincount(labels[first], minlength=4).tolist() == [10, 1, 1, 0]
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
def test_groups_stay_together(share):
    random = np.random.default_rng(3)
    groups = random.integers(0, 30, 600)
    labels = (groups + random.integers(0, 2, 600)) % 4
    first, again, other = (hold_out(labels, share, seed, groups.tolist()) for seed in (1, 1, 2))
    for held_out in (first, other):
        assert not {*groups[held_out]} & {*groups[~held_out]}
        assert {*labels[~held_out]} == {0, 1, 2, 3}
        assert abs(held_out.mean() - share) < 0.06
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (share == 0.02)  # then, it is the smallest group


def test_few_groups_are_held_out_as_far_as_each_class_keeps_an_image():
    labels, groups = np.array([0, 0, 0, 1, 1, 1, 1]), [0, 0, 1, 2, 2, 2, 3]
    for seed in range(5):
        assert {*labels[~hold_out(labels, 0.5, seed, groups)]} == {0, 1}
        assert hold_out(labels, 0.01, seed, groups).tolist() == [
            False,
            False,
            True,
            False,
            False,
            False,
            True,
        ]
    with pytest.raises(ValueError, match=r"every group of images\.group has all training images of a class"):
        hold_out(np.array([0, 0, 1, 1]), 0.5, 1, [0, 0, 1, 1])


def test_a_training_holds_out_groups_or_ends_in_one_line(files):
    labels = np.load(files["y_train"])
    groups = (np.arange(len(labels)) // 10).tolist()
    network, history = train(files, groups=groups)
    held_out = hold_out(labels, 0.2, 1, groups)
    probabilities = network.predict(np.load(files["noisy"])[held_out], verbose=0)
    losses = -np.log(probabilities[np.arange(len(probabilities)), labels[held_out]])
    assert losses.mean() == pytest.approx(history["held_out_loss"].min(), rel=1e-5)
    with pytest.raises(SystemExit, match=r"can hold out no image.*networks\.mlp\.training") as ended:
        train(files, groups=labels.tolist())
    assert "\n" not in str(ended.value)


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_it_ends_and_takes_the_epoch_as_kerass_callback_does(patience):
    random = np.random.default_rng(patience)
    for _ in range(20):
        losses = random.choice([0.1, 0.2, 0.3, 0.4, 0.5], 12)
        callback = keras.callbacks.EarlyStopping("loss", patience=patience, restore_best_weights=True)
        callback.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
        callback.model.stop_training = False
        callback.on_train_begin()
        history = []
        for epoch, loss in enumerate(losses, start=1):
            callback.on_epoch_end(epoch, {"loss": loss})
            history.append({"epoch": epoch, "held_out_loss": loss})
            assert is_over(history, patience) == callback.model.stop_training
            if is_over(history, patience):
                break
        assert best_epoch(history) == callback.best_epoch
    assert not is_over([], patience)


def test_the_network_is_that_of_the_epoch_with_the_lowest_loss_on_what_is_held_out(files, trained):
    network, history = trained
    (taken,) = history.loc[history["taken"] == 1, "epoch"]
    assert taken == history["epoch"][history["held_out_loss"].idxmin()]
    assert len(history) == taken + 2 < TRAINING["epochs"]
    assert held_out_loss(network, files) == pytest.approx(history["held_out_loss"].min(), rel=1e-5)
    shorter, _ = train(files, epochs=int(taken))
    assert weights(shorter) == weights(network)
    # No test image decides anything.
    other, other_history = train(files, labels="other_test")
    assert weights(other) == weights(network)
    same = ["epoch", "loss", "accuracy", "held_out_loss", "taken"]
    assert other_history[same].equals(history[same])
    assert not other_history["val_loss"].equals(history["val_loss"])


def test_what_is_held_out_is_not_trained_on(files, trained, tmp_path):
    _, history = trained
    labels, noisy = np.load(files["y_train"]), np.load(files["noisy"])
    noisy[hold_out(labels, 0.2, 1)] = 0.5
    np.save(tmp_path / "noisy.npy", noisy)
    _, changed = train(files | {"noisy": tmp_path / "noisy.npy"})
    both = min(len(history), len(changed))
    assert changed["loss"][:both].equals(history["loss"][:both])
    assert not changed["held_out_loss"].equals(history["held_out_loss"])


def stop_and_resume(files, path, epoch, *settings):
    with pytest.raises(StoppedError):
        train(files, *settings, Stopping(path, epoch))
    return train(files, *settings, Stopping(path))


def test_a_training_that_was_stopped_takes_the_same_network(files, trained, tmp_path):
    network, history = trained
    last_but_one = history["epoch"].max() - 1  # after the epoch that is taken
    resumed, rows = stop_and_resume(files, tmp_path / "state.npz", last_but_one, "fixed", MLP)
    assert weights(resumed) == weights(network)
    assert rows.drop(columns="seconds").equals(history.drop(columns="seconds"))


@pytest.mark.long
@pytest.mark.parametrize(("draw", "network"), [("fresh", MLP), ("mixed", MLP), ("fixed", CNN)])
def test_it_does_so_with_any_draw_and_network_after_any_epoch(files, tmp_path, draw, network):
    whole, history = train(files, draw, network)
    (taken,) = history.loc[history["taken"] == 1, "epoch"]
    for epoch in sorted({1, taken, history["epoch"].max()}):
        resumed, rows = stop_and_resume(files, tmp_path / f"{epoch}.npz", epoch, draw, network)
        assert weights(resumed) == weights(whole)
        assert rows.drop(columns="seconds").equals(history.drop(columns="seconds"))


def test_without_it_the_last_epoch_is_taken_and_nothing_held_out(files):
    _, history = train(files, epochs=2, early_stopping=None)
    assert history["taken"].tolist() == [0, 1]
    assert history["held_out_loss"].isna().all()


def test_a_network_has_its_own_or_that_of_all_or_none():
    of_all = {"early_stopping": {"patience": 3}, "clipnorm": None}
    assert complete_training(of_all, {})["early_stopping"] == {"share": 0.1, "patience": 3}
    own = {"early_stopping": {"patience": 5, "share": 0.2}}
    assert complete_training(of_all, own)["early_stopping"] == own["early_stopping"]
    # What is off is not among the settings, so it changes no results.
    assert complete_training(of_all, {"early_stopping": None}) == complete_training({}, {})


def test_too_few_images_end_the_start_in_one_line():
    values = complete_training({"early_stopping": {"patience": 3}}, {})
    check_held_out({"networks.mlp.training": values}, 11, 10)
    check_held_out({"networks.mlp.training": complete_training({}, {})}, 10, 10)
    with pytest.raises(SystemExit, match=r"networks\.mlp\.training\.early_stopping holds out one") as stopped:
        check_held_out({"networks.mlp.training": values}, 10, 10)
    assert "\n" not in str(stopped.value)
