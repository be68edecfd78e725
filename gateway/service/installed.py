"""How the models on this machine stand, for the status page and for administrators."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core import db
from core.config import settings
from gateway.catalogue import ENTRIES, Entry
from gateway.embedded import SERVER_FILE
from gateway.keeper import STATE_FILE, Kept, wanted
from gateway.models import Ending, Usage
from gateway.reading import read
from gateway.service.offers import model
from setup.models import Model, known, path_of, read_status

LATELY = timedelta(days=7)
_STATM_RESIDENT = 1


@dataclass(frozen=True)
class State:
    """How the usual embedded model stands: none, fetching, starting, ready or failed. `percent` while it is fetched."""

    name: str
    state: str
    percent: int | None = None


@dataclass(frozen=True)
class Installed:
    """A model of this machine. `state` as in State, or `absent`: nobody has asked for it; `fault` as in gateway.keeper.Kept.

    Sizes in megabytes (`memory`: what its process has now, None: it does not run); `speed` in tokens a second, lately.
    """

    name: str
    title: str
    state: str
    entry: Entry
    licence: str
    megabytes: int
    usual_memory: int
    abilities: tuple[str, ...] = ()
    percent: int | None = None
    fault: str = ""
    memory: int | None = None
    speed: float | None = None


def state() -> State:
    """How the usual embedded model stands, for the status page."""
    answering = model()
    if answering:
        return State(answering.label, "ready")
    chosen = wanted(settings())
    found = _state(chosen[0]) if chosen else State("", "none")
    return State("", "none") if found.state == "absent" else found


def others() -> list[State]:
    """How the models beside the usual one stand, for the status page."""
    return [_state(kept) for kept in wanted(settings())[1:]]


def installed() -> list[Installed]:
    """All models that this machine has or could have, those that were chosen first."""
    chosen = {kept.name: kept for kept in wanted(settings())}
    pinned = {entry.name: entry for entry in known()}
    serving = {str(entry.get("title")): entry for entry in read(settings().data_dir / SERVER_FILE).get("models", [])}
    return [_installed(name, chosen.get(name), pinned.get(name), serving) for name in dict.fromkeys((*chosen, *pinned))]


def _installed(name: str, kept: Kept | None, pinned: Model | None, serving: dict[str, dict[str, Any]]) -> Installed:
    title = kept.title if kept else pinned.title if pinned else name
    said = serving.get(title, {})
    standing = _state(kept) if kept else State(title, "unused" if pinned and path_of(pinned, settings().data_dir).exists() else "absent")
    return Installed(
        name, title, standing.state, ENTRIES[name], pinned.licence if pinned else "", _megabytes(kept, pinned), pinned.memory_mb if pinned else 0,
        tuple(kept.about["abilities"]) if kept else (), standing.percent, _said_of(name).get("fault", ""), _resident(said.get("pid")),
        _speed(str(said.get("model", ""))),
    )


def _state(kept: Kept) -> State:
    said = _said_of(kept.name)
    if said.get("state") in ("ready", "starting", "failed"):
        return State(kept.title, said["state"])
    if kept.path.exists():
        return State(kept.title, "starting")
    status = read_status(settings().data_dir, kept.name)
    if status is None or status.state == "failed":
        return State(kept.title, "failed" if status or kept.model is None else "absent")
    if status.state == "ready":
        return State(kept.title, "starting")
    return State(kept.title, "fetching", round(100 * status.done / status.total) if status.total else None)


def _said_of(name: str) -> dict[str, Any]:
    entries = read(settings().data_dir / STATE_FILE).get("models", [])
    return next((entry for entry in entries if entry.get("name") == name), {})


def _megabytes(kept: Kept | None, pinned: Model | None) -> int:
    if pinned:
        return pinned.bytes // 1_000_000
    return kept.path.stat().st_size // 1_000_000 if kept and kept.path.is_file() else 0


def _resident(pid: object) -> int | None:
    """The memory of a process in megabytes; None where it cannot be known."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[_STATM_RESIDENT])
    except (OSError, ValueError, IndexError):
        return None
    return pages * 4096 >> 20


def _speed(name: str) -> float | None:
    """Tokens a second of the answers that the organisation's people got lately."""
    tokens, milliseconds = db.session.execute(
        select(func.sum(Usage.completion_tokens), func.sum(Usage.milliseconds))
        .where(Usage.model == name, Usage.ending.in_((Ending.STOP, Ending.LENGTH)), Usage.at > db.now() - LATELY, Usage.completion_tokens > 0)
    ).one()
    return round(1000 * float(tokens) / float(milliseconds), 1) if tokens and milliseconds else None
