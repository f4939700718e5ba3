"""The environment of the jobs, without variables that would change a number or a figure."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

# Prefixes of the variables that Python and the libraries read, from their documentation and code: Keras,
# TensorFlow and XLA with oneDNN, onnxruntime, the libraries below numpy, pandas, scipy, scikit-learn, joblib,
# matplotlib.
READ = (
    *("PYTHON", "KERAS_", "TF_", "XLA_", "TSL_", "ONEDNN_", "DNNL_", "NVIDIA_TF32_OVERRIDE"),
    *("NPY_", "NUMPY_", "OPENBLAS_", "GOTO_", "BLIS_", "MKL_", "OMP_", "KMP_", "NUMEXPR_", "VECLIB_"),
    *("ORT_", "MLAS_", "PANDAS_", "SCIPY_", "SKLEARN_", "JOBLIB_", "LOKY_"),
    *("MPL", "MATPLOTLIBRC", "SOURCE_DATE_EPOCH"),
)
# Exceptions: variables that a cluster or a container needs, or that decide only about the places of files,
# memory and messages.
KEPT = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONFAULTHANDLER", "PYTHONUTF8"),
    *("KERAS_HOME", "MPLCONFIGDIR", "JOBLIB_TEMP_FOLDER"),
    *("TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR"),
)
KEPT_FLAGS = "--xla_gpu_cuda_data_dir="  # in XLA_FLAGS: where CUDA is
# Python's hash() of text would otherwise differ in every process. The backend could also come from keras.json
# in the home folder. onnxruntime could send events to its makers.
SET = {"PYTHONHASHSEED": "0", "KERAS_BACKEND": "tensorflow", "ORT_DISABLE_TELEMETRY": "1"}


def plain_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables for a job and for all programs that it starts, without those that would change a result.

    Settings in files of the home folder are reset elsewhere: Keras's in experiment/libraries.py, matplotlib's
    where figures are drawn.

    >>> plain_environment({"HOME": "/home/ann", "TF_ENABLE_ONEDNN_OPTS": "0"}) == {"HOME": "/home/ann", **SET}
    True
    """
    plain = {
        name: value for name, value in variables.items() if name in KEPT or not name.startswith(READ)
    } | SET
    if flags := [flag for flag in variables.get("XLA_FLAGS", "").split() if flag.startswith(KEPT_FLAGS)]:
        plain["XLA_FLAGS"] = " ".join(flags)
    if is_complete():
        plain.pop("PYTHONPATH", None)
    return plain


def is_complete() -> bool:
    """Whether TensorFlow comes from this Python's own environment, as with `make`, and not from PYTHONPATH,
    as with the modules of a cluster.
    """
    tensorflow = importlib.util.find_spec("tensorflow")
    return bool(tensorflow and tensorflow.origin and Path(tensorflow.origin).is_relative_to(sys.prefix))
