"""A pretrained network, opened and run before the first job in a process of its own: what it costs, or
what is wrong with it.
"""

import mmap
import os
import re
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from control.apart import answer_apart, ask_apart
from control.checksums import checksum_of
from control.code import code_checksum
from control.own_network import explain
from control.remember import remembered
from experiment.outputs import check_outputs, columns_of
from experiment.trained import batch_size, choose_preprocessing, open_model, run_model, set_threads

CHECK = Path(__file__).parents[1] / "check_trained.py"  # with whose code a network is opened
TO_ONNX = 'Export it, such as with torch.onnx.export(model, images, "network.onnx")'
TO_KERAS = 'Load it with the library that saved it, and call model.save("network.keras")'
WAYS = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".safetensors", ".pte", ".torchscript"), TO_ONNX),
    **dict.fromkeys((".h5", ".hdf5", ".tflite", ".pb", ".weights"), TO_KERAS),
    **dict.fromkeys(
        (".pkl", ".pickle", ".joblib", ".dill"),
        "A pickle is not opened, because that would execute what is in it. Export it, such as with skl2onnx",
    ),
}
# In an .onnx file, a protobuf, where weights lie in another file: the key "location", then a path.
EXTERNAL = re.compile(rb"\x0a\x08location\x12(.)", re.DOTALL)
MB = 2**20


class Cost(NamedTuple):
    """What it takes to run a network. memory: MB of the process. seconds: of an image on one core."""

    memory: float
    seconds: float


def external_files(path: str) -> list[str]:
    """The files in which an .onnx file has its weights, if others. Raises ValueError where one is missing."""
    if not path.endswith(".onnx") or not os.path.getsize(path):
        return []
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        starts = [(match.end(), match[1][0]) for match in EXTERNAL.finditer(content)]
        names = sorted({content[start : start + length].decode(errors="replace") for start, length in starts})
    files = []
    for name in names:
        if os.path.isabs(name) or ".." in Path(name).parts:
            raise ValueError(f"it has weights in {name}, which is not beside it. Export it into one folder")
        files.append(os.path.join(os.path.dirname(path), name))
        if not os.path.exists(files[-1]):
            raise ValueError(
                f"it has weights in {name}, which is missing beside it. Copy that file too, with the same "
                "name, or export with external_data=False"
            )
    return files


def network_files(network: dict[str, Any]) -> list[str]:
    """All files of a network: its own, those with its weights, and the code of its layers.

    Ends this process with one line where one is missing, or is no .keras or .onnx file.
    """
    path, code = network["trained"], network["code"]
    suffix = Path(path).suffix.lower()
    try:
        if Path(path).is_dir() or suffix not in (".keras", ".onnx"):
            kind = ".pb" if Path(path).is_dir() else suffix  # SavedModel is a folder
            way = WAYS.get(kind, f'{TO_ONNX}; with Keras, call model.save("network.keras")')
            raise ValueError(f"it is no .keras or .onnx file. {way}")
        if code and not code.endswith(".py"):
            raise ValueError(f"code is {code}, which is no Python file")
        if code and suffix == ".onnx":
            raise ValueError("code is for .keras files, and an .onnx file needs none. Take code out")
        return [path, *external_files(path), *filter(None, [code])]
    except OSError as error:
        sys.exit(f"ERROR in the network: {path} cannot be read: {error.strerror}")
    except ValueError as error:
        sys.exit(f"ERROR in the network: {path}: {error}")


def cost_of(network: dict[str, Any], shape: Sequence[int], classes: Sequence[str]) -> Cost:
    """What it takes to run a network. network: KEYS of experiment/trained.py. shape: of an image.

    Ends this process with one line when it cannot be run on such images, or does not give these classes.
    """
    files = network_files(network)
    versions = [version("keras"), version("onnxruntime")]
    about = [code_checksum(CHECK, (Path(__file__),)), versions, checksum_of(files), network, shape, classes]

    def ask() -> dict[str, float]:
        return ask_apart(__file__, network["trained"], network, shape, classes)

    return Cost(**remembered("networks", about, ask))


def peak_memory() -> float:
    """MB that this process has had at most. Not by getrusage, where Linux begins with those of the parent."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024 / MB


def answer_for(path: str, network: dict[str, Any], shape: list[int], classes: list[str]) -> dict[str, Any]:
    """Cost of the network at `path` as a dictionary, or its `error`."""
    import numpy as np

    try:
        set_threads(network, 1)
        model = open_model(network, classes)
        how, _ = choose_preprocessing(model, network, tuple(shape))
        size = batch_size(model, tuple(shape))
        images = np.random.default_rng(1).random((size, *shape), dtype=np.float32)
        raw = run_model(model, images, how)
        check_outputs(raw, len(classes))
        columns_of(model.names, network["classes"], classes)
        run_model(model, images[:1], how)  # as the last batch, which may be smaller
        start = time.perf_counter()
        run_model(model, images, how)
        seconds = (time.perf_counter() - start) / size
        return Cost(peak_memory(), seconds)._asdict()
    except ValueError as error:
        return {"error": f"{path}: {error}"}
    except BaseException as error:  # whatever the code of its layers raises, sys.exit too
        return {"error": explain(error, network["code"] or path)}


if __name__ == "__main__":
    answer_apart(answer_for)
