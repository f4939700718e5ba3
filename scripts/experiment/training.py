"""Training a network with one compiled call per epoch.

Keras builds the network, the loss and the optimizer, and saves the result. The loop over an epoch is our own,
for two reasons. A whole epoch is one program over tensors in memory. Every random number is a pure function
of the seed, no matter what ran before or runs at the same time.

Networks of dense layers and dropout are compiled by XLA, with random numbers for each (seed, epoch, step,
layer). All others are called as Keras calls them, with Keras's own generators; the counters of these are part
of the state. A whole epoch of convolutions as one XLA program was much slower. Where a network treats every
image independently, the two halves of a batch go through it in parallel.
"""

import math
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from experiment.early_stopping import is_over
from experiment.libraries import keras, tf
from experiment.network import EVALUATION_BATCH
from experiment.rows import Block, Rows, blocks_of, parts_of
from experiment.streams import dropout_key, epoch_order

# Otherwise, TensorFlow rewrites every function that it calls, to find loops over tensors: 0.2 s per training.
without_tensor_loops = tf.autograph.experimental.do_not_convert


def set_threads(threads: int, network: dict[str, Any]) -> None:
    """Give TensorFlow this many threads, before its first operation. network: its settings (build_network).

    The products of mlp in float32 share them. In other networks, every operation has one thread, and several
    operations run at a time: so no sum depends on the number of threads.
    """
    within = threads if network.get("kind") == "mlp" and "precision" not in network else 1
    tf.config.threading.set_intra_op_parallelism_threads(within)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def count_gpus() -> int:
    return len(tf.config.list_physical_devices("GPU"))


def load_labels(path: str, classes: int) -> tf.Tensor:
    """One-hot labels, float32 (n, classes), from a .npy file of numbers."""
    return tf.one_hot(np.load(path).astype(np.int32), classes)


def only_dense(network: keras.Model) -> bool:
    """Whether `forward` can run the network: flattening, then only dense layers and dropout, in single
    precision.
    """
    if type(network) is not keras.Sequential or not network.layers:
        return False
    first, *others = network.layers
    flattens = type(first) is keras.layers.Flatten and first.data_format == "channels_last"
    flat = flattens or len(network.input_shape) == 2
    kinds = {type(layer) for layer in (others if flattens else network.layers)}
    single = all(layer.dtype_policy.name == "float32" for layer in network.layers)
    plain = all(getattr(layer, "noise_shape", None) is None for layer in network.layers)  # of dropout
    return flat and single and plain and kinds <= {keras.layers.Dense, keras.layers.Dropout}


def regularised(network: keras.Model) -> bool:
    """Whether any layer adds its own loss to the cross-entropy."""
    return bool(network.losses) or any(
        getattr(layer, "activity_regularizer", None) is not None for layer in network.layers
    )


# Layers that treat every image of a batch independently, unlike BatchNormalization. Others are unknown.
ALONE = {
    getattr(keras.layers, name)
    for name in (
        *("InputLayer", "Reshape", "Permute", "Flatten", "Rescaling", "Cropping2D", "ZeroPadding2D"),
        *("Dense", "Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose", "UpSampling2D"),
        *("Dropout", "SpatialDropout2D", "Activation", "ReLU", "LeakyReLU", "ELU", "Softmax"),
        *("MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D"),
        *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"),
        *("LayerNormalization", "GroupNormalization"),
    )
}


# Functions that do so, where they stand between the layers of a functional model: x + y, keras.ops.relu(x).
ALONE_FUNCTIONS = {
    *("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Negative", "Maximum", "Minimum", "Clip"),
    *("Absolute", "Square", "Sqrt", "Exp", "Log", "Relu", "Relu6", "Sigmoid", "Silu", "Gelu", "Elu", "Tanh"),
}


