#!/usr/bin/env bash
# Guess: build() of a Keras optimizer does nothing if it has been built, as for Adam. LossScaleOptimizer, which Keras uses by
# itself under the policy mixed_float16, makes its variables anew each time: the scale of the loss goes back to its initial
# value, and the optimizer keeps the old variables beside the new ones. Code that restores an optimizer and then builds it to
# be safe so loses the scale that it has restored. Nothing was found that says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3
"$folder/venv/bin/python" - 2>"$folder/err" <<'END' || { cat "$folder/err"; exit 1; }
import keras
import tensorflow as tf

print("TensorFlow", tf.__version__, "Keras", keras.__version__)
weights = [keras.Variable([1.0, 2.0])]
scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=2.0**15)
scaled.build(weights)
scaled.apply([tf.constant([float("inf")] * 2)], weights)  # too large a gradient halves the scale
before = float(scaled.dynamic_scale), len(scaled.variables)
scaled.build(weights)
after = float(scaled.dynamic_scale), len(scaled.variables)
print(f"LossScaleOptimizer: scale {before[0]:.0f} and {before[1]} variables; built again, {after[0]:.0f} and {after[1]}")
adam = keras.optimizers.Adam()
adam.build(weights)
adam.apply([tf.constant([1.0, 1.0])], weights)
one = int(adam.iterations), len(adam.variables)
adam.build(weights)
two = int(adam.iterations), len(adam.variables)
print(f"Adam: {one[0]} step and {one[1]} variables; built again, {two[0]} and {two[1]}")
assert one == two
assert before[0] == 2**14 and after[0] == 2**15 and after[1] > before[1]
END
