"""The embedded models beside the running site: fetched while pages are served already, and served by a keeper of their own."""

from dataclasses import dataclass
from pathlib import Path

from setup import fitting
from setup.environment import Environment
from setup.models import Model, Status, path_of, read_status, ready_status, write_status
from setup.supervise import Child, Supervisor
from setup.terminal import Progress, say


@dataclass
class Arriving:
    """A model that is being fetched."""

    model: Model
    child: Child
    progress: Progress


class EmbeddedModel:
    """Fetches the models that the settings choose, one after the other; the keeper serves each as soon as it stands there."""

    def __init__(self, environment: Environment, environ: dict[str, str], data: Path) -> None:
        self._environment = environment
        self._environ = environ
        self._data = data
        self._own = environ.get("LOTSE_EMBEDDED_MODEL_PATH", "")
        self._models = fitting.chosen(environ["LOTSE_MODEL"], bool(self._own), fitting.memory())
        self._tried: set[str] = set()
        self._arriving: Arriving | None = None
        self._kept = False
        for model in self._models:
            write_status(data, self._first_status(model))

    def look(self, supervisor: Supervisor) -> None:
        """Do the next step that is due. To be called a few times a second."""
        if not self._kept and (self._models or self._own):
            self._kept = True
            supervisor.add(Child("keeper of the models", self._environment.module("gateway.keeper"), self._environ))
        if self._arriving:
            self._watch(self._arriving)
            return
        missing = next((model for model in self._models if model.name not in self._tried and not path_of(model, self._data).exists()), None)
        if missing:
            self._tried.add(missing.name)
            self._arriving = self._begin(supervisor, missing)

    def outlook(self) -> str:
        """How the models stand, in a line."""
        if self._own:
            path = Path(self._own)
            return str(path) if path.is_file() else f"LOTSE_EMBEDDED_MODEL_PATH: there is no file {path}"
        if not self._models:
            return "none: prompt exercises show recorded answers"
        first = self._models[0]
        if path_of(first, self._data).exists():
            return first.title
        status = read_status(self._data, first.name)
        if status and status.state == "failed":
            return status.message
        return f"{first.title} is on its way; recorded answers serve until it is there"

    def _first_status(self, model: Model) -> Status:
        if path_of(model, self._data).exists():
            return ready_status(model, self._data)
        return Status(model.name, "fetching", total=model.bytes)

    def _begin(self, supervisor: Supervisor, model: Model) -> Arriving:
        command = self._environment.module("setup", "models", "fetch", model.name, "--quiet", "--data", str(self._data))
        child = Child("model download", command, self._environ, once=True)
        supervisor.add(child)
        return Arriving(model, child, Progress(model.title, model.bytes))

    def _watch(self, arriving: Arriving) -> None:
        status = read_status(self._data, arriving.model.name)
        if status and status.state == "fetching":
            arriving.progress.show(status.done)
        if arriving.child.over:
            arriving.progress.close()
            if path_of(arriving.model, self._data).exists():
                say(f"{arriving.model.title} is there.")
            self._arriving = None
