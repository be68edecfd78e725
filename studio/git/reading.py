"""Asking a git server for a branch and for one commit, by Lotse's guarded requests."""

import base64
import mmap
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urlsplit

import httpx2

from core import http
from core.http import OutgoingError, TooLongError
from core.i18n import N_
from modules.folder import MOST_MEDIA_BYTES
from studio.git.faults import GitError, too_large
from studio.git.pack import Pack
from studio.git.tree import Snapshot, snapshot
from studio.git.wire import Offer, offer_in, request_for, unwrap

MOST_OFFER = 8 << 20
MOST_PACK = 256 << 20
SECONDS = 120.0
_PATIENCE = httpx2.Timeout(60, connect=5)
_SENT = {"git-upload-pack": "application/x-git-upload-pack-result", "info/refs": "application/x-git-upload-pack-advertisement"}
LONGEST_URL = 500
USER = "git"                           # Most servers look at the token only; for others it is written NAME:TOKEN.


@dataclass(frozen=True)
class Source:
    """Where a course is: an address, a branch (empty: the usual one) and a folder in it."""

    url: str
    branch: str
    folder: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Head:
    """The newest commit of a branch, and where and how it can be had."""

    commit: str
    branch: str
    base: str
    offer: Offer = field(repr=False)


def fault_of_address(url: str) -> str:
    """Why an address cannot be used, as a message id; else empty."""
    try:
        parts = urlsplit(url)
        plain = bool(parts.hostname) and url.isprintable() and len(url) <= LONGEST_URL and parts.port != 0
    except ValueError:
        plain = False
    if not plain or parts.query or parts.fragment or any(letter.isspace() or letter == "\\" for letter in url):
        return N_("This is no address of a repository. It looks like https://git.example.edu/group/course.git")
    if parts.scheme not in ("https", "http"):
        return N_("Only addresses with https:// can be followed.")
    if "@" in parts.netloc:
        return N_("A name or password in the address is not allowed. Please enter the access token in its own field.")
    return ""


def head_of(way: httpx2.Client, source: Source) -> Head:
    """Which commit a branch is at. Raises GitError."""
    base = source.url.rstrip("/")
    answer = _ask(way, base, source.token)
    if answer.status in (301, 302, 307, 308) and not base.endswith(".git"):
        base += ".git"                 # Some servers give a repository this name only; a redirect itself is never followed.
        answer = _ask(way, base, source.token)
    _refuse(answer.status, answer.headers, "info/refs", bool(source.token))
    offer = offer_in(BytesIO(answer.content))
    branch = source.branch or offer.usual
    commit = offer.branches.get(branch)
    if commit is None:
        raise GitError(N_("There is no branch “%(branch)s”; there are: %(others)s"), branch=branch, others=", ".join(sorted(offer.branches)[:8]) or "–")
    return Head(commit, branch, base, offer)


def _ask(way: httpx2.Client, base: str, token: str) -> http.Answer:
    url = f"{base}/info/refs?service=git-upload-pack"
    try:
        return http.fetch(way, "GET", url, most=MOST_OFFER, timeout=_PATIENCE, headers=_headers(token))
    except OutgoingError as error:
        raise _told(error, MOST_OFFER) from error


def read(way: httpx2.Client, source: Source, head: Head) -> Snapshot:
    """The folder at this commit. Raises GitError."""
    asked, filtered = request_for(head.commit, head.offer, MOST_MEDIA_BYTES)
    headers = {**_headers(source.token), "Content-Type": "application/x-git-upload-pack-request", "Accept": _SENT["git-upload-pack"]}
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as pack:
        try:
            got = http.save(
                way, "POST", f"{head.base}/git-upload-pack", answer, seconds=SECONDS, most=MOST_PACK, content=asked, headers=headers, timeout=_PATIENCE,
            )
        except OutgoingError as error:
            raise _told(error, MOST_PACK) from error
        _refuse(got.status, got.headers, "git-upload-pack", bool(source.token))
        answer.seek(0)
        unwrap(answer, pack)
        pack.flush()
        if not pack.tell():
            raise GitError(N_("The server began to send the repository and broke off."))
        with mmap.mmap(pack.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return snapshot(Pack(data, seconds=SECONDS), head.commit, source.folder, filtered=filtered)


def _headers(token: str) -> dict[str, str]:
    if not token:
        return {}
    named = token if ":" in token else f"{USER}:{token}"
    return {"Authorization": f"Basic {base64.b64encode(named.encode()).decode()}"}


def _told(error: OutgoingError, most: int) -> GitError:
    if isinstance(error, TooLongError):
        return too_large(most)
    if error.retry:
        return GitError(N_("The server does not answer, or there is none of this name."))
    return GitError(N_("Lotse may not call this address. Only public https addresses are called; the operator can list others, with their port, in LOTSE_OUTGOING_HOSTS."))


def _refuse(status: int, headers: Mapping[str, str], service: str, with_token: bool) -> None:
    if status in (401, 403) and with_token:
        raise GitError(N_("The server refuses the access token: it has expired, or may not read this repository."))
    if status in (401, 403):
        raise GitError(N_("The server asks for an access token: the repository is not public, or there is none of this name."))
    if status == 404:
        raise GitError(N_("There is no repository at this address, or the access token may not see it."))
    if 300 <= status < 400:
        raise GitError(N_("The repository has moved. Please enter its new address."))
    if status != 200:
        raise GitError(N_("The server answered with the status %(status)s."), status=status)
    if headers.get("Content-Type", "").split(";")[0].strip() != _SENT[service]:
        raise GitError(N_("There is a page at this address, but no git repository."))
