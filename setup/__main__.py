"""Where the script `lotse` arrives: the set-up's own commands, and the application's for everything else."""

import os
import sys
from pathlib import Path

from setup import model_command
from setup.environment import bring_up
from setup.run import run
from setup.terminal import SetupError, say
from setup.test import test

ROOT = Path(__file__).resolve().parent.parent

HELP = """\
./lotse run      run Lotse on this machine (--port, --data DIR, --model none|small|default, --host, --workers)
./lotse test     run all checks and tests; with arguments only pytest, with these
./lotse models   fetch an embedded language model: models fetch small|default
./lotse setup    only bring up what run needs
./lotse help     this list

The application's commands:
"""


def main(arguments: list[str]) -> int:
    """Carry out one command and return the exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    match command:
        case "run":
            return run(ROOT, rest)
        case "test":
            return test(ROOT, rest)
        case "models":
            environment = bring_up(ROOT)
            return model_command.run(environment, environment.data, rest)
        case "setup":
            bring_up(ROOT)
            return 0
        case "help" | "--help" | "-h":
            print(HELP, flush=True)
            return application(["--help"])
    return application(arguments)


def application(arguments: list[str]) -> int:
    """Become the application's own command; does not return."""
    environment = bring_up(ROOT)
    os.execve(environment.python, environment.flask(*arguments), environment.environ())  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupError as error:
        say(str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
