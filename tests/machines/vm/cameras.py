"""Cameras of a virtual machine."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import cv2

from edge.cameras.demo import FPS, SCENE_S, demo_pictures
from tests.machines.vm.board import GUEST
from tests.machines.vm.vm import VirtualMachine

SCENES = ("bare", "masked", "chin")

STEP = 3
"""Of the demo's pictures, this one in so many is shown: five a second."""

ROWS = 256
"""Of the demo's pictures the upper half is shown, in which the face is: for the networks that is half the work."""

LOOPBACK = 20
"""Number of the camera that shows what is written into it."""

VIVID = "/sys/bus/platform/drivers/vivid"


def write_scenes(folder: Path) -> None:
    """A folder for each of the demo's scenes, with its pictures as a USB camera sends them (YUYV).

    Fewer, shown over and over, would be what a stuck camera shows.
    """
    per_scene = round(SCENE_S * FPS)
    for number, (picture, _) in enumerate(islice(demo_pictures(), 0, None, STEP)):
        scene = folder / SCENES[number * STEP // per_scene]
        scene.mkdir(exist_ok=True)
        (scene / f"{number:03}.yuyv").write_bytes(cv2.cvtColor(picture[:ROWS], cv2.COLOR_BGR2YUV_YUYV).tobytes())


def plug_in_vivid(machine: VirtualMachine) -> int:
    """A USB camera with a test picture; the number of its device."""
    machine.read("modprobe", "vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0")
    found = machine.read("sh", "-c", f"ls {VIVID}/vivid.0/video4linux")
    return min(int(number) for number in re.findall(r"video(\d+)", found))


def plug_in_loopback(machine: VirtualMachine, scene: str) -> None:
    """A camera that shows one of the scenes."""
    show_scene(machine, scene)
    machine.read("modprobe", "v4l2loopback", f"video_nr={LOOPBACK}", "exclusive_caps=0")
    machine.start("feeder", "python3", f"{GUEST}/feed_camera.py", f"/dev/video{LOOPBACK}")


def show_scene(machine: VirtualMachine, scene: str) -> None:
    """What the loop-back camera shows from now on."""
    machine.read("sh", "-c", f"echo /media/{scene} >/run/scene.new && mv /run/scene.new /run/scene")
