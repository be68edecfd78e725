"""Use cases of courses that follow a git repository: say which, pull by a job, report, and decide where both sides have changed.

A draft that was edited here since the last pull is never overwritten: the commit waits until somebody says which of both shall
stand. What is replaced then, too, stays in the draft's history.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core import db, http, jobs
from core.cipher import CipherError, decrypt, encrypt
from core.config import replace_settings, settings
from core.i18n import N_
from gateway.addresses import with_ports
from modules.findings import Finding
from modules.folder import check_files
from modules.lint import errors, lint
from modules.service import CheckedFolder
from modules.source import read_course
from studio import service
from studio.git import reading
from studio.git.faults import GitError
from studio.git.reading import Source
from studio.git.tree import Commit, Snapshot
from studio.keeping import kept
from studio.models import Draft, Following, Pull, PullOutcome
from studio.service import StudioError

PULL = "studio.pull"
PURPOSE = "git token"
EVERY = timedelta(minutes=15)
AFTER_FAULT = timedelta(hours=1)
LEASE = timedelta(minutes=1)           # of a worker that is gone; who works renews it
MOST_TRIES = 5                         # after which a pull that ends every worker is left alone for a day
REPORTS_KEPT = 100
MOST_TOLD = 200                        # findings and changed files of one report
_CUT_OFF = {"folder-files", "folder-size"}  # So much that not all of it was read.
LONGEST = 200
LONGEST_TOKEN = 1000


@dataclass(frozen=True)
class Wanted:
    """What an author enters. `token` empty: the one that is set stays, unless the repository is another one."""

    url: str
    branch: str = ""
    folder: str = ""
    token: str = field(default="", repr=False)
    publishes: bool = False


# --- Saying what is followed ------------------------------------------------------------------------------------------

def following_of(draft_id: int) -> Following | None:
    """What a draft follows."""
    return db.session.scalars(select(Following).where(Following.draft_id == draft_id)).one_or_none()


def followings() -> list[tuple[str, Following]]:
    """All of the organisation, by the course's slug."""
    rows = db.session.execute(select(Draft.slug, Following).join(Following, Following.draft_id == Draft.id).order_by(Draft.slug))
    return [(row[0], row[1]) for row in rows]


def follow(draft_id: int, wanted: Wanted, person_id: int) -> Following:
    """Let a draft follow a repository, or another one than so far; it is pulled at once. Raises StudioError."""
    tidy = _tidy(wanted)
    with db.transaction() as tx:
        service.locked(tx, draft_id)
        row = following_of(draft_id)
        if row is None:
            row = Following(draft_id=draft_id, token="", commit_id="", taken="", overrules="", url="", branch="", folder="")
            tx.add(row)
        same = (row.url, row.branch, row.folder) == (tidy.url, tidy.branch, tidy.folder)
        if tidy.token:
            row.token = encrypt(tidy.token.encode(), settings().secret_key, PURPOSE)
        elif row.url != tidy.url:
            row.token = ""             # A token is never sent to another address than the one for which it was entered.
        if not same or tidy.publishes != row.publishes:
            row.commit_id = row.overrules = ""
        row.url, row.branch, row.folder, row.publishes, row.person_id = tidy.url, tidy.branch, tidy.folder, tidy.publishes, person_id
        _again(tx, row)
    return row


def begin(slug: str, wanted: Wanted, person_id: int) -> Draft:
    """A new course that follows a repository from its beginning. Raises StudioError."""
    with db.transaction():
        draft = service.begin_course(slug, {}, person_id)
        follow(draft.id, wanted, person_id)
    return draft


def _tidy(wanted: Wanted) -> Wanted:
    url, branch, folder, token = wanted.url.strip().rstrip("/"), wanted.branch.strip(), wanted.folder.strip().strip("/"), wanted.token.strip()
    if fault := reading.fault_of_address(url):
        raise StudioError(fault)
    if not branch.isprintable() or len(branch) > LONGEST:
        raise StudioError(N_("This is no name of a branch."))
    if not folder.isprintable() or len(folder) > LONGEST or (folder and not {"", ".", ".."}.isdisjoint(folder.split("/"))):
        raise StudioError(N_("This is no folder of a repository. It looks like courses/ai"))
    if not token.isascii() or not token.isprintable() or len(token) > LONGEST_TOKEN:
        raise StudioError(N_("This is no access token."))
    return Wanted(url, branch, folder, token, wanted.publishes)


