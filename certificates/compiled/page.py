"""A compiled page: printed once with stand-ins, kept as the objects of its PDF, of which those that differ are written anew.

What comes out is byte for byte what printing the whole page would give. A page for which that does not hold, tried with
stand-ins of two widths, is not compiled.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pydyf

from certificates.compiled import typeset
from certificates.compiled.assembly import Kept, assembled
from certificates.compiled.errors import WholeError
from certificates.compiled.paragraphs import Paragraph, SetLine, found_in
from certificates.compiled.plain import is_plain
from certificates.compiled.typeset import Written
from certificates.compiled.varying import Varying

VERSION = "1.7"                        # of PDF, as PDF/A-3 wants it


@dataclass(frozen=True)
class Proof:
    """A page as it was printed: the bytes, WeasyPrint's document and its PDF."""

    content: bytes
    document: Any
    pdf: Any


@dataclass(frozen=True)
class Job:
    """What one certificate has of its own: its values, the content of its attachments (all of the page), and the file's identifier."""

    values: tuple[str, ...]
    attached: tuple[bytes, ...]
    identifier: bytes


@dataclass(frozen=True)
class Page:
    """A compiled page."""

    objects: tuple[Kept, ...]
    catalogue: int
    info: Any
    stand_ins: tuple[str, ...]
    values: tuple[Varying, ...]
    paragraphs: tuple[Paragraph, ...]
    written: Written
    stream: int                        # numbers of objects: the page's stream,
    first_font: int                    # the first one of the fonts,
    font_numbers: frozenset[int]       # those of fonts that values are set in,
    worded: tuple[int, ...]            # those with texts in which a value stands,
    metadata: int                      # the metadata,
    files: tuple[int, ...]             # and the attachments
    originals: Mapping[int, Any]       # all that differ, as they were printed
    height: float

    def place(self, job: Job) -> bytes:
        """The file of a certificate. Raises WholeError when one of its values cannot be placed."""
        if not all(entry.picture or is_plain(value) for entry, value in zip(self.values, job.values, strict=True)):
            raise WholeError("a text of other letters")
        lines = [paragraph.set(job.values[paragraph.value]) for paragraph in self.paragraphs]
        chunks, fonts = self.written.write(lines, job.values)
        changed = {
            self.stream: pydyf.Stream(chunks, compress=True),
            **self._fonts(fonts),
            **{number: self._reworded(self.originals[number], job) for number in self.worded},
            **self._links(lines, job),
            self.metadata: self._metadata(job),
            **{number: _file(self.originals[number], content) for number, content in zip(self.files, job.attached, strict=True)},
        }
        for number, entry in changed.items():
            entry.number = number
        objects = (Kept.of(changed[entry.number]) if entry.number in changed else entry for entry in self.objects)
        return assembled(objects, self.catalogue, self._reworded(self.info, job), job.identifier)

    def _fonts(self, fonts: dict[int, Any]) -> dict[int, Any]:
        touched = {key for key, font in fonts.items() if key in self.written.fonts}
        made = fonts_of(self.first_font, {key: fonts[key] for key in fonts if key in touched})
        return {entry.number: entry for entry in made if entry.number in self.font_numbers}

    def _reworded(self, entry: Any, job: Job) -> Any:
        return _with_texts(entry, lambda text: self._with_values(text, job.values))

    def _with_values(self, text: str, values: Sequence[str]) -> str:
        for stand_in, entry, value in zip(self.stand_ins, self.values, values, strict=True):
            if not entry.picture:
                text = text.replace(stand_in, value)
        return text

    def _links(self, lines: Sequence[Sequence[SetLine]], job: Job) -> dict[int, Any]:
        """Links are as wide as their text."""
        changed = {}
        for paragraph, set_lines in zip(self.paragraphs, lines, strict=True):
            for line, set_line in zip(paragraph.lines, set_lines, strict=True):
                for box in line.around:
                    if box.link_annotation:
                        link = self._reworded(box.link_annotation, job)
                        link["Rect"] = _rectangle(box, set_line, self.height)
                        changed[box.link_annotation.number] = link
        return changed

    def _metadata(self, job: Job) -> Any:
        former = self.originals[self.metadata]
        xml = b"".join(former.stream).decode()
        text = self._with_values(xml, [escape(value) for value in job.values])
        return pydyf.Stream([text.encode()], former.extra, compress=former.compress)


def compile_page(values: Sequence[Varying], prove: Callable[[int], tuple[Proof, Job]]) -> Page:
    """Compile a page. `prove` prints it with the first or the second stand-ins. Raises WholeError when it must be printed whole."""
    proof, job = prove(0)
    page = _compiled(values, proof, job)
    if page.place(job) != proof.content:
        raise WholeError("it would not be written as it was printed")
    other, job = prove(1)
    if page.place(job) != other.content:
        raise WholeError("more depends on what differs than was found")
    return page


