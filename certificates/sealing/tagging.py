"""The seal's field gets its place in the file's structure, so that the file stays accessible (PDF/UA-1) when it is sealed.

pyHanko leaves the field untagged, which PDF/UA bears only of fields that are hidden, and PDF/A of none that are.
"""

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, NumberObject, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter


def tag_field(writer: IncrementalPdfFileWriter, field: IndirectObject, label: str) -> None:
    """Put a field at the end of a tagged file's reading order. A file without tags stays as it is."""
    if "/StructTreeRoot" not in writer.root:
        return
    structure = writer.root["/StructTreeRoot"]
    document = structure["/K"].raw_get(0)
    widget, page = field.get_object(), field.get_object().raw_get("/P")
    reference = writer.add_object(DictionaryObject({pdf_name("/Type"): pdf_name("/OBJR"), pdf_name("/Obj"): field, pdf_name("/Pg"): page}))
    form = writer.add_object(DictionaryObject({
        pdf_name("/Type"): pdf_name("/StructElem"), pdf_name("/S"): pdf_name("/Form"), pdf_name("/P"): document, pdf_name("/Pg"): page,
        pdf_name("/Alt"): pdf_string(label), pdf_name("/K"): ArrayObject([reference]),
    }))
    document.get_object()["/K"].append(form)
    writer.update_container(document.get_object()["/K"])
    widget["/StructParent"] = _entered(writer, structure["/ParentTree"]["/Nums"], form)
    writer.update_container(widget)


def _entered(writer: IncrementalPdfFileWriter, numbers: ArrayObject, form: IndirectObject) -> NumberObject:
    """The next free number of the table that leads from an object back to its element."""
    free = NumberObject(1 + max(int(numbers[index]) for index in range(0, len(numbers), 2)))
    numbers.extend([free, form])
    writer.update_container(numbers)
    return free
