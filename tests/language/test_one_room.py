"""Regular expressions about medical English stand in one room, `medspatial.language`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
ROOM = "medspatial/language/"
READER_OF_REPORTS = "medspatial/report_questions/"
FORMATS = {  # words of file formats, no English
    "medspatial/anatomy/labels.py": "Segment_1, a name that programs give",
    "medspatial/datasets/formats/mirp.py": "the four wordings of that benchmark's questions, about pictures",
    "medspatial/cases/segments.py": "Segment0_Name, a key of a NRRD header",
    "medspatial/volume/read/nrrd.py": "none, a value in a NRRD header",
}
_WORDS = """
    left right bilateral unilateral midline side lobe lingula lung kidney liver spleen heart aorta pleura
    pleural nodule lesion effusion tumor tumour cyst mass organ vertebra rib segment anterior posterior
    superior inferior medial lateral above below upper lower middle between adjacent normal unremarkable
    absent present visible seen no none not neither without yes false correct larger smaller largest
    smallest size diameter thickness distance volume mm cm ml hu percent probably likely possibly unclear
    cannot unable indeterminate
"""
WORDS = frozenset(_WORDS.split())


def strings(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """Yield the text of an expression that builds a pattern, with the module's own constants in it."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str | bytes):
            yield part.value if isinstance(part.value, str) else part.value.decode("latin-1")
        elif isinstance(part, ast.Name) and part.id in constants:
            yield constants[part.id]


def patterns(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every pattern that a module gives to `re`."""
    tree = ast.parse(source)
    constants: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = " ".join(strings(node.value, constants))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr != "escape":
                yield node.lineno, " ".join(strings(node.args[0], constants))


def medical(pattern: str) -> set[str]:
    """Return the words of the list that a pattern holds; escapes such as \\b are no letters."""
    return set(re.findall(r"[a-z]+", re.sub(r"\\[A-Za-z]", " ", pattern).casefold())) & WORDS


def found(files: list[Path]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for path in files:
        name = path.relative_to(SOURCE).as_posix()
        for line, pattern in patterns(path.read_text(encoding="utf-8")):
            if words := medical(pattern):
                result.setdefault(name, []).append(f"{name}:{line}: {', '.join(sorted(words))}")
    return result


def test_no_other_module_holds_one():
    elsewhere = found([path for path in SOURCE.rglob("*.py") if ROOM not in path.as_posix()])
    outside = {
        name: lines
        for name, lines in elsewhere.items()
        if not name.startswith(READER_OF_REPORTS) and name not in FORMATS
    }
    assert outside == {}
    assert set(FORMATS) <= set(elsewhere)  # an entry that excuses nothing goes


def test_the_room_is_where_they_are():
    assert len(found(list((SOURCE / ROOM).glob("*.py")))) >= 15


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('import re\nX = re.compile(r"\\b(?:left|right)\\b")', {"left", "right"}),
        ('import re\nSIDE = "left|right"\nX = re.search(rf"\\b(?:{SIDE})", text)', {"left", "right"}),
        (
            'import re\nA = r"upper"\nB = rf"{A} lobe"\ndef f(t):\n    return re.sub(B, "", t)',
            {"upper", "lobe"},
        ),
        ('import re\nX = re.compile(r"[a-z]+_\\d+")', set()),
        ('import re\nX = re.compile(r"\\bright\\b", re.I)', {"right"}),
    ],
)
def test_the_guard_sees_what_it_guards(source, words):
    assert {word for _, pattern in patterns(source) for word in medical(pattern)} == words
