"""A camera on the network that shows what a test tells it to: Motion JPEG over HTTP, as IP cameras speak it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np

from edge.types import Image

LONGEST = 200
"""Pictures of a clip that are kept."""


class Scene:
    """What the camera shows: pictures over and over, or nothing because it is unplugged.

    Args:
        fps: pictures a second.
    """

    def __init__(self, fps: float = 10) -> None:
        self.fps = fps
        self.pictures: list[bytes] = []
        self.plugged = Event()
        self.plugged.set()

    def show(self, clip: Path) -> None:
        """Another person stands at the door."""
        self.show_pictures(read(clip))

    def show_pictures(self, images: Iterable[Image]) -> None:
        """From the next picture on, these: BGR."""
        self.pictures = [cv2.imencode(".jpg", image)[1].tobytes() for image in islice(images, LONGEST)]


def read(clip: Path) -> Iterator[Image]:
    """A clip's pictures, BGR."""
    capture = cv2.VideoCapture(str(clip))
    try:
        while True:
            done, image = capture.read()
            if not done:
                return
            yield np.asarray(image, np.uint8)
    finally:
        capture.release()


@contextmanager
def serving(scene: Scene) -> Iterator[str]:
    """The camera's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not scene.plugged.is_set():
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            number = 0
            while scene.plugged.is_set():
                pictures = scene.pictures
                picture = pictures[number % len(pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                try:
                    self.wfile.write(head.encode() + picture + b"\r\n")
                except OSError:
                    return
                number += 1
                time.sleep(1 / scene.fps)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        scene.plugged.clear()
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """One that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
