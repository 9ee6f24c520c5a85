"""Where annotated pictures lie: the scenes of several data sets, taken together by the part of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data.samples import Part, Split
from training.data.scenes import PICTURES_FOLDER, Scene, read_scenes, scenes_of_part


@dataclass(frozen=True, slots=True)
class Place:
    """A scene, where its picture lies, and the folder's name: sources of one name may lie in several."""

    path: Path
    scene: Scene
    folder: str = ""

    @property
    def source(self) -> str:
        """Folder and data set: `faces/wider` is not judged with `scenes/wider`."""
        return f"{self.folder}/{self.scene.source}" if self.folder else self.scene.source


def places_of_part(folders: Sequence[Path], split: Split, part: Part) -> list[Place]:
    """The scenes of all `folders` (annotations.json, images/) that lie in `part`.

    Raises:
        InputError: see `read_scenes` and `scenes_of_part`.
    """
    return [
        Place(folder / PICTURES_FOLDER / scene.file, scene, folder.name)
        for folder in folders
        for scene in scenes_of_part(read_scenes(folder), folder, split, part)
    ]
