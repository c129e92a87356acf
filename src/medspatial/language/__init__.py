"""Reads what people and models write: envelopes of replies, figures, markup, small tables of other languages.

Pure functions on text, without knowledge of questions.
"""

from medspatial.language.answers import (
    Answer,
    level_of,
    option_of,
    plain,
    read_answer,
    reading,
    says_number,
    shared_words,
)
from medspatial.language.envelope import Opened, open_envelope
from medspatial.language.fields import json_answer, line_answer, tag_answer
from medspatial.language.figures import plain_figures
from medspatial.language.foreign import in_english, other_language
from medspatial.language.lettered import lettered, numbered
from medspatial.language.marked import Marks, likeliest, option_marks
from medspatial.language.markup import with_tags, without_markup
from medspatial.language.refusals import find_refusals, refuses_whole
from medspatial.language.sides import sides_said

__all__ = [
    "Answer",
    "Marks",
    "Opened",
    "find_refusals",
    "in_english",
    "json_answer",
    "lettered",
    "level_of",
    "likeliest",
    "line_answer",
    "numbered",
    "open_envelope",
    "option_marks",
    "option_of",
    "other_language",
    "plain",
    "plain_figures",
    "read_answer",
    "reading",
    "refuses_whole",
    "says_number",
    "shared_words",
    "sides_said",
    "tag_answer",
    "with_tags",
    "without_markup",
]
