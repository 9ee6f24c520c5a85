"""`maskgate models`: what is listed, what verifying finds, and what fetching refuses."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge.command_line import run_command
from edge.commands.main import cli
from edge.networks import alternatives
from edge.networks.alternatives import PublishedFile
from edge.networks.find import WEIGHTS_VARIABLE
from tests.builders import write_model_folder

CONTENT = b"a network of no use"


@pytest.fixture(autouse=True)
def only_these_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped models, and nothing else on this machine."""
    weights = tmp_path / "weights"
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(weights))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return weights


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real HTTP server over a folder of its own, which holds `net.bin`."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "net.bin").write_bytes(CONTENT)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def publish(monkeypatch: pytest.MonkeyPatch, url: str, content: bytes = CONTENT) -> None:
    """Let res10 consist of one small file at `url`."""
    file = PublishedFile("net.bin", hashlib.sha256(content).hexdigest(), url)
    monkeypatch.setitem(alternatives.ALTERNATIVES, "res10", ((file,),))


def models(*arguments: str) -> int:
    return run_command(cli, "maskgate", ["models", *arguments])


def test_lists_the_shipped_and_the_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """A shipped network with its facts; an alternative with the way to get it."""
    assert models("list", "--json") == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["mask-mobilenetv2"]["task"] == "mask-classification"
    assert rows["mask-mobilenetv2"]["size"] > 1e6
    assert not rows["mask-mobilenetv2"]["error"]
    assert rows["res10"]["place"] == ""
    assert "maskgate models fetch yunet" in rows["yunet"]["facts"]


def test_verifies_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    """All installed networks by default; they answer as published."""
    assert models("verify") == 0
    assert "mask-mobilenetv2: " in capsys.readouterr().out


def test_a_damaged_network_is_named(only_these_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listed with its error; verifying goes on with the others and ends with 78."""
    folder = write_model_folder(only_these_folders / "mine")
    with next(folder.glob("*.tflite")).open("ab") as file:
        file.write(b"x")
    assert models("list") == 0
    assert "the file is damaged" in capsys.readouterr().out
    assert models("verify") == 78
    shown = capsys.readouterr()
    assert "mine: " in shown.out
    assert "mask-mobilenetv2: " in shown.out
    assert "1 of the models cannot be used" in shown.err


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that no folder holds is an error, not an empty answer."""
    assert models("verify", "nothing") == 78
    assert "no such model" in capsys.readouterr().err


def test_fetches_what_is_published(
    server: str, only_these_folders: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file lands in the first folder of MASKGATE_WEIGHTS, whole, and nothing else with it."""
    publish(monkeypatch, f"{server}/net.bin")
    assert models("fetch", "res10") == 0
    assert "hash as published" in capsys.readouterr().out
    assert (only_these_folders / "res10" / "net.bin").read_bytes() == CONTENT
    assert [path.name for path in (only_these_folders / "res10").iterdir()] == ["net.bin"]


def test_a_file_that_is_there_is_not_fetched_again(only_these_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nobody listening at the address, a file that is right is enough."""
    publish(monkeypatch, "http://127.0.0.1:9/net.bin")
    (only_these_folders / "res10").mkdir(parents=True)
    (only_these_folders / "res10" / "net.bin").write_bytes(CONTENT)
    assert models("fetch", "res10") == 0


@pytest.mark.parametrize("fault", ["another file", "no such file", "no server"])
def test_what_cannot_be_fetched_leaves_nothing(
    fault: str, server: str, only_these_folders: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One line that names the address and the way without internet."""
    if fault == "another file":
        publish(monkeypatch, f"{server}/net.bin", b"what was published")
    else:
        publish(monkeypatch, f"{server}/none.bin" if fault == "no such file" else "http://127.0.0.1:9/net.bin")
    assert models("fetch", "res10") == 66
    assert "--from" in capsys.readouterr().err
    assert not list(only_these_folders.rglob("*.*"))


def test_without_internet_from_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only files with the published hash are taken."""
    publish(monkeypatch, "http://127.0.0.1:9/net.bin")
    stick = tmp_path / "stick"
    stick.mkdir()
    assert models("fetch", "res10", "--from", str(stick)) == 66
    assert "holds no res10" in capsys.readouterr().err
    (stick / "net.bin").write_bytes(b"something else")
    assert models("fetch", "res10", "--from", str(stick), "--to", str(tmp_path / "to")) == 78
    assert not (tmp_path / "to").exists()
    (stick / "net.bin").write_bytes(CONTENT)
    assert models("fetch", "res10", "--from", str(stick), "--to", str(tmp_path / "to")) == 0
    assert (tmp_path / "to" / "res10" / "net.bin").read_bytes() == CONTENT


def test_the_published_hash_is_that_of_the_real_file(shared: Path, tmp_path: Path) -> None:
    """YuNet as it lies in the collection is taken, found and run."""
    weights = str(shared / "weights")
    assert models("fetch", "yunet", "--from", weights) == 0
    assert models("verify", "yunet") == 0


def test_a_place_that_cannot_be_written_is_named(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the way of the folder is told, with the option that helps."""
    publish(monkeypatch, f"{server}/net.bin")
    (tmp_path / "res10").write_text("in the way")
    assert models("fetch", "res10", "--to", str(tmp_path)) == 78
    assert "choose a folder with --to" in capsys.readouterr().err
