"""Seconds per epoch of the same training in JAX with optax, in its usual style: an epoch is one lax.scan.

On a CPU, JAX uses every core that its process may use. This script binds the process to one core per thread.
Prints the median of the epochs after the first, and the last loss.
"""

import os
import statistics
import sys
import time

folder, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

x = jnp.asarray(np.load(f"{folder}/x_train.npy").reshape(-1, 784))
y = jnp.asarray(np.load(f"{folder}/y_train.npy").astype(np.int32))
optimizer = optax.adam(0.001)


def initial_weights(key):
    glorot = jax.nn.initializers.glorot_uniform()
    shapes = [(784, 512), (512, 512), (512, 10)]
    keys = jax.random.split(key, len(shapes))
    return [(glorot(key, shape), jnp.zeros(shape[1])) for key, shape in zip(keys, shapes, strict=True)]


def loss_of(weights, images, labels, key):
    h = images
    for layer, (kernel, bias) in enumerate(weights):
        h = h @ kernel + bias
        if layer < len(weights) - 1:
            keep = jax.random.bernoulli(jax.random.fold_in(key, layer), 0.8, h.shape)
            h = jnp.where(keep, jax.nn.relu(h) / 0.8, 0)
    return optax.softmax_cross_entropy_with_integer_labels(h, labels).mean()


def step(state, batch):
    weights, moments, key = state
    key, dropout = jax.random.split(key)
    loss, gradient = jax.value_and_grad(loss_of)(weights, x[batch], y[batch], dropout)
    updates, moments = optimizer.update(gradient, moments)
    return (optax.apply_updates(weights, updates), moments, key), loss * len(batch)


@jax.jit
def train_epoch(state, order):
    whole = len(order) // 128 * 128
    state, losses = jax.lax.scan(step, state, order[:whole].reshape(-1, 128))
    state, loss = step(state, order[whole:])
    return state, (losses.sum() + loss) / len(order)


weights = initial_weights(jax.random.key(1))
state = (weights, optimizer.init(weights), jax.random.key(2))
seconds = []
for epoch in range(epochs + 1):
    start = time.perf_counter()
    order = jax.random.permutation(jax.random.key(epoch), len(x))
    state, loss = train_epoch(state, order)
    loss = float(loss)
    seconds.append(time.perf_counter() - start)
print(statistics.median(seconds[1:]), loss)
