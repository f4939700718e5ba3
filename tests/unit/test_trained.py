"""Pretrained networks: opened, read in the right way, and stopped where another way fits better."""

import re

import keras
import numpy as np
import pytest
from onnx import TensorProto, helper

from check_trained import check
from experiment.fit import chance_limit, fit_of, fits_of, with_best_order
from experiment.outputs import (
    Outputs,
    answers_of,
    calibrated_losses,
    label_columns,
    meaning_of,
    probabilities_of,
)
from experiment.preprocessing import IMAGENET, Preprocessing, black_and_white, prepare, sides_of
from experiment.trained import KEYS, in_rows, open_model, run_model
from trained_models import CLASSES, IMAGES, LABELS, SIDES, save, weights

PLAIN = weights()
RIGHT = (IMAGES.reshape(len(IMAGES), -1) @ PLAIN[0] + PLAIN[1]).argmax(axis=1) == LABELS


def checked(path, images=IMAGES, labels=LABELS, classes=CLASSES, clip=True, order=None, **keys):
    """The fits and notes of a check. classes: of the data set. order: those that are declared."""
    network = dict.fromkeys(KEYS) | {"trained": str(path), "classes": order} | keys
    return check(open_model(network, classes), network, (images, labels), classes, clip)


def refusal(path, *arguments, **keys):
    with pytest.raises(ValueError, match="") as stopped:
        checked(path, *arguments, **keys)
    return str(stopped.value)


@pytest.mark.parametrize("batch", ["n", 1, 7])
@pytest.mark.parametrize("layout", SIDES)
def test_every_layout_and_size_of_a_batch_gives_the_answers_of_the_classifier(tmp_path, layout, batch):
    (fit, *_), notes = checked(save(tmp_path / "a.onnx", PLAIN, SIDES[layout], batch))
    assert fit.how == Preprocessing([0, 1], layout)
    assert fit.outputs == ("logits", tuple(range(10)))
    assert np.array_equal(fit.correct, RIGHT)
    assert not any("batch" in note for note in notes)


def test_sides_of_any_length_are_taken_as_the_library_has_them(tmp_path):
    path = save(tmp_path / "a.onnx", PLAIN, ("a", "b", "c"))
    assert checked(path)[0][0].how.layout == "nchw"
    assert checked(path, layout="nhwc")[0][0].how.layout == "nhwc"


def softmax(kind="Softmax", name="given"):
    return {
        "after": [helper.make_node(kind, ["logits"], [name])],
        "outputs": [(name, TensorProto.FLOAT, ("n", 10))],
    }


def classifier_of_sklearn(labels):
    """Its two outputs: the label as text, and dictionaries of probabilities."""
    nodes = [
        helper.make_node("Softmax", ["logits"], ["p"]),
        helper.make_node("ZipMap", ["p"], ["probabilities"], domain="ai.onnx.ml", classlabels_strings=labels),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
    ]
    return {"after": nodes, "outputs": [("label", TensorProto.INT64, ("n",)), ("probabilities", 0, ())]}


@pytest.mark.parametrize(
    ("form", "meaning"),
    [
        (softmax(), "probabilities"),
        (softmax("LogSoftmax"), "log_probabilities"),
        (softmax("Sigmoid"), "scores"),
        ({"producer": "skl2onnx"}, "scores"),
        (classifier_of_sklearn(CLASSES), "probabilities"),
        (
            {
                "after": [helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0)],
                "outputs": [("label", TensorProto.INT64, ("n",))],
            },
            "labels",
        ),
    ],
)
def test_what_outputs_mean_is_found(tmp_path, form, meaning):
    (fit, *_), notes = checked(save(tmp_path / "a.onnx", PLAIN, **form))
    assert fit.outputs.meaning == meaning
    assert np.array_equal(fit.correct, RIGHT)
    assert any("no log-loss" in note for note in notes) == (meaning in ("scores", "labels"))
    expected = np.log(np.exp(IMAGES.reshape(-1, 64) @ PLAIN[0] + PLAIN[1]).sum(axis=1)).mean()
    expected -= (IMAGES.reshape(-1, 64) @ PLAIN[0] + PLAIN[1])[np.arange(1797), LABELS].mean()
    assert fit.loss == pytest.approx(
        expected if meaning.endswith("probabilities") else 1 - RIGHT.mean(), rel=1e-3
    )


