"""Where the pages are said to be."""

from __future__ import annotations

import pytest

from edge.config import page_address as module
from edge.config.page_address import address_for_others, page_address
from edge.config.schema import WebConfig


@pytest.mark.parametrize(
    ("settings", "here", "for_others"),
    [
        ({}, "http://127.0.0.1:8080", None),
        ({"listen": "127.0.0.1:8080"}, "http://127.0.0.1:8080", None),
        ({"listen": "127.0.0.1:8080", "host_names": ["door.example"]}, "http://door.example:8080", None),
        ({"listen": "[::1]:8080"}, "http://[::1]:8080", None),
        ({"listen": "localhost:8080"}, "http://localhost:8080", None),
        ({"listen": "[::]:8080"}, "http://192.0.2.7:8080", "http://192.0.2.7:8080"),
        (
            {"listen": "0.0.0.0:443", "certificate": "/a.pem", "key": "/a.key"},
            "https://192.0.2.7:443",
            "https://192.0.2.7:443",
        ),
        ({"listen": "192.0.2.9:80"}, "http://192.0.2.9:80", "http://192.0.2.9:80"),
        ({"listen": "[::]:80", "host_names": ["door.example"]}, "http://door.example:80", "http://door.example:80"),
    ],
)
def test_the_address_follows_from_the_settings(
    settings: dict[str, object], here: str, for_others: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For this machine, and for others: none where only this machine is listened to."""
    monkeypatch.setattr(module, "own_hosts", lambda: iter(["192.0.2.7"]))
    web = WebConfig.model_validate(settings)
    assert page_address(web) == here
    assert address_for_others(web) == for_others
