"""The kinds of question. A new kind is one file and one word in the tuple below."""

from collections.abc import Mapping
from typing import Any

from assessments.kinds import (
    cloze,
    embeddings,
    essay,
    grounded,
    likert,
    match,
    matrix,
    multi,
    nexttoken,
    numeric,
    order,
    prompt,
    python,
    short,
    single,
    survey,
    tokenizer,
    write,
)
from assessments.kinds.base import Kind

KINDS: Mapping[str, Kind[Any]] = {
    module.KIND.name: module.KIND
    for module in (single, multi, cloze, numeric, short, matrix, match, order, essay, likert, survey, prompt, grounded, python, write, nexttoken, tokenizer, embeddings)
}
