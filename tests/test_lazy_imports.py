"""The kiosk starts fast and small because it does not load what it does not need."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import edge

ROOT = Path(__file__).resolve().parent.parent

HEAVY = {"imagehash", "keras", "matplotlib", "pandas", "scipy", "skimage", "sklearn", "tensorflow", "torch"}
WHERE_USED = {"ai_edge_litert", "gpiozero", "lgpio", "libcamera", "picamera2", "tflite_runtime"}
"""Absent on most machines: imported only where a camera, a pin or an interpreter is constructed."""

OPTIONAL = {"argon2", "cryptography", "jinja2", "paho", "prometheus_client", "starlette", "uvicorn"}
"""Parts of extras: imported only where the configuration asks for them."""

PROBE = """
import importlib, json, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

EVERYTHING = [f"edge.{module.name}" for module in pkgutil.iter_modules(edge.__path__) if module.name != "__main__"]


def loaded_by(*modules: str) -> set[str]:
    """Top-level names of all that importing `modules` loads in a fresh interpreter."""
    command = [sys.executable, "-c", PROBE, *modules]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


@pytest.mark.parametrize(
    "modules",
    [
        pytest.param(["edge.service"], id="service"),
        pytest.param(["edge.commands.main"], id="command line"),
        pytest.param(EVERYTHING, id="every module"),
    ],
)
def test_import_loads_nothing_heavy(modules: list[str]) -> None:
    """Importing the kiosk loads neither the toolchain nor any hardware library, and nothing that only some need."""
    loaded = loaded_by(*modules)
    assert "edge" in loaded
    assert loaded & (HEAVY | WHERE_USED) == set()
    assert modules is EVERYTHING or loaded & OPTIONAL == set()


def test_the_library_loads_where_it_is_used() -> None:
    """`import edge` alone loads neither arrays nor pictures nor configuration; its exports are all there."""
    assert loaded_by("edge") & {"cv2", "numpy", "pydantic", "click"} == set()
    assert all(hasattr(edge, name) for name in edge.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Gates'"):
        _ = edge.Gates


def test_probe_sees_what_is_loaded() -> None:
    """The check above would notice: a library of the toolchain loads itself."""
    assert "imagehash" in loaded_by("imagehash")
