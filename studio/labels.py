"""What attributes and fenced parts are called in forms. Message ids are English."""

from collections.abc import Mapping

from core.i18n import N_

ATTRIBUTES: Mapping[str, str] = {
    "points": N_("Points"), "attempts": N_("Attempts (0: no limit)"), "competence": N_("Competences"), "tags": N_("Tags, by which pools find it"),
    "scoring": N_("Scoring"), "shuffle": N_("Mix the answers"), "show": N_("Show what is right"),
    "unit": N_("Unit"), "lang": N_("Language of the answers"), "words": N_("Words, such as 80..300"),
    "scale": N_("Scale, or its steps with | between them"), "results": N_("Results for learners"),
    "pick": N_("How many are drawn"), "from": N_("From which pools or tags"),
    "models": N_("Models"), "compare": N_("Models side by side"), "blind": N_("Hide the models’ names"), "temperature": N_("Temperature"),
    "temperatures": N_("Temperatures side by side"), "runs": N_("How often each is asked"), "predict": N_("Guess first"), "system": N_("System prompt"),
    "feedback": N_("Feedback"), "max_words": N_("At most so many words"), "max_tokens": N_("At most so many tokens"),
    "steps": N_("Steps"), "memory": N_("Memory in MB"), "output": N_("Output in thousand characters"), "calls": N_("Calls of the model"), "model": N_("Model"),
    "clean": N_("What must not remain"), "own": N_("Length of learners’ own texts (0: none)"),
    "topic": N_("Topic, such as transparency"), "title": N_("What it is about, in a few words"), "as_of": N_("The day up to which it takes the law into account"), "source": N_("Where the wording can be read"),
}
FENCES: Mapping[str, str] = {
    "variants": N_("Variants (a table: names, then values)"), "system": N_("What the model is always told"), "context": N_("Text that goes with the prompt"),
    "checks": N_("Checks"), "recorded": N_("Recorded answers, for when no model is there"), "reflect": N_("Questions to think about, one a line"),
    "rubric": N_("Reasons to choose from, one a line"), "swap": N_("Words for the gap, one a line"), "tally": N_("What is counted"),
    "fields": N_("Fields to fill in"), "then": N_("What follows the answer"), "source": N_("Source"), "questions": N_("Questions to the model"),
    "starter": N_("Program to begin with"), "solution": N_("Solution"), "tests": N_("Tests"), "checker": N_("Program that checks"),
    "given": N_("Given text"), "start": N_("Text to begin with"), "names": N_("Names, one a line"), "begin": N_("Beginnings, one a line"),
    "sample": N_("Text"), "texts": N_("Texts, one a line"),
}
ROWS = {                               # What a row is called where it is no answer, and one more.
    "essay": (N_("Criterion %(number)s"), N_("Add a criterion")), "likert": (N_("Statement %(number)s"), N_("Add a statement")), "match": (N_("Pair %(number)s"), N_("Add a pair")),
}
RARE = frozenset({                     # Attributes that few need: folded away unless one says something.
    "tags", "scoring", "shuffle", "show", "models", "compare", "blind", "temperature", "temperatures", "runs", "predict", "feedback", "max_tokens", "steps", "memory", "output", "model",
})
NAMED = {"context": N_("Name"), "source": N_("Title"), "sample": N_("Name")}  # Fenced parts that have a name of their own.
ARGUMENTS = {"then": (               # Fenced parts that are one of several, each with what it is called.
    ("mark", N_("Real or invented? Learners mark the entries of the answer")), ("missed", N_("What did it overlook? Learners choose from your list")),
    ("facts", N_("What must be verified? Learners list it, your list says what was found")),
)}
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "scoring": (("partial", N_("each part counts")), ("all", N_("all or nothing"))),
    "shuffle": (("yes", N_("yes")), ("no", N_("no"))),
    "show": (("now", N_("at once")), ("after-due", N_("after the due date")), ("never", N_("never"))),
    "results": (("hidden", N_("hidden")), ("shown", N_("shown"))),
    "blind": (("yes", N_("yes")), ("no", N_("no"))),
    "predict": (("yes", N_("yes")), ("no", N_("no"))),
    "system": (("shown", N_("shown")), ("hidden", N_("hidden"))),
}