def treats_images_alone(layer: keras.layers.Layer | keras.Operation) -> bool:
    """Whether a network, layer or function gives half a batch the same outputs alone as within the batch.

    For models, layers and activations that are not Keras's own, this is not known.
    """
    if not isinstance(layer, keras.layers.Layer):
        return type(layer).__module__.startswith("keras.") and type(layer).__name__ in ALONE_FUNCTIONS
    if getattr(layer, "activity_regularizer", None) is not None:
        return False
    if isinstance(layer, keras.Model):
        own = type(layer).__module__.partition(".")[0] != "keras"
        return not own and all(map(treats_images_alone, getattr(layer, "operations", layer.layers)))
    activation = getattr(layer, "activation", None)
    known = activation is None or activation.__module__.startswith("keras.")
    # Axis 0 is that of the images.
    return type(layer) in ALONE and known and 0 not in np.atleast_1d(getattr(layer, "axis", -1))


def random_bits(shape: tuple[int, ...], seed: tf.Tensor) -> tf.Tensor:
    """Random numbers uint32 (*shape), where one length is even: the bits of tf.random.stateless_uniform.

    These come in pairs, which are neighbours along the first even length. XLA would compute each pair twice,
    once for each number.
    """
    axis = next(axis for axis, length in enumerate(shape) if length % 2 == 0)
    half = [*shape[:axis], shape[axis] // 2, *shape[axis + 1 :]]
    pairs = tf.random.stateless_uniform(half, seed, None, None, tf.uint64, alg="threefry")
    axes = [*range(axis + 1), len(shape), *range(axis + 1, len(shape))]
    return tf.reshape(tf.transpose(tf.bitcast(pairs, tf.uint32), axes), shape)


@without_tensor_loops
def dropout(x: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """TensorFlow's stateless_dropout with Threefry's random numbers: bit-identical, and faster."""
    if all(length % 2 for length in x.shape):
        return tf.nn.experimental.stateless_dropout(x, rate, seed, rng_alg="threefry")
    bits = random_bits(x.shape, seed)
    uniform = tf.cast(tf.bitwise.right_shift(bits, tf.constant(9, tf.uint32)), tf.float32) * 2.0**-23
    return tf.where(uniform >= rate, x * (1 / (1 - rate)), 0.0)


@without_tensor_loops
def forward(network: keras.Sequential, x: tf.Tensor, key: tuple | None = None) -> tf.Tensor:
    """Class probabilities (n, classes) of the images x (n, *shape).

    With a key (epoch's key, step), as in training: dropout by stateless random numbers. They are Threefry's
    (Salmon et al. 2011, SC '11), which exists only in compiled functions: XLA's default generator is 10 to 20
    times slower on a CPU.
    """
    # Flattening is not counted: the numbers of the other layers are part of the keys.
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.Flatten)]
    x = tf.reshape(x, (x.shape[0], -1))
    for number, layer in enumerate(layers):
        if not isinstance(layer, keras.layers.Dropout):
            x = layer(x)
        elif key is not None and layer.rate > 0:
            seed = tf.stack([key[0], key[1] * len(layers) + number])
            x = dropout(x, layer.rate, seed)
    return x


@without_tensor_loops
def call(network: keras.Model, x: tf.Tensor, training: bool) -> tf.Tensor:
    """Class probabilities (n, classes) of images, from calling a network as Keras does. It may return a list
    or a dict with this one array.
    """
    (probabilities,) = keras.tree.flatten(network(x, training=training))
    return probabilities


