"""The configuration: strict, and its errors can be acted upon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config.schema import Config, load_config
from edge.config.secrets import WITH_SECRETS
from edge.config.toml import as_toml
from edge.errors import ConfigError
from edge.host import doors


def write(folder: Path, text: str) -> Path:
    path = folder / "maskgate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A kiosk without a configuration runs on the defaults."""
    monkeypatch.setattr(doors, "ETC", tmp_path)
    assert load_config(None) == Config()


def test_the_systems_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nothing else is named, /etc counts."""
    write(tmp_path, '[camera]\nsource = "usb:3"\n')
    monkeypatch.setattr(doors, "ETC", tmp_path)
    assert load_config(None).camera.source.name == "usb:3"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[camera", "is not valid TOML"),
        ('[camera]\nsource = "usb:front"\n', "source 'usb:front': expected a number, such as usb:0"),
        ('[camera]\nsource = ""\n', "camera.source = ''"),
        ("[camera]\nfocus_m = 0\n", "camera.focus_m = 0"),
        ("[camra]\n", "camra: no such key"),
        ("[camera]\nsorce = 1\n", "camera.sorce: no such key"),
        ("[detector]\nmin_score = 1.5\n", "detector.min_score = 1.5: Input should be less than or equal to 1"),
        ('[signals]\ndriver = "led"\n', "signals.driver = 'led': Input should be 'auto', 'gpio' or 'mock'"),
        ("[signals]\ngreen = 28\n", "signals.green = 28"),
        ('[web]\ntrusted_proxies = ["proxy.lan"]\n', "web.trusted_proxies.0 = 'proxy.lan': not an address"),
        ("[signals]\ngreen = 27\n", "each line has one role"),
        ("[inputs]\nfire = 27\n", "GPIO 27 is both signals.red and inputs.fire; each line has one role"),
        ("[inputs]\nfire = 5\ncontact = 5\n", "GPIO 5 is both inputs.contact and inputs.fire"),
        ('[relay]\nopen_hours = ["9-17"]\n', "expected HH:MM-HH:MM"),
        ("[relay]\npulse_s = 11\n", "less than or equal to 10"),
        ("[voice]\ndevice = \"file:'|touch /tmp/x',raw\"\n", "voice.device"),
        ("[voice]\ndevice = \"plug:SLAVE='file:/etc/passwd'\"\n", "expected the name of one, such as default"),
        ("[people]\nmajority = 0.5\n", "people.majority = 0.5"),
        ("[alarm]\nhold_s = nan\n", "alarm.hold_s"),
        ('[alarm]\nhours = ["7-19"]\n', "expected HH:MM-HH:MM"),
        ("[zones]\nregion = [[0, 0], [1, 2], [0, 1]]\n", "zones.region.1.1"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, text: str, told: str) -> None:
    """The message names the file, the key, the value and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    assert told in str(caught.value)
    assert "maskgate.toml" in str(caught.value)


def unbounded(schema: dict[str, Any], place: str) -> Iterator[str]:
    """Every number without a least or a greatest value, and every list without a length, below a JSON schema."""
    is_open = not {"minimum", "exclusiveMinimum"} & set(schema) or not {"maximum", "exclusiveMaximum"} & set(schema)
    if (schema.get("type") in ("integer", "number") and "enum" not in schema and is_open) or (
        schema.get("type") == "array" and "maxItems" not in schema
    ):
        yield place
    named = {**schema.get("properties", {}), **schema.get("$defs", {})}
    for name, child in named.items():
        yield from unbounded(child, f"{place}.{name}")
    items = [schema["items"]] if "items" in schema else []
    for child in (*schema.get("anyOf", ()), *schema.get("prefixItems", ()), *items):
        yield from unbounded(child, place)


