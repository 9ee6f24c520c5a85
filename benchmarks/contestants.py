"""Who is measured: the classic loop as a yardstick, the kiosk, and the two networks on arrays that lie ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.cameras.demo import demo_pictures
from edge.commands.bench import Bench, Cost
from edge.config.schema import Config
from edge.networks.classifier import Classifier
from edge.networks.detector import FaceSsd, fitted_size, load_detector
from edge.networks.find import find_model, weights_search
from edge.networks.preprocess import resize_to
from edge.types import Image, size_of

Pictures = Sequence[tuple[Image, float]]
"""Pictures with their media times, seconds."""


class ClassicLoop:
    """The well-known script (A. Rosebrock, 2020): res10 at 300 x 300 in every frame, every face through Keras.

    The weights of the classifier are random: they cost as much as trained ones.
    """

    def __init__(self) -> None:
        import keras  # noqa: PLC0415 - slow to import, and only this contestant needs it

        base = keras.applications.MobileNetV2(input_shape=(224, 224, 3), include_top=False, weights=None)
        features = keras.layers.Flatten()(keras.layers.AveragePooling2D((7, 7))(base.output))
        features = keras.layers.Dropout(0.5)(keras.layers.Dense(128, activation="relu")(features))
        self._model = keras.Model(base.input, keras.layers.Dense(2, activation="softmax")(features))
        self._detect = load_detector(name="res10", search=weights_search())

    def __call__(self, image: Image) -> Any:
        faces = []
        for face in self._detect(image):
            box = face.box
            crop = cv2.cvtColor(image[box.y1 : box.y2, box.x1 : box.x2], cv2.COLOR_BGR2RGB)
            faces.append(cv2.resize(crop, (224, 224)).astype(np.float32) / 127.5 - 1)
        return self._model.predict(np.stack(faces), batch_size=32, verbose=0) if faces else None

    def run(self, pictures: Pictures) -> list[Cost]:
        """Costs of each frame; the first, which compiles, among them."""
        return [_measured(partial(self, image)) for image, _ in pictures]


class BareNetworks:
    """The detector's forward pass and the interpreter's invoke, on arrays that lie ready: what any kiosk must pay.

    Args:
        config: names the networks.
        pictures: of the clip; each has its own array, as it has in the kiosk.
    """

    def __init__(self, config: Config, pictures: Pictures) -> None:
        detector = FaceSsd(find_model(config.detector.name))
        self._blobs = [_blob(detector, image) for image, _ in pictures]
        self._net, self._outputs = detector._net, detector.manifest.outputs
        classifier = Classifier.load(find_model(config.classifier.model), threads=config.classifier.threads or 1)
        classifier.probabilities(np.zeros((224, 224, 3), np.uint8))
        self._interpreter = classifier._interpreter

    def run(self, calls: Sequence[Cost]) -> list[Cost]:
        """Costs of each frame, with as many forward passes and invokes as the kiosk made in it."""
        return [_measured(partial(self._call, blob, cost)) for blob, cost in zip(self._blobs, calls, strict=True)]

    def _call(self, blob: NDArray[np.float32], calls: Cost) -> None:
        for _ in range(calls.looks):
            self._net.setInput(blob)
            self._net.forward(self._outputs)
        for _ in range(calls.readings):
            self._interpreter.invoke()


def _blob(detector: FaceSsd, image: Image) -> NDArray[np.float32]:
    """The detector's input as floats, as OpenCV's own `blobFromImage` makes it."""
    shown = fitted_size(size_of(image), detector._limits)
    return detector.to_input(resize_to(image, *shown)).astype(np.float32)


def kiosk(config: Config, pictures: Pictures) -> list[Cost]:
    """Costs of each frame in the whole kiosk, pins simulated."""
    return Bench(config).run(iter(pictures))


def read_clip(path: Path, *, most: int) -> Pictures:
    """The first frames of a clip, decoded beforehand: no contestant pays for that."""
    clip, pictures = cv2.VideoCapture(str(path)), list[tuple[Image, float]]()
    fps = clip.get(cv2.CAP_PROP_FPS) or 25.0
    while len(pictures) < most:
        found, image = clip.read()
        if not found:
            break
        pictures.append((np.asarray(image, np.uint8), len(pictures) / fps))
    clip.release()
    return pictures


def nobody(*, frames: int, size: tuple[int, int] = (640, 480)) -> Pictures:
    """A made clip of a grey wall in the noise of a camera."""
    random = np.random.default_rng(0)
    noise = random.normal(96, 3, (frames, size[1], size[0], 1)).clip(0, 255).astype(np.uint8)
    return [(np.repeat(picture, 3, axis=2), frame / 25.0) for frame, picture in enumerate(noise)]


def crowd(faces: int, *, frames: int, size: tuple[int, int] = (1280, 720)) -> Pictures:
    """A made clip of `faces` people who sway, in a grid on a grey wall; their faces are of the kiosk's usual size."""
    portrait = next(iter(demo_pictures()))[0]
    columns = 4 if faces <= 8 else 6
    side = size[0] // columns
    # Head and shoulders out of the portrait of 512 x 512: the face fills more than half of its tile.
    person = cv2.resize(portrait[25:215, 133:323], (side, side), interpolation=cv2.INTER_AREA)
    pictures = []
    for frame in range(frames):
        canvas = np.full((size[1], size[0], 3), 96, np.uint8)
        for number in range(faces):
            row, column = divmod(number, columns)
            shift = round(3 * np.sin(frame / 5 + number))
            left, top = column * side, row * side + max(0, shift)
            part = person[: min(side, size[1] - top)]
            canvas[top : top + len(part), left : left + side] = part
        pictures.append((canvas, frame / 25.0))
    return pictures


def _measured(call: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall, 1, 1)
