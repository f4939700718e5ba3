#!/usr/bin/env bash
# Guess: TensorFlow's stateless random numbers take the fastest generator of the device if no alg is named, and naming the
# one that they would take changes nothing. In a function compiled by XLA for a CPU, the default gives Philox's numbers, and
# takes more than 20 times as long as alg="philox", which gives the same bits. So Keras's Dropout and GaussianNoise, which
# name none, take longer in a compiled function than in a plain one. That XLA gives other numbers than TensorFlow without it
# is in pull request 121252 of tensorflow/tensorflow. Of the time, nothing was found.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3
"$folder/venv/bin/python" - 2>"$folder/err" <<'END' || { cat "$folder/err"; exit 1; }
import statistics
import time

import keras
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
print("TensorFlow", tf.__version__, "Keras", keras.__version__)
SEED, SHAPE = tf.constant([1, 2]), (1000, 1000)


def milliseconds(call):
    call()
    times = []
    for _ in range(7):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def compiled(function):
    return tf.function(function, jit_compile=True)


default = compiled(lambda: tf.random.stateless_uniform(SHAPE, SEED))
philox = compiled(lambda: tf.random.stateless_uniform(SHAPE, SEED, alg="philox"))
plain = tf.function(lambda: tf.random.stateless_uniform(SHAPE, SEED))
dropout, ones = keras.layers.Dropout(0.5, seed=1), tf.ones(SHAPE)
programs = {
    "the default, compiled": default,
    "philox, compiled": philox,
    "the default, not compiled": plain,
    "Keras's Dropout, compiled": compiled(lambda: dropout(ones, training=True)),
    "Keras's Dropout, not compiled": tf.function(lambda: dropout(ones, training=True)),
}
took = {name: milliseconds(program) for name, program in programs.items()}
for name, time_taken in took.items():
    print(f"{name}: {time_taken:.1f} ms for a million numbers")
same = bool(tf.reduce_all(default() == philox()))
alike = bool(tf.reduce_all(default() == plain()))
print("compiled, the default has the bits of philox:", same)
print("the default has the same bits, compiled and not:", alike)
assert same and not alike
assert took["the default, compiled"] > 20 * took["philox, compiled"]
assert took["Keras's Dropout, compiled"] > 5 * took["Keras's Dropout, not compiled"]
END