def test_declared_outputs_that_cannot_be_are_refused(tmp_path):
    path = save(tmp_path / "a.onnx", PLAIN)
    assert refusal(path, outputs="labels") == "outputs is labels, but it gives 10 numbers for an image"
    assert checked(path, outputs="scores")[0][0].outputs.meaning == "scores"
    for wrong in ("probabilities", "log_probabilities"):  # of logits, which would be clipped
        assert refusal(path, outputs=wrong).startswith(f"outputs is {wrong}, but it gives numbers from -")
    path = save(tmp_path / "p.onnx", PLAIN, **softmax())
    assert refusal(path, outputs="logits").endswith("set probabilities")


def test_classes_go_by_name_where_the_network_has_names(tmp_path):
    """scikit-learn has text labels in alphabetical order."""
    names = ["ten", *"123456789"]
    order = sorted(names)
    arrays = tuple(array[..., [names.index(name) for name in order]] for array in PLAIN)
    path = save(tmp_path / "a.onnx", arrays, **classifier_of_sklearn(order))
    (fit, *_), _ = checked(path, classes=names)
    assert np.array_equal(fit.correct, RIGHT)
    assert refusal(path).startswith(
        "its outputs are called 1, 2, 3, 4, 5, 6, 7, 8, 9, ten; the data set has 0,"
    )


@pytest.mark.parametrize("kind", ["Sigmoid", "Identity"])
@pytest.mark.parametrize("shape", [("n", 1), ("n",)])
def test_two_classes_may_have_one_output(tmp_path, kind, shape):
    two = LABELS < 2
    arrays = weights(IMAGES[two], LABELS[two])
    node = helper.make_node(kind, ["logits"], ["p"])
    squeeze = helper.make_node("Squeeze", ["p", "axis"], ["q"]) if len(shape) == 1 else None
    path = save(
        tmp_path / "a.onnx",
        arrays,
        after=[node, *filter(None, [squeeze])],
        outputs=[("q" if squeeze else "p", TensorProto.FLOAT, shape)],
        constants={"axis": np.array([1])} if squeeze else None,
    )
    (fit, *_), _ = checked(path, IMAGES[two], LABELS[two], ["0", "1"])
    assert fit.outputs.meaning == ("probabilities" if kind == "Sigmoid" else "logits")
    assert fit.accuracy == 1
    assert fit.loss < 0.02


def trained_on(pixels):
    """The same classifier, for images with other pixels."""
    black, white = black_and_white(pixels)
    slopes = PLAIN[0] / np.float32(white - black)
    return slopes, PLAIN[1] - np.float32(black) * slopes.sum(axis=0)


@pytest.mark.parametrize("pixels", [[0, 255], [-1, 1], [1, 0], {"mean": 0.1307, "std": 0.3081}])
def test_other_pixels_stop_the_check_and_are_taken_when_they_are_declared(tmp_path, pixels):
    path = save(tmp_path / "a.onnx", trained_on(pixels))
    written = "{mean: 0.1307, std: 0.3081}" if isinstance(pixels, dict) else str(pixels)
    assert re.fullmatch(
        rf"it fits the training images with pixels: {re.escape(written)} \(log-loss \S+, \S+ %\), not with "
        r"pixels: \[0, 1\] \(log-loss \S+, \S+ %\)\. Say which is right: set pixels",
        refusal(path),
    )
    (fit, *_), _ = checked(path, pixels=pixels)
    assert fit.how.pixels == pixels
    assert (fit.correct != RIGHT).mean() < 0.002  # of nearly equal outputs


def test_what_is_declared_counts_with_a_note_if_it_is_above_chance(tmp_path):
    path = save(tmp_path / "a.onnx", trained_on({"mean": 0.1307, "std": 0.3081}))
    _, notes = checked(path, pixels=[0, 1])
    (note,) = (note for note in notes if "better" in note)
    assert note.startswith(
        "It fits the training images better with pixels: {mean: 0.1307, std: 0.3081} (log-loss"
    )
    inverted = save(tmp_path / "b.onnx", trained_on([1, 0]))
    assert refusal(inverted, pixels=[0, 1]).endswith("This is no more than chance: change pixels")


def test_the_order_of_the_classes_is_found(tmp_path):
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    path = save(tmp_path / "a.onnx", tuple(array[..., order] for array in PLAIN))
    names = [str(number) for number in order]
    said = refusal(path)
    assert 'with classes: ["3", "1", "4", "0", "5", "9", "2", "6", "8", "7"] (log-loss' in said
    assert said.endswith("Say which is right: set classes")
    (fit, *_), notes = checked(path, order=names)
    assert np.array_equal(fit.correct, RIGHT)
    assert not any("better" in note for note in notes)


