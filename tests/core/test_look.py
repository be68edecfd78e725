"""The design system's promises that need no browser."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "static" / "src"


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        # The sheet that is printed to PDF and the stand-in LMS have a look of their own.
        if path.parent.name != "demo" and path.name != "pdf.html":
            yield str(path.relative_to(ROOT)), path.read_text()


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (SOURCE / "images" / "icons.svg").read_text()))
    named = re.compile(r"""(?:icon\(|icon_name=|icon_after=|\bfacts\(\[\()'([\w-]+)'""")
    missing = [(name, icon) for name, text in _templates() for icon in named.findall(text) if icon not in drawn]
    assert missing == []


def test_templates_hold_nothing_that_the_content_security_policy_forbids() -> None:
    forbidden = re.compile(r"""<style|\sstyle=|\son\w+=["']|<script(?![^>]*\ssrc=)|javascript:|(?:src|href)=["'](?:https?:)?//""")
    assert [(name, found) for name, text in _templates() if (found := forbidden.findall(text))] == []


def test_styles_and_scripts_load_nothing_from_elsewhere_and_need_no_data_address() -> None:
    files = [path for path in SOURCE.rglob("*") if path.suffix in (".scss", ".js", ".svg")]
    foreign = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|url\(['\"]?(?:data:|//)")
    assert [path.name for path in files if foreign.search(path.read_text())] == []


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
