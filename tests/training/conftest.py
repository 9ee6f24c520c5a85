"""What all tests of training share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

_KERAS_MEETS_NUMPY_2 = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"

_EAGER = "ignore:Even though the `tf.config:UserWarning"
"""What TensorFlow says of its input pipeline when the fixture below is used."""


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what Keras warns of on TensorFlow with NumPy 2 whenever a variable is read, and the warning below."""
    config.addinivalue_line("filterwarnings", _KERAS_MEETS_NUMPY_2)
    config.addinivalue_line("filterwarnings", _EAGER)


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Run Keras without compiling a graph for each fit, which takes far longer than the fits of these tests."""
    import tensorflow as tf  # noqa: PLC0415 - only the tests that train need it

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