def predict(network: keras.Model, x: tf.Tensor) -> tf.Tensor:
    """Class probabilities (n, classes) of the images x (n, *shape), for use in a compiled function.

    A network of dense layers gets all images at once. Other layers can have more outputs than an image has
    pixels, so such networks get a batch at a time.
    """
    if only_dense(network):
        return forward(network, x)
    steps = -(-x.shape[0] // EVALUATION_BATCH)
    batches = tf.TensorArray(tf.float32, steps, infer_shape=False)
    for step in tf.range(steps):
        images = x[step * EVALUATION_BATCH : (step + 1) * EVALUATION_BATCH]
        batches = batches.write(step, tf.cast(call(network, images, training=False), tf.float32))
    return tf.ensure_shape(batches.concat(), (x.shape[0], None))


@without_tensor_loops
def totals(labels: tf.Tensor, probabilities: tf.Tensor, counted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sum of the cross-entropy (nats) and number of correct answers over a batch.

    labels: one-hot (n, classes); probabilities: (n, classes); counted: (n,), 1 for an image that counts, else
    0.
    """
    probabilities = tf.cast(probabilities, tf.float32)  # an own network may have double precision
    loss = keras.losses.categorical_crossentropy(labels, probabilities)
    correct = tf.argmax(probabilities, axis=1) == tf.argmax(labels, axis=1)
    return tf.reduce_sum(counted * loss), tf.reduce_sum(counted * tf.cast(correct, tf.float32))


@without_tensor_loops
def minimised(
    network: keras.Model, labels: tf.Tensor, probabilities: tf.Tensor, counted: tf.Tensor, loss: tf.Tensor
) -> tf.Tensor:
    """What a step minimises of a batch: `loss`, the sum of its cross-entropy, or that of smoothed labels."""
    share = getattr(network.loss, "label_smoothing", 0.0)  # a network of a test may have no loss, or its name
    if share == 0:
        return loss
    return totals(labels * (1 - share) + share / labels.shape[1], probabilities, counted)[0]


def built_optimizer(network: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer of a network, with its variables.

    If it were built twice, one that scales the loss would lose its scale.
    """
    if not network.optimizer.built:
        network.optimizer.build(network.trainable_variables)
    return network.optimizer


def compile_epoch(network: keras.Model, y: tf.Tensor, batch_size: int) -> Callable:
    """One epoch: (x, order, dropout key) -> sums of loss and of correct answers.

    x: float32 (n, *shape); y: one-hot float32 (n, classes). All of an array, or each block of Rows, goes
    through one program. The last, smaller batch is trained on too.
    """
    dense = only_dense(network) and not regularised(network)
    train_block = (compile_dense_block if dense else compile_any_block)(network, y, batch_size)

    def train_epoch(
        x: tf.Tensor | np.ndarray | Rows, order: np.ndarray, key: np.int32
    ) -> tuple[tf.Tensor, tf.Tensor]:
        sums = (tf.constant(0.0), tf.constant(0.0))
        for block in blocks_of(x, order, batch_size):
            # Of other values than tensors, TensorFlow would compile a program for each.
            sums = train_block(Block(*map(tf.convert_to_tensor, block)), tf.convert_to_tensor(key), sums)
        return sums

    return train_epoch


def compile_any_block(network: keras.Model, y: tf.Tensor, batch_size: int) -> Callable:
    """Some steps of any Keras model, in its training mode: (block, dropout key, sums) -> sums.

    It does not use the dropout key. The gradient is that of the mean cross-entropy, of labels that may be
    smoothed, and of the losses that layers add, such as regularisers. The sum of the loss contains only the
    cross-entropy of the labels.
    """
    optimizer, weights = built_optimizer(network), network.trainable_variables
    # Half of a single image would be none, which convolutions refuse.
    halves = treats_images_alone(network) and 1 not in (batch_size, len(y) % batch_size)

    @tf.function
    def train_block(
        block: Block, key: tf.Tensor, sums: tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        x, rows, numbers = block.images, block.rows[: block.count], block.numbers[: block.count]
        # TensorFlow adds in another order where it does not know that these are single numbers.
        sums = (tf.reshape(sums[0], ()), tf.reshape(sums[1], ()))
        for step in tf.range((block.count - 1) // batch_size + 1):
            # The last batch is not filled up: batch normalisation must see only real images.
            batch = slice(step * batch_size, (step + 1) * batch_size)
            rows_of_batch, numbers_of_batch = rows[batch], numbers[batch]
            images = tf.size(rows_of_batch)
            half = (images + 1) // 2
            loss = correct = objective = tf.constant(0.0)
            with tf.GradientTape() as tape:
                for part in (slice(half), slice(half, None)) if halves else (slice(None),):
                    probabilities = call(network, tf.gather(x, rows_of_batch[part]), training=True)
                    labels = tf.gather(y, numbers_of_batch[part])
                    counted = tf.ones_like(rows_of_batch[part], tf.float32)
                    loss_of_part, correct_in_part = totals(labels, probabilities, counted)
                    loss, correct = loss + loss_of_part, correct + correct_in_part
                    objective += minimised(network, labels, probabilities, counted, loss_of_part)
                objective /= tf.cast(images, tf.float32)
                objective += sum(tf.cast(loss_of_layer, tf.float32) for loss_of_layer in network.losses)
                # In 16 bits, Keras scales the loss, so that gradients do not become 0, and scales them back.
                objective = optimizer.scale_loss(objective)
            optimizer.apply(tape.gradient(objective, weights), weights)
            sums = (sums[0] + loss, sums[1] + correct)
        return sums

    return train_block


def compile_dense_block(network: keras.Sequential, y: tf.Tensor, batch_size: int) -> Callable:
    """Some steps of dense layers and dropout, as one XLA program: (block, dropout key, sums) -> sums."""
    optimizer, weights = built_optimizer(network), network.trainable_variables

    @tf.function(jit_compile=True)
    def train_block(
        block: Block, key: tf.Tensor, sums: tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # The last batch is filled up with images of weight 0, so all steps have the same shape.
        rows, numbers = (tf.reshape(part, (-1, batch_size)) for part in (block.rows, block.numbers))
        for step in tf.range((block.count - 1) // batch_size + 1):
            counted = tf.cast(step * batch_size + tf.range(batch_size) < block.count, tf.float32)
            images, labels = tf.gather(block.images, rows[step]), tf.gather(y, numbers[step])
            with tf.GradientTape() as tape:
                probabilities = forward(network, images, (key, block.step + step))
                loss, correct = totals(labels, probabilities, counted)
                objective = minimised(network, labels, probabilities, counted, loss) / tf.reduce_sum(counted)
                objective = optimizer.scale_loss(objective)
            optimizer.apply(tape.gradient(objective, weights), weights)
            sums = (sums[0] + loss, sums[1] + correct)
        return sums

    return train_block


def compile_validation(network: keras.Model) -> Callable:
    """Validation: (x, y) -> sums of loss and of correct answers over all of x, an array or Rows."""
    dense = only_dense(network)

    @tf.function(jit_compile=dense, autograph=not dense)
    def validate(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return totals(y, predict(network, x), tf.ones(x.shape[0]))

    evaluate = compile_evaluation(network)  # compiled only where it is called
    return lambda x, y: evaluate(x, y)[0] if isinstance(x, Rows) else validate(x, y)


def compile_evaluation(network: keras.Model) -> Callable:
    """Like compile_validation, with the predicted class of every image: (loss, correct), int64 (n,)."""
    dense = only_dense(network)

    @without_tensor_loops
    def answers(probabilities: tf.Tensor, y: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        return totals(y, probabilities, tf.ones(y.shape[0])), tf.argmax(probabilities, axis=1)

    @tf.function(jit_compile=dense, autograph=not dense)
    def evaluate(x: tf.Tensor, y: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        return answers(predict(network, x), y)

    predict_part = tf.function(partial(predict, network), jit_compile=dense, autograph=not dense)

    def evaluate_rows(x: Rows, y: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        parts = [predict_part(tf.convert_to_tensor(part)) for part in parts_of(x, EVALUATION_BATCH)]
        return answers(tf.concat(parts, axis=0), y)

    return lambda x, y: evaluate_rows(x, y) if isinstance(x, Rows) else evaluate(x, y)


def state_of(network: keras.Model) -> list[np.ndarray]:
    """Copies of everything that training changes: the variables of the network and of its optimizer.

    The network's variables include moving means and the counters of Keras's random number generators.
    """
    return [variable.numpy().copy() for variable in [*network.variables, *network.optimizer.variables]]


def restore(network: keras.Model, arrays: list[np.ndarray]) -> None:
    """Restore the state that `state_of` copied. Raises ValueError if it belongs to another network."""
    optimizer = built_optimizer(network)
    for variable, array in zip([*network.variables, *optimizer.variables], arrays, strict=True):
        variable.assign(array)


def train(
    network: keras.Model,
    copies: Iterable[tf.Tensor | np.ndarray | Rows],
    y: tf.Tensor,
    test_sets: dict[float, Callable[[], tf.Tensor | np.ndarray | Rows]],
    y_test: tf.Tensor,
    training: dict,
    seed: int,
    history: list[dict] | None = None,
    after_epoch: Callable[[list[dict]], None] = lambda history: None,
    held_out: tuple[tf.Tensor | np.ndarray | Rows, tf.Tensor] | None = None,
) -> list[dict[str, float]]:
    """Train in place, validate after every epoch, and return the history: a row per epoch and test set.

    copies: the training images of each remaining epoch, float32 (n, *shape); Rows stay in their file. y:
    their one-hot labels, float32 (n, classes). test_sets: by the scale of their noise, what loads the test
    images, float32 (n, *shape), so that one set is in memory at a time. y_test: their labels. training:
    epochs, batch_size and, if any, early_stopping. history: the rows of earlier epochs, if the network has
    been restored; the result is then bit-identical to that of a training that was never stopped. held_out:
    for early stopping, images that are not trained on, float32, and their one-hot labels.


    Raises FloatingPointError if a loss is not finite. A row has scale, epoch, accuracy and loss (means over
    the epoch, dropout on, as Keras's fit reports them), val_accuracy and val_loss (after the epoch, dropout
    off), and seconds: those of the epoch with all validations, an equal part in each of its rows. With images
    held out, it also has held_out_loss (as val_loss). `after_epoch` is called with all rows so far.
    """
    train_epoch = compile_epoch(network, y, training["batch_size"])
    validate = compile_validation(network)
    history = list(history or [])
    copies = iter(copies)
    for epoch in range(epochs_of(history) + 1, training["epochs"] + 1):
        if held_out and is_over(history, training["early_stopping"]["patience"]):
            break
        start = time.perf_counter()
        order, key = epoch_order(seed, epoch, len(y)), dropout_key(seed, epoch)
        x = next(copies)
        if not isinstance(x, Rows):
            x = tf.convert_to_tensor(x)
        loss, correct = train_epoch(x, order, key)
        del x  # before the next copy takes its memory
        rows, of_held_out = [], {}
        if held_out:
            of_held_out["held_out_loss"] = float(validate(*held_out)[0]) / len(held_out[1])
        for scale, load in test_sets.items():
            val_loss, val_correct = validate(load(), y_test)
            row = {
                "scale": scale,
                "epoch": epoch,
                "accuracy": float(correct) / len(y),
                "loss": float(loss) / len(y),
                "val_accuracy": float(val_correct) / len(y_test),
                "val_loss": float(val_loss) / len(y_test),
                **of_held_out,
            }
            for name in ("loss", "val_loss", *of_held_out):
                if not math.isfinite(row[name]):
                    raise FloatingPointError(f"{name} is {row[name]} in epoch {epoch}")
            rows.append(row)
        seconds = (time.perf_counter() - start) / len(rows)
        history += [row | {"seconds": seconds} for row in rows]
        after_epoch(history)
    return history


def epochs_of(history: list[dict]) -> int:
    """How many epochs a history has."""
    return history[-1]["epoch"] if history else 0
