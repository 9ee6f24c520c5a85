"""468 points of a face (MediaPipe face landmark model, Kartynnik et al. 2019), to draw masks on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.networks.preprocess import crop_square
from edge.types import Box, Image

LANDMARK_FILE = "mediapipe_face_landmark.tflite"

POINTS = 468
INPUT_PX = 192

MARGIN = 0.25
"""Surroundings on every side, in longer sides of the face box: what the model was trained with (model card)."""

MIN_PRESENCE = 0.9
"""Probability that a face is there at all, below which its points are worthless."""

UPRIGHT_DEG = 8.0
"""A head more tilted than this is turned upright and looked at again: the model was trained on upright faces."""

EYES = (33, 263)
"""Outer corners of the eye on the picture's left and right."""

Points = NDArray[np.float32]


class LandmarkFinder:
    """Finds the points of one face at a time; not for several threads.

    Args:
        path: `mediapipe_face_landmark.tflite`, input float32 (1, 192, 192, 3) RGB in [0, 1].

    Raises:
        ModelError: if the file is missing or another model.
    """

    def __init__(self, path: Path) -> None:

        if not path.is_file():
            raise ModelError(f"{path}: does not exist; name the folder that holds it with --weights")
        try:
            self._interpreter = Interpreter(str(path), num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: cannot be loaded ({error}); copy the file again") from error
        outputs = {int(np.prod(detail["shape"])): detail["index"] for detail in self._interpreter.get_output_details()}
        if set(outputs) != {3 * POINTS, 1}:
            raise ModelError(f"{path}: is not a face landmark model with {POINTS} points")
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._points, self._presence = outputs[3 * POINTS], outputs[1]

    def __call__(self, image: Image, box: Box) -> Points | None:
        """The points of the face in `box`.

        Returns:
            float32 (468, 3): x and y in pixels of `image`, z in about the same unit, smaller is nearer to the camera;
            None if no face is seen there.
        """
        side = max(1, round(box.longer_side * (1 + 2 * MARGIN)))
        corner = np.array([round((box.x1 + box.x2 - side) / 2), round((box.y1 + box.y2 - side) / 2), 0], np.float32)
        square = crop_square(image, box, margin=MARGIN)
        found = self._look(square)
        if found is None:
            return None
        tilt = roll_deg(found)
        if abs(tilt) > UPRIGHT_DEG:
            turn = cv2.getRotationMatrix2D((side / 2, side / 2), tilt, 1.0)
            size, border = (side, side), cv2.BORDER_REPLICATE
            again = self._look(np.asarray(cv2.warpAffine(square, turn, size, borderMode=border), np.uint8))
            if again is None:
                return None
            back = cv2.invertAffineTransform(turn)
            found = np.column_stack([again[:, :2] @ back[:, :2].T + back[:, 2], again[:, 2]]).astype(np.float32)
        return found + corner

    def _look(self, square: Image) -> Points | None:
        small = cv2.resize(square, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA)
        self._interpreter.set_tensor(self._input, (small[None, :, :, ::-1] / np.float32(255)).astype(np.float32))
        self._interpreter.invoke()
        logit = float(self._interpreter.get_tensor(self._presence).reshape(-1)[0])
        if 1 / (1 + np.exp(-logit)) < MIN_PRESENCE:
            return None
        points = self._interpreter.get_tensor(self._points).reshape(POINTS, 3)
        return np.asarray(points * np.float32(square.shape[0] / INPUT_PX), np.float32)


def roll_deg(points: Points) -> float:
    """How far the head leans to the picture's right, degrees, from the eyes' outer corners."""
    left, right = points[EYES[0]], points[EYES[1]]
    return float(np.degrees(np.arctan2(right[1] - left[1], right[0] - left[0])))


def yaw(points: Points) -> float:
    """How far the head turns: 0 facing the camera, towards -1 or 1 in profile, from the nose between the cheeks."""
    left, nose, right = points[234], points[1], points[454]
    near, far = np.linalg.norm((nose - left)[:2]), np.linalg.norm((right - nose)[:2])
    return float((near - far) / max(float(near + far), 1e-6))
