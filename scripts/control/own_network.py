"""An own network, tried before the first job in a process of its own: its size, or what is wrong with it.

Snakemake's own process never executes the file and never imports TensorFlow, which takes seconds. What was
found is kept below .snakemake/, so that jobs and later starts need not ask again.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import textwrap
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiment.network import Size, build_network, load_build, network_size

FOUND = Path(".snakemake/networks")
LONGEST = 300  # seconds for a file to build its network
TOLERANCE = 1e-3  # by which the sum of probabilities may differ from 1
FREE = {
    "Const",
    "Identity",
    "NoOp",
    "Placeholder",
    "ReadVariableOp",
}  # operations without memory of their own
PRODUCTS = {"BatchMatMulV2", "Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2dNative", "MatMul"}


def size_of(network: dict[str, Any], shape: tuple[int, ...], classes: int) -> Size:
    """Size of a network, as deciding_settings gives it.

    Ends the process with one line when the network is an own one that cannot be trained.
    """
    if "path" not in network:
        return network_size(shape, classes, network)
    path = network["path"]
    try:
        code = Path(path).read_bytes()
    except OSError as error:
        sys.exit(f"ERROR in the network: {path} cannot be read: {error.strerror}")
    if not path.endswith(".py"):
        sys.exit(f"ERROR in the network: {path} is no Python file: its name must end in .py")
    about = json.dumps([version("keras"), shape, classes, hashlib.sha256(code).hexdigest()])
    found = FOUND / f"{hashlib.sha256(about.encode()).hexdigest()}.json"
    try:
        return Size(**json.loads(found.read_text()))
    except (OSError, ValueError, TypeError):  # not asked before, or damaged
        size = ask(path, shape, classes)
    try:
        FOUND.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=FOUND, delete=False) as part:
            json.dump(size._asdict(), part)
        os.replace(part.name, found)  # whole or not there: other processes read it
    except OSError:
        pass  # then the next process asks again
    return size


def ask(path: str, shape: tuple[int, ...], classes: int) -> Size:
    """Build the network in a process of its own. Ends this process with one line when that fails."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        # -P: not to look for modules beside this file, where code.py would hide Python's own.
        command = [sys.executable, "-P", __file__, path, json.dumps(shape), str(classes), str(answer)]
        places = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(places), "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            done = subprocess.run(command, env=environment, timeout=LONGEST, capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            sys.exit(f"ERROR in the network: {path} was not built within {LONGEST} seconds")
        if not answer.exists():
            status = done.returncode
            sys.exit(
                f"ERROR in the network: {path} ended its process (status {status}) instead of building one"
            )
        said = json.loads(answer.read_text())
    if "error" in said:
        sys.exit(f"ERROR in the network: {' '.join(said['error'].split())}")
    return Size(**said)


def explain(error: BaseException, path: str) -> str:
    """One line: the place in the user's file where the error came from, and the error."""
    said = traceback.format_exception_only(error)
    # With its notes; a syntax error without the line of code, which is given below.
    what = said[-1].strip() if isinstance(error, SyntaxError) else "".join(said).strip()
    if isinstance(error, SyntaxError) and error.filename == path:
        return f"{path}, line {error.lineno}, `{(error.text or '').strip()}`: {what}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    place = f"{path}, line {frames[-1].lineno}, `{frames[-1].line}`" if frames else path
    return f"{place}: {what}"


def find_fault(built: Any, shape: tuple[int, ...], classes: int) -> str | None:
    """What is wrong with what `build` has returned, if anything."""
    import keras
    import numpy as np

    if not isinstance(built, keras.Model):
        return f"build returned {type(built).__name__}; it must return a keras.Model"
    # A subclass of Model may have neither.
    inputs, outputs = (getattr(built, name, None) or [None] for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1:
        return "the network has several inputs or outputs; it must have one of each"
    if inputs[0] is not None and tuple(inputs[0].shape) != (None, *shape):
        given = tuple(inputs[0].shape[1:])
        return f"the network takes images of shape {given}; those of this data set have {tuple(shape)}"
    if not built.trainable_variables:
        return "the network has no weights to train"
    images = np.random.default_rng(1).random((3, *shape), dtype=np.float32)
    given = keras.ops.convert_to_numpy(built(images, training=False))
    if given.shape != (3, classes):
        return f"the network gives {given.shape[1:]} for an image; it must give {(classes,)}, one a class"
    if not (np.all(given >= 0) and np.allclose(given.sum(axis=1), 1, atol=TOLERANCE)):
        return (
            "the network does not end in probabilities: they must be 0 or more and sum to 1 for each image, "
            f"and sum to {given[0].sum():.3g}. End it with a softmax"
        )
    return None


def find_unsaved(built: Any) -> str | None:
    """Why Keras cannot save the network, if it cannot: better told now than after its training."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            built.save(Path(folder) / "network.keras")
        except Exception as error:  # of the user's code too
            return f"Keras cannot save the network: {textwrap.shorten(str(error), 300, placeholder=' ...')}"
    return None


def measure(built: Any, shape: tuple[int, ...]) -> Size:
    """Size of a Keras model: as its graph in training says it for one image."""
    import math

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
    return Size(built.count_params(), outputs, multiplications, only_dense(built))


def answer_for(path: str, shape: tuple[int, ...], classes: int) -> dict[str, Any]:
    """Size of the network in this file as a dictionary, or its `error`."""
    try:
        try:
            load_build(path)
        except AttributeError as error:
            if error.name == "build" and type(error.obj).__name__ == "module":
                return {"error": f"{path} has no function build(shape, classes)"}
            raise
        built = build_network(shape, classes, {"path": path}, seed=1)
        if fault := find_fault(built, shape, classes) or find_unsaved(built):
            return {"error": f"{path}: {fault}"}
        return measure(built, shape)._asdict()
    except BaseException as error:  # whatever the user's code raises, sys.exit too
        return {"error": explain(error, path)}


def main() -> None:
    path, shape, classes, answer = sys.argv[1:]
    found = answer_for(path, tuple(json.loads(shape)), int(classes))
    Path(answer).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
