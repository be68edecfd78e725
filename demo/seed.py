"""The demonstration: an invented university with people, the starter curriculum, and the stand-in registered as its LMS."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import accounts.service as people
import certificates.service as certificates
import courses.service as courses
import modules.service as modules
from accounts.models import Role
from certificates import versions
from core import db
from core.config import Settings
from demo import campus
from demo.campus import Addresses
from lti.registration import PlatformData
from lti.service import platforms

ROOT = Path(__file__).parent.parent
CONTENT = ROOT / "content" / campus.LOTSE_COURSE
WORKSHOP = ROOT / "content" / campus.WORKSHOP
FOR_STAFF = tuple(ROOT / "content" / course for course in (campus.TEACHING_COURSE, campus.OFFICE_COURSE))
LETTERHEAD = ROOT / "certificates" / "example" / "letterhead.yml"
SLUG = "musterstadt"


class SeedError(RuntimeError):
    """The demonstration cannot be set up here; the text says why."""


@dataclass(frozen=True)
class Guest:
    """Somebody who signs in to Lotse itself, without an LMS."""

    username: str
    name: str
    role: Role


GUESTS = (
    Guest("student", "Lena Ahrens", Role.LEARNER),
    Guest("lecturer", "Karim Haddad", Role.LECTURER),
    Guest("trainer", "Sabine Okafor", Role.TRAINER),
    Guest("admin", "Jonas Lindqvist", Role.ADMINISTRATOR),
)


def seed(settings: Settings, content: Path = CONTENT) -> Path:
    """Set up the demonstration, or what is missing of it; returns the file with the sign-ins.

    Raises SeedError in production, OSError and modules' FormatError when the curriculum cannot be read.
    """
    if settings.production:
        raise SeedError("LOTSE_MODE=production: the demonstration has well-known people and a stand-in LMS, and is not set up here")
    file = settings.data_dir / "demo.json"
    passwords = _kept_passwords(file)
    organisation = people.add_organisation(SLUG, "Universität Musterstadt", "Zentrum für Digitale Lehre")
    editions = {folder: modules.publish_folder(organisation.id, folder) for folder in (content, WORKSHOP, *FOR_STAFF)}
    with db.scoped(organisation.id), db.transaction():
        runs = [courses.open_run(edition.course_id, folder.name) for folder, edition in editions.items()]
        if versions.newest() is None:  # An operator may have tried their own since.
            certificates.set_letterhead(organisation.id, LETTERHEAD)
        for guest in GUESTS:
            person = people.add_local_person(organisation.id, guest.username, passwords[guest.username], name=guest.name, roles=(guest.role,))
            if guest.role in (Role.LEARNER, Role.LECTURER):
                for run in runs:
                    courses.enrol(run.id, person.id, guest.role)
    _register(settings, organisation.id)
    _write(file, {
        "lms": settings.demo_lms_url,
        "sign_ins": [{"username": guest.username, "password": passwords[guest.username], "role": guest.role.value} for guest in GUESTS],
    })
    return file


def _register(settings: Settings, organisation_id: int) -> None:
    lms = Addresses.from_settings(settings)
    platforms.add_platform(organisation_id, PlatformData(
        issuer=lms.issuer, client_id=campus.CLIENT_ID, auth_url=lms.authorization, token_url=lms.token, jwks_url=lms.keys,
        deployments=(campus.DEPLOYMENT_ID,), name="Campus-Demo",
    ))


def _kept_passwords(file: Path) -> dict[str, str]:
    """The passwords of the first start; new ones for whoever has none yet."""
    try:
        kept = {entry["username"]: entry["password"] for entry in json.loads(file.read_text())["sign_ins"]}
    except (OSError, ValueError, KeyError):
        kept = {}
    return {guest.username: kept.get(guest.username) or _password() for guest in GUESTS}


def _password() -> str:
    """Pronounceable: three words of three syllables, 2^57 possibilities."""
    return "-".join("".join(secrets.choice("bdfghklmnprstvwz") + secrets.choice("aeiou") for _ in range(3)) for _ in range(3))


def _write(file: Path, content: dict[str, Any]) -> None:
    """Replace the file at once; only the operator may read it."""
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=2)
    fresh.replace(file)
