"""What jobs ask for: memory in MB (2^20 bytes) and minutes, from measurements (docs/cluster.md).

Memory has room for the Snakemake that a cluster's job has around it (137 MB). Minutes are five times what was
measured on one core, or more.
"""

import math
import sys

from experiment.ceiling import MAX_IN_SINGLE
from experiment.draws import DRAWS
from experiment.fit import MAX_PIXELS
from experiment.network import EVALUATION_BATCH, Size
from experiment.rows import BLOCK, FLOAT, MAX_WHOLE
from inputs.datasets import DataSet

MB = 2**20
DOUBLE = 8  # bytes
# MB that a job reserves and does not use, for limits of address space (h_vmem, ulimit -v): after a fit,
# TensorFlow had reserved 3.0 GB and used 0.85. profiles/gridengine asks for as much.
ADDRESS_SPACE = 2500
BLOCKS = 4  # of images, held at a time: being read, waiting, in use, and a copy
# What a step holds, by what the layers give for its batch: 1.5 to 1.8 were measured of cnn with 96 x 96 and
# 224 x 224 pixels in colour, 0.4 to 0.6 of three own networks with 96 x 96.
# With 8 threads, cnn took 0.3 GB more than with one, which is less than the import's part of the request.
LAYER_COPIES = 2
PIXELS = 60_000 * 784  # of the assignment's training images


def pixels(data: DataSet, images: int) -> int:
    return images * math.prod(data.shape)


def image_memory(data: DataSet, images: int, batch: int, whole: float = 0) -> float:
    """Bytes of images that are read in batches from their file: of a few blocks, whatever their number.

    whole: how often a network of dense layers holds them all, unless they are large.
    """
    if whole and FLOAT * pixels(data, images) <= MAX_WHOLE:
        return whole * FLOAT * pixels(data, images)
    return min(BLOCKS * max(BLOCK, FLOAT * pixels(data, batch)), 2 * BLOCKS * FLOAT * pixels(data, images))


def say_memory(job: str, asked: int, machine: int | None) -> None:
    """Say how much memory the largest job asks for, and how much this machine has, if it runs there.

    job: its rule, with its network where it has one. Both amounts in MB. To standard error, where Snakemake
    speaks.
    """
    said = f"The largest job, {job}, asks for {asked / 1024:.1f} GB of memory"
    if machine is not None:
        said += f", and this process may use {machine / 1024:.1f} GB"
        if asked > machine:
            said = f"WARNING: {said}. It may run out. Use smaller images, batches or networks"
    print(f"{said}.", file=sys.stderr)


def noise_memory(data: DataSet) -> int:
    """MB of a noisy copy: 314 were measured of the assignment's. It holds some images at a time."""
    return round(450 + 8 * FLOAT * pixels(data, 1) / MB)


def noise_minutes(data: DataSet) -> int:
    """Minutes of a noisy copy: 2 s were measured of Gaussian noise, and shot noise takes 10 times that."""
    return round(10 + 2 * pixels(data, data.train + data.test) / PIXELS)


def baseline_memory(data: DataSet) -> int:
    """MB of the baselines: 401 were measured of the assignment's.

    Ridge regression holds a square matrix: of the pixels, and copies of it, or else of the training images.
    """
    images = 2 * image_memory(data, data.train, 1)
    matrix = min(4 * DOUBLE * pixels(data, 1) ** 2, 1.5 * FLOAT * data.train**2)
    answers = 2 * DOUBLE * len(data.classes) * (data.train + pixels(data, 1))
    return round(300 + (images + matrix + answers) / MB)


def baseline_minutes(data: DataSet) -> int:
    """Minutes of the baselines: ridge regression's matrix at 20 thousand million operations a second."""
    return round(10 + pixels(data, data.train) * min(data.train, pixels(data, 1)) / 1.2e11)


