"""A home and an environment full of settings: the same bits, and the same figures."""

import json
import os
import shutil
import subprocess

import pytest

from counting import results_of

KERAS = {"backend": "jax", "floatx": "float16", "epsilon": 0.1, "image_data_format": "channels_first"}
STYLE = """
backend: TkAgg
font.size: 30
figure.figsize: 3, 3
figure.facecolor: red
lines.linewidth: 7
savefig.dpi: 30
savefig.transparent: True
svg.fonttype: none
svg.hashsalt: another
axes.prop_cycle: cycler('color', ['k'])
axes.xmargin: 0.4
xtick.direction: in
image.cmap: magma
image.interpolation: bicubic
"""
# What else they would be: PYTHONWARNINGS=error and PYTHONOPTIMIZE stop Snakemake itself.
VARIABLES = {
    "KERAS_BACKEND": "torch",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
    "TF_USE_LEGACY_KERAS": "1",
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_cpu_max_isa=SSE4_2",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3",
    "OMP_NUM_THREADS": "7",
    "PANDAS_FUTURE_INFER_STRING": "1",
    "SKLEARN_ASSUME_FINITE": "1",
    "SOURCE_DATE_EPOCH": "0",
    "PYTHONHASHSEED": "77",
    "PYTHONSAFEPATH": "1",
    "PYTHONNODEBUGRANGES": "1",
    "MPLBACKEND": "TkAgg",
    "TZ": "Pacific/Kiritimati",
}


@pytest.mark.long
def test_no_setting_of_a_person_reaches_a_number_or_a_figure(workflow, tmp_path):
    """Of a convolutional network, which has a layout of its images."""
    shutil.rmtree(workflow.folder / "results")
    workflow.configure(networks={"mlp": None, "cnn": {}}, noise={"scales": [0.5]}, training={"epochs": 1})
    other = workflow.copy(tmp_path / "other")
    workflow.run()
    home = tmp_path / "home"
    for path in (".keras/keras.json", "keras/keras.json"):
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text(json.dumps(KERAS))
    for path in (home / ".config/matplotlib/matplotlibrc", other.folder / "matplotlibrc", home / "style"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STYLE)
    (home / "modules").mkdir()
    (home / "modules/scipy.py").write_text("raise SystemExit('not the right scipy')")
    places = {"HOME": home, "KERAS_HOME": home / "keras", "MATPLOTLIBRC": home / "style"}
    places["PYTHONPATH"] = home / "modules"
    variables = os.environ | VARIABLES | {name: str(path) for name, path in places.items()}
    variables.pop("MPLCONFIGDIR", None)
    command = [other.folder / ".venv/bin/python", "-m", "snakemake", "--cores", "2"]
    done = subprocess.run(command, cwd=other.folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    expected, found = results_of(workflow.folder), results_of(other.folder)
    assert set(found) == set(expected)
    assert [name for name in expected if found[name] != expected[name]] == []
