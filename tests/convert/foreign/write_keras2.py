"""Writes red-keras2.h5 and red-keras2.keras anew: the network of `networks.red_network`, by Keras 2 itself.

python -m venv --system-site-packages OLD && OLD/bin/pip install --no-deps tf_keras && OLD/bin/python write_keras2.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tf_keras as keras

HERE = Path(__file__).parent
SIDE, MIDDLE, UNIT = 16, 95, 1 / 127.5
STEEPNESS = 3 / (50 * UNIT)


def main() -> None:
    """As `networks.red_network("-1..1")`, behind the layers whose description has changed since."""
    image = keras.Input((SIDE, SIDE, 3))
    copied = keras.layers.DepthwiseConv2D(1, use_bias=False, depthwise_initializer="ones")(image)
    scaled = keras.layers.BatchNormalization(epsilon=1e-6)(copied)
    mean = keras.layers.GlobalAveragePooling2D()(scaled)
    model = keras.Model(image, keras.layers.Dense(2, activation="softmax", name="judge")(mean))
    kernel = np.zeros((3, 2), np.float32)
    kernel[0] = STEEPNESS / 2, -STEEPNESS / 2
    threshold = MIDDLE * UNIT - 1
    model.get_layer("judge").set_weights([kernel, -threshold * kernel[0]])
    model.save(HERE / "red-keras2.h5", save_format="h5", include_optimizer=False)
    model.save(HERE / "red-keras2.keras")


if __name__ == "__main__":
    main()
