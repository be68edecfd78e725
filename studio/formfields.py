"""What a browser sends of a question's form, and its buttons: add, remove, up, down."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from modules.split import fences
from studio import lists
from studio.blockform import BlockForm, Fenced, Row
from studio.shapes import SHAPES, Shape
from studio.yamllist import added

MOST_ROWS = 100
MOST_COLUMNS = 10
_FIELD = re.compile(r"(text|name)-(\d{1,4})")

Fields = Mapping[str, Sequence[str]]


def from_fields(fields: Fields, old: BlockForm) -> BlockForm:
    """The form as a browser sends it for a block; what the form does not offer stays as it is. Raises ValueError."""
    first = {name: values[0] for name, values in fields.items() if values}
    shape = SHAPES[old.kind]
    numbers = [(name[1], int(name[2])) for key in fields if (name := _FIELD.fullmatch(key))]
    rows = [number for part, number in numbers if part == "text"]
    if len(rows) > MOST_ROWS:
        raise ValueError(len(rows))
    offered = {name: _kept(first[f"attribute-{name}"], old.attributes.get(name, "")) for name in shape.attributes if f"attribute-{name}" in first}
    columns = tuple(_line(text) for text in fields.get("column", ()))[: MOST_COLUMNS + 1]
    return BlockForm(
        old.kind, old.id, {name: value for name, value in {**old.attributes, **offered}.items() if value},
        _kept(first.get("stem", ""), old.text), tuple(_row(number, first, fields, shape, old) for number in rows),
        tuple(_kept(hint, *old.hints) for hint in fields.get("hint", ()) if hint.strip()), _kept(first.get("explanation", ""), old.explanation),
        tuple(_fence(number, first, fields, old) for part, number in numbers if part == "name"), columns,
    )


def _row(number: int, first: Mapping[str, str], fields: Fields, shape: Shape, old: BlockForm) -> Row:
    cells: tuple[bool, ...] = ()
    if shape.table:
        chosen = set(fields.get(f"cell-{number}", ()))
        cells = tuple(str(column) in chosen for column in range(1, len(fields.get("column", ()))))
    was = old.rows[number] if number < len(old.rows) else Row()
    text, weight = first[f"text-{number}"], re.sub(r"[^\d.,-]", "", first.get(f"weight-{number}", ""))
    return Row(_sign(number, first, shape), weight, _kept(_line(text) if shape.table else text, was.text), _kept(first.get(f"feedback-{number}", ""), was.feedback),
               cells, number if number < len(old.rows) else None)


def _sign(number: int, first: Mapping[str, str], shape: Shape) -> str:
    if shape.together:
        sign = first.get("sign", next(iter(shape.together)))
    elif "right" in first and shape.written:  # One of several: a radio button says which.
        sign = shape.written[0] if first["right"] == str(number) else shape.written[-1]
    elif shape.beside:
        return _line(first.get(f"sign-{number}", ""))
    else:
        sign = first.get(f"sign-{number}", shape.written[-1] if shape.written else "")
    if shape.written and sign not in shape.written:
        raise ValueError(sign)
    return sign if shape.written else ""


def _fence(number: int, first: Mapping[str, str], fields: Fields, old: BlockForm) -> Fenced:
    """A fenced part as a field of text or, where the form has them, from its rows."""
    name, was = first.get(f"name-{number}", ""), old.fences[number] if number < len(old.fences) else None
    if name not in old.shape.fences:
        raise ValueError(name)
    argument = _line(first.get(f"argument-{number}", ""))
    if f"fence-{number}" not in first:
        if was is None:
            raise ValueError(number)
        return replace(was, argument=argument, text=lists.written(old, was, number, fields))
    text = first[f"fence-{number}"].replace("\r\n", "\n").rstrip("\n")
    # Fields lose empty lines at the end: where nothing else differs, the author's are kept.
    if was and text == was.text.rstrip("\n"):
        text = was.text
    fence = Fenced(name, argument, text, number if was else None)
    return _begun(old, fence) if was and was.argument != argument else fence


def _line(text: str) -> str:
    return " ".join(text.split())


def _kept(text: str, *olds: str) -> str:
    """A field's text; where it only lost the blanks around it, as its author wrote it."""
    plain = text.replace("\r\n", "\n").strip()
    return next((old for old in olds if old.strip() == plain), None) or _clean(plain)


