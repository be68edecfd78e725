"""The seal's field gets its place in the file's structure, so that the file stays accessible (PDF/UA-1) when it is sealed.

pyHanko leaves the field untagged, which PDF/UA bears only of fields that are hidden, and PDF/A of none that are.
"""

from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, pdf_name, pdf_string

_dictionary: Any = DictionaryObject    # pyHanko's constructors have no types.
_number: Any = NumberObject


def tag_field(writer: Any, field: Any, label: str) -> None:
    """Put a field at the end of a tagged file's reading order. A file without tags stays as it is."""
    if "/StructTreeRoot" not in writer.root:
        return
    structure = writer.root["/StructTreeRoot"]
    document = structure["/K"].raw_get(0)
    widget, page = field.get_object(), field.get_object().raw_get("/P")
    reference = writer.add_object(_dictionary({pdf_name("/Type"): pdf_name("/OBJR"), pdf_name("/Obj"): field, pdf_name("/Pg"): page}))
    form = writer.add_object(_dictionary({
        pdf_name("/Type"): pdf_name("/StructElem"), pdf_name("/S"): pdf_name("/Form"), pdf_name("/P"): document, pdf_name("/Pg"): page,
        pdf_name("/Alt"): pdf_string(label), pdf_name("/K"): ArrayObject([reference]),
    }))
    document.get_object()["/K"].append(form)
    writer.update_container(document.get_object()["/K"])
    widget["/StructParent"] = _entered(writer, structure["/ParentTree"]["/Nums"], form)
    writer.update_container(widget)


def _entered(writer: Any, numbers: Any, form: Any) -> Any:
    """The next free number of the table that leads from an object back to its element."""
    free = _number(1 + max(int(numbers[index]) for index in range(0, len(numbers), 2)))
    numbers.extend([free, form])
    writer.update_container(numbers)
    return free
