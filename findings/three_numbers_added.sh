#!/usr/bin/env bash
# Guess: a sum of three float32 numbers, total + a + b, in a tf.function has the same bits whenever it is called, at least
# after enable_op_determinism: nothing there is random, and Python adds from left to right. It has not. TensorFlow's Grappler
# joins the two additions to one AddN, and AddN starts with the first of its inputs whose memory nobody else uses at that
# moment. If a and b are used elsewhere too, it depends on timing which is the first. enable_op_determinism changes nothing,
# though its page promises it. Without Grappler's arithmetic_optimization, all calls have the same bits; and with
# total + tf.reduce_sum([a, b]). That AddN starts with a free input is said in tensorflow/core/kernels/aggregate_ops.cc alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3
cat >"$folder/sums.py" <<'END'
import sys

import numpy as np
import tensorflow as tf

way = sys.argv[1]
tf.keras.utils.set_random_seed(1)
tf.config.experimental.enable_op_determinism()
if way == "plain, without arithmetic_optimization":
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
generator = np.random.default_rng(1)
x = tf.constant(generator.random((4000, 64, 64), np.float32))
weights = tf.constant(generator.random((64, 64), np.float32) - 0.5)


@tf.function
def add_up():
    total = other = tf.constant(0.0)
    for step in tf.range(4000):
        a = tf.reduce_mean(tf.abs(x[step] @ weights))
        b = tf.reduce_mean(tf.abs(x[step] @ weights @ weights))
        other = other * 0.5 + tf.sin(a) * tf.cos(b)
        total = total + tf.reduce_sum([a, b]) if way == "reduce_sum" else total + a + b
    return total, other


found = [tuple(map(float, add_up())) for _ in range(20)]
totals, others = map(set, zip(*found))
print(f"{way}: {len(totals)} different totals in 20 calls ({min(totals):.6f} to {max(totals):.6f}); {len(others)} of the other result")
print(len(totals), len(others), file=sys.stderr)
END
echo "TensorFlow 2.21.0 with enable_op_determinism, the same numbers every time:"
for way in "plain" "plain, without arithmetic_optimization" "reduce_sum"; do
    "$folder/venv/bin/python" "$folder/sums.py" "$way" 2>"$folder/err" || { cat "$folder/err"; exit 1; }
    read -r totals others < <(tail -n 1 "$folder/err")
    [ "$others" = 1 ]
    if [ "$way" = plain ]; then [ "$totals" -gt 1 ]; else [ "$totals" = 1 ]; fi
done
