"""One person under two identities: what was used under one counts for the other."""

from sqlalchemy import select, update

from core import db
from gateway.models import AccessKey, Pot, Reservation, Usage, Waiting
from gateway.service.budgets import person_account


def follow_join(sender: str, *, kept: int, vanishing: int) -> None:
    """Receiver of `joined`: usage, budgets, keys and places in line are the kept person's. Nobody gets a second budget by joining."""
    for table in (Usage, Reservation, AccessKey):
        db.session.execute(update(table).where(table.person_id == vanishing).values(person_id=kept).execution_options(synchronize_session=False))
    db.session.execute(update(Waiting).where(Waiting.person == vanishing).values(person=kept).execution_options(synchronize_session=False))
    old, new = person_account(vanishing), person_account(kept)
    for pot in db.session.scalars(select(Pot).where((Pot.account == old) | Pot.account.startswith(f"{old} ")).order_by(Pot.account)).all():
        name = new + pot.account.removeprefix(old)
        there = db.session.scalars(select(Pot).where(Pot.account == name, Pot.day == pot.day).with_for_update()).one_or_none()
        if there is None:
            pot.account = name
        else:
            there.tokens += pot.tokens
            db.session.delete(pot)
    db.session.flush()
