"""Who may do what in an organisation. Roles in one course run are courses' business."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort
from flask_login import login_required
from sqlalchemy import select

from accounts.models import Grant, Role
from accounts.signin import person
from core import db

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def roles_of(person_id: int) -> frozenset[Role]:
    """The roles that a person has in the whole organisation."""
    return frozenset(db.session.scalars(select(Grant.role).where(Grant.person_id == person_id)))


def needs(*allowed: Role) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Let a view in only for people with one of these roles in the organisation."""

    def decorate(view: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(view)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            if not roles_of(person().id) & set(allowed):
                abort(403)
            return view(*args, **kwargs)

        return login_required(guarded)  # type: ignore[no-any-return]

    return decorate
