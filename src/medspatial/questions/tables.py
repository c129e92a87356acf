"""The subtypes and their rules as a table, for the documentation and for listings."""

from __future__ import annotations

from typing import Any

from medspatial.questions.catalogue import subtypes
from medspatial.questions.drop import DROP_RULES
from medspatial.questions.subtype import Subtype
from medspatial.records import CATEGORIES, CATEGORY_TITLES

HEAD = """# Question subtypes

Made from the code by `medspatial.questions.subtypes_markdown()`; a test checks that it is current.

Left and right are the patient's. World axes are RAS+ millimetres from the affine, never array order. *vmax*
is the largest voxel side. Surface distances run between the centres of boundary voxels; 0 where voxels
touch by a face, edge or corner. Extents and diameters are edge to edge. A structure is WHOLE when it
touches no face of the volume, has at least 100 voxels and 1 ml, and its largest component holds 90 % of it
(98 % for solid organs; colon, small bowel and ribs exempt); a lesion when it touches no face and has 27
voxels. Organs are measured with the lesions inside them. Stray pieces under 5 % (1 % for colon, small
bowel, ribs and vessels) are set aside first. A figure that equals its limit is dropped (relative tolerance
1e-6), except where a rule counts "from ... on": 10 shared faces, 8 voxels, 27 voxels of a lesion, 3 vmax.

**Lesions.** An organ is measured with the lesions inside it, and the words say "including any lesion"
wherever a kind of lesion was looked for that this organ can hold, whether or not there is one, so that the
words tell nothing. Lesion masks that differ in their side only (`kidney_cyst_left`, `kidney_cyst_right`)
are one kind. A lesion among several is named by size (largest, second, third largest, smallest: each more
than 25 % apart) or as the highest or lowest (over 10 mm apart); never by size where size is asked, nor by
height where height helps. Overlap rules concern two organs; a lesion and the organ that holds it are meant
to overlap.

**Choice of structures.** Organs first, then vessels, spine, bones, muscles, ribs; near ones, similar
volumes and the same body region before others. The bowel, ribs and rib cartilage are not asked for their
centre. Pairs whose names tell the answer ("left kidney" and "right lung" in L5 and A5) are dropped.

**Words.** One of the wordings by hash of the original case, subtype and structures; `metadata["reworded"]`
holds another one for the arm `reworded`.

**Ids.** A question's `id` is a hash of its case's id, its subtype, its words, its sorted options and its
answer; `pair_id` links a laterality question with its mirrored twin and is a hash of the original case's
id, the subtype and the structures. Neither depends on other cases, on the number of questions asked, on
workers or on how the files are stored, so ids stay the same as long as wordings and rules do; both may
change with a new version of the package, and finished cases kept on disk are then built again.
"""


def subtype_rows() -> list[dict[str, Any]]:
    """Plain data on every subtype, in order: id, slug, title, category, rules, wordings."""
    return [_row(one) for one in subtypes()]


def _row(one: Subtype) -> dict[str, Any]:
    return {
        "id": one.id,
        "slug": one.slug,
        "title": one.title,
        "category": one.category,
        "needs": one.needs,
        "answer_type": one.answer_type,
        "unit": one.unit,
        "measurement": one.measurement,
        "drop_when": one.drop_when,
        "answers": one.answers,
        "limits": dict(one.limits),
        "wordings": [text for texts in one.wordings.values() for text in texts],
    }


def subtypes_markdown() -> str:
    """The documentation page of all subtypes and drop rules."""
    parts = [HEAD]
    for category in CATEGORIES:
        parts.append(f"\n## {CATEGORY_TITLES[category]}\n")
        parts += [_section(row) for row in subtype_rows() if row["category"] == category]
    parts.append("\n## Drop rules\n\n| rule | meaning |\n|---|---|\n")
    parts += [f"| `{name}` | {text} |\n" for name, text in DROP_RULES.items()]
    return "".join(parts)


def _section(row: dict[str, Any]) -> str:
    limits = ", ".join(f"{name} = {value:g}" for name, value in row["limits"].items())
    lines = [
        f"\n### {row['id']} {row['title']} (`{row['slug']}`)\n",
        f"- needs: {row['needs']}; answer type: {row['answer_type']}"
        + (f", in {row['unit']}" if row["unit"] else ""),
        f"- measurement: {row['measurement']}",
        f"- dropped when: {row['drop_when']}",
        f"- answers: {row['answers']}",
    ]
    if limits:
        lines.append(f"- limits: {limits}")
    if row["wordings"] != [""]:
        lines.append(f"- wordings: {len(row['wordings'])}, such as “{row['wordings'][0]}”")
    return "\n".join(lines) + "\n"