def test_no_order_is_proposed_where_a_class_has_no_image():
    """A class that was not seen could stand anywhere."""
    outputs, how = Outputs("probabilities", (0, 1, 2, 3)), Preprocessing([0, 1], "nhw")
    labels = np.arange(400) % 4
    raw = np.eye(4)[np.array([1, 2, 3, 0])[labels]]
    fit = fit_of(how, raw, outputs, labels)
    assert with_best_order(fit, raw, labels).outputs.columns == (1, 2, 3, 0)
    seen = labels < 3
    fit = fit_of(how, raw[seen], outputs, labels[seen])
    assert with_best_order(fit, raw[seen], labels[seen]) is None


def test_exchanged_sides_are_found(tmp_path):
    turned = PLAIN[0].reshape(8, 8, 10).transpose(1, 0, 2).reshape(64, 10)
    path = save(tmp_path / "a.onnx", (turned, PLAIN[1]))
    assert "with layout: nwh (log-loss" in refusal(path)
    assert np.array_equal(checked(path, layout="nwh")[0][0].correct, RIGHT)


def colour_images():
    """Images of 5 x 4 pixels in colour, and their classes: digits' rows in red, reversed in blue."""
    images = np.stack([IMAGES[:, :5, :4], 0.3 * IMAGES[:, 3:, 4:], 0.7 * IMAGES[:, 1:6, 2:6]], axis=-1)
    return np.ascontiguousarray(images)


@pytest.mark.parametrize(
    ("how", "keys"),
    [
        (Preprocessing([0, 1], "nhwc", "bgr"), {"channels": "bgr"}),
        (Preprocessing([0, 1], "flat_hwc"), {"layout": "flat_hwc"}),
        (Preprocessing(IMAGENET, "nchw"), {"pixels": IMAGENET}),
    ],
)
def test_colours_are_read_in_the_right_order(tmp_path, how, keys):
    images = colour_images()
    path = save(tmp_path / "a.onnx", weights(prepare(images, how)), sides_of(how.layout, (5, 4, 3)))
    assert f"set {next(iter(keys))}" in refusal(path, images)
    assert checked(path, images, **keys)[0][0].how == how


RANDOM = [
    helper.make_node("RandomNormalLike", ["image"], ["random"], scale=0.1),
    helper.make_node("Add", ["image", "random"], ["pixels"]),
]
MEAN = [
    helper.make_node("ReduceMean", ["image"], ["mean"], axes=[0], keepdims=1),
    helper.make_node("Sub", ["image", "mean"], ["pixels"]),
]
SUM = [
    helper.make_node("ReduceSum", ["image"], ["sum"], keepdims=1),
    helper.make_node("Mul", ["sum", "little"], ["factor"]),
    helper.make_node("Mul", ["image", "factor"], ["changed"]),
    helper.make_node("Add", ["image", "changed"], ["pixels"]),
]
CLIP = [helper.make_node("Clip", ["image", "zero", "one"], ["pixels"])]


def test_a_second_run_that_differs_is_refused(tmp_path):
    said = refusal(save(tmp_path / "a.onnx", PLAIN, before=RANDOM))
    assert said.startswith("it gives other outputs for the same images in a second run")
    assert "model.eval()" in said


def test_answers_that_depend_on_the_batch_are_refused_and_outputs_that_do_are_noted(tmp_path):
    means = PLAIN[0], PLAIN[1] + IMAGES.mean(axis=0).reshape(-1) @ PLAIN[0]
    little = {"little": np.float32(1e-4)}
    _, notes = checked(save(tmp_path / "b.onnx", PLAIN, before=SUM, constants=little))
    assert any("depend on the others in its batch of 250 images" in note for note in notes)
    order = np.argsort(LABELS, kind="stable")  # batches of other classes
    said = refusal(save(tmp_path / "a.onnx", means, before=MEAN), IMAGES[order], LABELS[order])
    assert said.startswith("its answers depend on the other images in a batch")


def test_clipped_pixels_are_noted_where_the_noise_is_not_clipped(tmp_path):
    limits = {"zero": np.float32(0), "one": np.float32(1)}
    path = save(tmp_path / "a.onnx", PLAIN, before=CLIP, constants=limits)
    assert not any("clips pixels" in note for note in checked(path)[1])
    assert any("clips pixels" in note for note in checked(path, clip=False)[1])
    assert not any(
        "clips pixels" in note for note in checked(save(tmp_path / "b.onnx", PLAIN), clip=False)[1]
    )


