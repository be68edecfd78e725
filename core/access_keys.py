"""Keys by which others' programs come in: made by chance, shown once, kept as a hash, noted when used."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from flask import request
from sqlalchemy import select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import db

SHOWN = 4


class AccessKeyRow:
    """The columns of a table of keys, whose rows belong to an organisation (db.Tenanted)."""

    digest: Mapped[str] = mapped_column(unique=True)       # SHA-256 of the key, which is shown once
    ending: Mapped[str]                                    # its last four signs, to tell keys apart
    created_at: Mapped[datetime] = mapped_column(default=db.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    @property
    def is_valid(self) -> bool:
        """Whether the key is neither ended nor expired."""
        return self.revoked_at is None and self.expires_at > db.now()


@dataclass(frozen=True)
class FreshKey:
    """A key that nobody has seen yet."""

    secret: str = field(repr=False)

    @classmethod
    def make(cls, mark: str) -> "FreshKey":
        """A new one. `mark` stands before the 256 bits of chance, so that people and scanners recognise what it opens."""
        return cls(mark + secrets.token_urlsafe(32))

    @property
    def columns(self) -> dict[str, str]:
        """What a row keeps of it."""
        return {"digest": digest(self.secret), "ending": self.secret[-SHOWN:]}


_Row = TypeVar("_Row", bound=AccessKeyRow)


def digest(secret: str) -> str:
    """What is kept of a key. It has 256 bits of chance, so a slow hash would protect nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def given() -> str:
    """The key that came with the request, or nothing."""
    return request.headers.get("Authorization", "").removeprefix("Bearer ").strip()


def given_digest() -> str:
    """By what requests of a key are counted: never the key itself, which would then lie in the counter's store."""
    return digest(given())


def find(table: type[_Row], secret: str) -> _Row | None:
    """The valid row of this key, of whatever organisation."""
    rows: Any = table
    with db.unscoped():  # Who brings a key has said nothing else yet: the row names the organisation.
        row: _Row | None = db.session.scalars(select(rows).where(rows.digest == digest(secret)).execution_options(populate_existing=True)).one_or_none()
    return row if row is not None and row.is_valid else None


def revoke(row: AccessKeyRow) -> None:
    """End a key for good. Within a transaction; ending it twice changes nothing."""
    if row.revoked_at is None:
        row.revoked_at = db.now()


def note_use(row: Any, moment: datetime) -> None:
    """Write down that a key was used. A transaction of its own."""
    table = type(row)
    with db.transaction() as tx:
        tx.execute(update(table).where(table.id == row.id).values(used_at=moment).execution_options(synchronize_session=False))