def stop(draft_id: int) -> None:
    """Follow no longer: address, token and reports are forgotten; the draft stays. Saying it twice changes nothing."""
    with db.transaction() as tx:
        row = following_of(draft_id)
        if row is not None:
            tx.execute(delete(Pull).where(Pull.following_id == row.id))
            tx.delete(row)


def pull_soon(draft_id: int) -> None:
    """Look at the repository at once. Asking twice is one look."""
    with db.transaction() as tx:
        row = following_of(draft_id)
        if row is not None and row.state != jobs.WorkState.RUNNING:
            _again(tx, row)


def take(draft_id: int, commit: str) -> None:
    """Let a commit replace the draft although it was edited here; the history keeps what is replaced."""
    with db.transaction() as tx:
        row = following_of(draft_id)
        if row is not None:
            row.overrules = commit
            _again(tx, row)


def keep(draft_id: int, commit: str) -> None:
    """Pass a commit over: the draft stays as it is. The next commit is asked about again."""
    with db.transaction() as tx:
        row = following_of(draft_id)
        last = _last(tx, row) if row else None
        if row is not None and last is not None and last.outcome == PullOutcome.CONFLICT and last.commit_id == commit:
            row.commit_id = commit
            _add(tx, row.id, _Report(PullOutcome.PASSED, Commit(commit, last.author, last.committed_at, last.subject, "")))


def _again(tx: Session, row: Following) -> None:
    jobs.anew(row)
    tx.flush()
    jobs.hint(jobs.queue.tasks[PULL], row.id)


def reports(following_id: int) -> list[Pull]:
    """The reports on pulls, the newest first."""
    return list(db.session.scalars(select(Pull).where(Pull.following_id == following_id).order_by(Pull.id.desc())))


def waiting(row: Following, found: list[Pull]) -> Pull | None:
    """The conflict that somebody has to decide."""
    last = found[0] if found else None
    return last if last and last.outcome == PullOutcome.CONFLICT and last.commit_id not in (row.commit_id, row.overrules) else None


# --- Pulling ----------------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class _Report:
    outcome: PullOutcome
    commit: Commit | None = None
    message: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    changed: tuple[tuple[str, str], ...] = ()
    edition_id: int | None = None


def pull_due(following_id: int) -> None:
    """Pull for a draft that is due: the background's part. Safe to run twice, and to be ended at any time."""
    row = jobs.claim(Following, following_id, LEASE)
    if row is None:
        return
    with suppress(jobs.LostLeaseError), jobs.held(row, LEASE):
        if row.tries > MOST_TRIES:
            _settle(row, timedelta(days=1), _Report(PullOutcome.FAILED, message=N_("The pull was broken off several times; it is tried again tomorrow.")))
            return
        try:
            found = _look(row)
        except GitError as error:
            _settle(row, AFTER_FAULT, _Report(PullOutcome.FAILED, message=error.message, told=error.values))
            return
        if found is None:
            _settle(row, EVERY, None)
        else:
            _keep(row, found)


def connection() -> httpx2.Client:
    """A guarded way to repositories: a private or plain server only where the operator has listed it with its port."""
    return http.client(replace_settings(settings(), outgoing_hosts=with_ports(settings().outgoing_hosts)))


def _look(row: Following) -> Snapshot | None:
    """What is at the branch; None when there is nothing to do about it. No transaction is open meanwhile."""
    try:
        token = decrypt(row.token, settings().secret_key, PURPOSE).decode() if row.token else ""
    except CipherError:
        raise GitError(N_("The access token cannot be read any more. Please enter it again.")) from None
    source = Source(row.url, row.branch, row.folder, token)
    with db.transaction() as tx:
        last = _last(tx, row)
        asked = last.commit_id if last and last.outcome == PullOutcome.CONFLICT and _edited(service.draft_at(row.draft_id), row) else ""
    with connection() as way:
        head = reading.head_of(way, source)
        if head.commit in (row.commit_id, asked) and row.overrules != head.commit:
            return None
        return reading.read(way, source, head)


