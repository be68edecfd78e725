"""What the Commission's application profile EDC-generic-no-cv asks of the classes that we write, and its JSON-LD context's names.

Read from both by hand: the files come in no package. A wrong reading here would not be found by these tests; a name that the
context does not know, a missing property or a wrong kind of value is.
"""

from collections.abc import Iterator
from typing import Any

TEXT = "text by language"
DATE, DURATION, STRING, NUMBER, PERCENT, YES_NO, ADDRESS = "date", "duration", "string", "number", "percent", "yes or no", "address"

# The properties of each class: least number, most number (None: any), and what stands there: a kind above or names of classes.
Rule = tuple[int, int | None, str | tuple[str, ...]]
_CLAIM: dict[str, Rule] = {
    "title": (1, None, TEXT), "additionalNote": (0, None, ("Note",)), "awardedBy": (1, 1, ("AwardingProcess",)),
}
_SPECIFICATION: dict[str, Rule] = {
    "title": (1, None, TEXT), "language": (0, None, ("Concept",)), "volumeOfLearning": (0, 1, DURATION),
}
_ACHIEVEMENT_SPECIFICATION: dict[str, Rule] = {
    **_SPECIFICATION, "creditPoint": (0, None, ("CreditPoint",)), "learningOutcome": (0, None, ("LearningOutcome",)),
}
CLASSES: dict[str, dict[str, Rule]] = {
    "EuropeanDigitalCredential": {
        "identifier": (0, None, ("Identifier",)), "credentialProfiles": (1, None, ("Concept",)), "displayParameter": (1, 1, ("DisplayParameter",)),
        "issuer": (1, 1, ("Organisation",)), "credentialSubject": (1, 1, ("Person",)), "issuanceDate": (0, 1, DATE), "issued": (1, 1, DATE),
        "validFrom": (1, 1, DATE), "expirationDate": (0, 1, DATE), "validUntil": (0, 1, DATE),
        "credentialSchema": (1, None, ("ShaclValidator2017",)),
    },
    "ShaclValidator2017": {},
    "DisplayParameter": {
        "title": (1, None, TEXT), "primaryLanguage": (1, 1, ("Concept",)), "language": (1, None, ("Concept",)),
        "individualDisplay": (1, None, ("IndividualDisplay",)),
    },
    "IndividualDisplay": {"language": (1, 1, ("Concept",)), "displayDetail": (1, None, ("DisplayDetail",))},
    "DisplayDetail": {"image": (1, 1, ("MediaObject",)), "page": (1, 1, NUMBER)},
    "MediaObject": {"contentType": (1, 1, ("Concept",)), "contentEncoding": (1, 1, ("Concept",)), "content": (1, 1, STRING)},
    "Organisation": {
        "legalName": (1, None, TEXT), "location": (1, None, ("Location",)), "eIDASIdentifier": (0, 1, ("LegalIdentifier",)),
        "homepage": (0, None, ("WebResource",)),
    },
    "Location": {"address": (1, None, ("Address",))},
    "Address": {"countryCode": (1, 1, ("Concept",))},
    "LegalIdentifier": {"notation": (1, 1, STRING), "spatial": (1, 1, ("Concept",))},
    "Identifier": {"notation": (1, 1, STRING), "schemeAgency": (0, 1, TEXT)},
    "WebResource": {"contentURL": (1, 1, ADDRESS)},
    "Person": {"fullName": (0, 1, TEXT), "hasClaim": (1, None, ("LearningAchievement", "LearningActivity"))},
    "LearningAchievement": {
        **_CLAIM, "creditReceived": (0, None, ("CreditPoint",)), "provenBy": (0, None, ("LearningAssessment",)),
        "specifiedBy": (0, 1, ("LearningAchievementSpecification", "Qualification")),
    },
    "LearningActivity": {**_CLAIM, "levelOfCompletion": (0, 1, PERCENT), "specifiedBy": (0, 1, ("LearningActivitySpecification",))},
    "LearningAssessment": {**_CLAIM, "grade": (1, 1, ("Note",))},
    "AwardingProcess": {"awardingBody": (1, None, ("Organisation",)), "awardingDate": (0, 1, DATE)},
    "LearningActivitySpecification": _SPECIFICATION,
    "LearningAchievementSpecification": _ACHIEVEMENT_SPECIFICATION,
    "Qualification": {**_ACHIEVEMENT_SPECIFICATION, "eqfLevel": (0, 1, ("Concept",)), "isPartialQualification": (0, 1, YES_NO)},
    "LearningOutcome": {"title": (1, None, TEXT)},
    "CreditPoint": {"framework": (1, 1, ("Concept",)), "point": (1, 1, STRING)},
    "Note": {"noteLiteral": (1, None, TEXT)},
    "Concept": {"prefLabel": (0, None, TEXT), "inScheme": (0, None, ("ConceptScheme",))},
    "ConceptScheme": {},
}


def faults(document: dict[str, Any]) -> list[str]:
    """What in a document is against the profile."""
    nodes = list(_nodes(document))
    whole = {node["id"]: node for node in nodes if "id" in node and set(node) > {"id", "type"}}
    return [fault for node in nodes if not _refers(node, whole) for fault in _faults_of(node)]


def _refers(node: dict[str, Any], whole: dict[str, Any]) -> bool:
    """Whether a node only names one that is written out elsewhere."""
    return set(node) == {"id", "type"} and node["id"] in whole


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "type" in value:
            yield value
        for inner in value.values():
            yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _class(node: dict[str, Any]) -> str:
    return node["type"] if isinstance(node["type"], str) else str(node["type"][-1])


def _faults_of(node: dict[str, Any]) -> Iterator[str]:
    name = _class(node)
    rules = CLASSES[name]
    for unknown in set(node) - set(rules) - {"id", "type", "@context"}:
        yield f"{name} has no {unknown}"
    for property_, (least, most, kind) in rules.items():
        value = node.get(property_, [])
        values = value if isinstance(value, list) else [value]
        if len(values) < least or (most is not None and len(values) > most):
            yield f"{name} has {len(values)} {property_}"
        yield from (f"{name}.{property_} is {one!r}" for one in values if not _fits(one, kind))


def _fits(value: Any, kind: str | tuple[str, ...]) -> bool:
    if isinstance(kind, tuple):
        return isinstance(value, dict) and _class(value) in kind
    return {
        TEXT: lambda: isinstance(value, dict) and bool(value) and all(isinstance(text, str) and text for text in value.values()),
        DATE: lambda: isinstance(value, str) and len(value) == 20 and value[10] + value[-1] == "TZ",
        DURATION: lambda: isinstance(value, str) and value.startswith("PT"),
        STRING: lambda: isinstance(value, str) and value != "",
        NUMBER: lambda: isinstance(value, int) and value > 0,
        PERCENT: lambda: isinstance(value, int) and 0 < value <= 100,
        YES_NO: lambda: isinstance(value, bool),
        ADDRESS: lambda: isinstance(value, str) and value.startswith("https://"),
    }[kind]()
