"""What all tests of training share."""

from __future__ import annotations

import pytest

_KERAS_MEETS_NUMPY_2 = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"


def pytest_configure(config: pytest.Config) -> None:
    """Let pass the one warning that Keras itself raises, on TensorFlow with NumPy 2, whenever a variable is read."""
    config.addinivalue_line("filterwarnings", _KERAS_MEETS_NUMPY_2)
