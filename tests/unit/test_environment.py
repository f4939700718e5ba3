"""What jobs inherit of the environment: what a cluster needs, and nothing that changes a result."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from plumbing.environment import SET, is_complete, plain_environment

KEPT = {
    "HOME": "/home/ann",
    "PATH": "/usr/bin",
    "LD_LIBRARY_PATH": "/opt/cuda/lib64",
    "CUDA_VISIBLE_DEVICES": "1",
    "SLURM_JOB_ID": "7",
    "TMPDIR": "/scratch",
    "XDG_CACHE_HOME": "/scratch/cache",
    "HDF5_USE_FILE_LOCKING": "FALSE",
    "KERAS_HOME": "/data/keras",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "PYTHONPYCACHEPREFIX": "/scratch/pyc",
}
REMOVED = {
    **dict.fromkeys(
        ("PYTHONOPTIMIZE", "PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONSAFEPATH"), "1"
    ),
    **dict.fromkeys(
        ("TF_ENABLE_ONEDNN_OPTS", "TF_XLA_FLAGS", "TF_DETERMINISTIC_OPS", "TF_USE_LEGACY_KERAS"), "1"
    ),
    **dict.fromkeys(("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_MAX_CPU_ISA", "NVIDIA_TF32_OVERRIDE"), "BF16"),
    **dict.fromkeys(("KERAS_MAX_EPOCHS", "OPENBLAS_CORETYPE", "MKL_CBWR", "OMP_NUM_THREADS"), "1"),
    **dict.fromkeys(("NPY_DISABLE_CPU_FEATURES", "PANDAS_FUTURE_INFER_STRING", "SKLEARN_ASSUME_FINITE"), "1"),
    **dict.fromkeys(("ORT_LOAD_CONFIG_FROM_MODEL", "MLAS_NCHWC_FILTERSET_BALANCE"), "1"),
    **dict.fromkeys(("MATPLOTLIBRC", "MPLBACKEND", "SOURCE_DATE_EPOCH", "JOBLIB_MULTIPROCESSING"), "1"),
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
}


def test_what_a_cluster_needs_is_kept_and_what_changes_a_result_is_not():
    assert plain_environment(KEPT | REMOVED) == KEPT | SET


def test_hashes_the_backend_and_silence_are_set():
    assert plain_environment(
        {"PYTHONHASHSEED": "7", "KERAS_BACKEND": "jax", "ORT_DISABLE_TELEMETRY": "0"}
    ) == {
        "PYTHONHASHSEED": "0",
        "KERAS_BACKEND": "tensorflow",
        "ORT_DISABLE_TELEMETRY": "1",
    }


def test_of_the_flags_of_xla_the_place_of_cuda_is_kept():
    flags = "--xla_cpu_enable_fast_math=true --xla_gpu_cuda_data_dir=/opt/cuda"
    assert plain_environment({"XLA_FLAGS": flags})["XLA_FLAGS"] == "--xla_gpu_cuda_data_dir=/opt/cuda"


@pytest.mark.parametrize(("place", "complete"), [(sys.prefix, True), ("/opt/modules", False)])
def test_other_packages_are_kept_where_tensorflow_is_one_of_them(monkeypatch, place, complete):
    found = SimpleNamespace(origin=f"{place}/lib/tensorflow/__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: found)
    assert is_complete() == complete
    assert ("PYTHONPATH" in plain_environment({"PYTHONPATH": "/opt/modules"})) != complete


SETTINGS = """
import os
from experiment.libraries import keras
config = keras.config
print(config.backend(), config.floatx(), config.epsilon(), config.image_data_format())
print(config.dtype_policy().name)
"""


def test_keras_has_its_own_defaults_whatever_stands_in_the_home(tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras/keras.json").write_text(
        '{"backend": "jax", "floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}'
    )
    done = subprocess.run(
        [sys.executable, "-c", SETTINGS],
        env=os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(Path("scripts").resolve())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["tensorflow", "float32", "1e-07", "channels_last", "float32"]
