"""One question of each kind, and blocks as the course reader hands them over."""

from typing import Any

from assessments.kinds import KINDS
from assessments.kinds.looking import LookKind
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
    "match": "Was gehört zusammen?\nEins -> Alpha\n    > rueck-a\nZwei -> Beta\n    > rueck-b\n-> Gamma",
    "order": "In welcher Folge?\n1. Alpha\n    > rueck-a\n2. Beta\n3. Gamma\n    > rueck-b",
    "essay": "Erörtern Sie.\n- [1,5] Nennt eine Quelle\n    > rueck-a\n- [1] Urteilt",
    "likert": "Wie ist es?\n- Ich prüfe nach.\n- Ich frage nach.",
    "survey": "Was nutzen Sie?\n[ ] Alpha\n[ ] Beta",
    "prompt": (
        "Schreiben Sie einen Prompt.\n```system\nAntworte kurz.\n```\n```context quelle.md\nOffen ab 8 Uhr.\n```\n"
        "```checks\n- ask: Wann?\n  must_contain: 8geheim Uhr\n- ask: Und sonntags?\n  must_match: keine?geheim\n- judge: rueck-a\n```\n"
        "```recorded\nrueck-b\n---\nrueck-c\n```\n```reflect\nrueck-d\n```"
    ),
    "grounded": (
        "Nur aus den Quellen.\n```source Ausleihe\nBücher leihen Sie vier Wochen lang aus.\n```\n```source Räume\nGruppenräume sind bis 22 Uhr offen.\n```\n"
        "```questions\n- ask: Wie lange?\n  source: 1\n- ask: rueck-a\n  source: 0\n  hidden: yes\n```\n"
        '```recorded\n{"source": 1, "quote": "Bücher leihen Sie vier Wochen lang aus.", "answer": "rueck-b"}\n---\n{"source": 0, "quote": "", "answer": "rueck-c"}\n```'
    ),
    "write": (
        "Schreiben Sie um.\n```given\nFrau Muster, 4711083.\n```\n```names\nMuster\n```\n"
        "```checks\n- must_contain: geheimwort\n  label: rueck-a\n- min_words: 3\n```"
    ),
    "nexttoken": 'Wie weiter?\n```begin\nDer Ball liegt\nEs war\n```\n```recorded\n{"model": "M", "steps": [{"text": "Der Ball liegt", "next": [[" auf", 0.5], [" im", 0.2]]}]}\n```',
    "tokenizer": 'Zerlegen.\n```sample Deutsch\nHallo Welt\n```\n```recorded\n{"vocabularies": [{"name": "M", "samples": [[["Hal", 1], ["lo", 2], [" Welt", 3]]]}]}\n```',
    "embeddings": (
        "Eine Karte.\n```texts\nHund\nKatze\nAuto\n```\n"
        '```recorded\n{"model": "M", "places": [[-1, 0], [-0.9, 0.1], [1, 0]], "nearest": [[1, 2], [0, 2], [1, 0]], "searches": [{"question": "Tier", "ranks": [0, 1, 2]}]}\n```'
    ),
    "python": (
        "Verdoppeln Sie.\n```starter\ndef f(x):\n    return x\n```\n```solution\ndef f(x):\n    return 2 * x  # rueck-a\n```\n"
        "```tests\n- name: sichtbar\n  call: f\n  args: [2]\n  returns: 4\n"
        "- name: rueck-b\n  call: f\n  args: [7]\n  returns: 14\n  hidden: true\n  hint: rueck-c\n```"
    ),
}

# Those with an answer that can be shown again: views into a model have no last attempt, and surveys forget what was answered.
ANSWERED = tuple(name for name, kind in KINDS.items() if not isinstance(kind, LookKind) and not kind.anonymous)


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
