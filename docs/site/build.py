"""Hooks of mkdocs.yml: pages from outside docs/, links that work here and on a forge, and Mermaid without a network."""

# ruff: noqa: INP001 - a script beside the site it makes, no module of the kiosk

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files as files_of
from os.path import normpath, relpath
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
NOT_IN_NAV = InclusionLevel.NOT_IN_NAV

ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    **{
        f"models/{card.parent.name}/README.md": f"models/{card.parent.name}.md"
        for card in ROOT.glob("models/*/README.md")
    },
}
"""Pages that lie elsewhere in the repository, and where the site has them; README.md is met by index.md."""

ICON = "site/icon.svg"
LANGUAGES = {".py": "python", ".sh": "bash", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
"""Of files outside docs/ that a page links to, for their colours."""

MERMAID = "site/mermaid.js"
MERMAID_SHA256 = "74d7c46dabca328c2294733910a8aa1ed0c37451776e8d5295da38a2b758fb9b"
"""Of Mermaid 11.16.0's own dist/mermaid.min.js, which the package `mermaidx` carries."""

NAMED_LINK = re.compile(r"\[[\w./-]+\.md\]\(([^)\s#:]+)(?=[)#])")
"""A link that is called by its file's name, as is usual on a forge; group: path."""

LINK = re.compile(r"(\]\(|src=\")([^)\s\"#:]+)(#[^)\s\"]*)?(?=[)\s\"])")
"""A link or picture that names a file, without scheme; groups: what is before it, path, anchor."""

LONG_NAME = re.compile(r"(?<=<code>)\w[\w./]{23,}(?=</code>)")
"""A name that is too long to stay in one piece in a table."""

PICTURE = re.compile(r'<pre class="mermaid">.*?</pre>', re.DOTALL)

FENCE = re.compile(r"^(```.*?^```)", re.MULTILINE | re.DOTALL)


def on_config(config: MkDocsConfig) -> None:
    """Give every report in docs/evaluation/ a place in the navigation, under its own title: training makes new ones."""
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [f"evaluation/{path.name}" for path in sorted((ROOT / "docs/evaluation").glob("*.md"))]
    more = [page for page in pages if page not in text]
    for section in config.nav or ():
        for entry in section.get("Models", ()):
            entry.get("Reports", []).extend(more)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files that lie outside docs/, and every file of the repository that a page links to."""
    for source, page in ELSEWHERE.items():
        if files.get_file_from_path(page) is None:
            files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, ICON, abs_src_path=str(ROOT / "edge/web/static/icon.svg")))
    files.append(File.generated(config, MERMAID, content=_mermaid()))
    targets = {
        _target(page.src_uri, path) for page in files.documentation_pages() for path in _links(page.content_string)
    }
    for target in sorted(targets):
        if _place(target).startswith("source/") and (ROOT / target).is_file():
            files.append(File.generated(config, _place(target), content=_listing(target), inclusion=NOT_IN_NAV))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Have each link lead to where the site keeps its target, and call it by its title."""
    here = page.file.src_uri

    def titled(link: re.Match[str]) -> str:
        return f"[{_title(_target(here, link[1]))}]({link[1]}"

    def moved(link: re.Match[str]) -> str:
        before, path, anchor = link.groups(default="")
        return f"{before}{relpath(_place(_target(here, path)), PurePosixPath(here).parent)}{anchor}"

    texts = (text if is_code else LINK.sub(moved, NAMED_LINK.sub(titled, text)) for is_code, text in _parts(markdown))
    return "".join(texts)


def on_page_content(html: str, **_: object) -> str:
    """Let long names break where their words end."""
    return LONG_NAME.sub(lambda name: re.sub(r"(?<=[_/])(?=\w)", "<wbr>", name[0]), html)


def on_post_page(output: str, *, page: Page, **_: object) -> str:
    """Where there is a picture, load Mermaid before the theme's own script, which would fetch it from another host.

    On a narrow screen a picture scrolls, as it could not be read at that width.
    """
    output, pictures = PICTURE.subn(r'<div class="picture">\g<0></div>', output)
    if not pictures:
        return output
    script = f'<script src="{relpath(MERMAID, PurePosixPath(page.file.dest_uri).parent)}"></script>'
    return output.replace("</head>", f"{script}</head>", 1)


def _parts(markdown: str) -> Iterator[tuple[bool, str]]:
    """The text in order, and whether each part of it is a block of code."""
    for index, text in enumerate(FENCE.split(markdown)):
        yield bool(index % 2), text


def _links(markdown: str) -> Iterator[str]:
    for is_code, text in _parts(markdown):
        if not is_code:
            yield from (path for _, path, _ in LINK.findall(text))


def _target(page: str, path: str) -> str:
    """What a page's link names, as a path within the repository; a folder is met by its README."""
    origin = next((source for source, place in ELSEWHERE.items() if place == page != "index.md"), f"docs/{page}")
    target = normpath(PurePosixPath(origin).parent / path)
    return f"{target}/README.md" if (ROOT / target / "README.md").is_file() else target


def _place(target: str) -> str:
    """Where the site keeps a file of the repository."""
    if target in ELSEWHERE:
        return ELSEWHERE[target]
    return target.removeprefix("docs/") if target.startswith("docs/") else f"source/{target}.md"


def _title(target: str) -> str:
    """The heading of a page, or the name of what has none."""
    path = ROOT / target
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), target)


def _listing(target: str) -> str:
    """A page that shows a file."""
    text = (ROOT / target).read_text(encoding="utf-8")
    language = LANGUAGES.get(PurePosixPath(target).suffix, "text")
    return f"---\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# {target}\n\n`````{language}\n{text}`````\n"


def _mermaid() -> bytes:
    script = files_of("mermaidx").joinpath("assets/mermaid.js").read_bytes()
    if sha256(script).hexdigest() != MERMAID_SHA256:
        raise PluginError("mermaidx carries another Mermaid than docs/site/build.py expects: choose its version 0.10.1")
    return script
