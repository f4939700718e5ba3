"""The environment of the jobs: without what would change a number or a figure."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

# Variables that Python and the libraries read, by their beginnings: Keras, TensorFlow and XLA with oneDNN,
# the libraries below numpy, pandas, scipy, scikit-learn, joblib, and matplotlib. From their documentation and
# code.
READ = (
    *("PYTHON", "KERAS_", "TF_", "XLA_", "TSL_", "ONEDNN_", "DNNL_", "NVIDIA_TF32_OVERRIDE"),
    *("NPY_", "NUMPY_", "OPENBLAS_", "GOTO_", "BLIS_", "MKL_", "OMP_", "KMP_", "NUMEXPR_", "VECLIB_"),
    *("PANDAS_", "SCIPY_", "SKLEARN_", "JOBLIB_", "LOKY_", "MPL", "MATPLOTLIBRC", "SOURCE_DATE_EPOCH"),
)
# Of these, what a cluster or a container needs, and what decides only where files are, memory and messages.
KEPT = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE", "PYTHONPYCACHEPREFIX"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONFAULTHANDLER", "PYTHONUTF8"),
    *("KERAS_HOME", "MPLCONFIGDIR", "JOBLIB_TEMP_FOLDER"),
    *("TF_CPP_MIN_LOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR"),
)
KEPT_FLAGS = "--xla_gpu_cuda_data_dir="  # in XLA_FLAGS: where CUDA is
# hash(): of text, Python's own is another one in every process. The backend stands in a file of the home,
# too.
SET = {"PYTHONHASHSEED": "0", "KERAS_BACKEND": "tensorflow"}


def plain_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that would change a result, for a job and all that it starts.

    What stands in files of the home is not read or set back: Keras's in experiment/libraries.py,
    matplotlib's in analysis/figures.py.

    >>> plain_environment({"HOME": "/home/ann", "TF_ENABLE_ONEDNN_OPTS": "0"})
    {'HOME': '/home/ann', 'PYTHONHASHSEED': '0', 'KERAS_BACKEND': 'tensorflow'}
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
    """Whether this Python has its packages from its own environment, as that of `make` has, and none from
    PYTHONPATH, as with modules of a cluster.
    """
    tensorflow = importlib.util.find_spec("tensorflow")
    return bool(tensorflow and tensorflow.origin and Path(tensorflow.origin).is_relative_to(sys.prefix))
