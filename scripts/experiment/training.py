"""Training a small dense network with one compiled call per epoch. Knows nothing of Snakemake.

Keras builds the network, the loss and the optimizer, and saves the result. The loop over an epoch is our
own, so that a whole epoch is one XLA program over tensors in memory, and so that every random number is a
pure function of (seed, epoch, step, layer), whatever ran before and beside it.
"""

import os
import time
from collections.abc import Callable

# Vectors as wide as the processor has them, where XLA's default is 256 bits: 2 % faster, the same bits.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_prefer_vector_width=512"

import keras
import numpy as np
import tensorflow as tf
from experiment.noise import seed_sequence
from plumbing.checkpoints import Checkpoint

CLASSES = 10


def set_threads(threads: int) -> None:
    """Give TensorFlow's pools this many threads. Only before the first operation."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def build_network(
    hidden_units: list[int], dropout: float, learning_rate: float, seed: int, pixels: int = 784
) -> keras.Sequential:
    """The compiled network: dense ReLU layers, each followed by dropout, and a softmax over 10 classes.

    Weights are drawn by Keras's default, Glorot uniform (Glorot & Bengio 2010, eq. 16). With two layers of
    512 units it has 669 706 parameters.
    """
    seeds = seed_sequence(seed, "weights").generate_state(len(hidden_units) + 1)
    initial = [keras.initializers.GlorotUniform(seed=int(number)) for number in seeds]
    layers = [keras.Input((pixels,))]
    for units, initializer in zip(hidden_units, initial[:-1], strict=True):
        layers.append(keras.layers.Dense(units, activation="relu", kernel_initializer=initializer))
        # Keras saves the state of its own generator, which we never use: with a seed it is always the same.
        layers.append(keras.layers.Dropout(dropout, seed=seed))
    layers.append(keras.layers.Dense(CLASSES, activation="softmax", kernel_initializer=initial[-1]))
    network = keras.Sequential(layers)
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return network


def load_set(images: str, labels: str) -> tuple[tf.Tensor, tf.Tensor]:
    """Images float32 (n, pixels) and one-hot labels float32 (n, 10), from two .npy files.

    The images are mapped, not read, so that no second copy of them (188 MB) is ever in memory.
    """
    return tf.constant(np.load(images, mmap_mode="r")), tf.one_hot(np.load(labels), CLASSES)


def epoch_order(seed: int, epoch: int, images: int) -> np.ndarray:
    """The order in which an epoch (1-based) visits the images: a permutation, int32 (images,)."""
    generator = np.random.default_rng(seed_sequence(seed, "order", epoch))
    return generator.permutation(images).astype(np.int32)


def epoch_key(seed: int, purpose: str, *numbers: float) -> tf.Tensor:
    """First half of the key of an epoch's stateless random numbers, int32; the second numbers its steps."""
    return tf.constant(int(seed_sequence(seed, purpose, *numbers).generate_state(1)[0] >> 1))


def normal_numbers(shape: tuple[int, int], seed: tf.Tensor) -> tf.Tensor:
    """Standard normal numbers, float32, a function of the seed, int32 (2,). Only in compiled functions.

    By inversion: sqrt(2) erfinv(u) for u uniform in (-1, 1), three times as fast as TensorFlow's own.
    """
    uniform = tf.random.stateless_uniform(shape, seed, np.nextafter(np.float32(-1), 0), 1.0, alg="threefry")
    return np.float32(np.sqrt(2)) * tf.math.erfinv(uniform)


def forward(network: keras.Sequential, x: tf.Tensor, key: tuple | None = None) -> tf.Tensor:
    """Class probabilities (n, 10) of the images x (n, 784).

    With a key (epoch's key, step), as in training: dropout by stateless random numbers. Threefry (Salmon et
    al. 2011), which exists only in compiled functions, because XLA's default generator is 10 to 20 times
    slower on a CPU.
    """
    for number, layer in enumerate(network.layers):
        if not isinstance(layer, keras.layers.Dropout):
            x = layer(x)
        elif key is not None and layer.rate > 0:
            seed = tf.stack([key[0], key[1] * len(network.layers) + number])
            x = tf.nn.experimental.stateless_dropout(x, layer.rate, seed, rng_alg="threefry")
    return x


