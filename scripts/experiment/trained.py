"""A pretrained network: a .keras or an .onnx file, opened as one function from images to its outputs.

Every operation has one thread, and several batches go through the network at a time. So no answer depends on
the number of threads.
"""

import math
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from experiment.network import EVALUATION_BATCH, load_file
from experiment.noise import clean_images
from experiment.outputs import label_columns
from experiment.preprocessing import Preprocessing, fitting_layouts, prepare

MAX_VALUES = 2_000_000  # pixels in a batch; with those of MNIST, 250 images are fewer
# Inputs of an .onnx file that numpy can make. bfloat16 is not among its types.
ONNX_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    **{f"tensor({kind})": np.dtype(kind).type for kind in ("uint8", "int8", "int16", "int32", "int64")},
}


# Of the configuration of a pretrained network. None: as found, or the usual.
KEYS = ("trained", "pixels", "layout", "channels", "classes", "outputs", "output", "code")


class Model(NamedTuple):
    """An opened file. run: a batch in the model's form and type to its outputs, (n, outputs), or labels (n,).

    sides: of an image, None for one of any length; None where the file does not say. batch: the number of
    images that it takes at a time; None for any. names: of its outputs' classes, if it has them.
    scores: whether outputs that are no probabilities are no logits either.
    """

    run: Callable[[np.ndarray], np.ndarray]
    sides: tuple[int | None, ...] | None
    batch: int | None
    dtype: Any
    output: str
    names: list[Any] | None = None
    scores: bool = False
    channels_first: bool = False


def set_threads(network: dict[str, Any], threads: int) -> None:
    """Let TensorFlow run this many operations at a time, each with one thread, before its first operation. In
    onnxruntime, every run has one thread.
    """
    if network["trained"].endswith(".keras"):
        from experiment.libraries import tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(threads)


def open_model(network: dict[str, Any], classes: Sequence[str]) -> Model:
    """Open the file of a pretrained network. classes: names of those of the data set.

    network: KEYS of the configuration. Raises ValueError with what is wrong with the file, and what to do.
    What `code` raises is raised as it is.
    """
    if network["trained"].endswith(".onnx"):
        return open_onnx(network["trained"], network["output"], classes, network["classes"])
    return open_keras(network["trained"], network["output"], network["code"], len(classes))


def choose_output(names: list[str], fits: list[bool], wanted: str | None) -> int:
    """Index of the output to use. fits: which of them could be those of the classes."""
    if wanted is not None:
        if wanted not in names:
            raise ValueError(f"it has no output {wanted}, but {', '.join(names)}. Set output to one of them")
        return names.index(wanted)
    if len(names) == 1:
        return 0
    if sum(fits) != 1:
        raise ValueError(f"it has the outputs {', '.join(names)}. Set output to the one of the classes")
    return fits.index(True)


def one_input(names: list[str]) -> None:
    if len(names) != 1:
        raise ValueError(
            f"it has {len(names)} inputs ({', '.join(names)}), but there are only images to give. Export a "
            "model with one input, in which the others are constants"
        )


def open_onnx(path: str, output: str | None, classes: Sequence[str], order: list[str] | None = None) -> Model:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # nothing may be sent anywhere
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4  # fatal: an error is raised too
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of several classes, which have none of their own above them
        raise ValueError(f"onnxruntime cannot open it: {first_sentence(error)}") from None
    inputs, outputs = session.get_inputs(), session.get_outputs()
    one_input([node.name for node in inputs])
    (image,) = inputs
    if image.type not in ONNX_TYPES:
        raise ValueError(f"it takes images as {image.type}. Export it with float32 inputs")
    batch, *sides = (side if isinstance(side, int) else None for side in image.shape or [None])

    def of_classes(node: Any) -> bool:
        last = node.shape[-1] if node.shape else None
        counts = not isinstance(last, int) or last == len(classes) or (last == 1 and len(classes) == 2)
        return node.type.startswith("seq(map(") or ("float" in node.type and counts and bool(node.shape))

    chosen = outputs[choose_output([node.name for node in outputs], list(map(of_classes, outputs)), output)]
    dtype = ONNX_TYPES[image.type]

    def run(images: np.ndarray) -> np.ndarray:
        try:
            (given,) = session.run([chosen.name], {image.name: images})
        except Exception as error:
            raise ValueError(f"onnxruntime cannot run it: {first_sentence(error)}") from None
        if isinstance(given, list):  # a dictionary for every image, as of scikit-learn's classifiers
            return np.array([list(row.values()) for row in given])
        return in_rows(given, len(images), classes, order)

    names = None
    if chosen.type.startswith("seq(map("):
        shape = [batch or 1, *(side or 1 for side in sides)]
        (rows,) = session.run([chosen.name], {image.name: np.zeros(shape, dtype)})
        names = list(rows[0])
    # What skl2onnx writes has no logits: a decision function's distances are on a scale of their own.
    scores = session.get_modelmeta().producer_name == "skl2onnx"
    return Model(run, tuple(sides), batch, dtype, chosen.name, names, scores, channels_first=True)