def _compiled(values: Sequence[Varying], proof: Proof, job: Job) -> Page:
    if len(proof.document.pages) != 1:
        raise WholeError("more than one page")
    [laid_out] = proof.document.pages
    pdf = proof.pdf
    texts = {place: value for place, (entry, value) in enumerate(zip(values, job.values, strict=True)) if not entry.picture}
    places = list(texts)
    paragraphs = tuple(
        Paragraph(found.lines, found.width, found.ends, found.before, found.behind, places[found.value])
        for found in found_in(laid_out._page_box, list(texts.values()))
    )
    streams = [entry for entry in proof.pdf.objects if hasattr(entry, "page_rectangle")]
    stream, others = streams[0], streams[1:]
    if any(isinstance(chunk, bytes) and chunk.endswith(b" Tf") for other in others for chunk in other.stream):
        raise WholeError("text within a picture")
    fonts = proof.document.fonts
    written = typeset.read(stream, fonts, paragraphs, values, job.values)
    last_font = next(entry for entry in proof.pdf.objects if isinstance(entry, dict) and list(entry) == [font.hash for font in fonts.values()])
    first_font = last_font.number - len(fonts_of(0, {key: typeset.fresh(font) for key, font in fonts.items()}))
    touched = written.touched(paragraphs)
    worded = tuple(
        entry.number for entry in proof.pdf.objects if isinstance(entry, dict) and entry is not pdf.info and _has_text(entry, texts.values())
    )
    files = tuple(
        next(entry.number for entry in proof.pdf.objects if getattr(entry, "extra", {}).get("Type") == "/EmbeddedFile" and entry.stream == [content])
        for content in job.attached
    )
    metadata = int(pdf.catalog["Metadata"].split()[0])
    links = [box.link_annotation.number for paragraph in paragraphs for line in paragraph.lines for box in line.around if box.link_annotation]
    differ = {stream.number, *worded, *links, *files, metadata, *range(first_font, last_font.number)}
    return Page(
        objects=tuple(Kept.of(entry) for entry in proof.pdf.objects[1:]), catalogue=pdf.catalog.number, info=pdf.info, stand_ins=job.values, values=tuple(values),
        paragraphs=paragraphs, written=written, stream=stream.number, first_font=first_font,
        font_numbers=frozenset(range(first_font, last_font.number)), worded=worded, metadata=metadata, files=files,
        originals={number: proof.pdf.objects[number] for number in differ}, height=laid_out.height,
    )


class _Numbers:
    """Stands for a PDF to which objects are added: it numbers them from a first one on."""

    def __init__(self, first: int) -> None:
        self.first, self.objects = first, list[Any]()

    def add_object(self, entry: Any) -> None:
        """Number it."""
        entry.number = self.first + len(self.objects)
        self.objects.append(entry)


def fonts_of(first: int, fonts: dict[int, Any]) -> list[Any]:
    """The objects of fonts, cut down to the glyphs that are used."""
    from weasyprint import DEFAULT_OPTIONS  # noqa: PLC0415 - needs system libraries, see certificates.pdf
    from weasyprint.pdf.fonts import build_fonts_dictionary  # noqa: PLC0415 - as above

    numbers = _Numbers(first)
    build_fonts_dictionary(numbers, fonts, True, True, {**DEFAULT_OPTIONS, "pdf_version": VERSION})
    return numbers.objects


def _file(former: Any, content: bytes) -> Any:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    params = pydyf.Dictionary({**former.extra["Params"], "CheckSum": f"<{digest}>", "Size": len(content)})
    return pydyf.Stream([content], pydyf.Dictionary({**former.extra, "Params": params}), compress=former.compress)


def _with_texts(entry: Any, change: Callable[[str], str]) -> Any:
    """A copy in which each text is changed."""
    if isinstance(entry, pydyf.String):
        return pydyf.String(change(entry.string) if isinstance(entry.string, str) else entry.string)
    if isinstance(entry, pydyf.Dictionary):
        return pydyf.Dictionary({key: _with_texts(value, change) for key, value in entry.items()})
    if isinstance(entry, pydyf.Array):
        return pydyf.Array([_with_texts(value, change) for value in entry])
    return entry


def _has_text(entry: Any, texts: Any) -> bool:
    found: list[str] = []
    _with_texts(entry, lambda text: found.append(text) or text)  # type: ignore[func-returns-value]
    return any(text in where for text in texts for where in found)


def _rectangle(box: Any, line: SetLine, height: float) -> Any:
    """Where a link is, in points from the lower left corner; see weasyprint.pdf.anchors."""
    from weasyprint.matrix import Matrix  # noqa: PLC0415 - as above

    x, y, _, tall = box.hit_area()
    matrix = Matrix(0.75, 0, 0, -0.75, 0, height * 0.75)
    left, right = x + line.moved, x + line.moved + line.text.width
    return pydyf.Array([*matrix.transform_point(left, y), *matrix.transform_point(right, y + tall)])
