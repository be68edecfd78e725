"""Courses that follow a git repository: what comes is what an import would give, and nothing that was written here is lost."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text, update

from accounts.models import Person, Role
from core import db, jobs
from core.config import replace_settings
from courses import service as courses
from modules.service import check_folder
from studio import following, service
from studio.following import Wanted
from studio.git import reading
from studio.models import Draft, Following, Pull
from studio.service import StudioError
from tests import builders
from tests.studio.gitserver import Repository, Server, repository, serving

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
PATH = "01-eins/module.de.md"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@dataclass
class House:
    """A draft, a person, and a repository that is served."""

    app: Flask
    draft: Draft
    ada: Person
    repository: Repository
    server: Server

    @property
    def url(self) -> str:
        return f"{self.server.base}/kurs"

    def follow(self, **wanted: str | bool) -> list[Pull]:
        following.follow(self.draft.id, Wanted(**{"url": self.url, **wanted}), self.ada.id)  # type: ignore[arg-type]
        return self.reports()

    def pull(self) -> list[Pull]:
        following.pull_soon(self.draft.id)
        return self.reports()

    def row(self) -> Following:
        db.session.rollback()
        db.session.expire_all()
        row = following.following_of(self.draft.id)
        assert row is not None
        return row

    def reports(self) -> list[Pull]:
        return following.reports(self.row().id)

    def last(self) -> tuple[str, str]:
        found = self.reports()[0]
        return found.outcome.value, found.message

    def edition(self) -> int:
        course = courses.course("kurs")
        assert course is not None
        return courses.newest_edition(course.id).number


@pytest.fixture
def house(app: Flask, tmp_path: Path) -> Iterator[House]:
    made = repository(tmp_path / "served" / "kurs")
    made.commit(builders.FILES, "Der Anfang")
    with serving(tmp_path / "served") as server, app.app_context():
        app.extensions["settings"] = replace_settings(app.extensions["settings"], outgoing_hosts=(server.host,))
        builders.organisation()
        builders.edition()
        draft = service.open_draft("kurs")
        assert draft is not None
        yield House(app, draft, builders.person(roles=(Role.TRAINER,)), made, server)


def changed(words: str) -> dict[str, bytes]:
    return {PATH: builders.GERMAN.replace("# Anfang", f"# {words}").encode()}


def test_a_new_commit_becomes_the_draft_once_and_is_what_an_import_of_the_folder_would_give(house: House) -> None:
    first = house.follow()[0]
    assert (first.outcome.value, first.author, first.subject, first.changed) == ("drafted", "Grace Höpper", "Der Anfang", [])
    assert first.committed_at is not None
    assert first.committed_at.isoformat() == "2026-03-01T11:00:00+00:00"
    commit = house.repository.commit({**changed("Neu"), "01-eins/media/bild.png": PNG, ".gitmodules": b"[submodule]"}, "Bild dazu\n\nLang.")
    report = house.pull()[0]
    assert (report.commit_id, report.subject) == (commit, "Bild dazu")
    assert report.changed == [["+", "01-eins/media/bild.png"], ["~", PATH]]
    assert service.contents(house.draft.id) == check_folder(house.repository.root).files
    assert house.edition() == 1  # Nothing is published unless somebody says so.
    asked = len(house.server.asked)
    assert len(house.pull()) == 2
    assert [line for line in house.server.asked[asked:] if line.startswith("POST")] == []
    house.repository.commit({"01-eins/media/bild.png": None})
    assert house.pull()[0].changed == [["-", "01-eins/media/bild.png"]]


def test_with_publishing_a_commit_without_errors_is_an_edition_and_one_with_errors_is_not(house: House) -> None:
    house.follow(publishes=True)
    assert house.edition() == 1  # The same bytes are the same edition.
    house.repository.commit(changed("Zwei"))
    assert house.pull()[0].outcome.value == "published"
    assert house.edition() == 2
    house.repository.commit({PATH: builders.GERMAN.replace("(x)", "( )").encode()})
    report = house.pull()[0]
    assert report.outcome.value == "drafted"
    assert [finding["rule"] for finding in report.findings if finding["severity"] == "error"] == ["single-one-right", "language-keys"]
    assert house.edition() == 2
    house.repository.commit(changed("Drei"))
    house.pull()
    assert house.edition() == 3
    assert [release.note[:3] for _, release in service.editions("kurs") if release][:1] == ["Neu"]


def test_a_draft_that_was_edited_is_never_overwritten_and_somebody_decides(house: House) -> None:
    house.follow(publishes=True)
    mine = builders.GERMAN.replace("# Anfang", "# Hier")
    service.save(house.draft.id, PATH, mine, 1, house.ada.id)
    commit = house.repository.commit(changed("Dort"))
    for _ in range(2):
        assert house.pull()[0].outcome.value == "conflict"
    assert len(house.reports()) == 2  # The same conflict is told once.
    assert house.reports()[0].again_at is None
    assert service.read(house.draft.id, PATH)[0].decode() == mine
    assert house.edition() == 1
    following.keep(house.draft.id, commit)
    assert house.last()[0] == "passed"
    assert following.waiting(house.row(), house.reports()) is None
    assert house.pull()[0].outcome.value == "passed"
    commit = house.repository.commit(changed("Dort 2"))
    assert house.pull()[0].outcome.value == "conflict"  # It is asked again, for the draft is still another one.
    following.take(house.draft.id, commit)
    assert house.last()[0] == "published"
    assert b"# Dort 2" in service.read(house.draft.id, PATH)[0]
    assert service.revision_content(house.draft.id, PATH, 2).decode() == mine  # Nothing is lost.
    house.repository.commit(changed("Dort 3"))
    assert house.pull()[0].outcome.value == "published"


def test_what_was_written_here_before_it_follows_is_asked_about_too_and_published_work_is_not_lost(house: House) -> None:
    service.save(house.draft.id, PATH, builders.GERMAN.replace("# Anfang", "# Hier"), 1, house.ada.id)
    house.follow()
    assert house.last()[0] == "conflict"
    following.take(house.draft.id, house.reports()[0].commit_id)
    service.save(house.draft.id, PATH, builders.GERMAN.replace("# Anfang", "# Hier 2"), 3, house.ada.id)
    service.publish(house.draft.id, "kurs", house.ada.id, "")
    house.repository.commit(changed("Dort"))
    assert house.pull()[0].outcome.value == "conflict"


def test_faults_are_told_in_plain_words_and_change_nothing(house: House, tmp_path: Path) -> None:
    before = service.listing(house.draft.id)
    house.server.token = "right-token"
    for wanted, words in (
        ({}, "asks for an access token"), ({"token": "wrong"}, "refuses the access token"), ({"token": "right-token", "branch": "--upload-pack=touch x"}, "no branch"),
        ({"branch": "-main"}, "no branch"), ({"folder": "fehlt"}, "no folder"), ({"folder": "01-eins"}, "no course.yml"),
        ({"url": house.server.base + "/fehlt", "token": "right-token"}, "no repository at this address"), ({"url": "https://git.invalid/x", "token": "t"}, "does not answer"),
        ({"url": "https://127.0.0.1:1/x"}, "may not call"), ({"url": "http://127.0.0.1/x"}, "may not call"), ({"url": "http://169.254.169.254/x"}, "may not call"),
    ):
        house.follow(**wanted)
        assert words in house.last()[1], (wanted, house.last())
    for url in ("file:///etc", "ssh://git@example.org/x", "git@example.org:x", "https://u:p@example.org/x", "ext::sh -c x", "https://example.org/x?y", ""):
        with pytest.raises(StudioError):
            house.follow(url=url)
    house.server.token = ""
    house.repository.commit({"course.yml": builders.COURSE.replace("id: kurs", "id: fremd").encode()})
    house.follow()
    assert house.last() == ("refused", "The id of the course is “%(id)s” there, but this is the draft of “%(slug)s”.")
    assert service.listing(house.draft.id) == before


def test_the_token_is_kept_encrypted_sent_to_its_own_address_only_and_shown_nowhere(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.server.token = "tok-4711-secret"
    house.follow(token="tok-4711-secret")
    assert house.last()[0] == "drafted"
    assert set(house.server.seen) == {"git:tok-4711-secret"}
    house.follow(branch="main")  # An empty field keeps it.
    assert set(house.server.seen) == {"git:tok-4711-secret"}
    page = builders.browser(house.app, house.ada).get("/studio/kurs/following").text
    stored = str([tuple(row) for table in ("studio_following", "studio_pull") for row in db.session.execute(text(f"select * from {table}"))])
    for place in (page, stored, caplog.text, repr(Wanted("u", token="tok-4711-secret")), repr(reading.Source("u", "", "", "tok-4711-secret"))):
        assert "4711" not in place
    house.follow(url=house.url + ".git")  # Another address.
    assert house.row().token == ""
    assert "asks for an access token" in house.last()[1]


def test_a_server_that_knows_only_names_with_git_is_asked_again_and_a_redirect_is_never_followed(house: House) -> None:
    house.server.redirect = True
    house.follow()
    assert house.last()[0] == "drafted"
    assert house.server.asked == ["GET /kurs/info/refs", "GET /kurs.git/info/refs", "POST /kurs.git/git-upload-pack"]


def test_hostile_repositories_are_refused_or_told_and_never_half_taken(house: House) -> None:
    house.follow()
    before = service.contents(house.draft.id)
    house.repository.commit({**changed("Neu"), "01-eins/media/gross.png": bytes(21 << 20), "01-eins/media/zeiger.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:1"},
                            links={"01-eins/media/link.png": "/etc/passwd", "02-zwei": "../.."})
    report = house.pull()[0]
    assert report.outcome.value == "drafted"
    assert {(finding["path"], finding["rule"]) for finding in report.findings if finding["path"].startswith(("01-eins/media", "02"))} == {
        ("01-eins/media/gross.png", "file-size"), ("01-eins/media/zeiger.png", "file-kind"), ("01-eins/media/link.png", "file-kind"), ("02-zwei", "file-kind"),
    }
    assert service.listing(house.draft.id).keys() == before.keys()
    before = service.contents(house.draft.id)
    house.repository.commit({"01-eins/a b.md": b"x"})
    assert house.pull()[0].outcome.value == "refused"
    git = house.repository.git
    blob, course = git("hash-object", "-w", "--stdin", given=b"x"), git("rev-parse", "HEAD:course.yml")
    many = "".join(f"100644 blob {blob}\t{number:05}.md\n" for number in range(10_000)) + f"100644 blob {course}\tcourse.yml\n"
    floors = git("mktree", given=b"".join(b"100644 blob %s\t.%05d\n" % (blob.encode(), number) for number in range(10)))
    for _ in range(6):  # A million files in a few hundred bytes.
        floors = git("mktree", given=b"".join(b"040000 tree %s\t%d\n" % (floors.encode(), number) for number in range(10)))
    climbing = b"100644 ../evil.md\0" + bytes.fromhex(blob)
    for tree, words in ((git("mktree", given=many.encode()), "no course may have"), (floors, "too large"), (git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=climbing), "damaged")):
        git("update-ref", "refs/heads/main", git("commit-tree", tree, "-m", "Böse"))
        assert words in house.pull()[0].message, house.last()
    assert service.contents(house.draft.id) == before


def test_two_workers_and_a_killed_one_take_a_commit_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.follow()
    house.repository.commit(changed("Zwei"))
    number, read = house.row().id, reading.read

    def overtaken(*given: object) -> object:
        monkeypatch.setattr(reading, "read", read)
        found = read(*given)  # type: ignore[arg-type]
        with db.transaction() as tx:  # Its lease runs out while it reads, and another worker takes over.
            tx.execute(update(Following).values(lease_until=db.now() - timedelta(seconds=1)))
        with house.app.app_context():
            following.pull_due(number)
            following.pull_due(number)  # A message that comes twice.
        return found

    monkeypatch.setattr(reading, "read", overtaken)
    with db.transaction() as tx:
        tx.execute(update(Following).values(due_at=db.now()))
    with house.app.app_context():
        following.pull_due(number)
    assert [report.subject for report in house.reports()] == ["Neu", "Der Anfang"]
    assert [revision.number for revision in db.session.execute(text("select number from studio_revision order by id desc limit 1"))] == [2]
    house.repository.commit(changed("Drei"))
    with db.transaction() as tx:  # As a worker leaves it that was ended by kill -9.
        tx.execute(update(Following).values(state=jobs.WorkState.RUNNING, lease="gone", lease_until=db.now() - timedelta(seconds=1)))
    db.session.rollback()
    with house.app.app_context():
        assert jobs.sweep() == 1
    assert b"# Drei" in service.read(house.draft.id, PATH)[0]


def test_a_pull_that_ends_every_worker_is_left_alone(house: House) -> None:
    house.follow()
    with db.transaction() as tx:
        tx.execute(update(Following).values(tries=following.MOST_TRIES, due_at=db.now()))
    asked, number = len(house.server.asked), house.row().id
    with house.app.app_context():
        following.pull_due(number)
    assert "broken off" in house.last()[1]
    assert len(house.server.asked) == asked
    assert house.row().due_at > db.now() + timedelta(hours=23)


def test_the_pages_are_for_authors_and_say_what_happened(house: House) -> None:
    browser, url = builders.browser(house.app, house.ada), "/studio/kurs/following"
    assert url in browser.get("/studio/kurs").text
    assert browser.post(url, data={"url": "ssh://example.org/x"}).status_code == 422
    assert browser.post(url, data={"url": house.url, "publishes": ""}).status_code == 303
    assert "Der Anfang" in browser.get(url).text
    service.save(house.draft.id, PATH, builders.GERMAN.replace("# Anfang", "# Hier"), 1, house.ada.id)
    commit = house.repository.commit(changed("<b>Dort</b>"), "<script>alert(1)</script>")
    browser.post(f"{url}/pull")
    page = browser.get(url).text
    assert "&lt;script&gt;alert(1)" in page
    assert f'value="{commit}"' in page
    browser.post(f"{url}/take", data={"commit": commit})
    assert f'value="{commit}"' not in browser.get(url).text
    assert browser.post("/studio/new/git", data={"slug": "kurs", "url": house.url}).status_code == 422
    house.repository.commit({f"neu/{path}": content for path, content in builders.FILES.items()} | {"neu/course.yml": builders.COURSE.replace("id: kurs", "id: neu").encode()})
    assert browser.post("/studio/new/git", data={"slug": "neu", "url": house.url, "folder": "/neu/"}).status_code == 303
    assert "/studio/neu/following" in browser.get("/studio/new/git").text
    made = service.draft("neu")
    assert made is not None
    assert service.contents(made.id).keys() == builders.FILES.keys()
    browser.post(f"{url}/stop")
    assert following.following_of(house.draft.id) is None
    learner = builders.browser(house.app, builders.person("Lea"))
    builders.organisation("andere")
    eve = builders.browser(house.app, builders.person("Eve", roles=(Role.TRAINER,)))
    with house.app.app_context():
        assert [learner.get(url).status_code, learner.post(f"{url}/pull").status_code] == [403, 403]
    with house.app.app_context():
        assert [eve.get("/studio/neu/following").status_code, eve.post("/studio/neu/following/stop").status_code] == [404, 404]
        assert "neu/following" not in eve.get("/studio/new/git").text


def test_the_commands_follow_pull_and_stop(house: House) -> None:
    builders.person("Grace", "grace")
    run = house.app.test_cli_runner(env={"GIT_TOKEN": "", "LANG": "C"}).invoke
    added = run(args=["follow", "add", "neu", house.url, "--as", "grace", "--folder", "neu"])
    assert (added.exit_code, "no folder" in added.output) == (1, True)
    house.repository.commit({f"neu/{path}": content for path, content in builders.FILES.items()} | {"neu/course.yml": builders.COURSE.replace("id: kurs", "id: neu").encode()})
    pulled = run(args=["follow", "pull", "neu"])
    assert (pulled.exit_code, pulled.output.split()[0]) == (0, "drafted"), pulled.output
    assert house.url in run(args=["follow", "list"]).output
    assert run(args=["follow", "stop", "neu"]).exit_code == 0
    assert run(args=["follow", "pull", "neu"]).exit_code == 1
    assert run(args=["follow", "add", "kurs", house.url, "--as", "niemand"]).exit_code == 1
