"""A commit, and the files of one of its folders as a course folder: the same that a copy on disk would give."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from core.i18n import N_
from modules.findings import Finding
from modules.folder import DEEPEST, MOST_BYTES, MOST_FILES, most_bytes
from modules.sharing import Place, nothing_at, places_elsewhere
from studio.git.faults import GitError, damaged
from studio.git.pack import Pack

MOST_SEEN = 100_000                    # entries of folders: a small repository can name the same folder a million times
_FOLDER, _LINK, _OTHER_REPOSITORY = 0o040000, 0o120000, 0o160000
_A_LINK = (N_("This is a link or a device, not a file."), N_("Put a copy of the file here."))
_A_SUBMODULE = (N_("This is another repository (a submodule)."), N_("Put a copy of its files here."))
_POINTER = b"version https://git-lfs.github.com/spec/"
_AUTHOR = re.compile(r"(?P<name>.*?) ?<[^>]*> (?P<at>\d{1,11}) [+-]\d{4}")
LONGEST_NAME, LONGEST_SUBJECT = 100, 200


@dataclass(frozen=True)
class Commit:
    """What is told about a commit: no mail addresses."""

    id: str
    author: str
    at: datetime | None
    subject: str
    tree: str = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """A folder at a commit, with findings for what could not be taken."""

    commit: Commit
    files: dict[str, bytes]
    findings: list[Finding]


def snapshot(pack: Pack, id_: str, folder: str, *, filtered: bool) -> Snapshot:
    """The course folder at a commit. `filtered`: the server was asked to leave out what is too large."""
    content = pack.get(id_, "commit")
    if content is None:
        raise damaged()
    commit = _commit_in(id_, content)
    reading = _Reading(pack, filtered or pack.oversized)
    tree, beside = commit.tree, ""
    for name in filter(None, folder.split("/")):
        mode, found = reading.entry(tree, name)
        if mode != _FOLDER:
            raise GitError(N_("There is no folder “%(folder)s” in this branch."), folder=folder)
        tree, beside = found, tree
    reading.take(tree, "")
    for place in places_elsewhere(reading.files):
        reading.take_shared(beside, place)
    reading.files = dict(sorted(reading.files.items()))
    return Snapshot(commit, reading.files, reading.findings)


def _commit_in(id_: str, content: bytes) -> Commit:
    head, _, message = content.decode("utf-8", "replace").partition("\n\n")
    values = dict(reversed([line.split(" ", 1) for line in head.split("\n") if " " in line.strip()]))
    author = _AUTHOR.fullmatch(values.get("author", ""))
    if not re.fullmatch(r"[0-9a-f]{40}", values.get("tree", "")):
        raise damaged()
    subject = next((line.strip() for line in message.split("\n") if line.strip()), "")
    return Commit(
        id_, _plain(author["name"])[:LONGEST_NAME] if author else "", _moment(author["at"]) if author else None,
        _plain(subject)[:LONGEST_SUBJECT], values["tree"],
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, ValueError, OSError):
        return None


class _Reading:
    """Takes files out of a pack as modules.folder.read_folder() takes them from a disk."""

    def __init__(self, pack: Pack, filtered: bool) -> None:
        self._pack, self._filtered = pack, filtered
        self._seen = self._total = 0
        self.files: dict[str, bytes] = {}
        self.findings: list[Finding] = []

    def entries(self, tree: str) -> Iterator[tuple[int, str, str]]:
        """Mode, name and id of what is in a folder."""
        content = self._pack.get(tree, "tree")
        if content is None:
            raise damaged()
        at = 0
        while at < len(content):
            end = content.find(b"\0", at)
            mode, _, name = content[at:end].partition(b" ")
            id_ = content[end + 1:end + 21]
            if end < 0 or not re.fullmatch(rb"[0-7]{5,6}", mode) or not name or b"/" in name or len(id_) != 20:
                raise damaged()
            self._seen += 1
            if self._seen > MOST_SEEN:
                raise GitError(N_("The repository is too large: it has more than %(most)s files and folders."), most=MOST_SEEN)
            yield int(mode, 8), name.decode("utf-8", "replace"), id_.hex()
            at = end + 21

    def entry(self, tree: str, name: str) -> tuple[int, str]:
        """Kind and id of what has a name in a folder; nothing: 0."""
        return next(((mode & 0o170000, id_) for mode, known, id_ in self.entries(tree) if known == name), (0, ""))

    def take_shared(self, beside: str, place: Place) -> None:
        """What a course shares with one beside it (`beside`: the folder of both; empty: there is none within the repository)."""
        kind, id_ = (_FOLDER, beside) if beside else (0, "")
        for name in (place.course, *place.path.split("/")):
            kind, id_ = self.entry(id_, name) if kind == _FOLDER else (kind if kind in (_LINK, _OTHER_REPOSITORY) else 0, id_)
        if kind == _FOLDER:
            self.take(id_, f"{place.path}/")
        elif kind == _LINK:
            self._find("file-kind", str(place), *_A_LINK)
        elif kind == _OTHER_REPOSITORY:
            self._find("file-kind", str(place), *_A_SUBMODULE)
        elif kind:
            self._take_file(id_, place.path)
        else:
            self.findings.append(nothing_at(place))

    def take(self, tree: str, prefix: str) -> None:
        """All files of a folder. check_files() reports what is over the bounds."""
        for mode, name, id_ in self.entries(tree):
            if len(self.files) > MOST_FILES or self._total > MOST_BYTES:
                return
            path = prefix + name
            if name.startswith("."):
                continue
            if mode & 0o170000 == _FOLDER:
                if path.count("/") <= DEEPEST:
                    self.take(id_, path + "/")
                else:
                    self._find("file-depth", path, N_("This lies more than %(most)s folders deep."), N_("Move it up."), most=DEEPEST)
            elif mode & 0o170000 == _LINK:
                self._find("file-kind", path, *_A_LINK)
            elif mode & 0o170000 == _OTHER_REPOSITORY:
                self._find("file-kind", path, *_A_SUBMODULE)
            else:
                self._take_file(id_, path)

    def _take_file(self, id_: str, path: str) -> None:
        content = self._pack.get(id_, "blob")
        if content is None and not self._filtered:
            raise damaged()
        if content is None or len(content) > most_bytes(path):
            self._find("file-size", path, N_("The file is larger than %(most)s MB."), N_("Split the text, or make the picture smaller."), most=most_bytes(path) >> 20)
            return
        if content.startswith(_POINTER):
            self._find("file-kind", path, N_("This is only a note where Git LFS keeps the file."), N_("Put the file itself into the repository."))
            return
        if path in self.files:
            raise damaged()
        self.files[path] = content
        self._total += len(content)

    def _find(self, rule: str, path: str, message: str, mend: str, **values: int) -> None:
        self.findings.append(Finding(rule, path, 0, message, mend, values=values))
