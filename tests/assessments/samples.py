"""One question of each kind, and blocks as the course reader hands them over."""

from typing import Any

from assessments.kinds import KINDS
from modules.blocks import Block
from modules.findings import Finding, FormatError

TAIL = "\n? erster-wink\n? zweiter-wink\n! geheime-begruendung"

BODIES = {
    "single": "Was rechnet ein Sprachmodell?\n( ) Wahrheit\n    > rueck-a\n(x) Wahrscheinlichkeit\n    > rueck-b\n( ) Bedeutung\n    > rueck-c",
    "multi": "Was gehört hinein?\n[x] Alpha\n    > rueck-a\n[x] Beta\n    > rueck-b\n[ ] Gamma\n    > rueck-c\n[ ] Delta",
    "cloze": "Ein Wort [[eintönig|(vielfältig)|kurz]] und das Teilchen [[Tokenix|=Tokenox]].",
    "numeric": "Wie viele?\n= 900 +- 10%\n= %50% 9000\n    > rueck-a",
    "short": "Welche Verordnung?\n= KIVO | AIACT\n= %0% DSGVO\n    > rueck-a",
    "matrix": "Ordnen Sie zu.\n| Fall | grün | rot |\n|---|---|---|\n| Eins | (x) | ( ) |\n    > rueck-a\n| Zwei | ( ) | (x) |\n    > rueck-b",
    "prompt": (
        "Schreiben Sie einen Prompt.\n```system\nAntworte kurz.\n```\n```context quelle.md\nOffen ab 8 Uhr.\n```\n"
        "```checks\n- ask: Wann?\n  must_contain: 8geheim Uhr\n- ask: Und sonntags?\n  must_match: keine?geheim\n- judge: rueck-a\n```\n"
        "```recorded\nrueck-b\n---\nrueck-c\n```\n```reflect\nrueck-d\n```"
    ),
    "python": (
        "Verdoppeln Sie.\n```starter\ndef f(x):\n    return x\n```\n```solution\ndef f(x):\n    return 2 * x  # rueck-a\n```\n"
        "```tests\n- name: sichtbar\n  call: f\n  args: [2]\n  returns: 4\n"
        "- name: rueck-b\n  call: f\n  args: [7]\n  returns: 14\n  hidden: true\n  hint: rueck-c\n```"
    ),
}


def block(kind: str, body: str, *, language: str = "de", id: str = "frage", **attributes: str) -> Block:
    """A block as read from a file in which its body begins on line 10."""
    return Block(kind, id, attributes, body, "m/module.de.md", 10, language)


def sample(kind: str, **attributes: str) -> Block:
    """The kind's sample with hints and an explanation."""
    return block(kind, BODIES[kind] + TAIL, **attributes)


def item(kind: str, body: str, **attributes: str) -> Any:
    """A question read from its body, of the kind's own class."""
    return KINDS[kind].parse(block(kind, body, **attributes))


def findings(kind: str, body: str, **attributes: str) -> list[Finding]:
    """What checking the block says."""
    return KINDS[kind].check(block(kind, body, **attributes))


def errors(kind: str, body: str, **attributes: str) -> list[tuple[str, int]]:
    """Rule and line of each error for which the block cannot be read."""
    try:
        KINDS[kind].parse(block(kind, body, **attributes))
    except FormatError as error:
        return [(finding.rule, finding.line) for finding in error.findings if finding.severity == "error"]
    return []
