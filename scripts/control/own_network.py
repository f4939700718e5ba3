"""An own network, tried before the first job in a process of its own: its size, or what is wrong with it."""

import hashlib
import math
import re
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from control.apart import answer_apart, ask_apart
from control.code import code_checksum
from control.remember import remembered
from experiment.network import Size, build_network, compile_network, load_build, network_size
from experiment.optimizer import ADAM, say_lower
from experiment.streams import epoch_order

TRAINER = Path(__file__).parents[1] / "train_model.py"  # with whose code a network is tried
TOLERANCE = 1e-3  # by which the sum of probabilities may differ from 1
SAME = 1e-4  # by which probabilities may differ that should be the same; without float32: SAME_HALF
SAME_HALF = 1e-2
MIN_RANGE = 0.05  # of the numbers that the first layer with weights gets; pixels go from 0 to 1
TRIED = 251  # images that are evaluated: a batch of 250, and one
FREE = {
    "Const",
    "Identity",
    "NoOp",
    "Placeholder",
    "ReadVariableOp",
}  # operations without memory of their own
PRODUCTS = {"BatchMatMulV2", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul"}
# Of a Keras model, what decides a training in Keras's fit, which is not what trains it here.
TRAINS = ("compile", "fit", "train_step", "compute_loss", "make_train_function")


class Data(NamedTuple):
    """What a network is tried for. shape: of an image. train: number of training images. options: of its
    training (compile_network). precision: of the network, as for build_network.
    """

    shape: tuple[int, ...]
    classes: int
    train: int
    batch_size: int
    options: dict[str, Any]
    precision: str = "float32"


def size_of(network: dict[str, Any], data: Data) -> Size:
    """Size of a network of a known kind, or of an own one.

    Ends the process with one line when the network is an own one that cannot be trained.
    """
    if "path" not in network:
        return network_size(data.shape, data.classes, network)
    path = network["path"]
    try:
        code = Path(path).read_bytes()
    except OSError as error:
        sys.exit(f"ERROR in the network: {path} cannot be read: {error.strerror}")
    if not path.endswith(".py"):
        sys.exit(f"ERROR in the network: {path} is no Python file: its name must end in .py")
    about = [
        code_checksum(TRAINER, (Path(__file__),)),
        version("keras"),
        data,
        hashlib.sha256(code).hexdigest(),
    ]
    return Size(**remembered("networks", about, lambda: ask_apart(__file__, path, data)))


def own(path: str, data: Data) -> dict[str, str]:
    """The own network of this file, for build_network."""
    return {"path": path, "precision": data.precision}


def explain(error: BaseException, path: str) -> str:
    """One line: the place in the user's file where the error came from, and the error."""
    said = traceback.format_exception_only(error)
    # With its notes; a syntax error without the line of code, which is given below.
    what = said[-1].strip() if isinstance(error, SyntaxError) else "".join(said).strip()
    if "in user code:" in what:  # as of an error in a compiled function: it ends with the error itself
        what = re.split(r"\n\s+(?=\w+(?:Error|Exception): )", what)[-1]
    what = re.sub(r"\x1b\[\d*m|\{\{function_node \S+\}\} ", "", what)  # colours, and what is TensorFlow's own
    what = textwrap.shorten(what, 600, placeholder=" ...")
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{path}, line {error.lineno}, `{(error.text or '').strip()}`: {what}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    place = f"{path}, line {frames[-1].lineno}, `{frames[-1].line}`" if frames else path
    if isinstance(error, ModuleNotFoundError) and (Path(path).parent / f"{error.name}.py").exists():
        return (
            f"{place}: {error.name}.py is beside it, but a network is one file. Copy what it needs into "
            f"{path}"
        )
    return f"{place}: {what}"


def find_own_training(built: Any) -> str | None:
    """What of the model is meant for another training than the workflow's, in words."""
    if built.compiled:
        return (
            "the model is compiled, but the workflow compiles it: with training.optimizer at "
            "training.learning_rate, and cross-entropy. Take the call of compile out of build"
        )
    for name in TRAINS:
        # As the model has it: a method may come from a mixin, the model itself, or a patch of Keras.
        module = getattr(getattr(built, name), "__module__", "")
        if module.partition(".")[0] != "keras":
            holders = (built, *type(built).__mro__)
            owner = next(holder for holder in holders if name in vars(holder))
            return (
                f"{getattr(owner, '__name__', 'the model')} has a method {name} of its own, which the "
                "workflow would not use: it trains with training.optimizer and cross-entropy. Take the "
                "method out"
            )
    return None


def find_wrong_form(built: Any, data: Data) -> str | None:
    """Why the model cannot take the images or give a probability for every class, by what it says itself."""
    # A subclass of Model may have neither.
    inputs, outputs = (getattr(built, name, None) or [None] for name in ("inputs", "outputs"))
    for what, tensors in (("inputs", inputs), ("outputs", outputs)):
        if len(tensors) != 1:
            return f"the network has {len(tensors)} {what}; it must have one"
    if (image := inputs[0]) is not None:
        sides = tuple(image.shape)[1:]
        fits = len(sides) == len(data.shape) and all(
            side in (None, wanted) for side, wanted in zip(sides, data.shape, strict=True)
        )
        if not fits:
            return f"the network takes images of shape {sides}; those of this data set have {data.shape}"
        if "int" in image.dtype:
            return (
                f"the network takes {image.dtype} images, which would make every pixel below white 0: images "
                "come as float32 from 0 to 1. Leave dtype out of Input"
            )
    if not built.trainable_variables:
        return "the network has no weights to train"
    return None


def find_wrong_outputs(built: Any, data: Data) -> str | None:
    """What is wrong with what the network gives for black, white and random images, if anything."""
    import keras
    import numpy as np

    images = trial_images(5, data)
    outputs = keras.tree.flatten(built(images, training=False))
    if len(outputs) != 1:
        return f"the network gives {len(outputs)} arrays for the images; it must give one"
    given, kind = keras.ops.convert_to_numpy(outputs[0]), keras.backend.standardize_dtype(outputs[0].dtype)
    if given.shape != (len(images), data.classes):
        return (
            f"the network gives {given.shape[1:]} for an image; it must give {(data.classes,)}, one a class"
        )
    for name, values in zip(("a black", "a white", "a random"), given, strict=False):
        if not np.all(np.isfinite(values.astype(np.float64))):
            return f"the network gives {values.max()} for {name} image. It must give a number for every image"
    if kind in ("float16", "bfloat16"):  # numpy has no bfloat16, and gets float32
        return f"its last layer gives {kind}, in which probabilities are too coarse. Give it dtype='float32'"
    sums = given.astype(np.float64).sum(axis=1)
    if not (np.all(given >= 0) and np.allclose(sums, 1, atol=TOLERANCE)):
        return (
            "the network does not end in probabilities: they must be 0 or more and sum to 1 for each image, "
            f"and sum to {sums[2]:.3g}. End it with a softmax"
        )

    def again(some: Any) -> np.ndarray:
        return keras.ops.convert_to_numpy(*keras.tree.flatten(built(some, training=False)))

    alone = np.concatenate([again(images[number : number + 1]) for number in range(len(images))])
    if not np.allclose(alone, given, rtol=0, atol=TOLERANCE) and np.array_equal(again(images), given):
        return (
            "what the network gives for an image depends on the other images in its batch, as after a mean "
            "over all axes. Leave axis 0 out, which is that of the images"
        )
    return None


def trial_images(n: int, data: Data) -> Any:
    """A black, a white and random images, float32 (n, *shape) from 0 to 1."""
    import numpy as np

    images = np.random.default_rng(1).random((n, *data.shape), dtype=np.float32)
    images[:1], images[1:2] = 0, 1
    return images


def leaves(layer: Any) -> Iterator[Any]:
    """The layers of a model, however deep, that have no layers themselves."""
    inner = [other for other in layer._flatten_layers(include_self=False, recursive=False)]
    if not inner:
        yield layer
    for other in inner:
        yield from leaves(other)


def find_shrunk_pixels(built: Any, data: Data) -> str | None:
    """Whether the first layer with weights gets pixels that hardly differ, as after a division by 255."""
    import numpy as np

    seen: list[float] = []

    def watch(layer: Any) -> None:
        original = layer.call

        def call(x: Any, *arguments: Any, **options: Any) -> Any:
            seen.append(float(np.ptp(np.asarray(x, np.float64))) if hasattr(x, "shape") else math.inf)
            return original(x, *arguments, **options)

        layer.call = call

    watched = [layer for layer in leaves(built) if layer.weights and layer is not built]
    for layer in watched:
        watch(layer)
    try:
        built(trial_images(5, data)[2:], training=False)
    finally:
        for layer in watched:
            del layer.call
    if seen and seen[0] < MIN_RANGE:
        return (
            f"its first layer with weights gets numbers that differ by {seen[0]:.2g} at most: images come as "
            "float32 from 0 to 1. Take out what divides or rounds their pixels, such as Rescaling(1 / 255)"
        )
    return None


def find_failed_step(built: Any, data: Data) -> str | None:
    """Train a whole batch and the last, smaller one, as training does, and evaluate. What is wrong, if
    anything.
    """
    import numpy as np
    import tensorflow as tf

    from experiment.training import compile_epoch, compile_evaluation

    compile_network(built, **data.options)
    optimizer = getattr(built.optimizer, "inner_optimizer", built.optimizer)  # inside the one for 16 bits
    used, wanted = type(optimizer).__name__, data.options.get("optimizer", ADAM)["name"]
    if used.lower() != wanted:
        return (
            f"the model trains with {used}, but the workflow trains with {wanted}. Take out what sets its "
            "optimizer"
        )
    images = data.train
    if data.train > data.batch_size:
        images = data.batch_size + (data.train % data.batch_size or data.batch_size)
    labels = tf.one_hot(np.arange(images) % data.classes, data.classes)
    order = tf.constant(epoch_order(1, 1, images))
    step = compile_epoch(built, labels, data.batch_size)
    loss, _ = step(tf.constant(trial_images(images, data)), order, tf.constant(1))
    if not np.isfinite(float(loss)):
        lower = say_lower("its training.learning_rate", data.options["learning_rate"])
        return (
            f"the loss of its first two training steps is {float(loss)}, on random images. {lower}, or look "
            "for a logarithm or a division of 0"
        )
    tested = min(TRIED, data.train)
    compile_evaluation(built)(tf.constant(trial_images(tested, data)), labels[:1] + tf.zeros((tested, 1)))
    return None


def find_unsaved(built: Any, path: str, data: Data) -> str | None:
    """What of the network its .keras file does not hold, if anything: better told now than after its
    training.

    The network, which has been trained, is built again and given the weights by the file: with the same seed
    it must give the same. Keras's own way to load it must give the same too; where Keras cannot, the weights
    must be all that there is, so that a network that was built with another seed gives the same.
    """
    import keras
    import numpy as np

    images = trial_images(5, data)

    def given_by(network: Any) -> Any:
        (outputs,) = keras.tree.flatten(network(images, training=False))
        return keras.ops.convert_to_numpy(outputs).astype(np.float64)

    single = all(layer.dtype_policy.name == "float32" for layer in leaves(built))
    expected, tolerance = given_by(built), SAME if single else SAME_HALF

    def rebuilt(seed: int) -> Any:
        network = build_network(data.shape, data.classes, own(path, data), seed)
        network.load_weights(file)
        return given_by(network)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        try:
            built.save(file)
        except Exception as error:  # of the user's code too
            return f"Keras cannot save the network: {textwrap.shorten(str(error), 300, placeholder=' ...')}"
        if not np.allclose(rebuilt(seed=1), expected, rtol=0, atol=tolerance):
            return (
                "built again with the same seed and weights, the network gives something else. What is "
                "random in build must come from the generators of Keras, numpy or Python, which are seeded "
                "(as np.random.permutation; not default_rng() without a seed), and what changes must be a "
                "weight"
            )
        keras.utils.set_random_seed(2)
        try:
            loaded = given_by(keras.models.load_model(file, safe_mode=False, compile=False))
        except Exception:  # as of a Lambda that uses names of its file
            loaded = rebuilt(seed=2)
    if not np.allclose(loaded, expected, rtol=0, atol=tolerance):
        return (
            "loaded from its .keras file, the network gives something else: it uses a layer or numbers that "
            "Keras does not store. Make layers attributes of the model or connect them by calls, numbers "
            "weights (trainable=False where they are constant), and give classes of your own a get_config"
        )
    return None


def measure(built: Any, shape: tuple[int, ...]) -> Size:
    """Size of a Keras model: as its graph in training says it for one image.

    Of the operations' outputs, half count: many take the place of an input, as a bias and an activation do.
    """
    import tensorflow as tf

    from experiment.training import only_dense

    graph = (
        tf.function(lambda x: built(x, training=True)).get_concrete_function(tf.TensorSpec((1, *shape))).graph
    )
    outputs = multiplications = 0
    for operation in graph.get_operations():
        shapes = [output.shape for output in operation.outputs if output.shape.is_fully_defined()]
        if operation.type not in FREE:
            outputs += sum(math.prod(given) for given in shapes)
        if operation.type in PRODUCTS and shapes and operation.inputs[1].shape.is_fully_defined():
            multiplications += math.prod(operation.inputs[1].shape) * math.prod(shapes[0][:-1])
    return Size(built.count_params(), outputs // 2, multiplications, only_dense(built))


def answer_for(path: str, data: Data) -> dict[str, Any]:
    """Size of the network in this file as a dictionary, or its `error`."""
    from experiment.libraries import keras  # before the file imports it

    try:
        try:
            load_build(path)
        except AttributeError as error:
            if error.name == "build" and type(error.obj).__name__ == "module":
                return {"error": f"{path} has no function build(shape, classes)"}
            raise
        built = build_network(data.shape, data.classes, own(path, data), seed=1)
        if not isinstance(built, keras.Model):
            return {"error": f"{path}: build returned {type(built).__name__}; it must return a keras.Model"}
        fault = (
            find_own_training(built)
            or find_wrong_form(built, data)
            or find_wrong_outputs(built, data)
            or find_shrunk_pixels(built, data)
            or find_failed_step(built, data)
            or find_unsaved(built, path, data)
        )
        return {"error": f"{path}: {fault}"} if fault else measure(built, data.shape)._asdict()
    except BaseException as error:  # whatever the user's code raises, sys.exit too
        return {"error": explain(error, path)}


def main() -> None:
    answer_apart(lambda path, data: answer_for(path, Data(tuple(data[0]), *data[1:])))


if __name__ == "__main__":
    main()
