"""Finding, loading and running the face detectors."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from skimage import data

from edge.errors import ModelError
from edge.networks.detector import YUNET_FILE, FaceSsd, find_detector, fitted_size, load_detector
from edge.networks.find import models_dir
from edge.networks.manifest import FILE_NAME, DetectorInput, DetectorManifest, Level, sha256_of
from edge.types import Box, Face, Image, Size

ASTRONAUT_FACE = Box(175, 65, 275, 195)
ODD_SIZES = [(1, 1), (1, 500), (500, 1), (7, 3), (33, 1921)]


@pytest.fixture
def astronaut() -> Image:
    """A picture (512x512) with one bare face, looking at the camera."""
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def write_bright_spots(folder: Path, **changes: object) -> Path:
    """A detector whose face logit is the blue channel's mean over a cell of 32 pixels, minus 120."""
    folder.mkdir(parents=True)
    weights = np.zeros((5, 3, 32, 32), np.float32)
    weights[4, 0] = 1 / 1024
    bias = np.array([0, 0, 0, 0, -120], np.float32)
    node = helper.make_node("Conv", ["pixels", "weights", "bias"], ["cells"], strides=[32, 32], kernel_shape=[32, 32])
    graph = helper.make_graph(
        [node],
        "spots",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 128, 128])],
        [helper.make_tensor_value_info("cells", TensorProto.FLOAT, [1, 5, 4, 4])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    path = folder / "spots.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    manifest = DetectorManifest(
        name="spots",
        file=path.name,
        sha256=sha256_of(path),
        input=DetectorInput(long_side=128),
        outputs=("cells",),
        levels=(Level(stride=32, boxes=((32, 32),)),),
        min_score=0.5,
    )
    (folder / FILE_NAME).write_text(json.dumps(manifest.model_dump(mode="json") | changes))
    return folder


@pytest.mark.parametrize("name", ["res10", "yunet"])
def test_finds_the_astronaut(shared: Path, astronaut: Image, name: str) -> None:
    """One face, where it is."""
    (face,) = load_detector(name=name, search=[shared / "weights"], min_score=0.6)(astronaut)
    assert face.box.iou(ASTRONAUT_FACE) > 0.5


@pytest.mark.parametrize("name", ["res10", "yunet", "face-ssd"])
def test_no_threshold_hides_a_faint_face(shared: Path, astronaut: Image, name: str) -> None:
    """However high it is set, faces are given from a share of the model's own on; a lower one counts as it is."""
    search = [shared / "weights", models_dir()]

    def found(min_score: float | None, faint_share: float) -> tuple[float, tuple[Face, ...]]:
        detector = load_detector(name=name, search=search, min_score=min_score, faint_share=faint_share)
        return detector.min_score, detector(astronaut)

    own, by_default = found(None, 0.4)
    assert found(1.0, 0.4) == (1.0, by_default)
    assert min(face.score for face in by_default) >= 0.4 * own
    assert found(1.0, 1.0) == (1.0, ())
    low, more = found(own / 2, 0.4)
    assert low == own / 2
    assert set(by_default) <= set(more)


@pytest.mark.parametrize("name", ["res10", "yunet"])
@pytest.mark.parametrize("size", ODD_SIZES)
def test_odd_pictures(shared: Path, name: str, size: tuple[int, int]) -> None:
    """A picture of any size gives faces inside it, or none, never an error."""
    height, width = size
    faces = load_detector(name=name, search=[shared / "weights"], min_score=0.01)(np.zeros((*size, 3), np.uint8))
    assert all(face.box.x2 <= width and face.box.y2 <= height for face in faces)


def test_res10_and_yunet_take_another_input_size(shared: Path, astronaut: Image) -> None:
    """A smaller input still finds a big face, and scores it differently: the size is really used."""
    for name in ("res10", "yunet"):
        usual, small = (
            load_detector(name=name, search=[shared / "weights"], min_score=0.3, input_width=side, input_height=side)
            for side in (None, 160)
        )
        assert small(astronaut)[0].box.iou(usual(astronaut)[0].box) > 0.5
        assert small(astronaut)[0].score != usual(astronaut)[0].score


@pytest.mark.parametrize("form", ["caffemodel", "pb"])
def test_prefers_the_first_folder_that_holds_a_whole_form(tmp_path: Path, form: str) -> None:
    """Half a model is passed over; the damaged whole one is what fails, by name."""
    files = {
        "caffemodel": ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"),
        "pb": ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
    }
    half, whole = tmp_path / "half", tmp_path / "whole"
    for folder, names in ((half, files["caffemodel"][:1]), (whole / "res10", files[form])):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_bytes(b"no model")
    with pytest.raises(ModelError, match="res10: cannot be run"):
        load_detector(name="res10", search=[half, whole])


@pytest.mark.parametrize(("name", "wanted"), [("res10", "caffemodel"), ("yunet", YUNET_FILE), ("face-ssd", FILE_NAME)])
def test_missing_files_are_named(tmp_path: Path, name: str, wanted: str) -> None:
    """The message says what was looked for, where, and what to do."""
    with pytest.raises(ModelError, match=wanted) as caught:
        load_detector(name=name, search=[tmp_path])
    assert str(tmp_path) in str(caught.value)
    assert "MASKGATE_WEIGHTS" in str(caught.value)