def open_keras(path: str, output: str | None, code: str | None, classes: int) -> Model:
    if not zipfile.is_zipfile(path):
        raise ValueError(
            "it is not in the format of Keras 3. Load it with the Keras that saved it, and save it: "
            'model.save("x.keras")'
        )
    from experiment.libraries import keras, tf

    own = {name: item for name, item in vars(load_file(code)).items() if callable(item)} if code else {}
    try:
        # In safe mode: what the file itself brings is never executed.
        model = keras.models.load_model(path, custom_objects=own, compile=False, safe_mode=True)
    except Exception as error:  # of any class: Keras calls the constructors of layers
        if "Lambda" in str(error) and "safe" in str(error):
            raise ValueError(
                "it has a Lambda layer, whose code Keras would execute. Write a layer of your own in its "
                "place, in a Python file, and set code to that file"
            ) from None
        hint = "" if code else ". Does it have layers of its own? Set code to the Python file that has them"
        raise ValueError(f"Keras cannot open it: {first_sentence(error)}{hint}") from None
    inputs = getattr(model, "inputs", None) or [None]
    one_input([getattr(tensor, "name", "?") for tensor in inputs])
    shape = inputs[0].shape if inputs[0] is not None else None
    tensors = keras.tree.flatten(getattr(model, "outputs", None) or [None])
    names = list(getattr(model, "output_names", None) or ["output"])
    fits = [tensor is not None and tensor.shape[-1] == classes for tensor in tensors]
    index = choose_output(names, fits, output)

    @tf.function(autograph=False)
    def call(images: tf.Tensor) -> tf.Tensor:
        return tf.convert_to_tensor(keras.tree.flatten(model(images, training=False))[index])

    def run(images: np.ndarray) -> np.ndarray:
        given = call(tf.constant(images))
        return in_rows(tf.cast(given, tf.float32).numpy(), len(images))

    dtype = tf.as_dtype(inputs[0].dtype if inputs[0] is not None else "float32").as_numpy_dtype
    sides, batch = (tuple(shape[1:]), shape[0]) if shape is not None else (None, None)
    return Model(run, sides, batch, dtype, names[index])


def first_sentence(error: Exception) -> str:
    """An error of a library in one line that is not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]} ..."


def in_rows(
    given: np.ndarray, n: int, classes: Sequence[str] = (), order: list[str] | None = None
) -> np.ndarray:
    """Outputs as (n, outputs), and labels as (n,): those that are text as label_columns has them."""
    if given.shape[:1] != (n,):
        raise ValueError(
            f"its output has the shape {given.shape} for {n} images; it must have a row for each"
        )
    if given.dtype.kind in "OUS":
        numbers = dict(zip(classes, label_columns(order, list(classes)), strict=True))
        unknown = min(numbers.values()) - 1
        return np.array([numbers.get(str(label), unknown) for label in given.reshape(n)])
    if given.dtype.kind in "iub":
        return given.reshape(n).astype(np.int64) if given.size == n else given.reshape(n, -1).astype(float)
    return given.reshape(n, -1)


def choose_preprocessing(
    model: Model, network: dict[str, Any], shape: tuple[int, ...]
) -> tuple[Preprocessing, list[str]]:
    """How a model gets images of this shape, as far as the configuration and the model say, and all layouts
    that fit the model. Raises ValueError where none does.
    """
    pixels, layout = network["pixels"] or [0, 1], network["layout"]
    channels = (*shape, 1)[2]
    for key, values in pixels.items() if isinstance(pixels, dict) else ():
        if np.size(values) not in (1, channels):
            raise ValueError(f"pixels has {np.size(values)} {key}s, but images have {channels} channels")
    if model.sides is None:
        if layout is None:
            raise ValueError("it does not say which shape its images have. Set layout")
        return Preprocessing(pixels, layout, network["channels"] or "rgb"), [layout]
    fits = fitting_layouts(model.sides, shape, model.channels_first)
    if not fits:
        raise ValueError(
            f"it takes images of shape {in_words(model.sides)}; those of this data set have {in_words(shape)}"
        )
    if layout is not None and layout not in fits:
        raise ValueError(
            f"layout is {layout}, but it takes {in_words(model.sides)}; allowed: {', '.join(fits)}"
        )
    return Preprocessing(pixels, layout or fits[0], network["channels"] or "rgb"), fits


def in_words(sides: Sequence[int | None]) -> str:
    return f"({', '.join('any' if side is None else str(side) for side in sides)})"


def batch_size(model: Model, shape: tuple[int, ...]) -> int:
    """Images that go through the model at a time: as many as it wants, or as memory is bounded."""
    return model.batch or max(1, min(EVALUATION_BATCH, MAX_VALUES // math.prod(shape)))


def run_model(model: Model, images: np.ndarray, how: Preprocessing, threads: int = 1) -> np.ndarray:
    """Outputs for images of the data set, uint8 or float32 (n, *shape), as Model.run gives them.

    `threads` batches at a time. A batch of fixed size is filled up with its last image.
    """
    size = batch_size(model, images.shape[1:])

    def run(start: int) -> np.ndarray:
        batch = as_type(prepare(clean_images(images[start : start + size]), how), model.dtype)
        missing = (model.batch or 0) - len(batch)
        if missing > 0:
            batch = np.concatenate([batch, np.repeat(batch[-1:], missing, axis=0)])
        return model.run(batch)[: min(size, len(images) - start)]

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(run, range(0, len(images), size))))


def as_type(values: np.ndarray, dtype: Any) -> np.ndarray:
    """float32 values as a model takes them: for whole numbers rounded, and clipped to what these can be."""
    if np.dtype(dtype).kind in "iu":
        limits = np.iinfo(dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return values.astype(dtype)
