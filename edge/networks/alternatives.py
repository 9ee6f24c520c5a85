"""Face detectors of others that may take our own one's place: where they are published, and how to fetch them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.errors import InputError, ModelError, UsageError
from edge.host.extras import how_to_add
from edge.host.files import replacing
from edge.networks.manifest import sha256_of, verify_hash


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of known content; `url` is empty where it is not published under this hash."""

    name: str
    sha256: str
    url: str = ""


Form = tuple[PublishedFile, ...]
"""The files that make a detector together."""

_THIRD_PARTY = "https://raw.githubusercontent.com/opencv/opencv_3rdparty"
_CAFFE: Form = (
    PublishedFile(
        "res10_300x300_ssd_iter_140000.caffemodel",
        "2a56a11a57a4a295956b0660b4a3d76bbdca2206c4961cea8efe7d95c7cb2f2d",
        f"{_THIRD_PARTY}/dnn_samples_face_detector_20170830/res10_300x300_ssd_iter_140000.caffemodel",
    ),
    PublishedFile(
        "deploy.prototxt",
        "dcd661dc48fc9de0a341db1f666a2164ea63a67265c7f779bc12d6b3f2fa67e9",
        "https://raw.githubusercontent.com/opencv/opencv/4.11.0/samples/dnn/face_detector/deploy.prototxt",
    ),
)
_TENSORFLOW: Form = (
    PublishedFile("opencv_face_detector_uint8.pb", "5c71d752ef2cbf2f457ac82fdd580fcb2522fd04c5efdaed18eb6d9e2843fbed"),
    PublishedFile("opencv_face_detector.pbtxt", "5397808362fc6fb7c4044484848e297b22449d913a267fa7f8bd9d86dce29144"),
)
_YUNET: Form = (
    PublishedFile(
        "face_detection_yunet_2023mar.onnx",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/"
        "face_detection_yunet_2023mar.onnx",
    ),
)

ALTERNATIVES: dict[str, tuple[Form, ...]] = {"res10": (_CAFFE, _TENSORFLOW), "yunet": (_YUNET,)}
"""Name -> its forms, best first; the first is downloaded."""


def installed_form(name: str, search: Sequence[Path]) -> tuple[Path, ...] | None:
    """The files of the first form of `name` that lies complete in a folder of `search`, or in its folder `name`."""
    folders = [place for folder in search for place in (folder, folder / name)]
    for form in ALTERNATIVES[name]:
        for folder in folders:
            if all((folder / file.name).is_file() for file in form):
                return tuple(folder / file.name for file in form)
    return None


def check_form(name: str, paths: Sequence[Path]) -> None:
    """Raise ModelError unless each of these files of `name` has the hash of the published one."""
    known = {file.name: file.sha256 for form in ALTERNATIVES[name] for file in form}
    for path in paths:
        verify_hash(path, known[path.name])


def copy_form(name: str, source: Path, target: Path) -> tuple[Path, ...]:
    """Copy a complete form of `name` from the folder `source`, as for machines without internet.

    Raises:
        InputError: if no form is complete there.
        ModelError: if a file is not the published one; nothing is copied then.
    """
    paths = installed_form(name, (source,))
    if paths is None:
        wanted = ", or ".join(" with ".join(file.name for file in form) for form in ALTERNATIVES[name])
        raise InputError(f"{source}: holds no {name}; expected {wanted}")
    check_form(name, paths)
    return tuple(_install(target, path.name, partial(shutil.copyfile, path)) for path in paths)


def download_form(name: str, target: Path) -> tuple[Path, ...]:
    """Download the first form of `name`; files that are there already and right are kept.

    Raises:
        UsageError: if the library for downloads is not installed.
        InputError: if a file cannot be had or is not the published one.
    """
    return tuple(
        path if path.is_file() and sha256_of(path) == file.sha256 else _install(target, file.name, _downloading(file))
        for file in ALTERNATIVES[name][0]
        for path in (target / file.name,)
    )


def _downloading(file: PublishedFile) -> Callable[[Path], object]:
    try:
        import pooch
    except ImportError as error:
        raise UsageError(f"downloads need pooch: {how_to_add('fetch')}; or name a folder with --from") from error

    def download(path: Path) -> None:
        try:
            pooch.retrieve(file.url, known_hash=f"sha256:{file.sha256}", fname=path.name, path=path.parent)
        except (OSError, ValueError) as error:
            cause = str(error).splitlines()[0][:160]
            raise InputError(
                f"{file.url}: cannot be fetched ({cause}); copy {file.name} here and name its folder with --from"
            ) from error

    return download


def _install(target: Path, name: str, write: Callable[[Path], object]) -> Path:
    """Have `write` make the file, whole or not at all."""
    try:
        with replacing(target / name) as fresh:
            write(fresh)
    except OSError as error:
        raise ModelError(f"{target}: cannot be written ({error.strerror}); choose a folder with --to") from error
    return target / name
