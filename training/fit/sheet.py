"""A sheet of faces by class, to be looked at before anything is learnt from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from edge.networks.preprocess import crop_square
from edge.types import Label
from training.evaluation.contact_sheet import refuse_published
from training.evaluation.faces import real_faces
from training.faces.store import CropStore

TILE = 96
COLUMNS = 10
ROWS = 3
"""Of each class; of more faces some are drawn."""
TITLE = 20
MARGIN = 0.2
_PAPER, _INK = "#ffffff", "#1c2733"


def save_faces(path: Path, store: CropStore) -> None:
    """Write the sheet as PNG.

    Raises:
        UsageError: if `path` lies in a folder that is published.
    """
    refuse_published(path)
    faces = real_faces(store, None)
    labels = [label for label in Label if any(store.records[index].label is label for index in faces)]
    height = TITLE + ROWS * TILE
    sheet = Picture.new("RGB", (COLUMNS * TILE, height * max(len(labels), 1)), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for row, label in enumerate(labels):
        of_class = [index for index in faces if store.records[index].label is label]
        draw.text((4, row * height + 3), f"{label}: {len(of_class)} faces", _INK, font)
        chosen = np.random.default_rng(0).permutation(of_class)[: COLUMNS * ROWS]
        for number, index in enumerate(sorted(int(one) for one in chosen)):
            face = crop_square(store.image(index), store.face_box(index), margin=MARGIN)
            tile = Picture.fromarray(np.ascontiguousarray(face[:, :, ::-1])).resize((TILE - 2, TILE - 2))
            sheet.paste(tile, (number % COLUMNS * TILE, row * height + TITLE + number // COLUMNS * TILE))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, format="PNG")