def test_every_number_is_bounded() -> None:
    """No key takes a number, or a list, that some stage of the chain cannot work with."""
    assert list(unbounded(Config.model_json_schema(), "")) == []


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_of_hundreds_of_digits_is_refused(tmp_path: Path, digits: int) -> None:
    """In one line, which does not repeat it."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, f"[people]\nmin_votes = 1{digits * '0'}\n"))
    assert len(str(caught.value)) < 400


def test_a_list_without_a_bottom_is_refused(tmp_path: Path) -> None:
    """TOML of ten thousand brackets is one clear error."""
    with pytest.raises(ConfigError, match="is not valid TOML"):
        load_config(write(tmp_path, f"x = {10_000 * '['}"))


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Nobody should have to mend a file one key at a time."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, "[alarm]\nhold_s = -1\nhodl = 2\n"))
    assert "alarm.hold_s" in str(caught.value)
    assert "alarm.hodl" in str(caught.value)


@pytest.mark.parametrize("path", ["missing.toml", "."])
def test_unreadable_files_are_refused(tmp_path: Path, path: str) -> None:
    """A file that was named must exist."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / path)


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    """Values are those of TOML, or strings without quotes; what it does not name comes from the file."""
    path = write(tmp_path, '[camera]\nsource = "usb:3"\nwidth = 640\n')
    environment = {
        "MASKGATE_CAMERA__SOURCE": "rtsp://user:a=b@camera/1",
        "MASKGATE_CAMERA__MIRRORED": "true",
        "MASKGATE_ALARM__HOURS": '["07:00-19:00"]',
        "MASKGATE_PEOPLE__MAJORITY": "0.75",
        "MASKGATE_WEIGHTS": "/not/a/setting",
    }
    found = load_config(path, environment)
    seen = (found.camera.source.address, found.camera.width, found.camera.mirrored)
    assert seen == ("rtsp://user:a=b@camera/1", 640, True)
    assert (found.alarm.hours, found.people.majority) == (("07:00-19:00",), 0.75)


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("MASKGATE_CAMERA__SORCE", "usb:1", "environment: MASKGATE_CAMERA__SORCE: camera.sorce: no such key"),
        ("MASKGATE_CAMRA__SOURCE", "usb:1", "environment: MASKGATE_CAMRA__SOURCE: camra: no such key"),
        ("MASKGATE_ALARM__HOLD_S", "-1", "environment: MASKGATE_ALARM__HOLD_S: alarm.hold_s = -1: Input should be"),
        ("MASKGATE_ALARM__HOLD_S", "1\ncool_down_s = 9", "MASKGATE_ALARM__HOLD_S: alarm.hold_s = '1\\ncool"),
        ("MASKGATE_SIGNALS__GREEN", "27", "environment: MASKGATE_SIGNALS__GREEN: signals = "),
    ],
)
def test_wrong_variables_are_refused(tmp_path: Path, variable: str, value: str, told: str) -> None:
    """The message names the variable where the file is not at fault."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, ""), {variable: value})
    assert told in str(caught.value)
    assert "maskgate.toml" not in str(caught.value)


def test_a_file_that_is_wrong_where_a_variable_points_is_refused(tmp_path: Path) -> None:
    """The variable hides no mistake of the file."""
    with pytest.raises(ConfigError, match="camera = 3"):
        load_config(write(tmp_path, "camera = 3\n"), {"MASKGATE_CAMERA__SOURCE": "usb:1"})


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "maskgate.toml"
    path.write_bytes(b'\xef\xbb\xbf[camera]\r\nsource = "usb:3"\r\n')
    assert load_config(path).camera.source.name == "usb:3"


def test_home_is_understood_in_every_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no folder called ~ is made."""
    monkeypatch.setenv("HOME", "/home/door")
    text = '[events]\ndatabase = "~/events.db"\n[models]\nkeys = ["~/key.pem"]\n[web]\nfolder = "~/web"\n'
    config = load_config(write(tmp_path, text))
    home = Path("/home/door")
    assert (config.events.database, config.models.keys, config.web.folder) == (
        home / "events.db",
        (home / "key.pem",),
        home / "web",
    )


def test_a_number_in_the_environment_is_text_where_text_is_wanted() -> None:
    """A user called 1234, a folder called 5; and a number stays one where it is wanted."""
    environment = {
        "MASKGATE_MQTT__USERNAME": "1234",
        "MASKGATE_EVENTS__DATABASE": "5",
        "MASKGATE_ALARM__HOLD_S": "3",
    }
    config = load_config(None, environment)
    assert (config.mqtt.username, config.events.database, config.alarm.hold_s) == ("1234", Path("5"), 3.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[camra]\n", "camra: no such key; did you mean camera?"),
        ("[camera]\nsorce = 1\n", "camera.sorce: no such key; did you mean camera.source?"),
        ("[camera]\nmin_face = 0.1\n", "camera.min_face: no such key; it belongs in [detector]"),
        ("[metrics]\nxyz = 1\n", "metrics.xyz: no such key; expected one of listen"),
    ],
)
def test_a_slip_is_answered_with_what_may_have_been_meant(tmp_path: Path, text: str, told: str) -> None:
    """The nearest key, or the section in which there is one of that name."""
    with pytest.raises(ConfigError, match=re.escape(told)):
        load_config(write(tmp_path, text))


SECRET = "http://127.0.0.1:9/flv?port=1935&stream=main&user=admin&password=S3cretPW"


def test_a_password_is_not_printed(tmp_path: Path) -> None:
    """Neither by the values themselves nor by a dump, but by the one that is kept for the service alone."""
    config = Config.model_validate({"camera": {"source": SECRET}})
    for text in (
        repr(config),
        str(config),
        config.model_dump_json(),
        str(config.model_dump()),
        f"{config.camera.source}",
    ):
        assert "S3cretPW" not in text
        assert "http://127.0.0.1:9/flv" in text
    kept = config.model_dump_json(context=WITH_SECRETS)
    assert Config.model_validate_json(kept).camera.source.address == SECRET


@pytest.mark.parametrize(
    "text",
    [
        'camera.source = "rtps://admin:S3cretPW@cam/1"',
        'camera.source = "rtsp:/admin:S3cretPW@cam/1"',
        'camera.source = "rtsp://admin:S3cretPW/1@cam/1"',
        'camera.source = ["rtsp://admin:S3cretPW@cam/1"]',
        'camera = "rtsp://admin:S3cretPW@cam/1"',
        'mqtt.host = ["rtsp://admin:S3cretPW@cam/1"]',
        'mqtt = {a = "http://cam/1?pw=S3cretPW"}',
    ],
)
def test_an_error_names_no_password(text: str, tmp_path: Path) -> None:
    """Wherever in the file an address was put by mistake."""
    path = tmp_path / "maskgate.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path, {})
    assert "S3cretPW" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        'urls = ["t0ken"]',
        'urls = "tgram://t0ken"',
        'webhook = "ftp://t0ken"',
        'webhook = "https://t0ken"',
        "urls = [1]",
    ],
)
def test_an_address_that_is_a_secret_is_in_no_error(text: str, tmp_path: Path) -> None:
    """Many a service takes its token as the host."""
    path = tmp_path / "config.toml"
    path.write_text(f"[notify]\n{text}\n")
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert "t0ken" not in str(refused.value)


def test_an_address_that_is_a_secret_is_kept_but_not_shown() -> None:
    """In what prints a configuration, and in what keeps one."""
    config = Config.model_validate({"notify": {"urls": ["tgram://t0ken/1"]}})
    assert "t0ken" not in repr(config) + as_toml(config)
    assert 'urls = ["tgram://..."]' in as_toml(config)
    kept = config.model_dump(mode="json", context=WITH_SECRETS)
    assert Config.model_validate(kept) == config