def _clean(text: str) -> str:
    """A field's text; a line that would end the block becomes a quotation of it, and a code fence ends where the field does."""
    lines = [f" \\{line.strip()}" if re.match(r"\s*(:{3,}|/{3,})", line) else line for line in text.split("\n")]
    for opening in fences(lines)[1][:1]:
        lines.append((re.match(r"[\s>]*(`+|~+)", lines[opening]) or ["", "```"])[1])
    return "\n".join(lines)


# --- Buttons ----------------------------------------------------------------------------------------------------------

def acted(form: BlockForm, act: str, new_text: str) -> BlockForm:
    """The form after one of its buttons: `answer`, `column`, `fence NAME`, or `up`, `down`, `remove`, `remove-column`, `remove-fence` with a number;
    those of rows: studio.lists.acted.
    """
    name, _, of = act.partition(" ")
    if name == "answer" and form.shape.signs:
        return replace(form, rows=(*form.rows, _new_row(form, new_text)))
    if name in ("up", "down", "remove"):
        return replace(form, rows=_moved(form.rows, of, name))
    if name in ("column", "remove-column"):
        return _other_columns(form, of, new_text)
    return _other_fences(form, name, of) if name in ("fence", "remove-fence") else lists.acted(form, act)


def _other_columns(form: BlockForm, of: str, new_text: str) -> BlockForm:
    """A table with one column more, or without the one of this number; two to choose from remain."""
    if not of and len(form.columns) <= MOST_COLUMNS:
        rows = tuple(replace(row, cells=(*row.cells, False)) for row in form.rows)
        return replace(form, columns=(*form.columns, f"{new_text} {len(form.columns)}"), rows=rows)
    at = int(of) if of.isdigit() else 0
    if not 0 < at < len(form.columns) or len(form.columns) <= 3:
        return form
    rows = tuple(replace(row, cells=row.cells[: at - 1] + row.cells[at:]) for row in form.rows)
    return replace(form, columns=form.columns[:at] + form.columns[at + 1 :], rows=rows)


def _other_fences(form: BlockForm, act: str, of: str) -> BlockForm:
    """A form with one fenced part more, of which a list has a first entry, or without one."""
    if act == "remove-fence":
        return replace(form, fences=tuple(fence for number, fence in enumerate(form.fences) if str(number) != of))
    if of not in form.shape.fences:
        return form
    return replace(form, fences=(*form.fences, _begun(form, Fenced(of, _NEW_ARGUMENTS.get(of, ""), _NEW_FENCES.get(of, "")))))


def _begun(form: BlockForm, fence: Fenced) -> Fenced:
    """A fenced part; an empty list gets its first entry."""
    listing = lists.listing_of(form.kind, fence)
    return replace(fence, text=added("", lists.first_entry(listing, fence))) if listing and not fence.text.strip() else fence


_NEW_ARGUMENTS = {"then": "mark"}
_NEW_FENCES = {"variants": "| name |\n|------|\n| 1    |\n| 2    |"}


def _new_row(form: BlockForm, new_text: str) -> Row:
    shape, number = form.shape, len(form.rows) + 1
    sign = form.sign if shape.together else shape.written[-1] if shape.written else ""
    if shape.beside:  # Points are a number, a left side is words.
        sign = "1" if shape.line.startswith("- [") else f"{new_text} {number}"
    text = f"{new_text} {number}" if any(row.text.startswith(new_text) for row in form.rows) else new_text
    return Row(sign, "", text, "", tuple(column == 0 for column in range(len(form.columns) - 1)))


def _moved(rows: tuple[Row, ...], of: str, act: str) -> tuple[Row, ...]:
    at = next((at for at, row in enumerate(rows) if str(row.at) == of), None)
    if at is None:
        return rows
    rest = [*rows[:at], *rows[at + 1 :]]
    if act != "remove":
        rest.insert(max(0, at - 1) if act == "up" else at + 1, rows[at])
    return tuple(rest)
