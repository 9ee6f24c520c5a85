"""Pictures of mask cloth: what masks are made of, flat, as if spread on a table."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.synthetic.mesh import to_canvas

Cloth = NDArray[np.float32]
"""A swatch, float32 (ROWS, COLUMNS, 3), BGR in [0, 1]: top edge first, left edge first."""

ROWS, COLUMNS = 192, 256

SWATCH = (-0.24, 0.3, 0.24, 0.68)
"""Left, top, right and bottom, in units of the standard face, of the cloth cut from real masks."""

MAX_RIM_CONTRAST = 26.0
"""Distance in 8-bit CIE Lab; shading stays below, skin beside a mask mostly not."""

_SURGICAL = ((0.87, 0.75, 0.56), (0.93, 0.86, 0.72), (0.82, 0.83, 0.62), (0.94, 0.94, 0.93), (0.72, 0.80, 0.58),
             (0.88, 0.80, 0.92), (0.15, 0.14, 0.14))  # fmt: skip
_PLAIN = ((0.06, 0.06, 0.06), (0.10, 0.09, 0.09), (0.35, 0.34, 0.33), (0.55, 0.54, 0.53), (0.92, 0.92, 0.92),
          (0.35, 0.20, 0.12), (0.20, 0.15, 0.60), (0.30, 0.42, 0.25), (0.75, 0.60, 0.80), (0.70, 0.45, 0.25),
          (0.45, 0.75, 0.85), (0.25, 0.25, 0.45), (0.55, 0.65, 0.75))  # fmt: skip


def any_cloth(rng: np.random.Generator) -> tuple[str, Cloth]:
    """A random kind of mask and a swatch of it."""
    kinds: tuple[tuple[str, float, Callable[[np.random.Generator], Cloth]], ...] = (
        ("surgical", 0.42, surgical),
        ("cloth", 0.18, plain),
        ("printed", 0.12, printed),
        ("ffp2", 0.14, folded),
        ("cup", 0.07, cup),
        ("duckbill", 0.07, duckbill),
    )
    chosen = int(rng.choice(len(kinds), p=[share for _, share, _ in kinds]))
    return kinds[chosen][0], kinds[chosen][2](rng)


def surgical(rng: np.random.Generator) -> Cloth:
    """Three-ply non-woven: pleats, a nose wire's band, welded edges."""
    cloth = _coloured(rng, _SURGICAL)
    _, v = _uv()
    for middle in np.linspace(0.3, 0.78, int(rng.integers(2, 5))) + rng.normal(0, 0.02):
        bend = middle + rng.normal(0, 0.008) * np.sin(np.linspace(0, np.pi, COLUMNS))[None]
        depth = rng.uniform(0.08, 0.22)
        cloth *= (1 - depth * np.exp(-(((v - bend) / 0.012) ** 2)))[..., None]
        cloth *= (1 + depth * 0.5 * np.exp(-(((v - bend + 0.03) / 0.02) ** 2)))[..., None]
        cloth *= (1 - depth * 0.35 * np.clip((v - bend) / 0.14, 0, 1) * (v < bend + 0.14))[..., None]
    band = rng.uniform(0.05, 0.09)
    cloth *= (1 + 0.08 * (v < band) - 0.12 * np.exp(-(((v - band) / 0.008) ** 2)))[..., None]
    return _finish(cloth, rng, wrinkles=0.05)


def plain(rng: np.random.Generator) -> Cloth:
    """Sewn or foamed, one colour, often with a seam from nose to chin."""
    cloth = _coloured(rng, _PLAIN)
    u, _ = _uv()
    if rng.random() < 0.6:
        cloth *= (1 - 0.3 * np.exp(-((u / 0.012) ** 2)) + 0.12 * np.exp(-(((u - 0.03) / 0.02) ** 2)))[..., None]
    return _finish(cloth, rng, wrinkles=0.1)


