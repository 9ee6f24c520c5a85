"""One network to be trained on one split: everything that decides the result."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from edge.networks.manifest import sha256_of
from training.classifier.backbones import Backbone
from training.classifier.recipe import FinetuneRecipe
from training.classifier.weights import start_file


@dataclass(frozen=True, slots=True)
class Job:
    """A network, its data and its recipe.

    Attributes:
        split: split file the crops were cut from; copied into the run folder.
        crops: folder of prepared crops.
        backbone: what the classifier is built on.
        base_weights: file, 'imagenet', or None for random weights.
        size: rows and columns of the input; the backbone's own size if None.
        margin: around a face, as `InputSpec.margin`.
        recipe: how it learns.
        start: finished run, or folder of a shipped model, whose network is learnt on from, rather than from the
            backbone's weights.
        without: list of training crops to leave out (`training.evaluation.doubts`).
        teacher: what larger networks say of the training crops (`training.classifier.teaching`).
    """

    split: Path
    crops: Path
    backbone: Backbone
    base_weights: str | None
    size: int | None
    margin: float
    recipe: FinetuneRecipe
    start: Path | None = None
    without: Path | None = None
    teacher: Path | None = None

    @property
    def pretrained(self) -> bool:
        """Whether the network knows anything before it is trained."""
        return self.base_weights is not None or self.start is not None

    def options(self) -> dict[str, object]:
        """What decides the result, without the paths of this machine."""
        from_file = self.base_weights not in {None, "imagenet"}
        return asdict(self.recipe) | {
            "backbone": self.backbone.name,
            "base_weights": Path(str(self.base_weights)).name,
            "base_weights_sha256": sha256_of(Path(str(self.base_weights))) if from_file else None,
            "pretrained": self.pretrained,
            "size": self.size or self.backbone.size,
            "margin": self.margin,
            "crops_sha256": sha256_of(self.crops / "crops.json"),
            "start_sha256": sha256_of(start_file(self.start)) if self.start else None,
            "without_sha256": sha256_of(self.without) if self.without else None,
            "teacher_sha256": sha256_of(self.teacher) if self.teacher else None,
        }
