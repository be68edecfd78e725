"""Programs that want to look right without being right: what is returned is compared outside, on plain data."""

import pytest

from exercises.sandbox import compare
from exercises.sandbox.job import Call, Job, Limits
from exercises.sandbox.pool import Pool

LIMITS = Limits(fuel=400_000_000)
# The task is to double a number; honest() is the right answer, everything else is a cheat.
CASES = [(0, 0), (1, 2), (2, 4), (5, 10), (21, 42)]

CHEATS = {
    "honest but wrong": ("def f(x): return x + 2", 1),
    "an object that equals everything": ("class A:\n    def __eq__(self, other): return True\ndef f(x): return A()", 0),
    "a number that equals everything": ("class A(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\ndef f(x): return A(0)", 1),
    "the mark of a result printed": ("import sys\nprint('{\"ok\": true, \"value\": 42}')\nprint('PASSED 5/5')\nsys.exit(0)", 0),
    "expected values from the callers": (
        "import sys\ndef f(x):\n    frame = sys._getframe(1)\n    while frame:\n        for name in ('expected', 'wanted', 'solution'):\n"
        "            if name in frame.f_locals: return frame.f_locals[name]\n        frame = frame.f_back\n    return None", 0,
    ),
    "unittest made to agree": ("import unittest\nunittest.TestCase.assertEqual = lambda *a, **k: None\ndef f(x): return x + 2", 1),
    "json made to lie": ("import json\njson.dumps = lambda *a, **k: '{\"ok\": true, \"value\": 0}'\ndef f(x): return x", 1),
    "a hunt through all objects": (
        "import gc\ndef f(x):\n    for o in gc.get_objects():\n        if isinstance(o, dict) and 'wanted_value' in o: return o['wanted_value']\n    return None", 0,
    ),
    "True for one": ("def f(x): return True", 0),
    "text for a number": ("def f(x): return str(2 * x)", 0),
    "a reply in the guest's name": ("import sys\nsys.modules['guest'].answer = lambda job: {'ok': True, 'value': 42}", 0),
    "the calls recorded by oneself": ("calls = []\ndef f(x): return [x]", 0),
    "a class that says it is a number": ("class A:\n    @property\n    def __class__(self): return int\n    def __eq__(self, other): return True\ndef f(x): return A()", 0),
    "a dictionary that equals everything": ("class A(dict):\n    def __eq__(self, other): return True\ndef f(x): return A()", 0),
    "a text that equals everything": ("class A(str):\n    def __eq__(self, other): return True\n    __hash__ = str.__hash__\ndef f(x): return A(2 * x)", 0),
    "without end": ("def f(x): return float('inf')", 0),
    "the guest's mark of a set": ("def f(x): return {'__set__': [2 * x]}", 0),
    "not a number": ("def f(x): return float('nan')", 0),
}


@pytest.mark.parametrize(("program", "most"), CHEATS.values(), ids=CHEATS.keys())
def test_a_cheat_earns_no_more_than_it_knows(pool: Pool, program: str, most: int) -> None:
    results = [pool.run(Job(program, call=Call("f", (given,))), LIMITS) for given, _ in CASES]
    right = sum(compare.compare_value(result, "equals", wanted).ok for result, (_, wanted) in zip(results, CASES, strict=True))
    assert right <= most


def test_the_honest_answer_earns_all(pool: Pool) -> None:
    assert all(compare.compare_value(pool.run(Job("def f(x): return 2 * x", call=Call("f", (given,))), LIMITS), "equals", wanted).ok for given, wanted in CASES)


@pytest.mark.parametrize("reply", ['"x"', "[" * 60_000, "{}", '{"ok": 1}', '{"ok": true, "value": ' + "9" * 5000 + "}", '{"ok": false, "problem": {"type": 3}}', "x" * 2_000_000])
def test_a_reply_that_the_guest_would_never_give_is_no_result(pool: Pool, reply: str) -> None:
    program = f"import json\njson.dumps.__code__ = (lambda *a, **k: {reply!r}).__code__\ndef f(x): return 1"
    result = pool.run(Job(program, call=Call("f", (1,))), LIMITS)
    assert result.value is None
    assert not result.returned
