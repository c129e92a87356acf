"""The subtypes and their rules as a table, for the documentation and for listings."""

from __future__ import annotations

from typing import Any

from medspatial.geometry.traits import (
    LARGEST_SHARE,
    LARGEST_SHARE_SOLID,
    MINIMUM_LESION_VOXELS,
    MINIMUM_ML,
    MINIMUM_VOXELS,
    STRAY_SHARE,
    STRAY_SHARE_SCATTERED,
)
from medspatial.questions.catalogue import subtypes
from medspatial.questions.drop import DROP_RULES
from medspatial.questions.lesions import APART_MM, COUNT_VOXELS
from medspatial.questions.margins import SURE_CONTACT_FACES, SURE_DISTANCE, VOLUME_RATIO_THIN, percent
from medspatial.questions.size import WIDE_VOXELS
from medspatial.questions.subtype import Subtype
from medspatial.records import CATEGORIES, CATEGORY_TITLES

HEAD = f"""# Question subtypes

Made from the code by `medspatial.questions.subtypes_markdown()`; a test checks that it is current.

Left and right are the patient's. World axes are RAS+ millimetres from the affine, never array order. *vmax*
is the largest voxel side. Surface distances run between the centres of boundary voxels; 0 where voxels
touch by a face, edge or corner. Extents and diameters are edge to edge. A structure is WHOLE when it
touches no face of the volume, has at least {MINIMUM_VOXELS} voxels and {MINIMUM_ML:g} ml, \
and its largest component holds {percent(LARGEST_SHARE)} of it
({percent(LARGEST_SHARE_SOLID)} for solid organs; \
colon, small bowel and ribs exempt); a lesion when it touches no face and has {MINIMUM_LESION_VOXELS}
voxels. Organs are measured with the lesions inside them. Stray pieces under {percent(STRAY_SHARE)} \
({percent(STRAY_SHARE_SCATTERED)} for colon, small
bowel, ribs and vessels) are set aside first. A figure that equals its limit is dropped (relative tolerance
1e-6), except where a rule counts "from ... on": {SURE_CONTACT_FACES} shared faces, {COUNT_VOXELS} voxels, \
{MINIMUM_LESION_VOXELS} voxels of a lesion, {WIDE_VOXELS:g} vmax.

**Beside a cut.** What is not seen of a structure that a face cuts lies beyond that face. D4 and M4 take "does
not touch" for certain where the other structure touches no face and keeps more than {SURE_DISTANCE} from
every face that cuts this one, measured to the outermost voxels there. Where the face is the border of a mask
file inside the CT, the scan shows what the file hides: no distance is asked that it could shorten.

**Lesions.** An organ is measured with the lesions inside it, and the words say "including any lesion"
wherever a kind of lesion was looked for that this organ can hold, whether or not there is one, so that the
words tell nothing. Lesion masks that differ in their side only (`kidney_cyst_left`, `kidney_cyst_right`)
are one kind. A lesion among several is named by size (largest, second, third largest, smallest: each more
than {percent(VOLUME_RATIO_THIN - 1)} apart) \
or as the highest or lowest (over {APART_MM:g} mm apart); never by size where size is asked, nor by
height where height helps. Overlap rules concern two organs; a lesion and the organ that holds it are meant
to overlap.

**Choice of structures.** Organs first, then vessels, spine, bones, muscles, ribs; near ones, similar
volumes and the same body region before others. The bowel, ribs and rib cartilage are not asked for their
centre. Pairs whose names differ in their sides (L5), and names with a direction word of the axis that is
asked ("left kidney", "upper lobe"; A2, A4, A5, A6, M2 by height) are dropped; a lesion is not asked about
the partner of the organ that holds it; the spinal canal is no choice below L2. One fact is asked once per
case: the place of a kind of lesion (L1, L2, L3, A1), the larger of a pair (V1, M1), which of two lies
further left (L5, A5). Mirrored probes whose answer names and ordinary anatomy give are dropped.

**Words.** One of the wordings by hash of the original case, subtype and structures; `reworded`
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
        "drop_when": one.margin.dropped,
        "answers": one.answers,
        "limits": dict(one.margin.limits),
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
