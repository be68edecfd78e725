"""H5P packages, read: question sets, multiple choice, single choice sets, true or false, blanks, drag text, mark the words."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assessments.kinds.answers import Answer
from core.i18n import N_
from exchange.collecting import Collected
from exchange.html import MOST_LETTERS, Writer, with_words
from exchange.jsontext import read_json
from exchange.media import Finder
from exchange.model import TEXT, Choice, Entry, Gap, Item, Reading, UnreadableError, gap, without_gap_marks
from exchange.normal import one_right, several_right, true_false

NAME = "h5p"
DEEPEST = 6
_STARRED = re.compile(r"\*([^*\n]{1,300})\*")
_TAGS = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W\d_]{4,}")
_CONTAINERS = {"H5P.QuestionSet": "questions", "H5P.Column": "content", "H5P.InteractiveBook": "chapters"}
Params = Mapping[str, Any]


def read(files: Mapping[str, bytes], path: str, language: str) -> Reading:
    """Read a package that was unpacked."""
    collected = Collected(NAME, path, language)
    about, content = (_json(files.get(name, b""), name, collected) for name in ("h5p.json", "content/content.json"))
    if about is None or content is None:
        return collected.done()
    collected.title = str(about.get("title", ""))[:200]
    finder = Finder(collected.media, files, "content")
    library = str(about.get("mainLibrary", ""))
    collected.each(_parts(library, content, collected.title, Writer(collected.media, finder), language, 0))
    return collected.done()


def _json(content: bytes, name: str, collected: Collected) -> Params | None:
    wrong = len(collected.findings)
    found = read_json(content, name, collected)
    if not isinstance(found, dict):
        if len(collected.findings) == wrong:
            collected.find("json", 0, N_("“%(name)s” is missing or empty."), N_("Export the content anew."), name=name)
        return None
    return found


def _parts(library: str, params: Params, title: str, texts: Writer, language: str, depth: int) -> Iterator[tuple[str, str, int, Callable[[Entry], Item | None]]]:
    name = library.split(" ", maxsplit=1)[0]
    if name in _CONTAINERS and depth < DEEPEST:
        introduction = _text(_dict(params, "introPage"), "introduction")
        if introduction:
            yield title, "introduction", 0, lambda entry: Item(kind=TEXT, stem=texts.markdown(introduction, entry))
        for part in _list(params, _CONTAINERS[name]):
            inside = _dict(part, "content") if name == "H5P.Column" else part
            about = _dict(inside, "metadata")
            yield from _parts(str(inside.get("library", "")), _dict(inside, "params"), str(about.get("title", "")), texts, language, depth + 1)
        return
    if name == "H5P.SingleChoiceSet":
        for one in _list(params, "choices"):
            yield title, name, 0, lambda entry, one=one: _first_right(one, texts, entry)  # type: ignore[misc]
        return
    read = _KINDS.get(name)
    yield title, name or "?", 0, lambda entry: _read(read, name, params, title, texts, entry, language)


def _read(read: "_Read | None", name: str, params: Params, title: str, texts: Writer, entry: Entry, language: str) -> Item:
    if read is None:
        raise UnreadableError(N_("Questions of the type “%(type)s” have no counterpart here."), type=name[:60])
    item = Item(kind="", title=title, stem=_picture(params, texts, entry))
    _note_overall(params, entry)
    return read(item, params, texts, entry, language)


def _list(params: Params, key: str) -> list[Params]:
    found = params.get(key)
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


def _dict(params: Params, key: str) -> Params:
    found = params.get(key)
    return found if isinstance(found, dict) else {}


def _text(params: Params, key: str) -> str:
    found = params.get(key)
    if isinstance(found, str) and len(found) > MOST_LETTERS:
        raise UnreadableError(N_("A text has more than %(most)s characters."), most=MOST_LETTERS)
    return found if isinstance(found, str) else ""


def _picture(params: Params, texts: Writer, entry: Entry) -> str:
    media = _dict(_dict(params, "media"), "type")
    shown = _dict(media, "params")
    path = _text(_dict(shown, "file"), "path")
    if not path:
        if media.get("library"):
            entry.change(N_("Embedded media were left out."))
        return ""
    kept = texts.find(path)
    if kept is None:
        entry.change(N_("The picture “%(name)s” is not in the file."), name=path[:120])
        return ""
    words = " ".join(_text(shown, "alt").split()).replace("]", ")")
    return with_words(f"![{words}]({kept})", entry)


def _note_overall(params: Params, entry: Entry) -> None:
    if any(_text(part, "feedback") for part in _list(params, "overallFeedback")):
        entry.change(N_("Feedback for right, partly right and wrong answers as a whole was left out."))


def _with_text(item: Item, text: str) -> Item:
    return replace(item, stem="\n\n".join(filter(None, (item.stem, text))))


def _multi(item: Item, params: Params, texts: Writer, entry: Entry, _: str) -> Item:
    answers = _list(params, "answers")
    behaviour = _dict(params, "behaviour")
    right = sum(bool(answer.get("correct")) for answer in answers)
    single = right == 1 and behaviour.get("type") != "multi" and behaviour.get("singleAnswer") is not False
    choices = []
    for answer in answers:
        said = _dict(answer, "tipsAndFeedback")
        if _text(said, "tip") or _text(said, "notChosenFeedback"):
            entry.change(N_("Tips beside answers and feedback for answers that were not chosen were left out."))
        weight = 1 / max(1, right) if answer.get("correct") else 0.0 if single else -1 / max(1, right)
        choices.append(Choice(texts.line(_text(answer, "text"), entry), weight=weight, feedback=texts.markdown(_text(said, "chosenFeedback"), entry)))
    shuffle = behaviour.get("randomAnswers") is not False
    item = replace(_with_text(item, texts.markdown(_text(params, "question"), entry)), shuffle=shuffle)
    if single:
        return replace(item, kind="single", choices=one_right(choices, entry))
    return replace(item, kind="multi", choices=several_right(choices, entry), points=float(right), scoring="all" if behaviour.get("singlePoint") else "")


def _first_right(params: Params, texts: Writer, entry: Entry) -> Item:
    answers = params.get("answers")
    found = [answer for answer in answers if isinstance(answer, str)] if isinstance(answers, list) else []
    choices = [Choice(texts.line(answer, entry), weight=float(at == 0)) for at, answer in enumerate(found)]
    stem = texts.markdown(_text(params, "question"), entry)
    return Item(kind="single", stem=stem, title=stem[:60], choices=one_right(choices, entry))


def _true_false(item: Item, params: Params, texts: Writer, entry: Entry, language: str) -> Item:
    correct = _text(params, "correct")
    if correct not in ("true", "false"):
        raise UnreadableError(N_("It does not say which answer is right."))
    behaviour = _dict(params, "behaviour")
    right, wrong = (texts.markdown(_text(behaviour, key), entry) for key in ("feedbackOnCorrect", "feedbackOnWrong"))
    said = {correct == "true": right, correct != "true": wrong}
    return replace(_with_text(item, texts.markdown(_text(params, "question"), entry)), kind="single", shuffle=False,
                   choices=true_false(correct == "true", language, said))


def _blanks(item: Item, params: Params, texts: Writer, entry: Entry, _: str) -> Item:
    questions = params.get("questions")
    html = "".join(f"<p>{part}</p>" for part in questions if isinstance(part, str))[: 2 * MOST_LETTERS] if isinstance(questions, list) else ""
    if _dict(params, "behaviour").get("caseSensitive") is not False:
        entry.change(N_("Capital and small letters no longer matter."))

    def made(inside: str) -> Gap:
        answers, _, tip = inside.partition(":")
        if tip:
            entry.change(N_("Tips in gaps were left out."))
        return Gap(answers=tuple(Answer(answer.strip()) for answer in answers.split("/") if answer.strip()))

    return _cloze(_with_text(item, texts.markdown(_text(params, "text"), entry)), html, made, texts, entry)


def _drag_text(item: Item, params: Params, texts: Writer, entry: Entry, _: str) -> Item:
    field = _text(params, "textField").replace("\n", "<br>")
    words = [_word(inside) for inside in [*_STARRED.findall(field), *_STARRED.findall(_text(params, "distractors"))]]
    options = tuple(dict.fromkeys(word for word in words if word))
    entry.change(N_("Dragging words became choosing them from lists."))
    if any(re.search(r"[:\\]", inside) for inside in _STARRED.findall(field)):
        entry.change(N_("Tips and feedback in gaps were left out."))

    def made(inside: str) -> Gap:
        if len(options) < 2:
            return Gap(answers=(Answer(_word(inside)),))
        return Gap(options=options, right=options.index(_word(inside)))

    return _cloze(_with_text(item, texts.markdown(_text(params, "taskDescription"), entry)), field, made, texts, entry)


def _word(inside: str) -> str:
    return re.split(r":|\\[+-]", _TAGS.sub("", inside))[0].strip()


def _cloze(item: Item, html: str, made: Callable[[str], Gap], texts: Writer, entry: Entry) -> Item:
    gaps: list[Gap] = []

    def place(found: re.Match[str]) -> str:
        gaps.append(made(_TAGS.sub("", found[1])))
        return gap(len(gaps))

    marked = _STARRED.sub(place, without_gap_marks(html))
    if not gaps or any(not one.options and not one.answers for one in gaps):
        raise UnreadableError(N_("There is no gap that can be read."))
    return replace(_with_text(item, texts.markdown(marked, entry, gaps=True)), kind="cloze", gaps=tuple(gaps), points=float(len(gaps)))


def _mark_words(item: Item, params: Params, texts: Writer, entry: Entry, _: str) -> Item:
    field = _text(params, "textField")
    right = list(dict.fromkeys(found.strip() for found in _STARRED.findall(_TAGS.sub("", field)) if found.strip()))
    others = [word for word in dict.fromkeys(_WORD.findall(_TAGS.sub(" ", _STARRED.sub(" ", field)))) if word not in right][: 2 * max(2, len(right))]
    if not right or not others:
        raise UnreadableError(N_("It does not say which answer is right."))
    entry.change(N_("Marking words became choosing them from a list."))
    share = 1 / len(right)
    choices = [*(Choice(texts.line(word, entry), weight=share) for word in right), *(Choice(texts.line(word, entry), weight=-share) for word in others)]
    html = _STARRED.sub(lambda found: found[1], field).replace("\n", "<br>")
    text = "\n\n".join(filter(None, (texts.markdown(_text(params, "taskDescription"), entry), texts.markdown(html, entry))))
    return replace(_with_text(item, text), kind="multi", choices=several_right(choices, entry), points=float(len(right)))


def _advanced_text(item: Item, params: Params, texts: Writer, entry: Entry, _: str) -> Item:
    return replace(item, kind=TEXT, stem=texts.markdown(_text(params, "text"), entry))


_Read = Callable[[Item, Params, Writer, Entry, str], Item]
_KINDS: Mapping[str, _Read] = {
    "H5P.MultiChoice": _multi, "H5P.TrueFalse": _true_false, "H5P.Blanks": _blanks, "H5P.DragText": _drag_text,
    "H5P.MarkTheWords": _mark_words, "H5P.AdvancedText": _advanced_text,
}
