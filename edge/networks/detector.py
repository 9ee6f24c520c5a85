"""Finds faces in a picture: our single-shot detector, OpenCV's res10 SSD, or YuNet, all run by OpenCV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.networks.decoding import decode_res10, decode_ssd, decode_yunet
from edge.networks.manifest import FILE_NAME, load_detector_manifest
from edge.networks.preprocess import resize_to
from edge.types import Face, Image, Size, size_of

GREY = 114
"""What fills an input that the picture does not."""

Detector = Callable[[Image], tuple[Face, ...]]
"""Takes a BGR picture of any size; returns its faces in pixels of that picture, best first."""


class _Options(TypedDict):
    min_score: float | None
    faint_share: float
    size: tuple[int | None, int | None]


class FaceDetector(Protocol):
    """A loaded detector, which can be handed a smaller picture of the view.

    Attributes:
        min_score: below which a detection is a faint one: too little to be judged, enough to be blurred, and to keep a
            person who was seen there before, in [0, 1].
        start_score: from which a detection may begin a new track, in [0, 1].
    """

    min_score: float
    start_score: float

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        """Faces of a BGR picture, best first, in pixels of the same view at `size`; None for its own size."""


RES10_FORMS = (
    ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"),
    ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
)
"""Weights and graph, first choice first: Caffe (float), TensorFlow (8 bit)."""

RES10_MEAN = (104.0, 177.0, 123.0)
"""Blue, green, red; what the network was trained with (OpenCV samples/dnn/models.yml)."""

RES10_MIN_SCORE = 0.5
YUNET_MIN_SCORE = 0.6
"""Usual thresholds: the classic mask scripts', and one that gives YuNet about as few false alarms."""

RES10_START_SCORE = 0.7
YUNET_START_SCORE = 0.75
"""From which a face is sure enough to begin following it: flickering patterns of a shelf reach res10's 0.5 to 0.65."""

YUNET_FILE = "face_detection_yunet_2023mar.onnx"
YUNET_MAX_OVERLAP = 0.3


