"""What MkDocs asks while it builds: pages made of the code, and documents from beside `docs/`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from documentation import ROOT, api, settings

MADE: dict[str, Callable[[], str]] = {
    "<!-- every setting, from its declaration -->": settings.page,
    "<!-- the whole API, from its description -->": api.page,
}
BESIDE = {
    "privacy.md": "PRIVACY.md",
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
    "benchmarks.md": "benches/README.md",
}
"""Documents that stand elsewhere in the repository, by the page that they become."""

_LINK = re.compile(r"\]\((?P<path>[^)#:]+)(?P<part>#[^)]*)?\)")
_LOADED = re.compile(
    r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["']?(https?:)?//"""
)
_STYLE = re.compile(r"""(?:@import|url\()\s*["']?(?:https?:)?//""")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for page, source in BESIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_linked(text, (ROOT / source).parent)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    for mark, made in MADE.items():
        if mark in markdown:
            markdown = markdown.replace(mark, made())
    return _linked(markdown, ROOT / "docs") if page.file.src_path not in BESIDE else markdown


def _linked(text: str, folder: Path) -> str:
    """The text of a document in a folder, with links that lead from page to page of the site."""
    pages = {ROOT / source: page for page, source in BESIDE.items()}

    def link(found: re.Match[str]) -> str:
        target = (folder / found["path"]).resolve()
        if target in pages:
            return f"]({pages[target]}{found['part'] or ''})"
        if target.is_relative_to(ROOT / "docs"):
            return f"]({target.relative_to(ROOT / 'docs')}{found['part'] or ''})"
        return found[0]

    return _LINK.sub(link, text)


def on_post_build(config: MkDocsConfig) -> None:
    """Nothing that a page shows may come from elsewhere."""
    site = Path(config.site_dir)
    for path, pattern in ((p, _LOADED) for p in site.rglob("*.html")):
        if found := pattern.search(path.read_text(encoding="utf-8")):
            raise PluginError(f"{path.relative_to(site)} loads from elsewhere: {found[0]}")
    for path in site.rglob("*.css"):
        if found := _STYLE.search(path.read_text(encoding="utf-8")):
            raise PluginError(f"{path.relative_to(site)} loads from elsewhere: {found[0]}")
