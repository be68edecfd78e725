"""How the models on this machine stand, for the status page."""

from dataclasses import dataclass
from pathlib import Path

from core.config import settings
from gateway.service.offers import model, read

STATUS_FILE = Path("models/status.json")


@dataclass(frozen=True)
class State:
    """How the embedded model stands: none, fetching, starting, ready or failed. `percent` while it is fetched."""

    name: str
    state: str
    percent: int | None = None


def state() -> State:
    """How the embedded model stands, for the status page."""
    status = read(STATUS_FILE)
    answering = model()
    if answering:
        return State(answering.name, "ready")
    if settings().model == "none" and not settings().embedded_model_path:
        return State("", "none")
    name, phase = str(status.get("name", "")), str(status.get("state", "none"))
    if phase == "ready":
        return State(name, "starting")
    total = status.get("total") or 0
    return State(name, phase, round(100 * status.get("done", 0) / total) if phase == "fetching" and total else None)