@pytest.mark.parametrize("name", ["yunet", "res10"])
def test_truncated_file_is_a_model_error(shared: Path, tmp_path: Path, name: str) -> None:
    """OpenCV's own error becomes one line."""
    for file in (YUNET_FILE, "opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"):
        whole = (shared / "weights" / file).read_bytes()
        (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=f"{name}: cannot be run") as caught:
        load_detector(name=name, search=[tmp_path])
    assert "\n" not in str(caught.value)


def test_our_own_finds_bright_spots_at_any_proportions(tmp_path: Path) -> None:
    """The network is fed the picture's proportions, and boxes come back in the picture's pixels."""
    folder = write_bright_spots(tmp_path / "models" / "spots")
    detector = load_detector(name="spots", search=[tmp_path / "models"])
    assert find_detector(str(folder), search=[]) == folder
    for width, height in ((256, 256), (256, 128), (128, 256)):
        image = np.zeros((height, width, 3), np.uint8)
        image[64:128, :64, 0] = 255
        assert [face.box for face in detector(image)] == [Box(0, 64, 64, 128)]


def test_our_own_takes_its_threshold_from_the_manifest_unless_told(tmp_path: Path) -> None:
    """A threshold belongs to the model; the caller may overrule it."""
    folder = write_bright_spots(tmp_path / "spots", min_score=0.99)
    image = np.zeros((128, 128, 3), np.uint8)
    image[:32, :32, 0] = 122
    assert FaceSsd(folder)(image) == ()
    assert len(FaceSsd(folder, min_score=0.5)(image)) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "sha256 is"),
        ({"task": "mask-classification"}, "task"),
        ({"outputs": ["a", "b"]}, "expected an output for each level"),
        ({"outputs": ["other"]}, "cannot be run"),
        ({"levels": [{"stride": 32, "boxes": [[1, 1], [2, 2]]}]}, "cannot be run"),
        ({"input": {"long_side": 100}}, "multiple of step"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    """Wrong hash, wrong task, wrong outputs: found at load, not at the door."""
    write_bright_spots(tmp_path / "spots", **changes)
    with pytest.raises(ModelError, match=message):
        load_detector(name="spots", search=[tmp_path])


def test_an_input_size_off_the_grid_is_refused(tmp_path: Path) -> None:
    """Feature maps only fit together at multiples of the largest stride."""
    write_bright_spots(tmp_path / "spots")
    with pytest.raises(ModelError, match="not a multiple of 32"):
        load_detector(name="spots", search=[tmp_path], input_width=100)


@pytest.mark.parametrize(
    ("picture", "shown"),
    [
        ((640, 480), (320, 240)),
        ((1920, 1080), (320, 180)),
        ((1000, 1000), (320, 320)),
        ((480, 640), (240, 320)),
        ((5000, 10), (320, 1)),
        ((1, 1), (320, 320)),
    ],
)
def test_a_picture_keeps_its_proportions(picture: Size, shown: Size) -> None:
    """The longer side is the limit."""
    assert fitted_size(picture, (320, 320)) == shown


@pytest.mark.parametrize(("picture", "fed"), [((96, 50), (128, 96)), ((50, 96), (96, 128)), ((1, 1), (128, 128))])
def test_the_network_is_fed_whole_steps(tmp_path: Path, picture: Size, fed: Size) -> None:
    """The input is the next multiple of 32, whatever came before."""
    detector = FaceSsd(write_bright_spots(tmp_path / "spots"))
    for size in ((128, 128), picture):
        detector(np.zeros((size[1], size[0], 3), np.uint8))
    assert detector._blob.shape == (1, 3, fed[1], fed[0])


@pytest.mark.parametrize("order", ["BGR", "RGB"])
def test_channels_enter_in_the_manifests_order(tmp_path: Path, order: str) -> None:
    """The spots are looked for in the first channel of the network's input."""
    folder = write_bright_spots(tmp_path / "spots", input={"long_side": 128, "channel_order": order})
    image = np.zeros((128, 128, 3), np.uint8)
    image[:32, :32, 0 if order == "BGR" else 2] = 255
    assert len(FaceSsd(folder)(image)) == 1


def test_faces_of_a_small_picture_are_told_in_the_large_ones_pixels(tmp_path: Path) -> None:
    """The network's own precision counts, not the small picture's pixels."""
    detector = FaceSsd(write_bright_spots(tmp_path / "spots"))
    large = np.zeros((960, 1280, 3), np.uint8)
    large[:320, :320, 0] = 255
    small = np.ascontiguousarray(large[::10, ::10])
    assert detector(small, (1280, 960)) == detector(large)
    assert detector(large)[0].box == Box(0, 0, 320, 320)


def test_what_is_left_of_the_canvas_is_grey(tmp_path: Path) -> None:
    """A wide picture after a tall one leaves nothing behind, and its faces lie where they are."""
    detector = FaceSsd(write_bright_spots(tmp_path / "spots"), min_score=0.5)
    tall, wide = (np.zeros((*shape, 3), np.uint8) for shape in ((96, 50), (50, 96)))
    tall[:] = 255
    assert detector(tall)
    assert detector(wide) == ()
    wide[0:24, 72:96] = 255
    (face,) = detector(wide)
    assert face.box.xyxy == (72, 0, 96, 24)


def test_threads_are_left_to_the_caller(tmp_path: Path) -> None:
    """Loading and running changes no global setting of OpenCV."""
    before = cv2.getNumThreads()
    write_bright_spots(tmp_path / "spots")
    load_detector(name="spots", search=[tmp_path])(np.zeros((9, 9, 3), np.uint8))
    assert cv2.getNumThreads() == before