def _keep(row: Following, found: Snapshot) -> None:
    """Make a commit the draft, and an edition if that is wanted: all of it, or nothing."""
    wrong = check_files(found.files)
    course = read_course(found.files)
    findings = (*found.findings, *lint(course))
    report = _Report(PullOutcome.REFUSED, found.commit, findings=(*found.findings, *wrong))
    if "course.yml" not in found.files and not _CUT_OFF & {finding.rule for finding in wrong}:
        return _settle(row, AFTER_FAULT, replace(report, message=N_("There is no course: no course.yml lies in this folder of the branch.")))
    if wrong:
        return _settle(row, AFTER_FAULT, replace(report, message=N_("There are files that no course may have, see below.")))
    slug = _slug(row)
    if course.id != slug:
        told = {"id": course.id or "?", "slug": slug}
        return _settle(row, AFTER_FAULT, replace(report, message=N_("The id of the course is “%(id)s” there, but this is the draft of “%(slug)s”."), told=told))
    lease = row.lease
    try:
        _put(row, CheckedFolder(course, found.files, list(findings)), found.commit)
    except StudioError as error:
        if row.lease != lease:         # Read anew, as all that was taken back.
            raise jobs.LostLeaseError from error
        _settle(row, AFTER_FAULT, replace(report, message=error.message, told=error.values))
    return None


def _slug(row: Following) -> str:
    with db.transaction():
        return service.draft_at(row.draft_id).slug


def _put(row: Following, folder: CheckedFolder, commit: Commit) -> None:
    want = {path: hashlib.sha256(content).hexdigest() for path, content in folder.files.items()}
    with db.transaction() as tx:
        draft = service.locked(tx, row.draft_id)
        _release_lease(row, EVERY)
        now = {path: file.digest for path, file in service.listing(draft.id).items()}
        changed = _differences(now, want)
        report = _Report(PullOutcome.DRAFTED, commit, findings=tuple(folder.findings), changed=changed)
        if changed and _edited(draft, row) and row.overrules != commit.id:
            _add(tx, row.id, replace(report, outcome=PullOutcome.CONFLICT))
            return
        service.put(draft.id, {path: folder.files.get(path) for _, path in changed}, row.person_id, "pulled")
        row.commit_id, row.taken, row.overrules = commit.id, _digest(want), ""
        if row.publishes and not errors(folder.findings):
            note = f"{commit.subject} ({commit.id[:10]})"
            report = replace(report, outcome=PullOutcome.PUBLISHED, edition_id=service.release(draft.id, folder, row.person_id, note).id)
        _add(tx, row.id, report)


def _edited(draft: Draft, row: Following) -> bool:
    """Whether somebody changed the draft here since the last pull; before the first one, since it was published."""
    if not row.taken:
        return bool(service.changed_paths(draft))
    return _digest({path: file.digest for path, file in service.listing(draft.id).items()}) != row.taken


def _digest(files: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{path}\0{files[path]}\n" for path in sorted(files)).encode()).hexdigest()


def _differences(now: Mapping[str, str], want: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a pull changes: + new, - gone, ~ other than before."""
    return tuple(
        ("+" if path not in now else "-" if path not in want else "~", path)
        for path in sorted(now.keys() | want.keys()) if now.get(path) != want.get(path)
    )


# --- Reports ----------------------------------------------------------------------------------------------------------

def _settle(row: Following, delay: timedelta, report: _Report | None) -> None:
    with db.transaction() as tx:
        _release_lease(row, delay)
        if report is not None:
            _add(tx, row.id, report)


def _release_lease(row: Following, delay: timedelta) -> None:
    """The work is done, to be done again later. Raises LostLeaseError: then nothing that this worker writes counts."""
    jobs.again(row, db.now() + delay)
    row.looked_at = db.now()


def _last(tx: Session, row: Following) -> Pull | None:
    return tx.scalars(select(Pull).where(Pull.following_id == row.id).order_by(Pull.id.desc()).limit(1)).one_or_none()


def _add(tx: Session, following_id: int, report: _Report) -> None:
    """Add a report, or note that the last one is still true; old ones go."""
    commit = report.commit or Commit("", "", None, "", "")
    made = Pull(
        following_id=following_id, outcome=report.outcome, commit_id=commit.id, author=commit.author, committed_at=commit.at, subject=commit.subject,
        message=report.message, told=dict(report.told), findings=[kept(finding) for finding in report.findings[:MOST_TOLD]],
        changed=[list(change) for change in report.changed[:MOST_TOLD]], edition_id=report.edition_id,
    )
    before = list(tx.scalars(select(Pull).where(Pull.following_id == following_id).order_by(Pull.id.desc())))
    if before and _says(before[0]) == _says(made):
        before[0].again_at = db.now()
        return
    tx.add(made)
    for old in before[REPORTS_KEPT - 1:]:
        tx.delete(old)


def _says(pull: Pull) -> tuple[Any, ...]:
    return pull.outcome, pull.commit_id, pull.message, pull.told, pull.findings, pull.changed, pull.edition_id
