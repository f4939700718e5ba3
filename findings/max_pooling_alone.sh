#!/usr/bin/env bash
# Guess: a step of TensorFlow that is a graph saves the time between operations, so max pooling of two million numbers and
# its gradient take as long in a graph as one by one. In one graph, TensorFlow replaces both by oneDNN's, which share where
# the largest values were. One by one, as in a GradientTape outside of tf.function, the gradient's own kernel looks for them
# again, with the same result, in more than 4 times the time. A measurement of that operation alone misleads as much.
# Nothing was found that says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3
"$folder/venv/bin/python" - 2>"$folder/err" <<'END' || { cat "$folder/err"; exit 1; }
import statistics
import time

import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(1)
print("TensorFlow", tf.__version__)


def milliseconds(call):
    call()
    times = []
    for _ in range(15):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def pool(x):
    return tf.nn.max_pool2d(x, 2, 2, "VALID")


def gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(pool(x))
    return tape.gradient(total, x)


x = tf.random.stateless_uniform((64, 28, 28, 32), (1, 2))
programs = {
    "one by one": (lambda: pool(x), lambda: gradient(x)),
    "in one graph": (tf.function(lambda: pool(x)), tf.function(lambda: gradient(x))),
}
took = {}
for name, (forward, both) in programs.items():
    took[name] = milliseconds(both)
    print(f"{name}: {milliseconds(forward):.2f} ms forward, {took[name]:.2f} ms with the gradient")
same = bool(tf.reduce_all(gradient(x) == tf.function(gradient)(x)))
print("same gradient:", same)
assert same and took["one by one"] > 4 * took["in one graph"]
END
