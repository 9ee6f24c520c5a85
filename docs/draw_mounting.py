"""Draws how a kiosk is mounted: `python docs/draw_mounting.py` writes docs/mounting.svg."""

# ruff: noqa: INP001 - a script beside the picture it makes, no module of the kiosk

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import radians, tan
from pathlib import Path

DOCS = Path(__file__).resolve().parent

LENS_M, FACE_M, TILT_DEG = 1.55, 1.5, 15
"""Height of the lens, of a face, and how far the camera may be tilted down."""
NEAR_M, FAR_M = 0.8, 2.0
"""Where people are judged, measured from the lens."""
VIEW_DEG = 41
"""Upright angle of Camera Module 3 (Raspberry Pi's data sheet)."""

WIDTH, HEIGHT, SCALE = 900, 520, 200
FLOOR, WALL = 440, 120
INK, PALE, LIGHT, VIEW = "#333333", "#eeeeee", "#e0a800", "#2b6cb0"


def place(metres: float, height: float) -> tuple[float, float]:
    """Of a point so far from the wall and so high above the floor, pixels."""
    return round(WALL + metres * SCALE, 1), round(FLOOR - height * SCALE, 1)


def draw() -> str:
    """The picture as SVG."""
    title = "Mounting, seen from the side"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="DejaVu Sans, Arial, sans-serif" font-size="14" fill="{INK}">\n'
        f'<title>{title}</title>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
        + "\n".join([_text(24, 36, title, size=20), *_room(), *_view(), *_person(), *_measures()])
        + "\n</svg>\n"
    )


def _room() -> Iterator[str]:
    yield f'<rect x="{WALL - 40}" y="80" width="40" height="{FLOOR - 80}" fill="{PALE}" stroke="{INK}"/>'
    yield _line(WALL - 40, FLOOR, WIDTH - 40, FLOOR, INK, 2)
    x, y = place(0, LENS_M)
    yield f'<rect x="{x}" y="{y - 14}" width="26" height="28" rx="4" fill="{INK}"/>'
    yield _text(x + 4, y + 34, "camera")
    lamp_x, lamp_y = place(0, LENS_M + 0.3)
    yield f'<circle cx="{lamp_x + 14}" cy="{lamp_y}" r="14" fill="{LIGHT}" stroke="{INK}"/>'
    yield _text(lamp_x + 36, lamp_y - 8, "light from the front: 300 lux at the face")


def _view() -> Iterator[str]:
    """Half of the angle above the way the camera looks, half below, with the camera tilted half as far as it may be."""
    tilt = TILT_DEG / 2
    x, y = place(0.13, LENS_M)
    edges = [place(FAR_M + 0.4, LENS_M - (FAR_M + 0.27) * tan(radians(tilt + side * VIEW_DEG / 2))) for side in (-1, 1)]
    corners = " ".join(f"{a},{b}" for a, b in ((x, y), *edges))
    yield f'<polygon points="{corners}" fill="{VIEW}" fill-opacity="0.1" stroke="{VIEW}" stroke-dasharray="6 4"/>'
    told = ("what the camera sees,", f"tilted by at most {TILT_DEG}°;", "no window behind people")
    yield from (_text(edges[0][0] + 12, 180 + 22 * line, text, colour=VIEW) for line, text in enumerate(told))


def _person() -> Iterator[str]:
    x, y = place((NEAR_M + FAR_M) / 2, FACE_M)
    yield f'<ellipse cx="{x}" cy="{y}" rx="19" ry="25" fill="white" stroke="{INK}" stroke-width="2"/>'
    yield f'<path d="M{x - 19} {y + 4}q19 14 19 14" fill="none" stroke="{VIEW}" stroke-width="4"/>'
    yield _line(x, y + 25, x, FLOOR - 90, INK, 2)
    yield _line(x, FLOOR - 90, x - 22, FLOOR, INK, 2)
    yield _line(x, FLOOR - 90, x + 22, FLOOR, INK, 2)
    yield _line(x, y + 60, x - 26, y + 120, INK, 2)
    yield _line(x, y + 60, x + 26, y + 120, INK, 2)
    yield f'<rect x="{x - 45}" y="{FLOOR}" width="90" height="6" fill="{LIGHT}"/>'
    yield _text(x, FLOOR + 24, "line on the floor: please stop here", anchor="middle")


def _measures() -> Iterator[str]:
    x, y = WALL - 56, place(0, LENS_M)[1]
    yield _line(x, y, x, FLOOR, INK, 1)
    yield _text(x - 6, (y + FLOOR) / 2, "1.5 to", anchor="end") + _text(
        x - 6, (y + FLOOR) / 2 + 18, "1.6 m", anchor="end"
    )
    for metres in (NEAR_M, FAR_M):
        yield _line(*place(metres, 0), place(metres, 0)[0], FLOOR + 48, INK, 1)
    (near, _), (far, _) = place(NEAR_M, 0), place(FAR_M, 0)
    yield _line(near, FLOOR + 44, far, FLOOR + 44, INK, 1)
    yield _text((near + far) / 2, FLOOR + 64, f"judged {NEAR_M} to {FAR_M:g} m before the lens", anchor="middle")


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, width: int) -> str:
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, *, size: int = 14, anchor: str = "start", colour: str = INK) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


if __name__ == "__main__":
    (DOCS / "mounting.svg").write_text(draw(), encoding="utf-8")
