"""What the Commission's application profile EDC-generic-no-cv asks of the classes that we write, as shapes for pySHACL.

The Commission's own shapes and its JSON-LD context come in no package, so both were read by hand, and what they say is put down
here: the class of each node, how often a property may stand, which values it may have, and what its name means. A wrong reading
would not be found; a name that means nothing, a missing property or a wrong kind of value is, by an engine that is not ours.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from pyld import jsonld
from pyshacl import validate
from rdflib import RDF, SH, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

TEXT = "text by language"
DATE, DURATION, STRING, NUMBER, PERCENT, YES_NO, ADDRESS = "date", "duration", "string", "number", "percent", "yes or no", "address"

ELM = Namespace("http://data.europa.eu/snb/model/elm/")
# Names that are not of the model's own vocabulary; what stands before the colon is one of PREFIXES.
OTHERS = {
    "Concept": "skos:Concept", "ConceptScheme": "skos:ConceptScheme", "Location": "dc:Location", "VerifiableCredential": "cred:VerifiableCredential",
    "credentialSchema": "cred:credentialSchema", "credentialSubject": "cred:credentialSubject", "expirationDate": "cred:expirationDate",
    "issuanceDate": "cred:issuanceDate", "issued": "cred:issued", "issuer": "cred:issuer", "validFrom": "cred:validFrom", "validUntil": "cred:validUntil",
    "contentURL": "elm:contentUrl", "eIDASIdentifier": "elm:eidasLegalIdentifier", "eqfLevel": "elm:EQFLevel", "fullName": "foaf:fullName",
    "homepage": "foaf:homepage", "identifier": "adms:identifier", "inScheme": "skos:inScheme", "language": "dc:language", "legalName": "rov:legalName",
    "notation": "skos:notation", "prefLabel": "skos:prefLabel", "schemeAgency": "adms:schemeAgency", "spatial": "dc:spatial", "title": "dc:title",
}
PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#", "cred": "https://www.w3.org/2018/credentials#", "dc": "http://purl.org/dc/terms/", "elm": str(ELM),
    "foaf": "http://xmlns.com/foaf/0.1/", "rov": "http://www.w3.org/ns/regorg#", "skos": "http://www.w3.org/2004/02/skos/core#",
}
UNKNOWN = "urn:no-such-name:"
DATATYPES = {
    TEXT: RDF.langString, DATE: XSD.dateTime, DURATION: XSD.duration, STRING: XSD.string, NUMBER: XSD.positiveInteger,
    PERCENT: XSD.positiveInteger, YES_NO: XSD.boolean, ADDRESS: XSD.anyURI,
}

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

# rdflib takes a day alone for a time, in no time zone.
PATTERNS = {DATE: r"\+00:00$", ADDRESS: "^https://"}


def faults(document: dict[str, Any]) -> list[str]:
    """What in a document is against the profile: class, property, and what pySHACL calls the rule."""
    triples = jsonld.to_rdf({**document, "@context": _context()}, {"format": "application/n-quads"})
    data = Graph().parse(data=triples, format="nt")
    _conforms, report, _text = validate(data, shacl_graph=_shapes(), advanced=False)
    return sorted(set(_told(report, data)))


def _told(report: Graph, data: Graph) -> Iterator[str]:
    for result in report.subjects(RDF.type, SH.ValidationResult):
        kinds = sorted(_name(kind) for kind in data.objects(report.value(result, SH.focusNode), RDF.type) if _name(kind) in CLASSES)
        rule = _name(report.value(result, SH.sourceConstraintComponent)).removesuffix("ConstraintComponent")
        yield f"{'/'.join(kinds)}.{_name(report.value(result, SH.resultPath))}: {rule}"


def _name(address: Any) -> str:
    text = str(address)
    return next((name for name in OTHERS if text == str(_address(name))), text.rpartition("#")[2].rpartition("/")[2].removeprefix(UNKNOWN))


def _address(name: str) -> URIRef:
    prefix, _, rest = OTHERS.get(name, f"elm:{name}").partition(":")
    return URIRef(PREFIXES[prefix] + rest)


def _context() -> dict[str, Any]:
    """What names mean in JSON: addresses, texts by language, values with their types. Any other name means something that no shape allows."""
    meant: dict[str, Any] = {"id": "@id", "type": "@type", "@vocab": UNKNOWN}
    for name in (*CLASSES, "VerifiableCredential"):
        meant[name] = str(_address(name))
    for rules in CLASSES.values():
        for name, (_least, _most, kind) in rules.items():
            how = {"@container": "@language"} if kind == TEXT else {"@type": "@id" if isinstance(kind, tuple) else str(DATATYPES[kind])}
            meant[name] = {"@id": str(_address(name)), **how}
    return meant


@cache
def _shapes() -> Graph:
    graph = Graph()
    for name, rules in CLASSES.items():
        shape = BNode()
        graph.add((shape, RDF.type, SH.NodeShape))
        graph.add((shape, SH.targetClass, _address(name)))
        graph.add((shape, SH.closed, Literal(True)))
        graph.add((shape, SH.ignoredProperties, _list(graph, RDF.type)))
        for path, rule in rules.items():
            graph.add((shape, SH.property, _property(graph, path, *rule)))
    return graph


def _property(graph: Graph, path: str, least: int, most: int | None, kind: str | tuple[str, ...]) -> BNode:
    shape = BNode()
    graph.add((shape, SH.path, _address(path)))
    graph.add((shape, SH.minCount, Literal(least)))
    if most is not None and kind != TEXT:  # Of a text there is one in each language.
        graph.add((shape, SH.maxCount, Literal(most)))
    if isinstance(kind, tuple):
        choices = [BNode() for _ in kind]
        for choice, name in zip(choices, kind, strict=True):
            graph.add((choice, SH["class"], _address(name)))
        graph.add((shape, SH["or"], _list(graph, *choices)))
        return shape
    graph.add((shape, SH.datatype, DATATYPES[kind]))
    if kind in PATTERNS:
        graph.add((shape, SH.pattern, Literal(PATTERNS[kind])))
    if kind in (TEXT, STRING):
        graph.add((shape, SH.minLength, Literal(1)))
    if kind == TEXT:
        graph.add((shape, SH.uniqueLang, Literal(True)))
    if kind == PERCENT:
        graph.add((shape, SH.maxInclusive, Literal(100)))
    return shape


def _list(graph: Graph, *entries: Any) -> BNode:
    head = BNode()
    Collection(graph, head, list(entries))
    return head
