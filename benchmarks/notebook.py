"""The assignment as its notebook does it: seven trainings with Keras's fit, one after the other.

First the clean network, then scale 0.5, then the five scales in a loop. The noise is float64, a batch has 128
images, and Keras prints nothing.
Prints the accuracies as CSV: scale, accuracy, val_accuracy.
"""

import argparse

import keras
import numpy as np
from keras.layers import Dense, Dropout

IMAGES = "results/images"


def load() -> tuple[np.ndarray, ...]:
    x_train, x_test = (
        np.load(f"{IMAGES}/x_{split}.npy").reshape(-1, 784).astype("float32") / 255
        for split in ("train", "test")
    )
    y_train, y_test = (
        keras.utils.to_categorical(np.load(f"{IMAGES}/y_{split}.npy"), 10) for split in ("train", "test")
    )
    return x_train, y_train, x_test, y_test


def noise(images: np.ndarray, scale: float) -> np.ndarray:
    noisy = images + scale * np.random.normal(loc=0.0, scale=1.0, size=images.shape)
    return np.clip(noisy, 0.0, 1.0)


def fit(x_train, y_train, x_test, y_test, epochs: int) -> tuple[float, float]:
    model = keras.Sequential(
        [
            keras.Input((784,)),
            Dense(512, activation="relu"),
            Dropout(0.2),
            Dense(512, activation="relu"),
            Dropout(0.2),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    history = model.fit(
        x_train,
        y_train,
        batch_size=128,
        epochs=epochs,
        verbose=0,
        validation_data=(x_test, y_test),
    ).history
    return history["accuracy"][-1], history["val_accuracy"][-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    epochs = parser.parse_args().epochs
    x_train, y_train, x_test, y_test = load()
    print("scale,accuracy,val_accuracy")
    print("0.0,{},{}".format(*fit(x_train, y_train, x_test, y_test, epochs)), flush=True)
    for scale in [0.5, 0.1, 0.5, 1.0, 2.0, 4.0]:
        noisy_train, noisy_test = noise(x_train, scale), noise(x_test, scale)
        accuracies = fit(noisy_train, y_train, noisy_test, y_test, epochs)
        print("{},{},{}".format(scale, *accuracies), flush=True)


if __name__ == "__main__":
    main()
