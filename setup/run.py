"""`./lotse run`: everything on this machine, from the database to the model, until Ctrl-C."""

import argparse
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setup import system
from setup.embedded_model import EmbeddedModel
from setup.environment import Environment, bring_up
from setup.supervise import Child, Supervisor
from setup.terminal import SetupError, say

MOST_WORKERS = 8  # Each is a whole Python process; whoever needs more says so with --workers.
FIRST_ANSWER_SECONDS = 60
LOOK_EVERY = 0.25


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    host: str
    port: int
    data: Path
    model: str
    workers: int
    production: bool

    @property
    def lms_port(self) -> int:
        """The port of the demo's stand-in for an LMS."""
        return self.port + 1


def parse(arguments: list[str], data: Path) -> Options:
    """Read the command line; what it leaves open comes from the LOTSE_* variables and then from the defaults."""
    parser = argparse.ArgumentParser(prog="./lotse run", description="Run Lotse on this machine until Ctrl-C.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port (%(default)s); the demo's LMS takes the next one")
    parser.add_argument("--data", type=Path, default=data, help="folder for the database and the models (%(default)s)")
    parser.add_argument(
        "--model", choices=["none", "small", "default"], default=os.environ.get("LOTSE_MODEL") or "default",
        help="embedded language model: none, small (93 MB) or default (1.1 GB)",
    )
    parser.add_argument(
        "--workers", type=int, default=min(os.cpu_count() or 1, MOST_WORKERS), help="web processes (%(default)s)"
    )
    given = parser.parse_args(arguments)
    if not 1 <= given.port <= 65534:
        parser.error("--port: allowed is a number from 1 to 65534")
    if given.workers < 1:
        parser.error("--workers: allowed is 1 or more")
    production = os.environ.get("LOTSE_MODE") == "production"
    return Options(given.host, given.port, given.data.absolute(), given.model, given.workers, production)


def run(root: Path, arguments: list[str]) -> int:
    """Bring everything up, serve until TERM or Ctrl-C, and leave nothing behind."""
    options = parse(arguments, Environment(root).data)
    check_ports(options)
    environment = bring_up(root)
    system.ensure(system.RUN_NEEDS, environment.own / "system.json")
    environ = settings(environment, options)
    application(environment, environ, "db", "upgrade")
    return serve(environment, environ, options)


def check_ports(options: Options) -> None:
    """Raise SetupError that says what to do when a port is taken."""
    for port in [options.port] if options.production else [options.port, options.lms_port]:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((options.host, port))
            except OSError as error:
                raise SetupError(
                    f"Port {port} on {options.host} cannot be used ({error.strerror}). Is Lotse running already? "
                    f"Stop it, or choose another port: ./lotse run --port {options.port + 10}"
                ) from error


def settings(environment: Environment, options: Options) -> dict[str, str]:
    """The environment variables for the application: what the command line says wins over the machine's."""
    environ = environment.environ()
    environ["LOTSE_DATA_DIR"] = str(options.data)
    environ["LOTSE_MODEL"] = options.model
    environ.setdefault("LOTSE_BASE_URL", f"http://localhost:{options.port}")
    environ.setdefault("MALLOC_ARENA_MAX", "2")  # The processes stay smaller (docs/decisions/0008).
    return environ


def application(environment: Environment, environ: dict[str, str], *words: str) -> None:
    """Run one of the application's commands. Raises SetupError when it fails; it has said why."""
    result = subprocess.run(
        environment.application(*words), env=environ, cwd=environment.root, check=False,
        stdout=subprocess.DEVNULL, start_new_session=True,  # Ctrl-C is for the launcher, which lets it finish.
    )
    if result.returncode:
        raise SetupError(f"Lotse cannot start: ./lotse {' '.join(words)} failed, see above.")


def serve(environment: Environment, environ: dict[str, str], options: Options) -> int:
    """Start the servers, then the model beside them, and look after all until told to stop."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    model = EmbeddedModel(environment, environ, options.data)
    supervisor = Supervisor()
    try:
        supervisor.add(web_server(environment, environ, options))
        if not options.production:  # Beside the server's start, which has a core to spare.
            application(environment, environ, "demo", "seed")
        answered = await_first_answer(options, supervisor, stopping)
        if not options.production:
            supervisor.add(lms_stand_in(environment, environ, options))
        if answered:
            say(welcome(options, environ, model))
        while not stopping.wait(LOOK_EVERY):
            supervisor.look()
            model.look(supervisor)
    finally:
        say("Stopping …")
        supervisor.stop()
    return 0


def web_server(environment: Environment, environ: dict[str, str], options: Options) -> Child:
    """The application under granian: as many processes as cores and few threads, which was measured to be fastest."""
    return Child("web server", granian(environment, options, options.port, options.workers, "wsgi:app"), environ)


def lms_stand_in(environment: Environment, environ: dict[str, str], options: Options) -> Child:
    """The demo's small LMS, on a port and thus an origin of its own."""
    return Child("demo LMS", granian(environment, options, options.lms_port, 1, "demo.wsgi:app"), environ)


def granian(environment: Environment, options: Options, port: int, workers: int, target: str) -> list[str]:
    """The command for one server."""
    return environment.module(
        "granian", "--interface", "wsgi", "--host", options.host, "--port", str(port), "--workers", str(workers),
        "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "7",
        "--log-level", "warning", target,
    )


def await_first_answer(options: Options, supervisor: Supervisor, stopping: threading.Event) -> bool:
    """Wait until the site answers; False when it was stopped before, or is still silent after a minute."""
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while time.monotonic() < deadline:
        if answers(options):
            return True
        supervisor.look()
        if stopping.wait(0.1):
            return False
    say("The site does not answer yet; it may be on its way, or the lines above say why not.")
    return False


def answers(options: Options) -> bool:
    """Whether the web server gives any answer."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(host, options.port, timeout=5)
    try:
        connection.request("GET", "/health")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def welcome(options: Options, environ: dict[str, str], model: EmbeddedModel) -> str:
    """What a person needs to know once it runs."""
    lines = ["", "Lotse is running."]
    if not options.production:
        lines[-1] = "Lotse is running as a demonstration: the people in it are invented, and it is not for real data."
    demonstration = read_demonstration(options)
    lines += ["", f"  Address    {environ['LOTSE_BASE_URL']}"]
    lines += [f"  Sign in    {line}" for line in sign_ins(demonstration)]
    if demonstration:
        lines.append(f"  Demo LMS   {demonstration['lms']}")
    lines += [f"  Data       {options.data}", f"  Model      {model.outlook()}", "  Stop       Ctrl-C", ""]
    return "\n".join(lines)


def read_demonstration(options: Options) -> dict[str, Any]:
    """What `demo seed` wrote down: the people and the address of the stand-in LMS. Empty in production."""
    file = options.data / "demo.json"
    return {} if options.production or not file.exists() else dict(json.loads(file.read_text()))


def sign_ins(demonstration: dict[str, Any]) -> list[str]:
    """The demonstration's people in columns: name, password, role."""
    people = demonstration.get("sign_ins", [])
    name, password = (max((len(person[key]) for person in people), default=0) for key in ("username", "password"))
    return [f"{person['username']:{name}}  {person['password']:{password}}  ({person['role']})" for person in people]