def evaluated_bytes(data: DataSet, size: Size) -> int:
    """What the layers give for the test images that go through the network at a time."""
    images = EVALUATION_BATCH
    if size.dense:  # all, unless they are large: then those of a block
        whole = FLOAT * pixels(data, data.test) <= MAX_WHOLE
        images = data.test if whole else max(images, BLOCK // (FLOAT * pixels(data, 1)))
    return FLOAT * min(images, data.test) * size.outputs


def training_memory(data: DataSet, size: Size, draw: str, batch: int, stopping: bool = False) -> int:
    """MB of a training: 1397 with fixed and 1567 with fresh noise were measured of the assignment's.

    Dense layers hold the images twice, as a tensor and mapped from their file, unless they are large. Where
    noise is drawn as they train, they also hold the next epoch's copy. With early stopping (`stopping`), they
    also hold a copy without the images held out. Adam keeps four arrays of the network's size. A step holds
    what the layers give for its batch, and the validation what they give for its images. The least is for the
    import of TensorFlow: it starts a program, and for a moment the system counts its 516 MB twice, beside the
    two Snakemakes of a cluster's job.
    """
    copies = size.dense * ((2.0 if DRAWS[draw].stored else 3.5) + stopping)
    images = image_memory(data, data.train, batch, copies)
    images += image_memory(data, data.test, EVALUATION_BATCH, size.dense * 2.0)
    labels = FLOAT * len(data.classes) * (data.train + data.test)
    layers = max(LAYER_COPIES * FLOAT * min(batch, data.train) * size.outputs, evaluated_bytes(data, size))
    return round(1310 + (images + labels + layers + 16 * FLOAT * size.parameters) / MB)


def evaluation_memory(data: DataSet, size: Size) -> int:
    """MB of an evaluation: 1126 were measured of the assignment's."""
    images = image_memory(data, data.test, EVALUATION_BATCH, size.dense * 3.0)
    labels = 2 * FLOAT * data.test * len(data.classes)
    return round(1400 + (images + labels + evaluated_bytes(data, size) + 16 * FLOAT * size.parameters) / MB)


def filter_memory(data: DataSet, classifier: int) -> int:
    """MB of a network after filters. classifier: MB of its evaluation alone.

    Beside it are scikit-image and SciPy, and for the mean of the posterior the ceiling's chunk of originals.
    """
    return round(classifier + 400 + 266 * pixels(data, 1) / (224 * 224 * 3))


def filter_minutes(data: DataSet, filters: list[str]) -> int:
    """Minutes of a network after filters: 70 s were measured of all filters, each with and without bias
    correction, and 10 000 images of 784 pixels; and of the mean of the posterior 45 s, with 60 000 originals.
    """
    share = pixels(data, data.test) / (10_000 * 784)
    posterior = 3.75 * share * data.train / 60_000 if "posterior_mean" in filters else 0
    return round(10 + 6 * share + posterior)


def trained_memory(data: DataSet, measured: float) -> int:
    """MB of a job in which a pretrained network reads images. measured: MB of such a process with a
    batch of them.

    It holds as many training images as are compared at first, and outputs.
    """
    images = FLOAT * MAX_PIXELS
    outputs = 4 * DOUBLE * len(data.classes) * max(data.train, data.test)
    return round(400 + 1.5 * measured + (images + outputs) / MB)


def trained_minutes(seconds: float, images: int) -> int:
    """Minutes of such a job. seconds: measured for an image."""
    return round(10 + 5 * seconds * images / 60)


def ceiling_memory(data: DataSet, images: int, threads: int) -> int:
    """MB of a ceiling of `images` test images: 630 were measured of 10 000 with 70 000 originals.

    It holds a number for each of them and each class. Every thread holds a chunk of originals with their
    weights: 266 MB were measured of 224 x 224 x 3 pixels.
    """
    held = 3 * DOUBLE * images * len(data.classes)
    return round(775 + held / MB + 266 * (threads - 1) * pixels(data, 1) / (224 * 224 * 3))


def cost(size: Size) -> float:
    """Time for an image, in that of the assignment's network: by parameters, of which each is read and
    written in every step, or by multiplications, whichever is more.
    """
    return max(size.parameters, size.multiplications) / 669_706


def training_minutes(data: DataSet, size: Size, epochs: int, tests: int = 1) -> int:
    """Minutes of a training that is validated on so many test sets: 3 s were measured for an epoch of 60 000
    images and 669 706 parameters, and 0.15 s for 10 000 test images.
    """
    minutes = 0.25 * data.train / 60_000 + 0.0125 * (tests - 1) * data.test / 10_000
    return round(10 + epochs * minutes * max(cost(size), 0.1))


def evaluation_minutes(data: DataSet, size: Size, networks: int, tests: int) -> int:
    """Minutes of an evaluation: 0.15 s were measured for a network of dense layers and 10 000 images."""
    return round(10 + 0.0125 * networks * tests * data.test / 10_000 * max(cost(size), 1))


def ceiling_minutes(data: DataSet, images: int) -> int:
    """Minutes of a ceiling: 30 s were measured for 10 000 images of 784 pixels and 70 000 originals.

    In double precision, products take twice as long.
    """
    originals = pixels(data, data.train + data.test) * (2 if pixels(data, 1) > MAX_IN_SINGLE else 1)
    return round(10 + 2.5 * images / 10_000 * originals / (70_000 * 784))
