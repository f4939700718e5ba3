"""TensorFlow and Keras, imported faster than usual, and with Keras's own defaults.

Keras reads its backend, its epsilon, and the type and layout of numbers from ~/.keras/keras.json. That file
belongs to a person, not to an experiment. The file of an own network may set them, and a dtype policy, for
its process.
"""

import gc
import os
import sys

# Use the widest vectors of the processor. XLA's default is 256 bits, which is 3 % slower, with the same bits.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_prefer_vector_width=512"
os.environ["KERAS_BACKEND"] = "tensorflow"
# Keras imports these where they exist, for wrappers and galleries that nothing uses here: a second.
UNUSED = [name for name in ("matplotlib", "sklearn") if name not in sys.modules]
sys.modules |= dict.fromkeys(UNUSED)  # as if they did not exist
gc.disable()  # otherwise, a fifth of the import would be a search for garbage, and there is none
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

gc.freeze()  # what was imported stays, so the collector need not visit it later
gc.enable()
for name in UNUSED:
    del sys.modules[name]

# Otherwise, TensorFlow makes one operation of several additions. It starts with any summand whose memory is
# free at that moment: the last bits of a + b + c depend on timing. mlp and cnn are as fast without it.
tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")

__all__ = ["keras", "tf"]
