"""The process in which templates that are not ours are filled in and printed. Started by apart.py; speaks by frames of JSON.

What takes long to load is loaded once. Each page is then made by a copy of the process with limits of its own, which ends
afterwards: whatever a template does to it is gone with it.
"""

import base64
import json
import math
import os
import resource
import select
import signal
import struct
import sys
import time
from io import BytesIO
from typing import Any, BinaryIO

import pypdfium2

from certificates import finish, fonts, pdf
from certificates.looks import apart, css, demands, template
from certificates.looks.faults import PAGE, LookError
from certificates.looks.template import Template
from core.i18n import N_

try:
    import pyseccomp
except (ImportError, OSError, RuntimeError):  # macOS, or no libseccomp
    pyseccomp = None

IDLE_SECONDS = 300
MOST_MEMORY = 700 << 20                # bytes, with what the libraries take
MOST_WIDTH = 2_000
FORKS = sys.platform != "darwin"       # There the system's libraries do not survive a fork: one process, one page.
_NO_NEW_PRIVILEGES = 38
_REFUSED_CALLS = ("socket", "socketpair", "connect", "bind", "execve", "execveat", "fork", "vfork", "ptrace", "unlink", "unlinkat", "rename", "renameat2", "kill", "tgkill")


def main() -> None:
    """Answer until nobody asks any more."""
    asked, told = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # Whatever a library prints must not get between the frames.
    try:
        pdf._press()
        pdf._style(pdf.BASE)
        fonts.width("a", fonts.SERIF + fonts.SANS + fonts.STRONG)
    except pdf.PressError as error:
        _send(told, {"broken": str(error)})
        return
    _send(told, {"ready": True})
    while select.select([asked], [], [], IDLE_SECONDS)[0]:
        order = _frame(asked)
        if order is None:
            return
        pdf.sheets((pdf.BASE,), str(order["values"]))  # Fonts of other scripts are files, which the copy cannot write.
        if not FORKS:
            _limit(order["seconds"])
            _send(told, _answer(order))
            return
        _send(told, _by_a_copy(order, (asked, told)))


def _by_a_copy(order: dict[str, Any], pipes: tuple[BinaryIO, BinaryIO]) -> dict[str, Any]:
    """Let a copy of this process do it, and end it in time."""
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(here)
        for pipe in pipes:
            pipe.close()
        _limit(order["seconds"])
        with os.fdopen(there, "wb") as out:
            out.write(json.dumps(_answer(order)).encode())
        os._exit(0)
    os.close(there)
    written = _read_until(here, time.monotonic() + order["seconds"])
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    try:
        answer: dict[str, Any] = json.loads(written)
    except ValueError:  # It was ended, by us or by its limits, before it had said all.
        return {"fault": apart.too_long().to_json()}
    return answer


def _read_until(number: int, deadline: float) -> bytes:
    data = bytearray()
    with os.fdopen(number, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            piece = pipe.read(1 << 16)
            if not piece or len(data) > apart.MOST_FRAME:
                break
            data += piece
    return bytes(data)


def _limit(seconds: float) -> None:
    """Give away what printing a page does not need."""
    for kind, most in (
        (resource.RLIMIT_CPU, math.ceil(seconds / 2)), (resource.RLIMIT_DATA, MOST_MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, 64),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):  # Not every system knows each of them.
            continue
    if pyseccomp is not None:
        _refuse_calls()


def _refuse_calls() -> None:
    """No network, no programs, nothing deleted: this page has no business with any of it."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in _REFUSED_CALLS:
        try:
            rules.add_rule(pyseccomp.ERRNO(1), name)
        except (OSError, ValueError):  # Another kernel or architecture may not know it.
            continue
    try:
        rules.load()
    except (OSError, RuntimeError):
        return


# --- One page ---------------------------------------------------------------------------------------------------------

def _answer(order: dict[str, Any]) -> dict[str, Any]:
    try:
        return _printed(order)
    except LookError as error:
        return {"fault": error.to_json()}
    except (MemoryError, RecursionError):
        return {"fault": apart.too_long().to_json()}
    except Exception as error:  # WeasyPrint meets something that it does not expect.
        reason = f"{type(error).__name__}: {error}"[:200]
        return {"fault": LookError(N_("This page cannot be printed: %(reason)s"), {"reason": reason}).to_json()}


def _printed(order: dict[str, Any]) -> dict[str, Any]:
    said, pictures, layout = order["values"], order["pictures"], Template(**order["template"])
    attached = [pdf.Attached(**{**entry, "content": base64.b64decode(entry["content"])}) for entry in order["attached"]]
    css.check_style(layout.style, pictures)
    html = pdf.framed(said, template.render(layout.page, said))
    page = pdf.document(html, pictures)
    demands.check_elements(page.etree_element, pictures, said["address"], demands.qr_drawing(said["qr"]))
    laid_out = pdf.pressed(page, html, (pdf.BASE, layout.style))
    _check_fetched(page.url_fetcher)
    demands.check_pages(laid_out.pages)
    demands.check_content(laid_out.pages[0], said)
    content = laid_out.write_pdf(finisher=finish.declare_accessible, **pdf.options(pdf.identifier(said["address"]), attached))
    picture = _drawn(content, order["picture_width"]) if order["picture_width"] else b""
    return {"pdf": base64.b64encode(content).decode(), "png": base64.b64encode(picture).decode()}


def _check_fetched(fetcher: Any) -> None:
    if fetcher.refused:
        raise LookError(N_("“%(address)s” is not one of your pictures."), {"address": fetcher.refused[0][:80]}, part=PAGE)


def _drawn(content: bytes, width: int) -> bytes:
    """The first page as PNG."""
    with pypdfium2.PdfDocument(content) as document:
        page = document[0]
        image = page.render(scale=min(width, MOST_WIDTH) / page.get_width()).to_pil()
        written = BytesIO()
        image.convert("RGB").quantize(128).save(written, "PNG")
    return written.getvalue()


# --- Frames -----------------------------------------------------------------------------------------------------------

def _send(out: BinaryIO, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode()
    view = memoryview(struct.pack(">I", len(data)) + data)
    while view:
        view = view[out.write(view):]


def _frame(source: BinaryIO) -> dict[str, Any] | None:
    head = _exactly(source, 4)
    data = _exactly(source, struct.unpack(">I", head)[0]) if len(head) == 4 else b""
    if not data:
        return None
    message: dict[str, Any] = json.loads(data)
    return message


def _exactly(source: BinaryIO, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = source.read(count - len(data))
        if not piece:
            return b""
        data += piece
    return data


if __name__ == "__main__":
    main()
