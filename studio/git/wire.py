"""What a git server and Lotse say to each other (the smart HTTP protocol, version 0, which every server speaks)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from core.i18n import N_
from studio.git.faults import GitError, damaged

HEADS = "refs/heads/"
_SIZE = re.compile(rb"[0-9a-f]{4}")
_ID = re.compile(r"[0-9a-f]{40}")
_USED = ("ofs-delta", "side-band-64k", "no-progress", "filter")
_DATA, _PROGRESS, _FAULT = 1, 2, 3     # bands, the first byte of a packet


@dataclass(frozen=True)
class Offer:
    """What a server has: its branches with their commits, which one is the usual one, and what it is able to do."""

    branches: Mapping[str, str]
    usual: str
    abilities: frozenset[str]


def packet(line: bytes) -> bytes:
    """A line as it is sent: its length in front."""
    return b"%04x" % (len(line) + 4) + line


def _packets(file: BinaryIO) -> Iterator[bytes]:
    """The lines of an answer. Empty ones stand between its parts."""
    while head := file.read(4):
        if not _SIZE.fullmatch(head):
            raise damaged()
        size = int(head, 16)
        line = file.read(max(size - 4, 0))
        if len(line) != max(size - 4, 0):
            raise damaged()
        yield line


def offer_in(file: BinaryIO) -> Offer:
    """The server's first answer, read."""
    branches: dict[str, str] = {}
    abilities: frozenset[str] = frozenset()
    for line in _packets(file):
        if line.startswith(b"ERR "):
            raise damaged()
        if not line or line.startswith(b"#"):
            continue
        named, _, able = line.rstrip(b"\n").partition(b"\0")
        abilities |= frozenset(able.decode("utf-8", "replace").split())
        id_, _, name = named.decode("utf-8", "replace").partition(" ")
        if name.startswith(HEADS) and _ID.fullmatch(id_):
            branches[name.removeprefix(HEADS)] = id_
    if "object-format=sha256" in abilities:
        raise GitError(N_("This repository uses SHA-256, which Lotse cannot read yet."))
    heads = [word.rpartition(":")[2] for word in abilities if word.startswith("symref=HEAD:")]
    return Offer(branches, heads[0].removeprefix(HEADS) if heads else "main", abilities)


def request_for(commit: str, offer: Offer, largest: int) -> tuple[bytes, bool]:
    """What asks for one commit without its past, and whether the server was asked to leave out files of more than `largest` bytes."""
    if "side-band-64k" not in offer.abilities:
        raise GitError(N_("The server is too old: it does not speak git as Lotse does."))
    able = " ".join([*(word for word in _USED if word in offer.abilities), "agent=lotse"])
    lines = [f"want {commit} {able}\n"]
    if "shallow" in offer.abilities:
        lines.append("deepen 1\n")
    filtered = "filter" in offer.abilities
    if filtered:
        lines.append(f"filter blob:limit={largest + 1}\n")
    return b"".join(packet(line.encode()) for line in lines) + b"0000" + packet(b"done\n"), filtered


def unwrap(answer: BinaryIO, pack: BinaryIO) -> None:
    """Write the pack that is in an answer, without what stands around it."""
    for line in _packets(answer):
        if line.startswith(b"ERR ") or line[:1] == bytes([_FAULT]):
            raise GitError(N_("The server began to send the repository and broke off."))
        if line[:1] == bytes([_DATA]):
            pack.write(line[1:])
