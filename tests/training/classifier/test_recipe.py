"""The recipe: its stages, what learns in them, and how fast."""

from __future__ import annotations

import keras
import pytest

from tests.training import tiny
from training.classifier.heads import HEAD_BEGINS, mask_classifier
from training.classifier.recipe import FinetuneRecipe, Stage, optimizer, stages, unfreeze


@pytest.mark.parametrize(
    ("head", "upper", "pretrained", "expected"),
    [
        (2, 3, True, [("head", 0, 2, 0), ("upper", 2, 5, 2)]),
        (0, 3, True, [("upper", 0, 3, 2)]),
        (2, 0, True, [("head", 0, 2, 0)]),
        (2, 3, False, [("whole", 0, 5, None)]),
    ],
)
def test_stages(head: int, upper: int, pretrained: bool, expected: list[tuple[str, int, int, int | None]]) -> None:
    """Head first, then the upper blocks; random weights learn as a whole; a stage of no epochs is left out."""
    plan = stages(FinetuneRecipe(head_epochs=head, upper_epochs=upper), pretrained=pretrained)
    assert [(stage.name, stage.first, stage.last, stage.blocks) for stage in plan] == expected


def test_nothing_to_train_is_refused() -> None:
    """No epochs at all make no plan."""
    with pytest.raises(ValueError, match="at least one epoch"):
        stages(FinetuneRecipe(head_epochs=0, upper_epochs=0), pretrained=True)


@pytest.mark.parametrize(
    ("blocks", "learning"),
    [
        (0, {"head_softmax"}),
        (1, {"upper", "head_softmax"}),
        (None, {"lower", "upper", "upper_norm", "head_softmax"}),
    ],
)
def test_what_learns(blocks: int | None, learning: set[str]) -> None:
    """The head alone, with the upper block but not its batch norm, or everything."""
    model = mask_classifier(tiny.construct((8, 8, 3), None), classes=3, dropout=0.1)
    unfreeze(model, tiny.BACKBONE, None)
    unfreeze(model, tiny.BACKBONE, blocks)
    assert {layer.name for layer in model.layers if layer.trainable_variables} == learning


def test_frozen_batch_norms_use_their_stored_statistics() -> None:
    """In training mode a frozen batch norm leaves its statistics alone and answers as in use."""
    model = mask_classifier(tiny.construct((8, 8, 3), None), classes=3, dropout=0.0)
    unfreeze(model, tiny.BACKBONE, 1)
    inputs = keras.random.normal((4, 8, 8, 3), mean=3.0)
    difference = keras.ops.max(keras.ops.abs(model(inputs, training=True) - model(inputs, training=False)))
    assert float(difference) < 1e-6


def test_the_rate_falls_along_a_cosine() -> None:
    """It rises to the stage's rate, and falls over the half in the middle of the rest to nothing at its end."""
    schedule = optimizer(Stage("upper", 2, 6, 0.1, 1), steps_per_epoch=10)._learning_rate
    assert [float(schedule(step)) for step in (0, 2, 21, 40)] == pytest.approx([0.01, 0.1, 0.05, 0.0], abs=1e-7)


def test_the_head_takes_any_input_size() -> None:
    """The same head on feature maps of two sizes has the same weights; its first layer is named for the cut."""
    sizes = [mask_classifier(tiny.construct((side, side, 3), None), classes=3, dropout=0.0) for side in (8, 16)]
    assert sizes[0].count_params() == sizes[1].count_params()
    assert HEAD_BEGINS in [layer.name for layer in sizes[0].layers]
