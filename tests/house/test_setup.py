"""Models and system packages, on small local files and without a network."""

import hashlib
import os
from pathlib import Path

import pytest

from setup import fitting, model_command, models, system
from setup.environment import Environment
from setup.models import Fetch, Model, Part, Report, Status
from setup.terminal import Progress, SetupError
from tests.house.test_full_disk import fill, small_disk

PIECES = [b"first piece, ", b"second piece, ", b"third piece"]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def small_model() -> Model:
    parts = tuple(
        Part(f"piece-{number}", "1.0", "0" * 64, f"piece{number}.bin", len(piece), sha256(piece))
        for number, piece in enumerate(PIECES)
    )
    whole = b"".join(PIECES)
    return Model("tiny", "Tiny", "tiny.gguf", "Apache-2.0", len(whole), sha256(whole), parts)


class Mirror:
    """Hands out parts from memory; says what was asked for. `broken` and `absent` name parts per try."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.broken: list[str] = []
        self.absent: list[str] = []

    def __call__(self, part: Part, folder: Path, report: Report) -> Path:
        self.asked.append(part.package)
        if part.package in self.absent:
            raise SetupError("nobody has it")
        content = PIECES[int(part.package[-1])]
        if part.package in self.broken:
            self.broken.remove(part.package)
            content = b"x" * len(content)
        report(len(content))
        path = folder / part.member
        path.write_bytes(content)
        return path


def bring(data: Path, mirror: Fetch) -> tuple[Path, list[int]]:
    seen: list[int] = []
    return models.fetch(small_model(), data, mirror, seen.append), seen


# --- Models -----------------------------------------------------------------------------------------------------------

def test_a_model_is_joined_from_its_parts_in_order_and_leaves_no_parts_behind(tmp_path: Path) -> None:
    path, seen = bring(tmp_path, Mirror())
    assert path.read_bytes() == b"".join(PIECES)
    assert seen == sorted(seen)
    assert seen[-1] == small_model().bytes
    assert not list((tmp_path / "models" / "parts").iterdir())


def test_a_model_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    bring(tmp_path, Mirror())
    mirror = Mirror()
    bring(tmp_path, mirror)
    assert mirror.asked == []


def test_a_corrupted_part_is_fetched_once_more(tmp_path: Path) -> None:
    mirror = Mirror()
    mirror.broken = ["piece-1"]
    path, _ = bring(tmp_path, mirror)
    assert mirror.asked == ["piece-0", "piece-1", "piece-1", "piece-2"]
    assert path.read_bytes() == b"".join(PIECES)


def test_a_part_that_stays_corrupted_is_refused_by_name(tmp_path: Path) -> None:
    mirror = Mirror()
    mirror.broken = ["piece-1", "piece-1"]
    with pytest.raises(SetupError, match=r"piece-1 1\.0 cannot be had: what arrived is not what was pinned"):
        bring(tmp_path, mirror)
    assert not (tmp_path / "models" / "tiny.gguf").exists()


def test_a_fetch_that_broke_off_goes_on_with_the_parts_it_has(tmp_path: Path) -> None:
    mirror = Mirror()
    mirror.absent = ["piece-2"]
    with pytest.raises(SetupError, match="nobody has it"):
        bring(tmp_path, mirror)
    mirror = Mirror()
    bring(tmp_path, mirror)
    assert mirror.asked == ["piece-2"]


def test_a_kept_part_that_was_damaged_meanwhile_is_fetched_again(tmp_path: Path) -> None:
    mirror = Mirror()
    mirror.absent = ["piece-2"]
    with pytest.raises(SetupError):
        bring(tmp_path, mirror)
    (tmp_path / "models" / "parts" / "tiny" / "piece-0-1.0").write_bytes(b"rotten")
    mirror = Mirror()
    path, _ = bring(tmp_path, mirror)
    assert mirror.asked == ["piece-0", "piece-2"]
    assert path.read_bytes() == b"".join(PIECES)


def test_a_disk_without_room_is_named_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "ROOM_TO_SPARE", 10**18)
    mirror = Mirror()
    with pytest.raises(SetupError, match="free disk space"):
        bring(tmp_path, mirror)
    assert mirror.asked == []


def test_a_damaged_model_is_fetched_again(tmp_path: Path) -> None:
    path, _ = bring(tmp_path, Mirror())
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert not models.sound(small_model(), tmp_path)
    bring(tmp_path, Mirror())
    assert path.read_bytes() == b"".join(PIECES)


def test_of_a_library_only_the_pinned_files_are_kept_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    def library(_part: Part, folder: Path, _report: Report) -> Path:
        (folder / "lib").mkdir()
        (folder / "lib" / "engine.so").write_bytes(b"engine")
        (folder / "lib" / "server.py").write_bytes(b"listens to everybody")
        return folder

    part = Part("lib", "1.0", "0" * 64, ".", 10, "")
    pinned = Model("tiny", "Tiny", "lib-1.0", "MIT", 10, "", (part,), members={"lib/engine.so": sha256(b"engine")})
    path = models.fetch(pinned, tmp_path, library, lambda _: None)
    assert [entry.name for entry in path.rglob("*") if entry.is_file()] == ["engine.so"]
    assert models.sound(pinned, tmp_path)
    other = Model("tiny", "Tiny", "lib-2.0", "MIT", 10, "", (part,), members={"lib/engine.so": sha256(b"another")})
    with pytest.raises(SetupError, match=r"engine\.so is not what was pinned"):
        models.fetch(other, tmp_path, library, lambda _: None)
    assert not models.path_of(other, tmp_path).exists()


# Each part is reported when it begins to arrive and when it is there.
@pytest.mark.parametrize(("full_at_report", "missing"), [(1, ["piece-0", "piece-1", "piece-2"]), (3, ["piece-1", "piece-2"]), (6, [])])
def test_a_disk_that_fills_up_on_the_way_is_told_and_the_rest_is_fetched_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full_at_report: int, missing: list[str],
) -> None:
    mirror, reports, fillers = Mirror(), [], []

    def report(_: Progress, done: int) -> None:
        reports.append(done)
        if len(reports) == full_at_report:
            fillers.append(fill(disk))

    monkeypatch.setattr(models, "ROOM_TO_SPARE", 0)
    monkeypatch.setattr(model_command, "with_uv", lambda *_: mirror)
    monkeypatch.setattr(Environment, "uv", lambda _: "uv")
    monkeypatch.setattr(Progress, "show", report)
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(SetupError, match=r"^Tiny is not complete: .*No space left on device.* Go on with: \./lotse models fetch tiny$"):
            model_command.bring(Environment(tmp_path), small_model(), disk)
        assert {path.name for path in (disk / "models").iterdir()} <= {"parts", "tiny.lock", "tiny.status.json"}
        fillers[0].unlink()
        mirror.asked.clear()
        path = model_command.bring(Environment(tmp_path), small_model(), disk)
        assert (mirror.asked, path.read_bytes()) == (missing, b"".join(PIECES))
        assert models.read_status(disk, "tiny") == models.ready_status(small_model(), disk)


@pytest.mark.parametrize(("choice", "own", "memory", "names"), [
    ("none", False, 64_000, []),
    ("small", False, 8_000, ["small", "embed"]),
    ("default", False, 24_000, ["default", "embed", "small"]),
    ("default", False, 4_000, ["default", "embed"]),
    ("default", False, 2_000, ["default"]),
    ("default", True, 16_000, ["embed", "small"]),
    ("none", True, 16_000, []),
])
def test_the_models_that_run_are_those_that_were_chosen_as_far_as_memory_allows(choice: str, own: bool, memory: int, names: list[str]) -> None:
    assert [model.name for model in fitting.chosen(choice, own, memory)] == names


def test_the_status_page_reads_what_was_written_last(tmp_path: Path) -> None:
    assert models.read_status(tmp_path, "default") is None
    models.write_status(tmp_path, Status("default", "fetching", 5, 10))
    models.write_status(tmp_path, Status("default", "failed", 5, 10, "no network"))
    assert models.read_status(tmp_path, "default") == Status("default", "failed", 5, 10, "no network")
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["default.status.json"]


def test_every_pinned_model_adds_up() -> None:
    for name in ("small", "default"):
        model = models.pinned(name)
        assert sum(part.bytes for part in model.parts) == model.bytes
        assert all(len(part.wheel_sha256) == len(part.sha256) == 64 for part in model.parts)
    with pytest.raises(SetupError, match="Known are: small, default"):
        models.pinned("huge")


# --- The system -------------------------------------------------------------------------------------------------------

def test_apt_installs_all_missing_packages_with_one_command() -> None:
    commands = system.install_commands(system.RUN_NEEDS, "apt", set)
    assert commands == [[
        "apt-get", "install", "-y", "--no-install-recommends", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0",
    ]]


def test_a_package_that_apt_does_not_know_does_not_spoil_the_others() -> None:
    commands = system.install_commands(system.TEST_NEEDS, "apt", lambda packages: set(packages) - {"chromium"})
    assert "chromium" not in commands[0]
    assert "qpdf" in commands[0]
    assert commands[1] == ["snap", "install", "chromium"]


def test_homebrew_installs_one_thing_at_a_time_because_programs_and_applications_differ() -> None:
    commands = system.install_commands(system.TEST_NEEDS[:2], "brew", set)
    assert commands == [["brew", "install", "--cask", "google-chrome"], ["brew", "install", "poppler"]]


def test_who_may_not_install_is_told_the_exact_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(system, "apt_offer", set)
    need = system.Need("qpdf (certificate tests)", lambda: False, ("qpdf",), ("qpdf",))
    assert system.advice([need], system.Machine("apt", None)) == (
        "Missing: qpdf (certificate tests). Install with:\n"
        "    sudo apt-get update && sudo apt-get install -y --no-install-recommends qpdf"
    )
    assert "by hand" in system.advice([need], system.Machine("", None))


def test_what_could_not_be_installed_is_not_tried_at_every_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(system, "_install", lambda needs, _: tried.extend(need.what for need in needs))
    monkeypatch.setattr(system, "apt_offer", set)
    monkeypatch.setattr(system.Machine, "present", lambda: system.Machine("apt", ()))
    need = system.Need("a thing nobody has", lambda: False, ("no-such-thing",), ())
    for _start in range(2):
        assert system.ensure([need], tmp_path / "system.json") == [need]
    assert tried == ["a thing nobody has"]
