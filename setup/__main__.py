"""Where the script `lotse` arrives: the set-up's own commands, and the application's for everything else."""

import os
import sys
from pathlib import Path

from setup import model_command, system, tools
from setup.environment import Environment, bring_up
from setup.run import run
from setup.terminal import SetupError, say
from setup.test import test

ROOT = Path(__file__).resolve().parent.parent

HELP = """\
./lotse run      run Lotse on this machine (--port, --data DIR, --model none|small|default, --host, --workers)
./lotse test     run all checks and tests; with arguments only pytest, with these
./lotse models   the embedded models: models list, models fetch small|default|embed
./lotse setup    only bring up what run needs
./lotse help     this list, and once everything is there also the application's own commands
"""


def main(arguments: list[str]) -> int:
    """Carry out one command and return the exit code."""
    tools.trust_system_certificates()
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    match command:
        case "run":
            return run(ROOT, rest)
        case "test":
            return test(ROOT, rest)
        case "models":
            return model_command.run(Environment(ROOT), rest)
        case "setup":
            system.ensure(system.RUN_NEEDS, bring_up(ROOT).own / "system.json")
            return 0
        case "help" | "--help" | "-h":
            print(HELP, flush=True)
            return application(["--help"]) if Environment(ROOT).python.exists() else 0
    return application(arguments)


def application(arguments: list[str]) -> int:
    """Become the application's own command; does not return."""
    environment = bring_up(ROOT)
    os.execve(environment.python, environment.application(*arguments), environment.environ())  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
