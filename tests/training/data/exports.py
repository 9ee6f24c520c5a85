"""One labelled set as different tools export it: what they write, after their own documentation."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.pictures import write_jpeg

CLASSES = ("with_mask", "without_mask", "incorrect_mask")


@dataclass(frozen=True, slots=True)
class Item:
    """A picture of one face: file, size (width, height), class, and box x1 y1 x2 y2 in whole pixels."""

    path: Path
    size: tuple[int, int]
    label: str
    box: tuple[int, int, int, int]

    @property
    def shares(self) -> tuple[float, float, float, float]:
        """The box's middle, width and height as shares of the picture."""
        (x1, y1, x2, y2), (width, height) = self.box, self.size
        return (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height


def drawn(folder: Path, count: int = 6) -> list[Item]:
    """Pictures of noise, no two alike, classes in turn."""
    folder.mkdir(parents=True)
    items = []
    for number in range(count):
        width, height = 80 + number, 60
        path = folder / f"face {number}.jpg"
        chance = np.random.default_rng(number)
        write_jpeg(path, chance.integers(0, 256, (height, width, 3), dtype=np.uint8))
        items.append(Item(path, (width, height), CLASSES[number % 3], (10 + number, 5, 50, 45)))
    return items


def class_folders(items: Sequence[Item], root: Path) -> Path:
    """A folder for each class, under the names that people give."""
    names = dict(zip(CLASSES, ("Mask", "no-mask", "mask_weared_incorrect"), strict=True))
    for item in items:
        _copy(item, root / names[item.label])
    return root


def ultralytics(items: Sequence[Item], root: Path) -> Path:
    """data.yaml with names by index, images/ and labels/."""
    for item in items:
        _copy(item, root / "images")
        numbers = " ".join(f"{value:.6f}" for value in item.shares)
        _write(root / "labels" / f"{item.path.stem}.txt", f"{CLASSES.index(item.label)} {numbers}\n")
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(CLASSES))
    _write(root / "data.yaml", f"path: .\ntrain: images\nval: images\nnames:\n{names}")
    return root


def roboflow_segments(items: Sequence[Item], root: Path) -> Path:
    """Roboflow's YOLO: everything below train/, a list of names, polygons, and a README."""
    for item in items:
        _copy(item, root / "train" / "images")
        x, y, w, h = item.shares
        corners = (x - w / 2, y - h / 2, x + w / 2, y - h / 2, x + w / 2, y + h / 2, x - w / 2, y + h / 2)
        numbers = " ".join(f"{value:.8f}" for value in corners)
        _write(root / "train" / "labels" / f"{item.path.stem}.txt", f"{CLASSES.index(item.label)} {numbers}\n")
    _write(root / "data.yaml", f"train: ../train/images\nval: ../valid/images\nnc: 3\nnames: {list(CLASSES)}\n")
    _write(root / "README.roboflow.txt", "Face masks")
    return root


def roboflow_coco(items: Sequence[Item], root: Path) -> Path:
    """Roboflow's COCO: the file lies among the pictures, and a supercategory stands first."""
    for item in items:
        _copy(item, root / "train")
    categories = [{"id": 0, "name": "masks", "supercategory": "none"}]
    categories += [{"id": i, "name": name, "supercategory": "masks"} for i, name in enumerate(CLASSES, start=1)]
    _write(root / "train" / "_annotations.coco.json", json.dumps(_coco(items, categories, "")))
    return root


def cvat_coco(items: Sequence[Item], root: Path) -> Path:
    """CVAT's COCO 1.0: annotations/instances_default.json and images/default/."""
    for item in items:
        _copy(item, root / "images" / "default")
    categories = [{"id": i, "name": name, "supercategory": ""} for i, name in enumerate(CLASSES, start=1)]
    _write(root / "annotations" / "instances_default.json", json.dumps(_coco(items, categories, "default/")))
    return root


def kaggle_voc(items: Sequence[Item], root: Path) -> Path:
    """Kaggle's: annotations/*.xml and images/."""
    for item in items:
        _copy(item, root / "images")
        _write(root / "annotations" / f"{item.path.stem}.xml", _voc(item))
    return root


def roboflow_voc(items: Sequence[Item], root: Path) -> Path:
    """Roboflow's and LabelImg's: the XML file beside its picture."""
    for item in items:
        _copy(item, root / "train")
        _write(root / "train" / f"{item.path.stem}.xml", _voc(item))
    return root


def roboflow_csv(items: Sequence[Item], root: Path) -> Path:
    """Roboflow's CSV for TensorFlow: `_annotations.csv` among the pictures of each part."""
    rows = ["filename,width,height,class,xmin,ymin,xmax,ymax"]
    for item in items:
        _copy(item, root / "train")
        rows.append(",".join(map(str, (item.path.name, *item.size, item.label, *item.box))))
    _write(root / "train" / "_annotations.csv", "\n".join(rows) + "\n")
    return root


def label_studio(items: Sequence[Item], root: Path) -> Path:
    """Label Studio's JSON, of uploaded pictures, which get a prefix; percent of the picture."""
    tasks = []
    for number, item in enumerate(items):
        _copy(item, root / "images")
        x, y, w, h = (100 * value for value in item.shares)
        value = {"x": x - w / 2, "y": y - h / 2, "width": w, "height": h, "rotation": 0}
        result = {"type": "rectanglelabels", "value": value | {"rectanglelabels": [item.label.replace("_", " ")]}}
        upload = f"/data/upload/1/{number:08x}-{item.path.name}".replace(" ", "%20")
        tasks.append({"id": number, "data": {"image": upload}, "annotations": [{"result": [result]}]})
    _write(root / "project-1-at-2026.json", json.dumps(tasks))
    return root


def table(items: Sequence[Item], root: Path) -> Path:
    """A CSV of path, label and box."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "faces.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "box"])
        for item in items:
            _copy(item, root / "pictures")
            writer.writerow([f"pictures/{item.path.name}", item.label, " ".join(map(str, item.box))])
    return root


EXPORTS: dict[str, Callable[[Sequence[Item], Path], Path]] = {
    one.__name__: one
    for one in (
        class_folders,
        ultralytics,
        roboflow_segments,
        roboflow_coco,
        cvat_coco,
        kaggle_voc,
        roboflow_voc,
        roboflow_csv,
        label_studio,
        table,
    )
}


def _copy(item: Item, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(item.path, folder / item.path.name)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _coco(items: Sequence[Item], categories: list[dict[str, object]], prefix: str) -> dict[str, object]:
    ids = {category["name"]: category["id"] for category in categories}
    images, annotations = [], []
    for number, item in enumerate(items):
        x1, y1, x2, y2 = item.box
        width, height = item.size
        images.append({"id": number, "file_name": prefix + item.path.name, "width": width, "height": height})
        box = {"bbox": [x1, y1, x2 - x1, y2 - y1], "area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
        annotations.append({"id": number, "image_id": number, "category_id": ids[item.label]} | box)
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}


def _voc(item: Item) -> str:
    x1, y1, x2, y2 = item.box
    box = f"<xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
    size = f"<size><width>{item.size[0]}</width><height>{item.size[1]}</height><depth>3</depth></size>"
    thing = f"<object><name>{item.label}</name><bndbox>{box}</bndbox></object>"
    return f"<annotation><filename>{item.path.name}</filename>{size}{thing}</annotation>"
