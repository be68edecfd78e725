"""A compiled page: printed once with stand-ins, kept as the objects of its PDF, of which those that differ are written anew.

What comes out is byte for byte what printing the whole page would give. A page for which that does not hold, tried with
stand-ins of two widths, is not compiled.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape

import pydyf

from certificates.compiled import objects, typeset
from certificates.compiled.assembly import Kept, assembled
from certificates.compiled.errors import WholeError
from certificates.compiled.paragraphs import Paragraph, SetLine, found_in
from certificates.compiled.plain import is_plain
from certificates.compiled.typeset import Written
from certificates.compiled.varying import Varying


@dataclass(frozen=True)
class Proof:
    """A page as it was printed: the bytes, WeasyPrint's document and its PDF."""

    content: bytes
    document: Any
    pdf: Any


@dataclass(frozen=True)
class Job:
    """What one certificate has of its own: its values, the content of its attachments, and the file's identifier."""

    values: tuple[str, ...]
    attached: tuple[bytes, ...]
    identifier: bytes


@dataclass(frozen=True)
class Page:
    """A compiled page. Of its objects are kept in their own form: the page's stream, what has texts or data that differ, and the info."""

    values: tuple[Varying, ...]
    stand_ins: tuple[str, ...]
    paragraphs: tuple[Paragraph, ...]
    written: Written
    kept: tuple[Kept, ...]
    stream: Any
    worded: tuple[Any, ...]
    metadata: Any
    files: tuple[Any, ...]
    info: Any
    first_font: int
    catalogue: int
    height: float

    def place(self, job: Job) -> bytes:
        """The file of a certificate. Raises WholeError when one of its values cannot be placed."""
        if not all(entry.picture or is_plain(value) for entry, value in zip(self.values, job.values, strict=True)):
            raise WholeError("a text of other letters")
        changed = {number: Kept.of(entry, number) for number, entry in self._changed(job)}
        return assembled((changed.get(entry.number, entry) for entry in self.kept), self.catalogue, self._reworded(self.info, job), job.identifier)

    def _changed(self, job: Job) -> Iterator[tuple[int, Any]]:
        """All objects that differ, by their numbers; where one comes twice, the second counts."""
        lines = [paragraph.set(job.values[paragraph.value]) for paragraph in self.paragraphs]
        chunks, fonts = self.written.write(lines, job.values)
        yield self.stream.number, pydyf.Stream(chunks, self.stream.extra, compress=True)
        for entry in objects.fonts(self.first_font, fonts):
            yield entry.number, entry
        for former in self.worded:
            yield former.number, self._reworded(former, job)
        for former, content in zip(self.files, job.attached, strict=True):
            yield former.number, objects.file(former, content)
        yield self.metadata.number, self._restated(job)
        yield from self._links(lines, job)

    def _links(self, lines: Sequence[Sequence[SetLine]], job: Job) -> Iterator[tuple[int, Any]]:
        """Links are as wide as their text."""
        for paragraph, set_lines in zip(self.paragraphs, lines, strict=True):
            for line, set_line in zip(paragraph.lines, set_lines, strict=True):
                for box in line.around:
                    if box.link_annotation:
                        link = self._reworded(box.link_annotation, job)
                        link["Rect"] = objects.rectangle(box, set_line, self.height)
                        yield box.link_annotation.number, link

    def _reworded(self, former: Any, job: Job) -> Any:
        return objects.with_texts(former, lambda text: self._with_values(text, job.values))

    def _restated(self, job: Job) -> Any:
        """The metadata, which are XML."""
        xml = b"".join(self.metadata.stream).decode()
        text = self._with_values(xml, [escape(value) for value in job.values])
        return pydyf.Stream([text.encode()], self.metadata.extra, compress=self.metadata.compress)

    def _with_values(self, text: str, values: Sequence[str]) -> str:
        for stand_in, entry, value in zip(self.stand_ins, self.values, values, strict=True):
            if not entry.picture:
                text = text.replace(stand_in, value)
        return text


def compile_page(values: Sequence[Varying], prove: Callable[[int], tuple[Proof, Job]]) -> Page:
    """Compile a page. `prove` prints it with the first or the second stand-ins. Raises WholeError when it must be printed whole."""
    proof, job = prove(0)
    page = _compiled(tuple(values), proof, job)
    if page.place(job) != proof.content:
        raise WholeError("it would not be written as it was printed")
    other, job = prove(1)
    if page.place(job) != other.content:
        raise WholeError("more depends on what differs than was found")
    return page


def _compiled(values: tuple[Varying, ...], proof: Proof, job: Job) -> Page:
    pdf, fonts = proof.pdf, proof.document.fonts
    if len(proof.document.pages) != 1:
        raise WholeError("more than one page")
    [laid_out] = proof.document.pages
    paragraphs = _paragraphs(laid_out, values, job)
    stream, *pictures = [entry for entry in pdf.objects if hasattr(entry, "page_rectangle")]
    if any(isinstance(chunk, bytes) and chunk.endswith(b" Tf") for picture in pictures for chunk in picture.stream):
        raise WholeError("text within a picture")
    texts = [value for entry, value in zip(values, job.values, strict=True) if not entry.picture]
    return Page(
        values=values, stand_ins=job.values, paragraphs=paragraphs, kept=tuple(Kept.of(entry, entry.number) for entry in pdf.objects[1:]),
        written=typeset.read(stream, fonts, paragraphs, values, job.values), stream=stream,
        worded=tuple(entry for entry in pdf.objects if objects.has_text(entry, texts)),
        metadata=pdf.objects[int(pdf.catalog["Metadata"].split()[0])], files=tuple(_file(pdf, content) for content in job.attached),
        info=pdf.info, first_font=_first_font(pdf, fonts), catalogue=pdf.catalog.number, height=laid_out.height,
    )


def _paragraphs(laid_out: Any, values: Sequence[Varying], job: Job) -> tuple[Paragraph, ...]:
    places = [place for place, entry in enumerate(values) if not entry.picture]
    found = found_in(laid_out._page_box, [job.values[place] for place in places])
    return tuple(replace(paragraph, value=places[paragraph.value]) for paragraph in found)


def _file(pdf: Any, content: bytes) -> Any:
    """The object of an attached file."""
    return next(entry for entry in pdf.objects if isinstance(entry, pydyf.Stream) and entry.extra.get("Type") == "/EmbeddedFile" and entry.stream == [content])


def _first_font(pdf: Any, fonts: dict[int, Any]) -> int:
    """The number of the first of the fonts' objects, which stand before the list of fonts."""
    names = [font.hash for font in fonts.values()]
    listed = next(number for number, entry in enumerate(pdf.objects) if isinstance(entry, pydyf.Dictionary) and list(entry) == names)
    return int(listed) - len(objects.fonts(0, {key: typeset.fresh(font) for key, font in fonts.items()}))
