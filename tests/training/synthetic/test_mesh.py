"""Moving drawings between the standard face and a real one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.training.drawn_faces import ORIGIN, UNIT, at, face_points, skin_picture
from training.synthetic.landmarks import Points
from training.synthetic.mesh import CANVAS, CHIN, NOSE_TIP, FaceMesh, canvas_grid, to_canvas


def turned(degrees: float, shrink: float = 1.0) -> Points:
    """The standard face, turned in the picture around the nose's root and shrunk across, as if looking aside."""
    points = face_points()
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points[:, :2] = (points[:, :2] - ORIGIN) * (shrink, 1) @ turn.T + ORIGIN
    return points


@pytest.mark.parametrize(("x", "y"), [(0.0, NOSE_TIP), (0.0, CHIN), (0.3, 0.4), (-0.45, 0.2), (0.0, 1.1), (0.6, 0.3)])
@pytest.mark.parametrize(("degrees", "shrink"), [(0, 1.0), (30, 1.0), (-20, 0.6)])
def test_a_dot_lands_where_place_says(x: float, y: float, degrees: float, shrink: float) -> None:
    """A dot drawn on the canvas appears on the face where `place` puts it, however the face is turned."""
    mesh = FaceMesh(turned(degrees, shrink))
    canvas = np.zeros((*CANVAS, 1), np.float32)
    centre = to_canvas(np.array([[x, y]], np.float32))[0]
    cv2.circle(canvas, (round(float(centre[0])), round(float(centre[1]))), 6, 1.0, -1)
    moved = mesh.onto_face(canvas, 500, 500)
    rows, columns = np.nonzero(moved.reshape(500, 500) > 0.5)
    assert (columns.mean(), rows.mean()) == pytest.approx(mesh.place(x, y), abs=1.5)


def test_place_is_exact_on_the_standard_face() -> None:
    """On a face like the standard one places are mere scaling."""
    assert FaceMesh(face_points()).place(0.2, 0.5) == pytest.approx(at(0.2, 0.5), abs=0.6)


def test_flattening_undoes_drawing() -> None:
    """What is drawn on a turned face comes back on the canvas where it began."""
    x, y = canvas_grid()
    spots = ((np.sin(x * 20) + np.sin(y * 20) + 2) * 60).astype(np.float32)
    mesh = FaceMesh(turned(15, 0.8))
    picture = np.repeat(mesh.onto_face(spots[..., None], 500, 500).reshape(500, 500, 1), 3, axis=2).astype(np.uint8)
    back = mesh.from_face(picture)[..., 0].astype(np.float32)
    inside = (np.abs(x) < 0.4) & (y > 0) & (y < 0.7)
    assert np.abs(back - spots)[inside].mean() < 6


def test_outside_the_mesh_nothing_is_drawn() -> None:
    """Far from the face the drawing is empty, not stretched."""
    moved = FaceMesh(face_points()).onto_face(np.ones((*CANVAS, 1), np.float32), 600, 900)
    assert moved[:, 600:].max() == 0
    assert moved[at(0, 0.3)[1], at(0, 0.3)[0]] == 1


def test_refuses_places_off_the_canvas() -> None:
    """A place the mesh does not reach is a caller's bug."""
    with pytest.raises(ValueError, match="on the canvas"):
        FaceMesh(face_points()).place(3.0, 3.0)


def test_the_unit_is_the_larger_extent() -> None:
    """A face seen from the side keeps its size by its height."""
    assert FaceMesh(turned(0, 0.3)).unit_px == pytest.approx(UNIT, rel=0.02)
    assert skin_picture().shape == (360, 300, 3)
