"""Whose a folder is, on real folders of a made-up user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.errors import ConfigError, InputError
from edge.host.owner import Owner, hand_to_owner, owner_of
from tests.ownership import SERVICE, needs_root

pytestmark = needs_root


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A folder of the service's, in one of root's."""
    folder = tmp_path / "state"
    folder.mkdir()
    os.chown(folder, *SERVICE)
    return folder


def test_root_s_own_folder(tmp_path: Path) -> None:
    """It is nobody else's, there or not yet."""
    assert owner_of(tmp_path) is None
    assert owner_of(tmp_path / "a/b") is None
    assert not hand_to_owner(tmp_path)


def test_the_folder_s_owner_counts(service: Path, tmp_path: Path) -> None:
    """Below it whatever lies there: a file of root's, a link to root's folder, nothing."""
    (service / "file").touch()
    (service / "models").symlink_to(tmp_path)
    for path in (service, service / "file", service / "models", service / "models/x", service / "none", service / ".."):
        assert owner_of(path) == Owner(*SERVICE, service)


def test_links_that_only_root_can_have_made(service: Path, tmp_path: Path) -> None:
    """They are followed, one after the other, until somebody else's part."""
    (tmp_path / "one").symlink_to(service)
    (tmp_path / "two").symlink_to("../" + tmp_path.name + "/one")
    assert owner_of(tmp_path / "two/models") == Owner(*SERVICE, service)
    (tmp_path / "three").symlink_to(tmp_path)
    assert owner_of(tmp_path / "three/none") is None


def test_a_link_of_somebody_else_s(tmp_path: Path) -> None:
    """Whoever can exchange it is taken for the owner."""
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    os.chown(link, *SERVICE, follow_symlinks=False)
    assert owner_of(link / "models") == Owner(*SERVICE, link)


def test_a_circle(tmp_path: Path) -> None:
    """It ends."""
    (tmp_path / "link").symlink_to(tmp_path / "link")
    with pytest.raises(ConfigError, match="form a loop"):
        owner_of(tmp_path / "link")


def test_an_input_that_root_cannot_read(service: Path, tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(InputError, match=r"none: cannot be read \(No such file"):
        hand_to_owner(service, [], standard_input=tmp_path / "none")
