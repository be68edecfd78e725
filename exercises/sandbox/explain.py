"""How a run ended, in words for people who are learning to program."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.i18n import N_
from exercises.sandbox.job import Limits, Problem, Result, Status


@dataclass(frozen=True)
class Words:
    """A message id with its values. `own_fault` is False where the try must be given back."""

    text: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    own_fault: bool = True


_ENDINGS: Mapping[Status, str] = {
    Status.FUEL: N_("Your program took too many steps and was stopped. Is there a loop that never ends?"),
    Status.CPU: N_("Your program took too long and was stopped. Is there a loop that never ends?"),
    Status.WALL: N_("Your program took too long and was stopped. Is there a loop that never ends?"),
    Status.MEMORY: N_("Your program needed more memory than there is (%(memory)s MB). Does a list or a text grow without end?"),
    Status.OUTPUT: N_("Your program printed more than can be shown (%(output)s characters) and was stopped."),
    Status.STACK: N_("Functions called each other too deeply. Does a function call itself without an end?"),
    Status.REPLY: N_("What your program left behind could not be read. Has it changed Python's own functions?"),
    Status.FELL: N_("Python itself fell over this program. What the last lines do is not possible in the sandbox."),
    Status.STOPPED: N_("The program was stopped."),
}
_NOT_YOURS: Mapping[Status, str] = {
    Status.CRASHED: N_("The sandbox fell over. That was not your fault: please try again."),
    Status.UNAVAILABLE: N_("Python cannot be run here just now. That is not your fault: please try again later."),
}
# The beginning of what the interpreter asked the operating system for, and what it was about.
_DENIED = (
    ("wasi:sockets", N_("There is no network in the sandbox.")),
    ("wasi:filesystem", N_("There are no files in the sandbox. Write the data into your program, or read it with input().")),
    ("wasi:io/poll", N_("Waiting is not possible in the sandbox: time does not pass here.")),
    ("wasi:clocks", N_("Waiting is not possible in the sandbox: time does not pass here.")),
    ("wasi:cli/exit", N_("The program cannot end Python itself. Use sys.exit() or simply let it run to its end.")),
)
_OTHER_DENIED = N_("This is not available in the sandbox: there are no files, no network and no other programs.")
_ERRORS: Mapping[str, str] = {
    "EOFError": N_("input() found nothing more to read: your program asks for more than the test gives."),
    "RecursionError": N_("Functions called each other too deeply. Does a function call itself without an end?"),
    "FileNotFoundError": N_("There are no files in the sandbox. Write the data into your program, or read it with input()."),
    "ModuleNotFoundError": N_("There is no such module here. Python's standard library is there, other packages are not."),
    "SyntaxError": N_("Python does not understand line %(line)s. Often a bracket, a quotation mark or a colon is missing there or just above."),
    "IndentationError": N_("The indentation of line %(line)s does not fit what stands above."),
    "TabError": N_("Line %(line)s mixes tabs and spaces. Use spaces only."),
    "NameError": N_("In line %(line)s something is used that has no such name. Is it spelled the same everywhere?"),
    "ZeroDivisionError": N_("Line %(line)s divides by zero."),
    "TypeError": N_("Line %(line)s combines values that do not fit each other."),
    "IndexError": N_("Line %(line)s reaches beyond the end of a list or text."),
    "KeyError": N_("Line %(line)s looks for a key that the dictionary does not have."),
    "AttributeError": N_("Line %(line)s asks a value for something that it does not have."),
    "ValueError": N_("Line %(line)s got a value that it cannot use."),
    "AIError": N_("The model gave no answer: the message below says why."),
}
_NO_THREADS = N_("There are no threads in the sandbox. One thing after the other is enough for this exercise.")


def explain(result: Result, limits: Limits) -> Words | None:
    """The words for a result; None when all went well, or when the error speaks for itself."""
    if result.status in _NOT_YOURS:
        return Words(_NOT_YOURS[result.status], own_fault=False)
    if result.status is Status.DENIED:
        return Words(next((words for sign, words in _DENIED if result.detail.startswith(sign)), _OTHER_DENIED))
    if result.status in _ENDINGS:
        return Words(_ENDINGS[result.status], {"memory": limits.memory >> 20, "output": limits.output})
    return None if result.problem is None else _of_problem(result.problem)


def _of_problem(problem: Problem) -> Words | None:
    if "start new thread" in problem.message:
        return Words(_NO_THREADS)
    words = _ERRORS.get(problem.type)
    if words is None or ("%(line)s" in words and not problem.line):
        return None
    return Words(words, {"line": problem.line})
