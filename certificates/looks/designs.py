"""The gallery: designs that come with Lotse. A folder each: page.html, sheet.css, design.yml and a picture of it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from certificates.looks.template import Template
from certificates.snapshot import Texts, texts
from modules.yamltext import read_yaml

FOLDER = Path(__file__).parents[1] / "designs"
FIRST = "classic"


@dataclass(frozen=True)
class Design:
    """An entry of the gallery."""

    name: str
    title: Texts
    description: Texts
    colour: str
    accent: str
    template: Template

    @property
    def picture(self) -> Path:
        """What it looks like."""
        return FOLDER / self.name / "picture.png"


@cache
def gallery() -> dict[str, Design]:
    """All designs by name, in the order in which they are offered."""
    found = [_read(folder) for folder in FOLDER.iterdir() if (folder / "design.yml").is_file()]
    return {design.name: design for _place, design in sorted(found, key=lambda entry: entry[0])}


def template_of(name: str | None) -> Template:
    """The template of a design; of the first one where there is no such name."""
    return gallery().get(name or FIRST, gallery()[FIRST]).template


def _read(folder: Path) -> tuple[int, Design]:
    told = read_yaml((folder / "design.yml").read_text(encoding="utf-8")).value
    title, description = texts(told["title"]), texts(told["description"])
    assert title is not None
    assert description is not None
    template = Template((folder / "page.html").read_text(encoding="utf-8"), (folder / "sheet.css").read_text(encoding="utf-8"), folder.name)
    return int(told["place"]), Design(folder.name, title, description, str(told["colour"]), str(told["accent"]), template)
