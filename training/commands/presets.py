"""`maskgate-train presets`: what can be trained, what it costs, and the command that does it."""

from __future__ import annotations

from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Preset:
    """A training that has been tried.

    Attributes:
        name: for people to refer to.
        trains: what comes out.
        megabytes: of the model as the kiosk loads it, at its smallest.
        cost: time and data. Where minutes stand, they are those of 2,500 faces of 96 x 96 pixels and six epochs on two
            cores of an x86-64 machine (docs/evaluation/compare.md).
        command: of `maskgate-train`, to be completed with data and a folder.
    """

    name: str
    trains: str
    megabytes: str
    cost: str
    command: str


_SMALL = "finetune --backbone mobilenetv2-0.35 --size 128 --margin 0.2 --blocks 4 --balance 0.5"
_LARGE = "finetune --backbone mobilenetv2 --size 160 --margin 0.2 --blocks 4 --balance 0.5"

PRESETS = (
    Preset(
        "classic",
        "MobileNetV2 224, frozen below a new head: the recipe of most tutorials",
        "2.8",
        "minutes to an hour; a folder of pictures per class",
        "classic",
    ),
    Preset(
        "fast",
        "MobileNetV2 0.35 at 128, learning on from the shipped mask-mobilenetv2-fast",
        "0.6",
        "1.1 minutes for 2,500 faces of 96 pixels; time grows with faces, epochs and the input's area",
        f"{_SMALL} --start models/mask-mobilenetv2-fast --base-weights none",
    ),
    Preset(
        "accurate",
        "MobileNetV2 at 160, learning on from the shipped mask-mobilenetv2",
        "2.7",
        "1.9 minutes for the same",
        f"{_LARGE} --start models/mask-mobilenetv2 --base-weights none",
    ),
    Preset(
        "fast-from-imagenet",
        "the same as fast, from ImageNet's weights alone",
        "0.6",
        "as fast, and four times as many epochs",
        f"{_SMALL} --base-weights imagenet",
    ),
    Preset(
        "inceptionv3",
        "InceptionV3 up to mixed8: to compare, or as a teacher",
        "11",
        "4.0 minutes for the same",
        "finetune --backbone inceptionv3 --size 160 --base-weights imagenet",
    ),
    Preset(
        "resnet50",
        "ResNet50: to compare; too slow for a Raspberry Pi 4",
        "24",
        "36.8 minutes for the same",
        "finetune --backbone resnet50 --size 160 --base-weights imagenet",
    ),
    Preset(
        "detector",
        "the face detector, learning on from the shipped face-ssd",
        "1.1",
        "an hour and more; annotated scenes (COCO)",
        "ssd --start models/face-ssd",
    ),
)
"""In the order in which they are worth trying."""


@click.command("presets")
def presets_command() -> None:
    """List what can be trained, how large it gets, what it costs, and with which command."""
    for preset in PRESETS:
        click.echo(f"{preset.name:<19} {preset.trains} ({preset.megabytes} MB)")
        click.echo(f"{'':<19} {preset.cost}")
        click.echo(f"{'':<19} maskgate-train {preset.command} ...")
