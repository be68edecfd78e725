"""A course that follows a repository of several courses has what they share, and nothing from outside of it."""

import shutil

import pytest

from modules.service import check_folder
from studio import service
from tests import builders
from tests.studio.test_following import PATH, House, house  # noqa: F401 - the fixture

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def _sharing(*places: str) -> bytes:
    return (builders.COURSE + "shared:\n" + "".join(f"  - {place}\n" for place in places)).encode()


def test_what_a_course_shares_within_its_repository_is_part_of_it_and_nothing_else_is(house: House) -> None:  # noqa: F811
    def followed(*places: str, folder: str = "lehre/kurs", links: dict[str, str] | None = None) -> list[tuple[str, str]]:
        house.repository.commit({f"{folder}/course.yml".lstrip("/"): _sharing(*places)}, links=links)
        house.follow(folder=folder)
        report = house.reports()[0]
        return [(finding["rule"], finding["values"].get("place", finding["path"])) for finding in report.findings if finding["rule"].startswith(("shared", "file"))]

    house.repository.commit(dict.fromkeys(builders.FILES) | {f"lehre/andere/{path}": content for path, content in builders.FILES.items()})
    assert followed("../andere/01-eins", "../andere/competences.yml") == []
    assert house.last()[0] == "drafted"
    assert service.contents(house.draft.id) == check_folder(house.repository.root / "lehre/kurs").files
    assert PATH in service.contents(house.draft.id)
    house.repository.commit({f"lehre/andere/{PATH}": builders.GERMAN.replace("# Anfang", "# Neu").encode()})
    assert house.pull()[0].changed == [["~", PATH]]
    # What the folder has itself it keeps.
    house.repository.commit({f"lehre/kurs/{PATH}": builders.GERMAN.replace("# Anfang", "# Eigen").encode(), "lehre/kurs/01-eins/module.en.md": builders.ENGLISH.encode()})
    house.pull()
    assert b"# Eigen" in service.contents(house.draft.id)[PATH]
    # Neither a way up, nor a link, nor what lies beside the repository.
    outside = ("../../geheim/x.md", "../../../etc/passwd", "/etc/passwd", "../.git/config", "../andere/../../x", "..")
    assert followed(*(f"'{place}'" for place in outside)) == [("shared-place", place) for place in outside]
    assert followed("../link/09-neun", "../andere/02-link", "../fehlt/x.md", "../andere/course.yml/x", links={"lehre/link": "andere", "lehre/andere/02-link": "/etc"}) == [
        ("file-kind", "../link/09-neun"), ("file-kind", "../andere/02-link"), ("shared-missing", "../fehlt/x.md"), ("shared-missing", "../andere/course.yml/x"),
    ]
    assert ("shared-missing", "../andere/01-eins") in followed("../andere/01-eins", folder="")
    assert "passwd" not in str(service.contents(house.draft.id).keys())
