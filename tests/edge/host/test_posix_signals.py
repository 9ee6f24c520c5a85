"""Signals are obeyed at once, by a thread of their own."""

from __future__ import annotations

import os
import signal
from threading import Event, Lock, current_thread, main_thread

import pytest

from edge.host.posix_signals import listening


def test_each_signal_calls_its_action_on_another_thread() -> None:
    """The main thread may be inside a driver; afterwards everything is as it was."""
    before, told = signal.getsignal(signal.SIGHUP), Event()
    threads: list[bool] = []

    def act() -> None:
        threads.append(current_thread() is main_thread())
        told.set()

    with listening({signal.SIGHUP: act}):
        os.kill(os.getpid(), signal.SIGHUP)
        assert told.wait(5)
    assert threads == [False]
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_lock_that_the_main_thread_holds_is_no_deadlock() -> None:
    """An action that needs what the main thread has waits for it, as any other thread would."""
    lock, done = Lock(), Event()

    def act() -> None:
        with lock:
            done.set()

    with listening({signal.SIGHUP: act}):
        with lock:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not done.wait(0.05)
        assert done.wait(5)


def test_an_error_inside_leaves_the_old_handlers() -> None:
    """Whatever ends the run, the handlers go back."""
    before = signal.getsignal(signal.SIGHUP)
    with pytest.raises(ValueError, match="over"), listening({signal.SIGHUP: lambda: None}):
        raise ValueError("over")
    assert signal.getsignal(signal.SIGHUP) is before
