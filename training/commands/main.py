"""The command line `maskgate-train`: a table of subcommands, each loaded only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from edge import __version__
from edge.command_line import run_command

COMMANDS = {
    "fit": ("training.commands.fit:fit_command", "From your own labelled pictures to a tested model, in one command."),
    "fit-detector": (
        "training.commands.fit:fit_detector_command",
        "The same for the face detector, from your own boxes.",
    ),
    "presets": ("training.commands.presets:presets_command", "List what can be trained, what it costs and how."),
    "split": ("training.commands.data:split_command", "Clean data sets and divide them by person and scene."),
    "crops": ("training.commands.data:crops_command", "Cut faces as the kiosk finds them; draw masks on bare ones."),
    "shortcuts": (
        "training.commands.data:shortcuts_command",
        "Measure shortcuts: cues besides the face that give the class away.",
    ),
    "classic": (
        "training.classifier.classic:command",
        "Train a frozen backbone by the classic recipe on a folder per class.",
    ),
    "compare-classic": (
        "training.classifier.classic_page:command",
        "Put runs of the classic recipe side by side on a page.",
    ),
    "finetune": ("training.commands.finetune:finetune_command", "Fine-tune a backbone on prepared face crops."),
    "teach": ("training.commands.teach:teach_command", "Have large networks say what a smaller one shall learn."),
    "compare": ("training.commands.finetune:compare_command", "Train every backbone on the same split; one table."),
    "distribute": ("training.commands.distribute:command", "Fine-tune on several GPUs or machines at once."),
    "evaluate": (
        "training.commands.evaluate:evaluate_group",
        "Evaluate a classifier on face crops or on whole scenes.",
    ),
    "doubts": (
        "training.commands.doubts:doubts_command",
        "List training faces whose label a trained network disagrees with.",
    ),
    "ssd": ("training.commands.detector:ssd_command", "Train our own face detector on annotated scenes."),
    "ship-detector": (
        "training.commands.detector:ship_detector_command",
        "Publish a trained face detector with its card.",
    ),
    "compare-detectors": (
        "training.commands.detector:compare_detectors_command",
        "Compare our face detector, res10 and YuNet on held-out scenes.",
    ),
    "calibrate": ("training.commands.evaluate:calibrate_command", "Calibrate a model's probabilities and thresholds."),
}
"""Name of a subcommand -> where its click command lives, and its line in the help."""


class LazyGroup(click.Group):
    """A group that imports a subcommand's module, and with it Keras, only to run that subcommand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="maskgate-train")
def train() -> None:
    """Prepare data, train and evaluate the kiosk's networks."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the codes of sysexits.h."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    sys.exit(run_command(train, "maskgate-train", arguments, extra="train"))


if __name__ == "__main__":
    main()
