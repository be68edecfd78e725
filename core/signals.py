"""What the rooms tell each other upwards, inside the teller's transaction. Receivers only add rows."""

from blinker import Namespace

_house = Namespace()

graded = _house.signal("graded")
"""An attempt has a new grade. sender: "assessments"; part: courses.service.AnyPart, module: str."""

progressed = _house.signal("progressed")
"""A learner opened content. sender: "courses"; part: courses.service.AnyPart."""

completed = _house.signal("completed")
"""A learner reached a threshold of the course for the first time. sender: "assessments" or "courses"; enrolment: Enrolment, award: str."""

joined = _house.signal("joined")
"""Two persons turned out to be one. sender: "accounts"; kept: int, vanishing: int (ids). A receiver that raises stops it."""

called = _house.signal("called")
"""Somebody's turn at a model's server has come. sender: "gateway"; causes: tuple[str, ...] (gateway.models.Waiting), of all organisations."""
