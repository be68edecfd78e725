"""Basic Outcomes: how a score goes to an LTI 1.1 platform, and what its answer means (LTI Basic Outcomes 1.1; LTI 1.1, section 6).

One signed XML message for one person and one link; what names both is the `lis_result_sourcedid` of their last launch.
"""

import secrets
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

import httpx2

from core.http import Answer
from lti.connection import STRIKES, LaterError, NeverError, ask, judge
from lti.grades import Address, Parcel
from lti.oauth import signed_headers

XML = "application/xml"
LONGEST_WORD = 200                     # bytes; what is longer is a page of somebody else's
_NAMESPACE = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"
_TAKEN = ("success", "processing")


@dataclass(frozen=True)
class Outcomes:
    """How Lotse speaks to one consumer."""

    http: httpx2.Client
    key: str
    secret: str | None                 # None: it cannot be read

    def prepare(self, address: Address) -> Address:
        """Nothing has to be made ready: the launch has named the address. Raises LaterError."""
        if self.secret is None:
            raise LaterError("key_trouble", strikes=STRIKES)
        return address

    def send(self, parcel: Parcel) -> None:
        """Tell the platform one score; return when it has it. Raises LaterError or NeverError."""
        url, secret = parcel.address.lineitem, self.secret
        if not parcel.sourcedid or not url or secret is None:
            raise NeverError("outcome_nowhere")
        body = replace_result(parcel.sourcedid, parcel.points, parcel.maximum, secrets.token_hex(8))
        check(ask(self.http, "POST", url, content=body.encode(), headers=signed_headers(url, body, XML, self.key, secret)))


def replace_result(sourcedid: str, points: float, maximum: float, message: str) -> str:
    """The message, in ASCII (its hash is signed). The elements have no prefix: ILIAS looks for the default namespace."""
    root = ET.Element("imsx_POXEnvelopeRequest", xmlns=_NAMESPACE)
    header = ET.SubElement(ET.SubElement(root, "imsx_POXHeader"), "imsx_POXRequestHeaderInfo")
    ET.SubElement(header, "imsx_version").text = "V1.0"
    ET.SubElement(header, "imsx_messageIdentifier").text = message
    record = ET.SubElement(ET.SubElement(ET.SubElement(root, "imsx_POXBody"), "replaceResultRequest"), "resultRecord")
    ET.SubElement(ET.SubElement(record, "sourcedGUID"), "sourcedId").text = sourcedid
    score = ET.SubElement(ET.SubElement(record, "result"), "resultScore")
    ET.SubElement(score, "language").text = "en"
    ET.SubElement(score, "textString").text = fraction(points, maximum)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root).decode("ascii")


def fraction(points: float, maximum: float) -> str:
    """The score from 0 to 1, as platforms read a decimal number whatever their language (LTI 1.1, section 6.1.1)."""
    share = min(max(points / maximum, 0.0), 1.0) if maximum > 0 else 0.0
    return f"{share:.6f}".rstrip("0").rstrip(".")


# --- The answer -------------------------------------------------------------------------------------------------------

def check(answer: Answer) -> None:
    """Return when the platform has taken the score. Raises LaterError or NeverError.

    Moodle answers every failure, ILIAS some, with status 200 and says it in the message; ILIAS says the others by status, in plain text
    (ilLTIConsumerResultService). A wrong signature is 401: once the secret is mended, the score arrives. A place for scores that is
    no longer there is 401, too; it does not come back, and says nothing about other scores.
    """
    if _is_gone(answer):
        raise NeverError("outcome_refused")
    judge(answer, "score")
    code = code_in(answer.content)
    if code in _TAKEN:
        return
    if code is None:
        raise LaterError("outcome_unreadable")
    raise NeverError("outcome_unsupported" if code == "unsupported" else "outcome_refused")


def _is_gone(answer: Answer) -> bool:
    return answer.status == 401 and len(answer.content) < LONGEST_WORD and answer.content.rstrip(b" .!\r\n").endswith(b"not found")


def code_in(content: bytes) -> str | None:
    """The answer's `imsx_codeMajor` in small letters; None when it is no such answer.

    Read element by element: nothing is built, and a document type (entities that multiply, or that name files) ends it at once.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError):
        return None
    return "".join(reader.code).strip().casefold() or None


class _Reader:
    """Collects the text of the first imsx_codeMajor."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.code: list[str] = []
        self._inside, self._done = False, False

    def _start(self, name: str, _attributes: object) -> None:
        self._inside = not self._done and name.rpartition(" ")[2] == "imsx_codeMajor"

    def _end(self, _name: str) -> None:
        self._done, self._inside = self._done or self._inside, False

    def _text(self, text: str) -> None:
        if self._inside:
            self.code.append(text)


def _refuse(*_: object) -> NoReturn:
    raise ValueError("a document type")