def totals(labels: tf.Tensor, probabilities: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sum of the cross-entropy (nats) and number of right answers over a batch.

    labels: one-hot (n, 10); probabilities: (n, 10); counted: (n,), 1 for an image that counts, else 0.
    """
    loss = keras.losses.categorical_crossentropy(labels, probabilities)
    right = tf.argmax(probabilities, axis=1) == tf.argmax(labels, axis=1)
    return tf.reduce_sum(counted * loss), tf.reduce_sum(counted * tf.cast(right, tf.float32))


def compile_epoch(
    network: keras.Sequential, x: tf.Tensor, y: tf.Tensor, batch_size: int, fresh_scale: float = 0.0
) -> Callable:
    """One epoch as one XLA program: (order, dropout key, noise key) -> sums of loss and of right answers.

    x: float32 (n, pixels); y: one-hot float32 (n, 10). The last, smaller batch is trained on too. With a
    fresh_scale, every batch is trained on with noise of this scale that is drawn for it.
    """
    optimizer, weights = network.optimizer, network.trainable_variables
    optimizer.build(weights)
    images = len(x)
    steps = -(-images // batch_size)

    def draw_noise(key: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        return fresh_scale * normal_numbers((batch_size, x.shape[1]), tf.stack([key, step]))

    @tf.function(jit_compile=True)
    def train_epoch(
        order: tf.Tensor, dropout_key: tf.Tensor, noise_key: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # The last batch is filled up with images of weight 0, so that one step serves for all.
        batches = tf.reshape(tf.pad(order, [[0, steps * batch_size - images]]), (steps, batch_size))
        sums = (tf.constant(0.0), tf.constant(0.0))
        noise = draw_noise(noise_key, 0)
        for step in tf.range(steps):
            batch = batches[step]
            counted = tf.cast(step * batch_size + tf.range(batch_size) < images, tf.float32)
            images_of_batch, labels = tf.gather(x, batch), tf.gather(y, batch)
            if fresh_scale:
                images_of_batch = tf.clip_by_value(images_of_batch + noise, 0.0, 1.0)
                # For the next step: in a kernel of its own, not fused with the gathering, it is vectorised.
                noise = draw_noise(noise_key, step + 1)
            with tf.GradientTape() as tape:
                probabilities = forward(network, images_of_batch, (dropout_key, step))
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
        return totals(y, forward(network, x), tf.ones(len(x)))

    return validate


def train(
    network: keras.Sequential,
    train_set: tuple[tf.Tensor, tf.Tensor],
    test_set: tuple[tf.Tensor, tf.Tensor],
    epochs: int,
    batch_size: int,
    seed: int,
    fresh_scale: float = 0.0,
    report: Callable[[dict], None] = lambda row: None,
    checkpoint: Checkpoint | None = None,
) -> list[dict[str, float]]:
    """Train in place, validate after every epoch, and give the history back.

    Each set is (x, y): x float32 (n, pixels), y one-hot float32 (n, 10). `report` is called with every
    row: epoch (1-based), accuracy and loss (means over the epoch, dropout on, as Keras's fit reports them),
    val_accuracy and val_loss (after the epoch, dropout off), seconds of the epoch with its validation.
    With a fresh_scale, new noise of this scale is added to x in every epoch, and none to the test images.
    With a checkpoint, goes on from there: the bits are those of a training that was never stopped.
    """
    (x, y), (x_test, y_test) = train_set, test_set
    train_epoch = compile_epoch(network, x, y, batch_size, fresh_scale)
    validate = compile_validation(network)
    variables = [*network.variables, *network.optimizer.variables]
    history = []
    if checkpoint and (state := checkpoint.load()):
        arrays, history = state
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)
    for epoch in range(len(history) + 1, epochs + 1):
        start = time.perf_counter()
        order = tf.constant(epoch_order(seed, epoch, len(x)))
        keys = epoch_key(seed, "dropout", epoch), epoch_key(seed, "fresh", fresh_scale, epoch)
        loss, right = train_epoch(order, *keys)
        val_loss, val_right = validate(x_test, y_test)
        row = {
            "epoch": epoch,
            "accuracy": float(right) / len(x),
            "loss": float(loss) / len(x),
            "val_accuracy": float(val_right) / len(x_test),
            "val_loss": float(val_loss) / len(x_test),
        }
        history.append(row | {"seconds": time.perf_counter() - start})
        report(history[-1])
        if checkpoint:
            checkpoint.keep([variable.numpy().copy() for variable in variables], history)
    return history
