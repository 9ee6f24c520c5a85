"""A report for whoever helps: what is taken out, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands.main import cli
from edge.doctor.report import HIDDEN, without_secrets, write_report


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('source = "rtsp://keeper:S3cret@10.0.0.7/1"', "S3cret"),
        ("opening rtsp://keeper:S3cret:@cam:554/h264 failed", "S3cret"),
        ("GET /snapshot?token=S3cret&x=1", "S3cret"),
        ("Authorization: Bearer S3cret-token.abc", "S3cret"),
        ("sent 'bearer S3cretS3cret'", "S3cret"),
        ("password of the web pages, shown this once: S3cret-AAAA-BBBB", "S3cret"),
        ("MASKGATE_MQTT__PASSWORD=S3cret", "S3cret"),
        ('api_key: "S3cret with spaces"', "S3cret"),
        ("{'password': 'S3cret'}", "S3cret"),
        ("Set-Cookie: session=S3cret; Path=/", "S3cret"),
        ("-----BEGIN PRIVATE KEY-----\nS3cret\n-----END PRIVATE KEY-----", "S3cret"),
    ],
)
def test_secrets_are_taken_out(text: str, secret: str) -> None:
    """However they are written; once is enough, and a second time changes nothing."""
    clean = without_secrets(text)
    assert secret not in clean
    assert HIDDEN in clean
    assert without_secrets(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        'password_file = "/etc/maskgate/mqtt.password"',
        "source = rtsp://10.0.0.7:554/h264",
        "ok   camera      640 x 360 at 15.0 frames a second",
        "session_idle_s = 3600",
        "the token is wrong",
    ],
)
def test_the_rest_stays(text: str) -> None:
    """Names of files, addresses without a password, sentences."""
    assert without_secrets(text) == text


def test_a_report(tmp_path: Path) -> None:
    """Each part under its heading, and what cannot be had is told."""
    asked: list[str] = []

    def ask(command: object) -> str | None:
        asked.append(str(command))
        return "a line rtsp://a:S3cret@cam/" if "journalctl" in asked[-1] else None

    write_report(tmp_path / "report.txt", findings="ok camera", settings="[web]", ask=ask)
    text = (tmp_path / "report.txt").read_text()
    assert [line for line in text.splitlines() if line.startswith("===")] == [
        "=== Maskgate ===",
        "=== What the doctor found ===",
        "=== Settings in force ===",
        "=== Service ===",
        "=== Log ===",
    ]
    assert "S3cret" not in text
    assert "=== Service ===\nnothing" in text


def test_the_command_writes_it(tmp_path: Path) -> None:
    """The doctor's findings and the settings, the camera's password not among them."""
    config = tmp_path / "maskgate.toml"
    config.write_text('[camera]\nsource = "rtsp://keeper:S3cret@127.0.0.1:9/1"\n[signals]\ndriver = "mock"\n')
    target = tmp_path / "report.txt"
    done = CliRunner().invoke(cli, ["doctor", "--config", str(config), "--report", str(target)])
    assert done.exit_code == 0, done.output
    text = target.read_text()
    assert "S3cret" not in text
    assert "127.0.0.1:9" in text
    assert "camera" in text.partition("=== Settings")[0]
    refused = CliRunner().invoke(cli, ["doctor", "--config", str(config), "--report", "/nowhere/report.txt"])
    assert "cannot be written" in str(refused.exception)
