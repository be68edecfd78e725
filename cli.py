"""The command line behind `./lotse`: Flask's, with the settings checked before anything else."""

import sys

from flask.cli import FlaskGroup

from app import create_app
from bench.commands import bench
from core.config import SettingsError


def main() -> None:
    """Run a command; a wrong setting is one clear message, not a traceback."""
    try:
        app = create_app()
    except SettingsError as error:
        sys.stderr.write(f"Lotse does not start: settings are wrong.\n{error}\n")
        sys.exit(2)
    app.cli.add_command(bench)  # Here and not in app.py: the house itself does not know what measures it.
    FlaskGroup(create_app=lambda: app, add_default_commands=False, add_version_option=False)(prog_name="./lotse")


if __name__ == "__main__":
    main()
