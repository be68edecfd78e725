"""The embedded language model beside the running site: fetched while pages are served already, then started."""

from pathlib import Path

from setup.environment import Environment
from setup.models import Model, Status, path_of, pinned, read_status, ready_status, write_status
from setup.supervise import Child, Supervisor
from setup.terminal import Progress, say


class EmbeddedModel:
    """Fetches the model that the settings choose, and starts its server once the file is there."""

    def __init__(self, environment: Environment, environ: dict[str, str], data: Path) -> None:
        self._environment = environment
        self._environ = environ
        self._data = data
        self._own = environ.get("LOTSE_EMBEDDED_MODEL_PATH", "")
        chosen = environ["LOTSE_MODEL"]
        self._model: Model | None = None if self._own or chosen == "none" else pinned(chosen)
        self._fetch: Child | None = None
        self._progress: Progress | None = None
        self._served = False
        write_status(data, self._first_status())

    def look(self, supervisor: Supervisor) -> None:
        """Do the next step that is due. To be called a few times a second."""
        path = self._path()
        if self._served or path is None:
            return
        if path.is_file():
            self._serve(supervisor, path)
        elif self._fetch:
            self._show_progress(self._fetch)
        elif self._model:
            self._begin_fetch(supervisor, self._model)

    def outlook(self) -> str:
        """How the model stands, in a line."""
        status = self._first_status()
        if status.state == "none":
            return "none: prompt exercises show recorded answers"
        if status.state == "failed":
            return status.message
        if self._model and status.state == "fetching":
            return f"{self._model.title} is on its way; recorded answers serve until it is there"
        return self._model.title if self._model else self._own

    def _path(self) -> Path | None:
        if self._own:
            return Path(self._own)
        return path_of(self._model, self._data) if self._model else None

    def _first_status(self) -> Status:
        path = self._path()
        if path is None:
            return Status("none", "none")
        if self._model is None:
            message = "" if path.is_file() else f"LOTSE_EMBEDDED_MODEL_PATH: there is no file {path}"
            return Status("own", "failed" if message else "ready", message=message, path=str(path))
        if path.is_file():
            return ready_status(self._model, self._data)
        return Status(self._model.name, "fetching", total=self._model.bytes)

    def _begin_fetch(self, supervisor: Supervisor, model: Model) -> None:
        command = self._environment.module("setup", "models", "fetch", model.name, "--quiet", "--data", str(self._data))
        self._progress = Progress(model.title, model.bytes)
        self._fetch = Child("model download", command, self._environ, once=True)
        supervisor.add(self._fetch)

    def _show_progress(self, fetch: Child) -> None:
        status = read_status(self._data)
        if self._progress and status and status.state == "fetching":
            self._progress.show(status.done)
        if self._progress and fetch.over:
            self._progress.close()
            self._progress = None

    def _serve(self, supervisor: Supervisor, path: Path) -> None:
        self._served = True
        if self._progress:
            self._progress.close()
            say("The language model is there.")
        command = self._environment.module("gateway.embedded", "--model", str(path), "--data", str(self._data))
        supervisor.add(Child("model server", command, self._environ))
