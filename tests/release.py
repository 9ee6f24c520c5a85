"""What a publisher of models has: keys, models with golden answers, bundles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.networks.classifier import Classifier
from edge.networks.golden import FILE_NAME, ask
from edge.networks.manifest import FILE_NAME as MANIFEST
from edge.networks.manifest import load_manifest, sha256_of
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


def crashing(folder: Path) -> None:
    """Have a model crash the interpreter (SIGSEGV): its last operator says that it splits, into no parts."""

    def spoil(model: schema.ModelT) -> None:
        model.operatorCodes[-1].builtinCode = schema.BuiltinOperator.SPLIT
        model.operatorCodes[-1].deprecatedBuiltinCode = schema.BuiltinOperator.SPLIT

    _rewrite(folder, spoil)


def hungry(folder: Path) -> None:
    """Have a model want 1.5 GB: it enlarges the face 700 times each way before it looks at it."""

    def spoil(model: schema.ModelT) -> None:
        graph = model.subgraphs[0]
        enlarge, code = schema.OperatorT(), schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR
        code.version = 2
        model.operatorCodes.append(code)
        size, huge, buffer = schema.TensorT(), schema.TensorT(), schema.BufferT()
        buffer.data = np.frombuffer(np.array([22_000, 22_000], np.int32).tobytes(), np.uint8)
        model.buffers.append(buffer)
        size.name, size.shape, size.type, size.buffer = "size", [2], schema.TensorType.INT32, len(model.buffers) - 1
        pixels = graph.tensors[graph.inputs[0]]
        huge.name, huge.type, huge.quantization = "huge", pixels.type, pixels.quantization
        huge.shape = [1, 22_000, 22_000, 3]
        graph.tensors += [size, huge]
        enlarge.opcodeIndex = len(model.operatorCodes) - 1
        enlarge.inputs, enlarge.outputs = [graph.inputs[0], len(graph.tensors) - 2], [len(graph.tensors) - 1]
        enlarge.builtinOptions = schema.ResizeNearestNeighborOptionsT()
        enlarge.builtinOptionsType = schema.BuiltinOptions.ResizeNearestNeighborOptions
        graph.operators[0].inputs = [len(graph.tensors) - 1, graph.operators[0].inputs[1]]
        graph.operators.insert(0, enlarge)

    _rewrite(folder, spoil)


def _rewrite(folder: Path, spoil: Callable[[schema.ModelT], None]) -> None:
    """Change a model and have its manifest promise it; its golden answers stay."""
    manifest = load_manifest(folder)
    path = folder / manifest.file
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    spoil(model)
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))
    fresh = manifest.model_copy(update={"sha256": sha256_of(path)})
    (folder / MANIFEST).write_text(fresh.model_dump_json(indent=2))
