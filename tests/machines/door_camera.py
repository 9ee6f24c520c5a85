"""A network camera: shows a folder's pictures over and over as Motion JPEG. Runs inside, on Python alone."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path

PORT = 8099
FPS = 10


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        pictures = [path.read_bytes() for path in sorted(Path(sys.argv[1]).glob("*.jpg"))]
        due = time.monotonic()
        for picture in cycle(pictures):
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + picture + b"\r\n")
            except OSError:
                return
            due += 1 / FPS
            time.sleep(max(0.0, due - time.monotonic()))

    def log_message(self, *_: object) -> None: ...


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), _Handler).serve_forever()
