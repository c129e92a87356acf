"""Faults put into copies of a good set of questions, one kind at a time, and which rows carry them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from medspatial.language.sides import exchange_sides
from medspatial.passport import Kind
from medspatial.records import Question

Rows = list[dict[str, Any]]
Seeded = tuple[Rows, set[str]]
"""The rows with the fault, and the ids (or names of cases) that an alarm must name."""


def rows_of(questions: list[Question]) -> Rows:
    return [one.model_dump(mode="json", exclude_defaults=True) for one in questions]


def _some(rows: Rows, fits: Callable[[dict[str, Any]], bool], draw: random.Random, most: int = 8) -> Rows:
    able = [row for row in rows if fits(row)]
    return draw.sample(able, min(most, len(able)))


def sides_flipped(rows: Rows, draw: random.Random) -> Seeded:
    def fits(row):
        turned = exchange_sides(row["answer"])
        return turned != row["answer"] and turned in row.get("options", ())

    chosen = _some(rows, fits, draw)
    for row in chosen:
        row["answer"] = exchange_sides(row["answer"])
    return rows, {row["id"] for row in chosen}


def units_swapped(rows: Rows, draw: random.Random) -> Seeded:
    """A figure in cm under the name of mm, consistently in value and text."""
    chosen = _some(
        rows, lambda row: row.get("unit") == "mm" and not row.get("options") and row["value"] > 5, draw
    )
    for row in chosen:
        row["value"] = row["value"] / 10
        row["answer"] = f"{row['value']:.2f} mm"
    return rows, {row["id"] for row in chosen}


def unit_relabelled(rows: Rows, draw: random.Random) -> Seeded:
    """The question asks for mm, the reference says cm."""

    def fits(row):
        words = row["question"].lower()
        return row.get("unit") == "mm" and ("in mm" in words or "in millimet" in words)

    chosen = _some(rows, fits, draw)
    for row in chosen:
        row["unit"] = "cm"
    return rows, {row["id"] for row in chosen}


def sizes_wrong(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: row.get("unit") == "ml" and not row.get("options"), draw, 3)
    for row in chosen:
        row["value"] = row["value"] * 1.6
        row["answer"] = f"{row['value']:.1f} ml"
    return rows, {row["id"] for row in chosen}


def answers_wrong(rows: Rows, draw: random.Random) -> Seeded:
    def fits(row):
        options = row.get("options", [])
        return (
            row.get("value") is None and exchange_sides(row["answer"]) == row["answer"] and len(options) > 2
        )

    chosen = _some(rows, fits, draw)
    for row in chosen:
        row["answer"] = next(one for one in row["options"] if one != row["answer"])
    return rows, {row["id"] for row in chosen}


def repeated(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: True, draw)
    return rows + [row | {"id": f"{row['id']}-again"} for row in chosen], {row["id"] for row in chosen}


def nearly_repeated(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: " the " in row["question"], draw)
    copies = [
        row
        | {
            "id": f"{row['id']}-near",
            "question": row["question"].replace(" the ", " a ", 1),
            "evidence": None,
        }
        for row in chosen
    ]
    return rows + copies, {row["id"] for row in chosen}


def reworded_repeat(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: row.get("reworded"), draw)
    copies = [row | {"id": f"{row['id']}-other", "question": row["reworded"]} for row in chosen]
    return rows + copies, {row["id"] for row in chosen}


def contradicted(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: len(row.get("options", ())) > 1, draw)
    copies = [
        row
        | {
            "id": f"{row['id']}-against",
            "answer": next(one for one in row["options"] if one != row["answer"]),
            "evidence": None,
        }
        for row in chosen
    ]
    return rows + copies, {row["id"] for row in chosen}


def letters_inside(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: len(row.get("options", ())) > 2, draw)
    for row in chosen:
        listed = " ".join(f"{letter}: {one}" for letter, one in zip("ABCDEFGH", row["options"], strict=False))
        row["question"] = f"{row['question']} {listed}"
    return rows, {row["id"] for row in chosen}


def answer_inside(rows: Rows, draw: random.Random) -> Seeded:
    def fits(row):
        short = {"yes", "no", "left", "right", "midline"}
        others = [one for one in row.get("options", ()) if one != row["answer"]]
        clear = not any(one.lower() in row["question"].lower() for one in others)
        letters = any(mark.isalpha() for mark in row["answer"]) and "mm" not in row["answer"]
        return others and clear and letters and row["answer"].lower() not in short and len(row["answer"]) > 3

    chosen = _some(rows, fits, draw)
    for row in chosen:
        row["question"] = f"Considering {row['answer']}: {row['question']}"
    return rows, {row["id"] for row in chosen}


def options_alike(rows: Rows, draw: random.Random) -> Seeded:
    chosen = _some(rows, lambda row: len(row.get("options", ())) > 2, draw)
    for row in chosen:
        wrong = next(one for one in row["options"] if one != row["answer"])
        row["options"] = [
            one if one != wrong else f"{row['answer'][0].swapcase()}{row['answer'][1:]}."
            for one in row["options"]
        ]
    return rows, {row["id"] for row in chosen}


def answers_skewed(rows: Rows, draw: random.Random) -> Seeded:
    """All yes/no questions of a new subtype say yes."""
    chosen = [row for row in rows if set(row.get("options", ())) == {"yes", "no"}]
    for row in chosen:
        row["answer"], row["subtype"], row["evidence"] = "yes", "seen", None
    return rows, {"seen"}


def letters_skewed(rows: Rows, draw: random.Random) -> Seeded:
    """The right option stands first in all questions with four."""
    for row in rows:
        if len(row.get("options", ())) == 4:
            row["options"] = [row["answer"], *(one for one in row["options"] if one != row["answer"])]
    return rows, {"A in"}


def patients_missing(rows: Rows, draw: random.Random) -> Seeded:
    for row in rows:
        row.pop("patient_id", None)
    return rows, {rows[0]["id"]}


def patient_exchanged(rows: Rows, draw: random.Random) -> Seeded:
    (row,) = _some(rows, lambda row: True, draw, 1)
    row["patient_id"] = "somebody-else"
    return rows, {row["case_id"]}


def case_missing(rows: Rows, draw: random.Random) -> Seeded:
    (row,) = _some(rows, lambda row: True, draw, 1)
    row["case_id"], row["patient_id"] = "nowhere", "nobody"
    return rows, {"nowhere"}


def bare_images(rows: Rows, draw: random.Random) -> Seeded:
    """All images of one case are bare arrays."""
    (one,) = _some(rows, lambda row: row.get("unit") in ("mm", "ml"), draw, 1)
    chosen = [row for row in rows if row["case_id"] == one["case_id"]]
    for row in chosen:
        row["image_path"] = f"{row['case_id']}.npy"
    return rows, {row["id"] for row in chosen if row.get("unit") in ("mm", "ml")}


SEEDS: dict[str, tuple[Kind, Callable[[Rows, random.Random], Seeded]]] = {
    "sides flipped": (Kind.SIDES, sides_flipped),
    "units swapped": (Kind.UNITS, units_swapped),
    "unit relabelled": (Kind.UNITS, unit_relabelled),
    "sizes wrong": (Kind.SIZES, sizes_wrong),
    "answers wrong": (Kind.ANSWERS, answers_wrong),
    "repeated": (Kind.REPEATED, repeated),
    "nearly repeated": (Kind.NEARLY_REPEATED, nearly_repeated),
    "repeated in other words": (Kind.NEARLY_REPEATED, reworded_repeat),
    "contradicted": (Kind.CONTRADICTED, contradicted),
    "letters inside the question": (Kind.LETTERS, letters_inside),
    "answer inside the question": (Kind.TOLD, answer_inside),
    "options alike": (Kind.OPTIONS_ALIKE, options_alike),
    "answers skewed": (Kind.SKEWED, answers_skewed),
    "letters skewed": (Kind.LETTER_SKEW, letters_skewed),
    "patients missing": (Kind.PATIENTS_UNKNOWN, patients_missing),
    "patient exchanged": (Kind.PATIENTS_DIFFER, patient_exchanged),
    "case missing": (Kind.CASES_UNKNOWN, case_missing),
    "images without spacing": (Kind.NO_SPACING, bare_images),
}
"""Name of a fault: the alarm it must raise, and what puts it in."""
