#!/usr/bin/env bash
# Guess: TensorFlow's tf.io.decode_jpeg may differ from Pillow by a grey level or two, because its default is a faster,
# coarser inverse cosine transform; and the better the quality of a file, the closer the two, as all of JPEG's errors
# shrink. It is the other way round. Of a picture of quality 75, two thirds of the values differ, by at most 4. Of quality
# 95, three quarters and more differ, by up to 9. With dct_method="INTEGER_ACCURATE" all are the same. The page of
# tf.io.decode_jpeg says no more than that the default of dct_method is that of the system.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1 numpy==2.4.6 pillow==13.0.0
export TF_CPP_MIN_LOG_LEVEL=3
"$folder/venv/bin/python" - 2>"$folder/err" <<'END' || { cat "$folder/err"; exit 1; }
import io

import numpy as np
import PIL
import tensorflow as tf
from PIL import Image

print("TensorFlow", tf.__version__, "Pillow", PIL.__version__)
rows, columns = np.mgrid[:224, :224]
waves = [np.sin(columns / 9), np.cos(rows / 7), np.sin((rows + columns) / 13)]
pictures = {
    "waves": np.stack([128 + 100 * wave for wave in waves], axis=-1).astype(np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (224, 224, 3), np.uint8),
}
largest = {}
for name, pixels in pictures.items():
    for quality in (75, 95):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        by_pillow = np.asarray(Image.open(file)).astype(int)
        by_default = tf.io.decode_jpeg(file.getvalue()).numpy().astype(int)
        accurate = tf.io.decode_jpeg(file.getvalue(), dct_method="INTEGER_ACCURATE").numpy()
        difference = np.abs(by_pillow - by_default)
        largest[name, quality] = difference.max()
        share = (difference > 0).mean()
        print(f"{name}, quality {quality}: {share:.0%} of the values differ, by at most {difference.max()}")
        assert share > 0.5 and np.array_equal(by_pillow, accurate)
for name in pictures:
    assert largest[name, 95] > largest[name, 75] > 1
END
