"""Pretrained networks, for tests: one classifier of scikit-learn's digits in many forms of ONNX."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

DIGITS = load_digits()
IMAGES = (DIGITS.images / 16).astype(np.float32)  # (1797, 8, 8) from 0 to 1
LABELS = DIGITS.target
CLASSES = [str(number) for number in range(10)]
SIDES = {"nhw": (8, 8), "nhwc": (8, 8, 1), "nchw": (1, 8, 8), "flat_hw": (64,)}


def weights(images: np.ndarray = IMAGES, labels: np.ndarray = LABELS) -> tuple[np.ndarray, np.ndarray]:
    """Of a logistic regression on these images: float32 (pixels, classes) and (classes,)."""
    fitted = LogisticRegression(max_iter=100).fit(images.reshape(len(images), -1), labels)
    return fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32)


def save(
    path: Path,
    arrays: tuple[np.ndarray, np.ndarray],
    sides: Sequence[int | str] = (8, 8),
    batch: int | str = "n",
    before: Sequence[onnx.NodeProto] = (),
    after: Sequence[onnx.NodeProto] = (),
    outputs: Sequence[tuple[str, int, Sequence]] = (("logits", TensorProto.FLOAT, ("n", 10)),),
    kind: int = TensorProto.FLOAT,
    inputs: Sequence[onnx.ValueInfoProto] = (),
    constants: dict[str, np.ndarray] | None = None,
    producer: str = "test",
    external: str | None = None,
) -> str:
    """Write an .onnx file, and return its path: `image`, `before` up to `pixels`, then `logits`, `after`."""
    start = [] if before else [helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT)]
    nodes = [
        *(*before, *start),
        helper.make_node("Flatten", ["pixels"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weights", "biases"], ["logits"]),
        *after,
    ]
    values = {"weights": arrays[0], "biases": arrays[1], **(constants or {})}
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("image", kind, [batch, *sides]), *inputs],
        [
            helper.make_tensor_value_info(name, of, shape) if of else helper.make_value_info(name, sequence())
            for name, of, shape in outputs
        ],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in values.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name=producer)
    options = {"save_as_external_data": True, "location": external, "size_threshold": 0} if external else {}
    onnx.save(model, str(path), **options)
    return str(path)


def sequence() -> onnx.TypeProto:
    """The type of scikit-learn's output: a dictionary from text to a number for every image."""
    value = helper.make_tensor_type_proto(TensorProto.FLOAT, [])
    return helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, value))
