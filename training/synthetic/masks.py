"""Masks drawn on bare faces at their landmarks: worn right, below the nose, on the chin, from one ear, on the eyes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from edge.types import Image, Label
from training.synthetic.fabrics import COLUMNS, ROWS, Cloth
from training.synthetic.landmarks import Points
from training.synthetic.mesh import CANVAS, FaceMesh, Floats, canvas_grid, to_canvas


class Wear(StrEnum):
    """How a mask is worn."""

    CORRECT = "correct"
    NOSE_OUT = "nose-out"
    CHIN = "chin"
    ONE_EAR = "one-ear"
    EYES = "eyes"

    @property
    def label(self) -> Label:
        return Label.WITH_MASK if self is Wear.CORRECT else Label.INCORRECT_MASK


@dataclass(frozen=True, slots=True)
class Outline:
    """A mask's edge on the standard face, in units (training.synthetic.mesh): symmetric, before `turn`.

    Attributes:
        top, bottom: y of the middle of either edge.
        half_top, half_bottom: half the width at the upper and lower corners.
        corner_top, corner_bottom: y of the corners.
        peak: how sharply the upper edge rises to the nose: 1 straight, 2 a parabola.
        shift: x of the middle.
        turn_deg: turned around its middle, clockwise.
    """

    top: float
    bottom: float
    half_top: float
    half_bottom: float
    corner_top: float
    corner_bottom: float
    peak: float = 1.4
    shift: float = 0.0
    turn_deg: float = 0.0

    def coordinates(self) -> tuple[Floats, Floats]:
        """For each pixel of the canvas: across, -1 to 1 inside, and down, 0 to 1 inside."""
        x, y = canvas_grid()
        middle = (self.top + self.bottom) / 2
        angle = np.deg2rad(self.turn_deg)
        dx, dy = x - self.shift, y - middle
        x, y = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle) + middle
        share = np.clip((y - self.corner_top) / (self.corner_bottom - self.corner_top), 0, 1)
        half = self.half_top + (self.half_bottom - self.half_top) * share**1.3
        u = x / half
        reach = np.clip(np.abs(u), 0, 1.2)
        upper = self.top + (self.corner_top - self.top) * reach**self.peak
        lower = self.bottom + (self.corner_bottom - self.bottom) * reach**2.4
        return u.astype(np.float32), ((y - upper) / np.maximum(lower - upper, 0.02)).astype(np.float32)


def outline(wear: Wear, rng: np.random.Generator) -> Outline:
    """A random mask worn that way; nose tip 0.30, upper lip 0.44, lower lip 0.56, chin 0.79 (units)."""
    u = rng.uniform
    if wear is Wear.CORRECT:
        return Outline(
            u(0.01, 0.15), u(0.78, 0.93), u(0.38, 0.49), u(0.33, 0.45), u(0.16, 0.3), u(0.46, 0.64), peak=u(1.0, 2.0),
            shift=rng.normal(0, 0.01), turn_deg=rng.normal(0, 2),
        )  # fmt: skip
    if wear is Wear.NOSE_OUT:
        top = u(0.325, 0.43)
        return Outline(
            top, u(0.82, 1.0), u(0.38, 0.49), u(0.33, 0.45), top + u(-0.08, 0.06), u(0.52, 0.68), peak=u(1.2, 2.5),
            shift=rng.normal(0, 0.01), turn_deg=rng.normal(0, 3),
        )  # fmt: skip
    if wear is Wear.CHIN:
        top = u(0.575, 0.76)
        corner = top - u(0.02, 0.22)
        return Outline(
            top, top + u(0.26, 0.42), u(0.4, 0.5), u(0.25, 0.4), corner, corner + u(0.12, 0.25), peak=u(1.4, 2.5),
            shift=rng.normal(0, 0.015), turn_deg=rng.normal(0, 4),
        )  # fmt: skip
    if wear is Wear.EYES:
        return Outline(
            u(-0.28, -0.15), u(0.2, 0.3), u(0.42, 0.5), u(0.4, 0.48), u(-0.2, -0.1), u(0.15, 0.25), peak=2.0,
            turn_deg=rng.normal(0, 3),
        )  # fmt: skip
    side = float(rng.choice([-1, 1]))
    top, half = u(0.15, 0.3), u(0.16, 0.24)
    return Outline(
        top, top + u(0.5, 0.62), half, half, top + 0.01, top + 0.5, peak=2.0, shift=side * u(0.42, 0.58),
        turn_deg=side * u(-28, 8),
    )  # fmt: skip


def draw_mask(image: Image, points: Points, cloth: Cloth, wear: Wear, rng: np.random.Generator) -> Image:
    """A copy of the picture whose face wears a mask.

    Args:
        image: BGR.
        points: the face's landmarks in it, float32 (468, 3).
        cloth: what the mask is made of, `training.synthetic.fabrics`.
        wear: how.
        rng: decides shape and shading.
    """
    mesh = FaceMesh(points)
    shape = outline(wear, rng)
    canvas = _strings(cloth, shape, wear, rng)
    u, v = shape.coordinates()
    inside = np.clip(np.minimum(np.minimum(v, 1 - v) * 60, (1 - np.abs(u)) * 60) + 0.5, 0, 1)
    swatch = cv2.remap(
        cloth, (u + 1) / 2 * (COLUMNS - 1), v * (ROWS - 1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    swatch = swatch * _relief(u, v, rng)[..., None]
    alpha = np.maximum(canvas[..., 3], inside)
    colours = canvas[..., :3] * (1 - inside[..., None]) + swatch * inside[..., None]
    return paste(image, mesh, np.dstack([colours, alpha]).astype(np.float32), rng)


def paste(
    image: Image, mesh: FaceMesh, canvas: Floats, rng: np.random.Generator, *, shadow: float = 0.35, lit: float = 0.8
) -> Image:
    """Lay a canvas (BGR in [0, 1], alpha) over a face, lit as the face is, with a shadow at its edge.

    Args:
        shadow: how dark the skin gets beside it, 0 to 1.
        lit: how much of the face's own light and shade the drawing takes over, 0 to 1.
    """
    height, width = image.shape[:2]
    layer = mesh.onto_face(canvas, height, width)
    soft = float(rng.uniform(0.3, 0.9)) * max(1.0, mesh.unit_px / 160)
    layer = np.asarray(cv2.GaussianBlur(layer, (0, 0), soft), np.float32)
    alpha = np.clip(layer[..., 3:], 0, 1)
    colour = layer[..., :3] / np.maximum(alpha, 1e-3)
    picture = np.asarray(image / np.float32(255), np.float32)
    dark = cv2.GaussianBlur(alpha, (0, 0), max(1.0, mesh.unit_px * 0.025))[..., None]
    ground = picture * (1 - shadow * dark * (1 - alpha))
    mixed = ground * (1 - alpha) + np.clip(colour * _light(picture, mesh) ** lit, 0, 1) * alpha
    return np.rint(mixed * 255).astype(np.uint8)


def _light(picture: Floats, mesh: FaceMesh) -> Floats:
    """How light falls on the face, shape (H, W, 3), about 1: exposure, a hint of its colour, smooth shading."""
    height, width = picture.shape[:2]
    x, y = mesh.place(0.0, 0.35)
    far = mesh.unit_px * 0.45
    window = picture[max(0, round(y - far)) : round(y + far), max(0, round(x - far)) : round(x + far)]
    smooth = cv2.GaussianBlur(picture, (0, 0), max(2.0, mesh.unit_px * 0.16)).mean(axis=2, keepdims=True)
    typical = float(window.mean()) if window.size else 0.5
    # From the brightest tenth, not the mean: a dark face need not stand in the dark.
    exposure = np.clip((np.percentile(window, 90) if window.size else 0.8) / 0.8, 0.25, 1.15)
    tint = np.ones(3, np.float32)
    if window.size:
        bright = window.reshape(-1, 3)[window.reshape(-1, 3).sum(1) >= np.percentile(window.sum(2), 80)].mean(0)
        tint = (bright / max(float(bright.mean()), 1e-3)) ** 0.25
    light = np.clip(smooth / max(typical, 0.05), 0.45, 1.4) * exposure * tint
    return np.asarray(np.broadcast_to(light, (height, width, 3)), np.float32)


def _relief(u: Floats, v: Floats, rng: np.random.Generator) -> Floats:
    """Light and shade of a bulging mask: darker to the sides and below, and from one side."""
    bulge = (
        1.04 - rng.uniform(0.08, 0.3) * np.clip(np.abs(u), 0, 1) ** 2.2 - rng.uniform(0, 0.2) * np.clip(v, 0, 1) ** 2
    )
    sideways = 1 + rng.normal(0, 0.08) * np.clip(u, -1, 1)
    return np.asarray(bulge * sideways, np.float32)


def _strings(cloth: Cloth, shape: Outline, wear: Wear, rng: np.random.Generator) -> Floats:
    """Ear loops on an empty canvas, BGR and alpha."""
    canvas = np.zeros((*CANVAS, 4), np.float32)
    colour = cloth.mean(axis=(0, 1)) if rng.random() < 0.4 else np.full(3, rng.choice([0.93, 0.08], p=[0.75, 0.25]))
    paint = (*[float(value) for value in colour], 1.0)
    thick = int(rng.integers(2, 5)) + 3 * int(rng.random() < 0.15)
    for side in (-1, 1):
        if wear is Wear.ONE_EAR and side * shape.shift < 0:
            continue
        ear = np.array([side * 0.535, rng.uniform(0.02, 0.12)])
        low = np.array([side * 0.53, rng.uniform(0.18, 0.26)])
        half_top = shape.half_top if wear is not Wear.ONE_EAR else 0.0
        for start, end in (
            ((shape.shift + side * half_top * 0.97, shape.corner_top + 0.01), ear),
            ((shape.shift + side * half_top * 0.93, shape.corner_bottom - 0.01), low),
        ):
            middle = (np.array(start) + end) / 2 + rng.normal(0, 0.015, 2) + (0, 0.02)
            steps = np.linspace(0, 1, 12)[:, None]
            curve = (1 - steps) ** 2 * start + 2 * steps * (1 - steps) * middle + steps**2 * end
            line = np.rint(to_canvas(curve.astype(np.float32))).astype(np.int32)
            cv2.polylines(canvas, [line], False, paint, thick, cv2.LINE_AA)
    return canvas
