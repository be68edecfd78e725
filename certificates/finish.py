"""The last touch to a printed file: beside PDF/A-3a it also declares PDF/UA-1, and that in the form both standards accept.

WeasyPrint writes the sign of one standard only. The other one must stand in the same rdf:RDF (readers look at no second one),
and PDF/A allows properties that it does not know only together with their description, an extension schema.
"""

from collections.abc import Iterator
from typing import Any

import pydyf

UA_IDENTIFIER = (
    b'<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>'
    b'<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
_END = b"</rdf:RDF>"


def declare_accessible(_document: Any, pdf: Any) -> None:
    """WeasyPrint's `finisher`: add the sign of PDF/UA-1 to the metadata, before the file is written."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    xmp = b"".join(metadata.stream)
    if xmp.count(_END) != 1:
        raise ValueError("WeasyPrint writes its metadata in another way than this finisher knows")
    metadata.stream = [xmp.replace(_END, UA_IDENTIFIER + _END)]


def tag_languages() -> None:
    """Let WeasyPrint write the language of an element into its tag: it writes that of the whole document only.

    Its function that makes the tags has no hook, so it is wrapped, once for each process.
    """
    from weasyprint.pdf import tags  # noqa: PLC0415 - it needs system libraries, and only printing needs it

    plain = tags._build_box_tree
    if getattr(plain, "names_languages", False):
        return

    def with_languages(box: Any, *args: Any) -> Iterator[Any]:
        element = getattr(getattr(box, "_box", box), "element", None)
        spoken = None if element is None or element.tag in ("html", "body") else element.get("lang")
        for tag in plain(box, *args):
            if spoken:
                tag["Lang"] = pydyf.String(spoken)
            yield tag

    with_languages.names_languages = True  # type: ignore[attr-defined]
    tags._build_box_tree = with_languages