def load_detector(
    *,
    name: str,
    search: Sequence[Path],
    min_score: float | None = None,
    faint_share: float = 1.0,
    input_width: int | None = None,
    input_height: int | None = None,
) -> FaceDetector:
    """Find a detector's files and load them.

    Args:
        name: `res10`, `yunet`, or a model folder with a manifest: its name (`face-ssd`) or a path to it.
        search: folders to look in, first choice first; each is searched itself and for a folder called `name`.
        min_score: below it a face is a faint one; None takes the model's own threshold.
        faint_share: of that threshold or the model's own, the lower one: from there on faces are given, the faint ones
            included; 1 for none of those.
        input_width, input_height: size fed to the network, pixels; None takes the model's own. res10 stretches the
            picture to it, the others fit the picture into it.

    Raises:
        ModelError: if a file is missing, damaged or no such model; it says what was looked for, and where.
    """
    folders = [place for folder in search for place in (folder, folder / name)]
    options: _Options = {"min_score": min_score, "faint_share": faint_share, "size": (input_width, input_height)}
    try:
        if name == "res10":
            detector: FaceDetector = Res10(*_find(folders, RES10_FORMS), **options)
        elif name == "yunet":
            detector = YuNet(*_find(folders, ((YUNET_FILE,),)), **options)
        else:
            detector = FaceSsd(find_detector(name, search), **options)
        detector(np.zeros((48, 64, 3), np.uint8))
    except (cv2.error, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ModelError(f"face detector {name}: cannot be run ({reason}); install it again") from error
    return detector


def find_detector(name: str, search: Sequence[Path]) -> Path:
    """The folder of a detector that has a manifest, given its name in one of the folders, or a path to it.

    Raises:
        ModelError: if there is neither.
    """
    is_name = name not in ("", ".", "..") and "/" not in name
    places = [folder / name for folder in search] if is_name else [Path(name)]
    (path,) = _find(places, ((FILE_NAME,),))
    return path.parent


def _least(min_score: float, own: float, faint_share: float) -> float:
    """From which score faces are given. However high a user sets the threshold, faint faces are: they are blurred."""
    return min_score if faint_share == 1 else faint_share * min(min_score, own)


def _find(folders: Sequence[Path], forms: Sequence[tuple[str, ...]]) -> tuple[Path, ...]:
    """The first folder's files that are all there, trying each form of the model in turn."""
    for form in forms:
        for folder in folders:
            paths = tuple(folder / file for file in form)
            if all(path.is_file() for path in paths):
                return paths
    wanted = ", or ".join(" with ".join(form) for form in forms)
    places = ", ".join(str(folder) for folder in folders) or "no folder at all"
    raise ModelError(f"face detector: {wanted} not found in {places}; put it there or set MASKGATE_WEIGHTS")


class Res10:
    """OpenCV's sample face SSD, 300x300; the picture is stretched to its input.

    Args:
        weights, graph: files of one form of the model.
    """

    start_score = RES10_START_SCORE

    def __init__(
        self,
        weights: Path,
        graph: Path,
        *,
        min_score: float | None = None,
        faint_share: float = 1.0,
        size: tuple[int | None, int | None] = (None, None),
    ) -> None:
        read = cv2.dnn.readNetFromCaffe if weights.suffix == ".caffemodel" else _read_tensorflow
        self._net = read(str(graph), str(weights))
        self.min_score = RES10_MIN_SCORE if min_score is None else min_score
        self._least = _least(self.min_score, RES10_MIN_SCORE, faint_share)
        self._size = (size[0] or 300, size[1] or 300)

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        width, height = size or size_of(image)
        self._net.setInput(cv2.dnn.blobFromImage(image, 1.0, self._size, RES10_MEAN))
        output = np.asarray(self._net.forward(), np.float32)
        return decode_res10(output, min_score=self._least, width=width, height=height)


def _read_tensorflow(graph: str, weights: str) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromTensorflow(weights, graph)


class YuNet:
    """YuNet (Wu et al. 2023): the picture is fitted into 320x320, proportions kept."""

    start_score = YUNET_START_SCORE

    def __init__(
        self,
        path: Path,
        *,
        min_score: float | None = None,
        faint_share: float = 1.0,
        size: tuple[int | None, int | None] = (None, None),
    ) -> None:
        self.min_score = YUNET_MIN_SCORE if min_score is None else min_score
        self._least = _least(self.min_score, YUNET_MIN_SCORE, faint_share)
        self._limits = (size[0] or 320, size[1] or 320)
        self._fed = self._limits
        self._net = cv2.FaceDetectorYN.create(str(path), "", self._fed, self._least, YUNET_MAX_OVERLAP)

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        width, height = size or size_of(image)
        fed = fitted_size((width, height), self._limits)
        if fed != self._fed:
            self._net.setInputSize(fed)
            self._fed = fed
        _, found = self._net.detect(resize_to(image, *fed))
        shares = None if found is None else np.divide(found, [*fed * 7, 1], dtype=np.float32)
        return decode_yunet(shares, min_score=self._least, width=width, height=height)


class FaceSsd:
    """Our own single-shot detector: a model folder with a manifest."""

    def __init__(
        self,
        folder: Path,
        *,
        min_score: float | None = None,
        faint_share: float = 1.0,
        size: tuple[int | None, int | None] = (None, None),
    ) -> None:
        self.manifest = load_detector_manifest(folder)
        self._net = cv2.dnn.readNetFromONNX(str(folder / self.manifest.file))
        self.min_score = self.manifest.min_score if min_score is None else min_score
        self._least = _least(self.min_score, self.manifest.min_score, faint_share)
        self.start_score = self.manifest.start_score
        self._size = size
        limit = self.manifest.input.long_side
        self._limits = (size[0] or limit, size[1] or limit)
        # OpenCV turns the pixels to floats itself.
        self._blob = np.empty((1, 3, 0, 0), np.uint8)
        self._planes: list[NDArray[np.uint8]] = []
        self._shown: Size = (0, 0)
        for side in size:
            if side is not None and side % self.manifest.input.step:
                raise ValueError(f"input size {side} is not a multiple of {self.manifest.input.step}")

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        manifest = self.manifest
        width, height = size or size_of(image)
        shown = fitted_size((width, height), self._limits)
        return decode_ssd(
            self.forward(self.to_input(resize_to(image, *shown))),
            levels=manifest.levels,
            variances=manifest.variances,
            min_score=self._least,
            max_overlap=manifest.max_overlap,
            input_size=shown,
            width=width,
            height=height,
        )

    def forward(self, pixels: NDArray[np.uint8] | NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """The network's outputs for pixels of shape (1, 3, H, W), channels as its manifest says."""
        self._net.setInput(pixels)
        return [np.asarray(output, np.float32) for output in self._net.forward(self.manifest.outputs)]

    def to_input(self, image: Image) -> NDArray[np.uint8]:
        """The picture in the upper left corner of the network's grey input, (1, 3, H, W), which the next one reuses."""
        shown, step = size_of(image), self.manifest.input.step
        if shown != self._shown:
            columns, rows = (given or -(-side // step) * step for given, side in zip(self._size, shown, strict=True))
            self._blob, self._shown = np.full((1, 3, rows, columns), GREY, np.uint8), shown
            planes = list(self._blob[0, :, : shown[1], : shown[0]])
            self._planes = planes[::-1] if self.manifest.input.channel_order == "RGB" else planes
        cv2.split(image, self._planes)
        return self._blob


def fitted_size(picture: Size, limits: Size) -> Size:
    """How large a picture (width, height) is shown within `limits`, proportions kept."""
    shrink = min(limits[0] / picture[0], limits[1] / picture[1])
    return max(1, round(picture[0] * shrink)), max(1, round(picture[1] * shrink))
