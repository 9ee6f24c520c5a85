"""What a publisher of models has: keys, models with golden answers, bundles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.networks.classifier import Classifier
from edge.networks.golden import FILE_NAME, ask
from edge.rollout.bundle import write_bundle
from tests.builders import write_model_folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A web server with the files of a folder; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def make_keys(folder: Path) -> tuple[Path, Path]:
    """PEM files of a private and its public key, as openssl makes them."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / "release.key", folder / "release.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return private, public


def make_model(folder: Path, *, quantized: bool = True) -> Path:
    """A model that judges by colour, with its golden answers."""
    write_model_folder(folder, quantized=quantized)
    (folder / FILE_NAME).write_text(ask(Classifier.load(folder)).model_dump_json())
    return folder


def make_bundle(folder: Path, version: int, key: Path, *, model: str = "mask-mobilenetv2") -> Path:
    """A signed bundle of such a model."""
    source = folder / "source"
    if not source.exists():
        make_model(source)
    target = folder / f"{model}-{version}.bundle"
    write_bundle(source, target, model=model, version=version, key=key)
    return target
