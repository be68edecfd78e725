"""What an organisation allows, and what a lecturer has set for one run."""

from typing import Any

from sqlalchemy import select

from core import db
from gateway.models import ModelPolicy, RunModels


def policy() -> ModelPolicy:
    """What the organisation allows; the defaults where nothing was set (a row that is in no session)."""
    return db.session.scalars(select(ModelPolicy)).one_or_none() or ModelPolicy(external=False, embedded=True, pseudonyms=False)


def set_policy(**changes: Any) -> None:
    """Change what the organisation allows."""
    with db.transaction() as tx:
        row = tx.scalars(select(ModelPolicy)).one_or_none()
        if row is None:
            row = ModelPolicy()
            tx.add(row)
        for name, value in changes.items():
            setattr(row, name, value)


def run_models(run_id: int) -> RunModels:
    """What is set for a run; the defaults where nothing was set (a row that is in no session)."""
    found = db.session.scalars(select(RunModels).where(RunModels.run_id == run_id)).one_or_none()
    return found or RunModels(run_id=run_id, silent=False, external=True, own_tools=False)


def set_run_models(run_id: int, **changes: Any) -> None:
    """Change what holds in a run."""
    with db.transaction() as tx:
        row = tx.scalars(select(RunModels).where(RunModels.run_id == run_id)).one_or_none()
        if row is None:
            row = RunModels(run_id=run_id)
            tx.add(row)
        for name, value in changes.items():
            setattr(row, name, value)
