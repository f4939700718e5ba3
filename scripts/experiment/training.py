"""Training a small dense network with one compiled call per epoch.

Keras builds the network, the loss and the optimizer, and saves the result. The loop over an epoch is our own,
for two reasons. A whole epoch is one XLA program over tensors in memory. Every random number is a pure
function of (seed, epoch, step, layer), whatever ran before and beside it.
"""

import os
import time
from collections.abc import Callable, Iterable

# Vectors as wide as the processor has them, where XLA's default is 256 bits: 3 % faster, the same bits.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_prefer_vector_width=512"

import keras
import numpy as np
import tensorflow as tf

from experiment.streams import dropout_key, epoch_order


def set_threads(threads: int) -> None:
    """Give TensorFlow's pools this many threads. Only before the first operation."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def load_images(path: str) -> tf.Tensor:
    """Images float32 (n, *shape) from a .npy file: mapped, not read, so that memory holds them once."""
    return tf.constant(np.load(path, mmap_mode="r"))


def load_labels(path: str, classes: int) -> tf.Tensor:
    """One-hot labels, float32 (n, classes), from a .npy file of numbers."""
    return tf.one_hot(np.load(path), classes)


def forward(network: keras.Sequential, x: tf.Tensor, key: tuple | None = None) -> tf.Tensor:
    """Class probabilities (n, classes) of the images x (n, *shape).

    With a key (epoch's key, step), as in training: dropout by stateless random numbers. They are Threefry's
    (Salmon et al. 2011, SC '11), which exists only in compiled functions: XLA's default generator is 10 to 20
    times slower on a CPU.
    """
    # The flattening has no number: the numbers of the other layers are part of the keys.
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.Flatten)]
    x = tf.reshape(x, (x.shape[0], -1))
    for number, layer in enumerate(layers):
        if not isinstance(layer, keras.layers.Dropout):
            x = layer(x)
        elif key is not None and layer.rate > 0:
            seed = tf.stack([key[0], key[1] * len(layers) + number])
            x = tf.nn.experimental.stateless_dropout(x, layer.rate, seed, rng_alg="threefry")
    return x


def totals(labels: tf.Tensor, probabilities: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sum of the cross-entropy (nats) and number of right answers over a batch.

    labels: one-hot (n, classes); probabilities: (n, classes); counted: (n,), 1 for an image that counts, else
    0.
    """
    loss = keras.losses.categorical_crossentropy(labels, probabilities)
    right = tf.argmax(probabilities, axis=1) == tf.argmax(labels, axis=1)
    return tf.reduce_sum(counted * loss), tf.reduce_sum(counted * tf.cast(right, tf.float32))


def compile_epoch(network: keras.Sequential, y: tf.Tensor, batch_size: int) -> Callable:
    """One epoch as one XLA program: (x, order, dropout key) -> sums of loss and of right answers.

    x: float32 (n, *shape); y: one-hot float32 (n, classes). The last, smaller batch is trained on too.
    """
    optimizer, weights = network.optimizer, network.trainable_variables
    optimizer.build(weights)
    images = len(y)
    steps = -(-images // batch_size)

    @tf.function(jit_compile=True)
    def train_epoch(x: tf.Tensor, order: tf.Tensor, key: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # The last batch is filled up with images of weight 0, so that one step serves for all.
        batches = tf.reshape(tf.pad(order, [[0, steps * batch_size - images]]), (steps, batch_size))
        sums = (tf.constant(0.0), tf.constant(0.0))
        for step in tf.range(steps):
            batch = batches[step]
            counted = tf.cast(step * batch_size + tf.range(batch_size) < images, tf.float32)
            images_of_batch, labels = tf.gather(x, batch), tf.gather(y, batch)
            with tf.GradientTape() as tape:
                probabilities = forward(network, images_of_batch, (key, step))
                loss, right = totals(labels, probabilities, counted)
                mean_loss = loss / tf.reduce_sum(counted)
            optimizer.apply(tape.gradient(mean_loss, weights), weights)
            sums = (sums[0] + loss, sums[1] + right)
        return sums

    return train_epoch


def compile_validation(network: keras.Sequential) -> Callable:
    """Validation as one XLA program: (x, y) -> sums of loss and of right answers over all of x."""

    @tf.function(jit_compile=True)
    def validate(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return totals(y, forward(network, x), tf.ones(x.shape[0]))

    return validate


def state_of(network: keras.Sequential) -> list[np.ndarray]:
    """Copies of all that training changes: the variables of the network and of its optimizer."""
    return [variable.numpy().copy() for variable in [*network.variables, *network.optimizer.variables]]


def restore(network: keras.Sequential, arrays: list[np.ndarray]) -> None:
    """Give the network the state that `state_of` copied. Raises ValueError for one of another network."""
    network.optimizer.build(network.trainable_variables)
    for variable, array in zip([*network.variables, *network.optimizer.variables], arrays, strict=True):
        variable.assign(array)


def train(
    network: keras.Sequential,
    copies: Callable[[range], Iterable[tf.Tensor | np.ndarray]],
    y: tf.Tensor,
    test_set: tuple[tf.Tensor, tf.Tensor],
    training: dict,
    seed: int,
    history: list[dict] | None = None,
    after_epoch: Callable[[list[dict]], None] = lambda history: None,
) -> list[dict[str, float]]:
    """Train in place, validate after every epoch, and give the history back.

    copies: gives the training images of each of a range of epochs (1-based), in their order, float32
    (n, *shape). y: their one-hot labels, float32 (n, classes). test_set: images and labels likewise.
    training: epochs and batch_size. history: the rows of earlier epochs, where the network has been restored;
    it then ends with the bits of a training that was never stopped.

    A row has epoch, accuracy and loss (means over the epoch, dropout on, as Keras's fit reports them),
    val_accuracy and val_loss (after the epoch, dropout off), seconds of the epoch with its validation.
    `after_epoch` is called with all rows so far.
    """
    x_test, y_test = test_set
    train_epoch = compile_epoch(network, y, training["batch_size"])
    validate = compile_validation(network)
    history = list(history or [])
    epochs = range(len(history) + 1, training["epochs"] + 1)
    images = iter(copies(epochs))
    for epoch in epochs:
        start = time.perf_counter()
        order, key = epoch_order(seed, epoch, len(y)), dropout_key(seed, epoch)
        x = tf.convert_to_tensor(next(images))
        loss, right = train_epoch(x, tf.constant(order), tf.constant(key))
        del x  # before the next copy takes its memory
        val_loss, val_right = validate(x_test, y_test)
        row = {
            "epoch": epoch,
            "accuracy": float(right) / len(y),
            "loss": float(loss) / len(y),
            "val_accuracy": float(val_right) / len(x_test),
            "val_loss": float(val_loss) / len(x_test),
        }
        history.append(row | {"seconds": time.perf_counter() - start})
        after_epoch(history)
    return history