def test_other_types_of_numbers_are_given_to_the_network(tmp_path):
    half = save(tmp_path / "a.onnx", PLAIN, kind=TensorProto.FLOAT16)
    assert (checked(half)[0][0].correct != RIGHT).mean() < 0.01
    whole = save(tmp_path / "b.onnx", trained_on([0, 255]), kind=TensorProto.UINT8)
    _, notes = checked(whole, pixels=[0, 255])
    assert "It takes uint8, so pixels are rounded to whole numbers." in notes


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def test_what_cannot_be_used_is_told_with_its_reason(tmp_path):
    path = tmp_path / "a.onnx"
    assert "takes images as tensor(bfloat16)" in refusal(save(path, PLAIN, kind=TensorProto.BFLOAT16))
    other = [value("mean", TensorProto.FLOAT, [1])]
    assert refusal(save(path, PLAIN, inputs=other)).startswith("it has 2 inputs (image, mean)")
    nine_rows = np.zeros((72, 10), np.float32), PLAIN[1]
    assert refusal(save(path, nine_rows, (9, 8))) == (
        "it takes images of shape (9, 8); those of this data set have (8, 8)"
    )
    assert (
        refusal(save(path, PLAIN), layout="nchw") == "layout is nchw, but it takes (8, 8); allowed: nhw, nwh"
    )
    nine = tuple(array[..., :9] for array in PLAIN)
    outputs = [("logits", TensorProto.FLOAT, ("n", 9))]
    assert (
        refusal(save(path, nine, outputs=outputs))
        == "it gives 9 numbers for an image; it must give 10, one a class"
    )
    path.write_bytes(b"no protobuf")
    assert refusal(path).startswith("onnxruntime cannot open it: ")
    unrelated = np.random.default_rng(1).permutation(LABELS)
    assert "no more than chance" in refusal(save(path, PLAIN), IMAGES, unrelated)


def test_of_several_outputs_that_fit_one_must_be_named(tmp_path):
    both = softmax()
    both["outputs"] = [("logits", TensorProto.FLOAT, ("n", 10)), *both["outputs"]]
    path = save(tmp_path / "a.onnx", PLAIN, **both)
    assert refusal(path) == "it has the outputs logits, given. Set output to the one of the classes"
    assert (
        refusal(path, output="none") == "it has no output none, but logits, given. Set output to one of them"
    )
    assert checked(path, output="given")[0][0].outputs.meaning == "probabilities"


def test_outputs_are_the_same_with_any_number_of_threads(tmp_path):
    network = dict.fromkeys(KEYS) | {"trained": save(tmp_path / "a.onnx", PLAIN)}
    model, how = open_model(network, CLASSES), Preprocessing([0, 1], "nhw")
    one, two = (run_model(model, IMAGES, how, threads) for threads in (1, 2))
    assert one.shape == (1797, 10)
    assert one.tobytes() == two.tobytes()


def test_labels_may_be_negative_and_one_of_no_class_is_wrong():
    outputs = Outputs("labels", label_columns(None, ["-1", "1", "7"]))
    predicted, losses = answers_of(np.array([-1, 1, 7, 0, -2, 9]), outputs, np.zeros(6, int))
    assert (predicted.tolist(), losses) == ([0, 1, 2, -1, -1, -1], None)


def test_nan_is_no_answer():
    with pytest.raises(ValueError, match="no numbers"):
        answers_of(np.array([[0.5, np.nan]]), Outputs("probabilities", (0, 1)), np.array([0]))


