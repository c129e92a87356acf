"""The documentation states the limits that the code holds."""

from pathlib import Path

from medspatial.anatomy.limit_tables import limits_markdown
from medspatial.anatomy.limits import body_order, hu_table, size_table

DOCS = Path(__file__).resolve().parents[2] / "docs" / "trust.md"


def test_the_page_holds_every_limit():
    """``python -c "from medspatial.anatomy.limit_tables import *; print(limits_markdown())"`` writes them."""
    assert limits_markdown() in DOCS.read_text(encoding="utf-8")


def test_every_row_and_pair_is_in_the_tables():
    text = limits_markdown()
    assert text.count("\n| ") >= len(hu_table()) + len(size_table())
    pairs = sum(len(getattr(body_order(), axis)) for axis in ("above", "in_front", "right_of"))
    assert text.count(" / ") == pairs
    assert all(row.source for row in (*hu_table(), *size_table()))
