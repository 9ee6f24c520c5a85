"""Obeying SIGTERM and its kind at once, wherever the main thread is."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread


@contextmanager
def listening(actions: Mapping[int, Callable[[], object]]) -> Iterator[None]:
    """Call `actions[number]`, on a thread of its own, whenever that signal arrives; from the main thread only.

    Python runs its own handlers in the main thread between two instructions: late if a driver holds it up, and in the
    middle of whatever lock it has. The wake-up socket of the interpreter has neither fault.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)

    def listen() -> None:
        while number := receiver.recv(1):
            if number[0] in actions:
                actions[number[0]]()

    handlers = {number: signal.signal(number, _leave_it_to_the_listener) for number in actions}
    woken_before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    listener = Thread(target=listen, name="signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        sender.close()
        listener.join()
        receiver.close()


def _leave_it_to_the_listener(*_: object) -> None:
    """Without a handler in Python the interpreter would write nothing to its wake-up socket."""
