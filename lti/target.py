"""Which course and module a link opens."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


KINDS = ("course", "module", "quiz", "exercise", "certificate")
"""What a link can open: all of a course, a module, a module's questions alone, one question or exercise, one's certificates."""


class Target(NamedTuple):
    """What a link names; None for what it leaves open."""

    course: str | None
    module: str | None


def named(custom: Mapping[str, str], target_link_uri: str) -> Target:
    """What the link's custom parameters name, or else the query of its address (`/lti/launch?course=…&module=…`).

    Custom parameters win because ILIAS replaces the address by the launch address. A link that names a course by
    parameter takes no module from the address: the two may come from different settings.
    """
    parameters = _chosen(custom)
    if parameters.course:
        return parameters
    address = _chosen({key: values[0] for key, values in parse_qs(urlsplit(target_link_uri).query).items()})
    return Target(address.course, parameters.module or address.module)


def _chosen(values: Mapping[str, str]) -> Target:
    """`Course` as well as `course`: Moodle sends both forms of a key. A `$Variable` was not filled in by the platform."""
    lowered = {key.casefold(): value.strip() for key, value in values.items()}
    usable = {key: value for key, value in lowered.items() if _NAME.fullmatch(value)}
    return Target(usable.get("course"), usable.get("module"))
