"""Commands that belong to no room: the database, workers and the clock for installations with Redis."""

import sys
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from flask.cli import AppGroup, with_appcontext

from core import jobs
from core.config import settings

database = AppGroup("db", help="The database's tables.")
ROOT = Path(__file__).parent.parent


def alembic_config() -> Config:
    """Alembic's configuration for the present app's database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


@database.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date. Safe to repeat."""
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    command.upgrade(alembic_config(), "head")


@database.command("revision")
@click.argument("message")
def revision(message: str) -> None:
    """For developers: write a migration from what the models say now. Read it before you commit it."""
    command.revision(alembic_config(), message, autogenerate=True)


@click.command("worker")
@click.option("--concurrency", default=2, show_default=True, help="Worker processes.")
@with_appcontext
def worker(concurrency: int) -> None:
    """Run background work in processes of its own (needs LOTSE_BROKER_URL=redis://…)."""
    _needs_broker()
    jobs.queue.worker_main(["worker", "--pool=prefork", f"--concurrency={concurrency}", "--loglevel=WARNING"])


@click.command("beat")
@with_appcontext
def beat() -> None:
    """Run the clock that starts the sweep; exactly one per installation (a second one does no harm)."""
    _needs_broker()
    jobs.queue.start(["beat", "--loglevel=WARNING", "--schedule", str(settings().data_dir / "beat")])


def _needs_broker() -> None:
    if settings().broker_url.startswith("memory"):
        click.echo("With LOTSE_BROKER_URL=memory:// background work runs inside the web processes; nothing to start here.")
        sys.exit(2)