CODE = """
import keras


class Scale(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


def keras_network(*layers, shape=(8, 8, 1), factor=1.0, end="softmax"):
    """The classifier as a Keras model, with other layers before it."""
    last = keras.layers.Dense(10, activation=end)
    network = keras.Sequential([keras.Input(shape), *layers, keras.layers.Flatten(), last])
    last.set_weights([PLAIN[0] * factor, PLAIN[1]])
    return network


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (64,)])
def test_keras_networks_are_taken(tmp_path, shape):
    """Keras takes (n, 8, 8) for (8, 8, 1) too, and then refuses (n, 8, 8, 1): one layout is decided on."""
    keras_network(shape=shape).save(tmp_path / "a.keras")
    (fit, *_), _ = checked(tmp_path / "a.keras")
    assert sides_of(fit.how.layout, (8, 8)) == shape
    assert np.array_equal(fit.correct, RIGHT)


def test_keras_networks_with_rescaling_want_other_pixels(tmp_path):
    keras_network(keras.layers.Rescaling(1 / 255)).save(tmp_path / "a.keras")
    assert "with pixels: [0, 255] (log-loss" in refusal(tmp_path / "a.keras")


def test_layers_of_ones_own_come_with_their_code(tmp_path):
    (tmp_path / "my_layers.py").write_text(CODE)
    space = {}
    exec(CODE, space)
    keras_network(space["Scale"](), factor=0.5).save(tmp_path / "a.keras")
    assert refusal(tmp_path / "a.keras").endswith("Set code to the Python file that has them")
    (fit, *_), _ = checked(tmp_path / "a.keras", code=str(tmp_path / "my_layers.py"))
    assert np.array_equal(fit.correct, RIGHT)


def test_a_lambda_layer_is_never_executed(tmp_path):
    keras_network(keras.layers.Lambda(lambda x: x * 2)).save(tmp_path / "a.keras")
    assert refusal(tmp_path / "a.keras").startswith("it has a Lambda layer, whose code Keras would execute")


def test_another_format_with_this_suffix_is_named(tmp_path):
    (tmp_path / "a.keras").write_bytes(b"\x89HDF\r\n\x1a\n")
    assert refusal(tmp_path / "a.keras").startswith("it is not in the format of Keras 3")


def test_a_network_that_is_less_sure_than_it_could_be_is_not_taken_for_one_of_other_pixels():
    logits, labels = np.random.default_rng(1).normal(size=(400, 3)), np.arange(400) % 3
    logits[np.arange(400), labels] += 2
    losses = [calibrated_losses(factor * logits, labels).mean() for factor in (0.1, 1.0, 10.0)]
    assert losses == pytest.approx([losses[1]] * 3, rel=1e-3)
    plain = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(400), labels]
    assert losses[1] <= plain.mean() + 1e-6


@pytest.mark.parametrize(
    ("meaning", "raw", "expected"),
    [
        ("probabilities", [[0.2, 0.8]], [0.8, 0.2]),
        ("logits", [[0.0, np.log(3)]], [0.75, 0.25]),
        ("logits", [[np.log(3)]], [0.75, 0.25]),  # a single output is that of the second
        ("log_probabilities", [[np.log(0.1), np.log(0.9)]], [0.9, 0.1]),
        ("scores", [[-3.0, 2.0]], [1, 0]),
    ],
)
def test_probabilities_are_those_of_the_classes_in_their_order(meaning, raw, expected):
    outputs = Outputs(meaning, (1, 0))
    assert probabilities_of(np.array(raw), outputs)[0].tolist() == pytest.approx(expected)


def test_a_label_is_a_probability_of_one():
    given = probabilities_of(np.array([5, 9]), Outputs("labels", (9, 5)))
    assert given.tolist() == [[0, 1], [1, 0]]


def test_whole_numbers_of_a_quantised_network_are_scores():
    assert meaning_of(np.array([[3.0, 250.0], [120.0, 7.0]])) == "scores"
    assert meaning_of(np.array([[3.0, 250.5], [120.0, 7.0]])) == "logits"


@pytest.mark.parametrize("counts", [(4, 4), (95, 5), (170, 3)])
def test_a_network_that_knows_all_of_a_few_images_is_better_than_chance(counts):
    labels = np.repeat([0, 1], counts)
    limit = chance_limit(labels, len(labels))
    assert (len(labels) - 1) / len(labels) < limit < 1


def test_what_is_set_is_used_even_at_chance(tmp_path):
    path = save(tmp_path / "a.onnx", (np.zeros_like(PLAIN[0]), PLAIN[1]))
    assert refusal(path).endswith("Is it a network for these images? If so, set pixels, layout and classes")
    classes = [str(number) for number in range(10)]
    (declared, *_), notes = checked(path, order=classes, pixels=[0, 1], layout="nhw")
    assert declared.how == Preprocessing([0, 1], "nhw")
    assert any("no more than chance" in note for note in notes)


def test_another_way_that_cannot_be_run_is_left_out():
    def read(how, images):
        if how.layout != "nchw":
            raise ValueError("onnxruntime cannot run it")
        return np.eye(10)[LABELS]

    outputs, hows = Outputs("probabilities", tuple(range(10))), [Preprocessing([0, 1], "nchw")]
    hows += [Preprocessing([0, 1], layout) for layout in ("nhw", "nhwc")]
    assert [fit.how.layout for fit in fits_of(read, hows, outputs, IMAGES, LABELS, False)] == ["nchw"]
    with pytest.raises(ValueError, match="cannot run it"):
        list(fits_of(read, hows[1:], outputs, IMAGES, LABELS, False))


@pytest.mark.parametrize("order", [None, ["3", "1", "2"]])
def test_labels_as_text_are_the_classes_of_this_name(order):
    """Also where the names are numbers from 1 on, or the configuration has another order."""
    classes = ["1", "2", "3"]
    rows = in_rows(np.array(["2", "3", "1", "4"]), 4, classes, order)
    outputs = Outputs("labels", label_columns(order, classes))
    assert answers_of(rows, outputs, np.zeros(4, int)).predicted.tolist() == [1, 2, 0, -1]
