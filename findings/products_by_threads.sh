#!/usr/bin/env bash
# Guess: the bits of a matrix product on a CPU do not depend on the number of threads, because each thread has some of the
# results (or else they always depend on it). With XLA and two threads instead of one, it depends on the shapes: the outputs
# of a layer of 784 x 512 for 32 images have other bits, and those for 64 to 2 048 images have not; the gradient of its
# weights has other bits for 1 024 images, and not for 64 or 128. So a test with the usual 128 images shows nothing. Measured on
# an AMD EPYC with AVX-512; with other caches, other shapes may differ. OpenXLA's page on determinism is about GPUs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6
export TF_CPP_MIN_LOG_LEVEL=3
cat >"$folder/products.py" <<'END'
import hashlib
import json
import sys

import numpy as np
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))
chance = np.random.default_rng(1)
found = {}
for images in (32, 64, 128, 1024, 2048):
    x, weights, error = (
        chance.random(shape, np.float32) for shape in ((images, 784), (784, 512), (images, 512))
    )
    products = {
        "outputs": tf.function(tf.matmul, jit_compile=True)(x, weights),
        "gradient": tf.function(lambda a, b: tf.matmul(a, b, transpose_a=True), jit_compile=True)(x, error),
    }
    for name, product in products.items():
        found[f"{name} of {images} images"] = hashlib.sha256(product.numpy().tobytes()).hexdigest()
json.dump(found, sys.stdout)
END
for threads in 1 2; do
    "$folder/venv/bin/python" "$folder/products.py" $threads >"$folder/$threads.json" 2>"$folder/err" ||
        { cat "$folder/err"; exit 1; }
done
"$folder/venv/bin/python" - "$folder" <<'END'
import importlib.metadata
import json
import sys

print("TensorFlow", importlib.metadata.version("tensorflow-cpu"))
one, two = (json.load(open(f"{sys.argv[1]}/{threads}.json")) for threads in (1, 2))
other = {name for name in one if one[name] != two[name]}
for name in one:
    print(f"{name}: {'other' if name in other else 'the same'} bits with two threads")
assert other == {"outputs of 32 images", "gradient of 1024 images", "gradient of 2048 images"}, other
END
