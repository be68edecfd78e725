"""Which embedded models run on this machine: what the settings choose, as far as memory allows."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from setup.models import Model, pinned

SHARE = 0.6                # of the machine's memory that models may take; the rest is for the site and the system
# The first is what was asked for and always runs; the others come along while there is memory.
CHOICES: Mapping[str, tuple[str, ...]] = {"none": (), "small": ("small", "embed"), "default": ("default", "embed", "small")}
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def chosen(choice: str, own: bool, memory_mb: int) -> list[Model]:
    """The models that run beside or in place of a file of the operator's own (`own`), for LOTSE_MODEL and so much memory."""
    if own:
        names = tuple(name for name in CHOICES[choice] if name != "default")
        return _fitting([pinned(name) for name in names], SHARE * memory_mb / 2)
    first, others = [pinned(name) for name in CHOICES[choice][:1]], [pinned(name) for name in CHOICES[choice][1:]]
    return [*first, *_fitting(others, SHARE * memory_mb - sum(model.memory_mb for model in first))]


def memory() -> int:
    """The memory of this machine in MB, or what a container may use of it."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):
        total = min(total, int(_CGROUP.read_text()))
    return total >> 20


def _fitting(models: list[Model], room: float) -> list[Model]:
    fitting = []
    for model in models:
        if model.memory_mb <= room:
            fitting.append(model)
            room -= model.memory_mb
    return fitting