def printed(rng: np.random.Generator) -> Cloth:
    """Dots, stripes, checks, blots or letters in a second and third colour."""
    cloth = _coloured(rng, _PLAIN)
    u, v = _uv()
    period = rng.uniform(0.06, 0.3)
    kind = int(rng.integers(5))
    if kind == 0:
        ink = np.hypot((u / period) % 1 - 0.5, (v / period) % 1 - 0.5) < rng.uniform(0.2, 0.4)
    elif kind == 1:
        ink = ((u * rng.uniform(-1, 1) + v) / period) % 1 < rng.uniform(0.2, 0.6)
    elif kind == 2:
        ink = (((u / period) % 1 < 0.5).astype(int) + ((v / period) % 1 < 0.5)) == 1
    elif kind == 3:
        ink = smooth_noise(rng, period * 100) > rng.uniform(-0.3, 0.6)
    else:
        page = np.zeros((ROWS, COLUMNS), np.uint8)
        for _ in range(int(rng.integers(1, 5))):
            text = "".join(rng.choice(list("ABCDEFGHKLMNOPRSTUVX23"), int(rng.integers(2, 8))))
            at = int(rng.integers(0, 120)), int(rng.integers(40, ROWS))
            cv2.putText(page, text, at, int(rng.integers(0, 5)), rng.uniform(0.7, 2), 255, int(rng.integers(1, 5)))
        ink = page > 0
    cloth = np.where(ink[..., None], _coloured(rng, _PLAIN), cloth).astype(np.float32)
    if rng.random() < 0.4:
        blots = smooth_noise(rng, period * 60) > 0.6
        cloth = np.where(blots[..., None], _coloured(rng, _PLAIN), cloth).astype(np.float32)
    return _finish(cloth, rng, wrinkles=0.08)


def folded(rng: np.random.Generator) -> Cloth:
    """KN95 / FFP2 with a fold from nose to chin, its sides lit differently, embossed lines along the edges."""
    cloth = _coloured(rng, ((0.94, 0.94, 0.93), (0.9, 0.9, 0.9), (0.12, 0.12, 0.12), (0.6, 0.6, 0.6)))
    u, v = _uv()
    tilt = rng.uniform(0.04, 0.16) * rng.choice([-1, 1])
    cloth *= (1 + tilt * np.tanh(u / 0.03) - 0.2 * np.exp(-((u / 0.01) ** 2)))[..., None]
    for place in (0.06, 0.94):
        cloth *= (1 - 0.12 * np.exp(-(((v - place) / 0.01) ** 2)))[..., None]
    slant = np.abs(u) * rng.uniform(0.1, 0.4) + rng.uniform(0.15, 0.5)
    cloth *= (1 - 0.1 * np.exp(-(((v - slant) / 0.012) ** 2)))[..., None]
    return _finish(cloth, rng, wrinkles=0.04)


def cup(rng: np.random.Generator) -> Cloth:
    """A moulded N95 dome, some with an exhalation valve and straps' staples."""
    cloth = _coloured(rng, ((0.94, 0.94, 0.93), (0.88, 0.9, 0.92), (0.85, 0.75, 0.6), (0.2, 0.2, 0.2)))
    u, v = _uv()
    radius = np.hypot(u * 0.9, (v - 0.5) * 1.9)
    cloth *= (1.06 - 0.3 * np.clip(radius, 0, 1.2) ** 2)[..., None]
    cloth *= (1 - 0.15 * np.exp(-(((radius - 0.82) / 0.03) ** 2)))[..., None]
    if rng.random() < 0.5:
        middle = rng.uniform(-0.35, 0.35), rng.uniform(0.5, 0.7)
        distance = np.hypot(u - middle[0], (v - middle[1]) * 1.5)
        size = rng.uniform(0.16, 0.26)
        valve = _coloured(rng, ((0.95, 0.95, 0.95), (0.2, 0.5, 0.2), (0.2, 0.2, 0.7), (0.7, 0.5, 0.2), (0.5, 0.5, 0.5)))
        cloth = np.where((distance < size)[..., None], valve, cloth).astype(np.float32)
        cloth *= (1 - 0.35 * np.exp(-(((distance - size) / 0.02) ** 2)))[..., None]
        cloth *= (1 - 0.25 * ((distance < size * 0.8) & (np.sin(u * 80) > 0.3)))[..., None]
    return _finish(cloth, rng, wrinkles=0.02)


