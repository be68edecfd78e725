"""`./lotse bench content`: how long it takes to bring questions in."""

import time

from bench.report import Figure
from exchange import service

QUESTIONS = 1_000


def figures() -> list[Figure]:
    """A thousand questions in GIFT: read, made into a course folder, and checked as every course is."""
    content = "".join(_question(number) for number in range(QUESTIONS)).encode()
    began = time.process_time()
    reading = service.read(content, "questions.gift", language="en")
    read = time.process_time()
    made = service.checked(reading, service.frame_for(reading, "questions.gift", "en"))
    done = time.process_time()
    if len(reading.items) != QUESTIONS or any(entry.dropped for entry in reading.report) or len(made.course.sources) < 10:
        raise RuntimeError("Not all questions were read.")
    return [
        Figure("import 1,000 questions in GIFT", done - began, "s CPU", 5, at_least=False),
        Figure("of that, reading them", read - began, "s CPU"),
    ]


def _question(number: int) -> str:
    """A question as trainers write them, with feedback for each answer; every fourth one with formatting."""
    stem = f"Which of these is number {number}, and *why*?" if number % 4 else f"[html]<p>Which is number <b>{number}</b>, if \\(x<{number}\\)?</p>"
    return (f"::Question {number}::{stem} {{\n=The right answer to it#Yes, because of {number}.\n~A wrong answer, number {number}#No, that is another one.\n"
            f"~%50%Half of the answer {number}#Nearly.\n~Something else#Not at all.\n####It is {number}, as the text says.}}\n\n")
