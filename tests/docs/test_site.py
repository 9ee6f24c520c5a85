"""The documentation: it builds, every link leads somewhere, nothing comes from another host, its example runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import expect, sync_playwright
from skimage import data

CHROMIUM = shutil.which("chromium")
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for folder in (ROOT, ROOT / "docs", ROOT / "docs/evaluation", ROOT / "docs/fleet", *(ROOT / "models").iterdir())
    for page in folder.glob("*.md")
)

MISTAKES = {
    "a file that is not there": ("[gone](gone.md)", "'gone.md'"),
    "a heading that is not there": ("[gone](index.md#gone)", "#gone"),
    "a file of the repository that is not there": ("[gone](../systemd/gone.toml)", "gone.toml"),
    "a picture that is not there": ("![gone](gone.png)", "gone.png"),
}


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(config), "-d", str(site)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    result = build(ROOT / "mkdocs.yml", folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


class Loaded(HTMLParser):
    """What a browser would fetch to show a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        fetched = values.get("href") if tag == "link" else values.get("src")
        if fetched:
            self.urls.append(fetched)


def test_nothing_comes_from_another_host(site: Path) -> None:
    """Pages, styles and Mermaid's pictures are complete where no network is."""
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    loaded = {(page, url) for page in pages for url in Loaded(page.read_text(encoding="utf-8")).urls}
    styles = {(css, url) for css in site.rglob("*.css") for url in re.findall(r"url\(([^)]+)\)", css.read_text())}
    assert {(page, url) for page, url in loaded | styles if re.match(r"['\"]?(https?:)?//", url)} == set()
    missing = {(page, url) for page, url in loaded if not (page.parent / url.partition("#")[0]).exists()}
    assert {(page, url) for page, url in missing if not url.startswith("data:")} == set()
    drawn = {page.name for page in pages if 'class="mermaid"' in page.read_text(encoding="utf-8")}
    assert drawn == {page.name for page, url in loaded if url.endswith("mermaid.js")} != set()


def test_files_outside_the_folder_are_pages_too(site: Path) -> None:
    """A link to a file of the repository shows that file."""
    assert "source/systemd/user-data.html" in (site / "installation.html").read_text(encoding="utf-8")
    assert "cloud-config" in (site / "source/systemd/user-data.html").read_text(encoding="utf-8")
    # A link that is called by its file's name on a forge is called by the page's title here.
    assert '<a href="proved.html">What was proved where</a>' in (site / "contributing.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_browser_needs_no_server_either(site: Path) -> None:
    """Opened from a disk, the pages draw their pictures, can be searched, and ask nobody for anything."""
    if CHROMIUM is None:
        pytest.skip("NOT TESTED: chromium is missing (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "architecture.html").as_uri())
        expect(page.locator("div.mermaid")).to_have_count(4)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("label[for=__search]").first.click()
        page.locator("input[name=query]").press_sequentially("relay", delay=50)
        expect(page.locator(".md-search-result__item").first).to_contain_text("relay", ignore_case=True, timeout=20_000)
        browser.close()
    assert {url for url in asked if not url.startswith(("file:", "data:", "blob:"))} == set()


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_dead_link_fails_the_build(mistake: str, tmp_path: Path) -> None:
    """Whatever a page names and the site lacks."""
    text, complaint = MISTAKES[mistake]
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(f"# Title\n\n{text}\n", encoding="utf-8")
    config = tmp_path / "mkdocs.yml"
    config.write_text(f"INHERIT: {ROOT}/mkdocs.yml\ndocs_dir: docs\nnav: []\nplugins: [search]\nhooks: []\n")
    result = build(config, tmp_path / "site")
    assert result.returncode != 0
    assert complaint in result.stdout + result.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_work_on_a_forge(page: Path) -> None:
    """Every relative link names a file of the repository, where Markdown is shown as it lies."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_api_shows_what_it_names(site: Path) -> None:
    """Every member that docs/api.md asks for is on the page; a name that is gone would be left out without a word."""
    blocks = re.findall(r"^::: (\S+)\n((?:    .*\n)*)", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    members = {module: re.search(r"members: \[(.*)\]", options) for module, options in blocks}
    named = {f"{module}.{name}" for module, found in members.items() if found for name in found[1].split(", ")}
    named |= {"edge.types.Label.WITH_MASK", "edge.errors.CameraError", "edge.chain.pipeline.observe"}
    shown = set(re.findall(r'id="(edge\.[\w.]+)"', (site / "api.html").read_text(encoding="utf-8")))
    assert len(blocks) > 8
    assert named - shown == set()


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What docs/api.md shows judges a picture, and a clip of somebody without a mask is an alert."""
    person = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(tmp_path / "photo.jpg"), person)
    clip = cv2.VideoWriter(str(tmp_path / "clip.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 25, (512, 512))
    for _ in range(20):
        clip.write(person)
    clip.release()
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/api.md").read_text(), re.MULTILINE | re.DOTALL)
    exec(compile("\n".join(blocks), "docs/api.md", "exec"), {})
    first, *states = capsys.readouterr().out.splitlines()
    assert "without_mask" in first
    assert len(states) == 20
    assert states[0] == "0.00 s idle []"
    assert "alert" in states[-1]
