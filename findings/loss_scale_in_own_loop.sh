#!/usr/bin/env bash
# Guess: with Keras's policy mixed_float16, a training loop of one's own that gives the gradients of the loss to model.optimizer
# does what fit does: Adam stays Adam, and compile changes no object that was passed to it. It does not. compile has put a
# LossScaleOptimizer around Adam, which divides every gradient by 32768. fit multiplies the loss by it before; an own loop has to
# call optimizer.scale_loss. Adam divides by the size of the gradients anyway, so only its epsilon notices: the network learns,
# to a loss 1.75 times as high, and nothing looks wrong. With SGD it learns nothing. With scale_loss, all bits are those of
# fit. That the loss has to be scaled is said at keras.optimizers.LossScaleOptimizer; that compile adds one to mixed_float16, in
# the description of auto_scale_loss in Model.compile.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6 scikit-learn==1.9.1
export TF_CPP_MIN_LOG_LEVEL=3
"$folder/venv/bin/python" - 2>"$folder/err" <<'END' || { cat "$folder/err"; exit 1; }
import keras
import tensorflow as tf
from sklearn.datasets import load_digits

BATCH, EPOCHS = 32, 8
images, labels = load_digits(return_X_y=True)
images, labels = (images[:1792] / 16).astype("float32"), labels[:1792].astype("int32")
keras.mixed_precision.set_dtype_policy("mixed_float16")
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
print("Keras", keras.__version__, "TensorFlow", tf.__version__)


def train(optimizer, way):
    keras.utils.set_random_seed(1)
    hidden, last = keras.layers.Dense(64, "relu"), keras.layers.Dense(10, dtype="float32")
    model = keras.Sequential([keras.Input((64,)), hidden, last])
    model.compile(optimizer, loss_of, metrics=["accuracy"])
    assert type(model.optimizer).__name__ == "LossScaleOptimizer"

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
            if way == "own loop, scale_loss":
                loss = model.optimizer.scale_loss(loss)
        model.optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)

    if way == "fit":
        model.fit(images, labels, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0)
    else:
        for _ in range(EPOCHS):
            for start in range(0, len(images), BATCH):
                step(tf.constant(images[start : start + BATCH]), tf.constant(labels[start : start + BATCH]))
    loss, accuracy = model.evaluate(images, labels, verbose=0)
    print(f"{type(optimizer).__name__}, {way}: loss {loss:.3f}, accuracy {accuracy:.3f}")
    return loss, [variable.numpy().tobytes() for variable in model.trainable_variables]


for make in (lambda: keras.optimizers.Adam(0.001), lambda: keras.optimizers.SGD(0.1)):
    fit, own, scaled = (train(make(), way) for way in ("fit", "own loop", "own loop, scale_loss"))
    assert scaled == fit
    assert own[0] > 1.5 * fit[0]
assert own[0] > 2  # chance is 2.3
END