def duckbill(rng: np.random.Generator) -> Cloth:
    """Two panels that meet in a ridge across the mouth: the upper one in light, the lower in shade."""
    cloth = _coloured(rng, ((0.94, 0.94, 0.93), (0.93, 0.88, 0.78), (0.85, 0.85, 0.85), (0.15, 0.15, 0.15)))
    u, v = _uv()
    ridge = rng.uniform(0.45, 0.6) + 0.05 * u**2
    cloth *= (1 + 0.06 * (v < ridge) - rng.uniform(0.12, 0.3) * (v >= ridge))[..., None]
    cloth *= (1 - 0.2 * np.exp(-(((v - ridge) / 0.01) ** 2)))[..., None]
    return _finish(cloth, rng, wrinkles=0.04)


def swatch_of(flat: Image) -> Cloth | None:
    """The cloth of a real mask, from a masked face laid flat (training.synthetic.mesh.FaceMesh.from_face).

    Taken between nose and chin, where a mask worn right has cloth and no edge; None where the upper or lower rim has
    a colour of its own, as skin beside a mask would.
    """
    left, top, right, bottom = SWATCH
    corners = to_canvas(np.array([(left, top), (right, bottom)], np.float32)).astype(int)
    piece = flat[corners[0, 1] : corners[1, 1], corners[0, 0] : corners[1, 0]]
    rows = cv2.cvtColor(piece, cv2.COLOR_BGR2Lab).astype(np.float32).mean(axis=1)
    rim = len(rows) // 6
    middle = rows[rim:-rim].mean(axis=0)
    if max(np.linalg.norm(end.mean(axis=0) - middle) for end in (rows[:rim], rows[-rim:])) > MAX_RIM_CONTRAST:
        return None
    swatch = cv2.resize(piece, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC)
    return (swatch / np.float32(255)).astype(np.float32)


def smooth_noise(rng: np.random.Generator, grain_px: float, size: tuple[int, int] = (ROWS, COLUMNS)) -> Cloth:
    """Noise of mean 0 and deviation 1 whose blots are about `grain_px` wide, shape `size`."""
    coarse = max(2, round(size[0] / max(grain_px, 1))), max(2, round(size[1] / max(grain_px, 1)))
    noise = rng.standard_normal(coarse, np.float32)
    grown = np.asarray(cv2.resize(noise, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.float32)
    return np.asarray((grown - grown.mean()) / max(float(grown.std()), 1e-6), np.float32)


def _uv() -> tuple[Cloth, Cloth]:
    """Across, -1 at the left edge to 1; and down, 0 at the top edge to 1."""
    u, v = np.meshgrid(np.linspace(-1, 1, COLUMNS), np.linspace(0, 1, ROWS))
    return u.astype(np.float32), v.astype(np.float32)


def _coloured(rng: np.random.Generator, colours: tuple[tuple[float, float, float], ...]) -> Cloth:
    colour = np.array(colours[int(rng.integers(len(colours)))]) * np.exp(rng.normal(0, 0.1)) + rng.normal(0, 0.03, 3)
    return np.full((ROWS, COLUMNS, 3), np.clip(colour, 0.02, 0.98), np.float32)


def _finish(cloth: Cloth, rng: np.random.Generator, *, wrinkles: float) -> Cloth:
    """Wrinkles, a seam along the edge, and the weave."""
    u, v = _uv()
    creases = smooth_noise(rng, rng.uniform(20, 60)) + 0.5 * smooth_noise(rng, rng.uniform(8, 20))
    cloth = np.asarray(cloth * (1 + wrinkles * creases)[..., None], np.float32)
    edge = np.minimum(np.minimum(v, 1 - v) * 2, 1 - np.abs(u))
    if rng.random() < 0.7:
        cloth *= (1 - rng.uniform(0.05, 0.2) * np.exp(-(((edge - 0.05) / 0.012) ** 2)))[..., None]
    weave = rng.standard_normal((ROWS, COLUMNS, 1)) * rng.uniform(0.005, 0.02)
    return np.clip(cloth + weave, 0, 1).astype(np.float32)
