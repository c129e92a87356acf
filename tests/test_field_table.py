"""Which tests hold our own variants of each kind of field case: three or more, and all of them exist."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LEAST = 3
GEOMETRY, ROWS = "test_field_kinds.py::test_", "test_field_replies.py::test_"
REPLY = f"{ROWS}a_reply_is_read_as_people_would["
TABLE = {
    "axis-head-feet-reversed": (
        f"{GEOMETRY}a_stack_in_reverse_is_refused_whatever_was_segmented[",
        f"{GEOMETRY}a_stack_in_reverse_in_another_format[",
    ),
    "csv-double-column": (
        f"{ROWS}a_column_twice_is_refused[",
        f"{ROWS}a_column_that_only_looks_like_another_is_refused[",
    ),
    "csv-long-cell": (f"{ROWS}a_long_cell_is_read_whole[",),
    "dicom-ct-unseen": (f"{GEOMETRY}a_dicom_ct_in_any_folder_under_any_name_is_the_cts[",),
    "dicom-uneven-steps": (f"{GEOMETRY}slices_off_their_line_are_refused[",),
    "figures-scientific-and-split-units": (f"{REPLY}figures-scientific-and-split-units",),
    "html-tags": (f"{REPLY}html-tags",),
    "hu-divided-by-1000": (f"{GEOMETRY}values_that_are_no_hu_are_refused[",),
    "judge-no-verdict": (f"{ROWS}a_judge_without_a_verdict_ends_with_its_cause[",),
    "judge-reply-forms": (f"{ROWS}a_verdict_in_another_form_is_read_or_said_not_to_be_one[",),
    "labelmap-case-prefix": (f"{GEOMETRY}no_name_of_a_folder_states_a_label_map[",),
    "labelmap-dataset-json-silent": (f"{GEOMETRY}a_table_beside_the_masks_names_their_values[",),
    "labelmap-dataset-json-wrong-cause": (
        f"{GEOMETRY}a_table_that_contradicts_the_anatomy_is_named_as_the_cause[",
    ),
    "labelmap-total-v1": (f"{GEOMETRY}the_map_that_fits_is_assumed_and_said[",),
    "mask-ends-inside-ct": (f"{GEOMETRY}a_mask_file_that_ends_inside_the_ct_cuts_and_is_still_recognised[",),
    "mask-of-another-place": (
        f"{GEOMETRY}masks_that_do_not_lie_where_the_image_shows_them_are_refused[",
        f"{GEOMETRY}a_small_shift_of_few_masks_is_told_or_refused[",
    ),
    "masks-unseen": (
        f"{GEOMETRY}masks_in_nested_folders_or_beside_the_ct_are_used[",
        f"{GEOMETRY}what_lies_in_a_case_unused_is_named_with_the_reason[",
    ),
    "options-with-own-letters": (f"{REPLY}options-with-own-letters",),
    "other-languages": (f"{REPLY}other-languages",),
    "pixdim-against-sform": (f"{GEOMETRY}two_voxel_sizes_in_one_header_are_refused[",),
    "plain-rows-same-file-name": (
        f"{ROWS}files_of_one_name_are_told_apart_or_refused[",
        f"{ROWS}a_suffix_tells_no_case_from_another[",
    ),
    "reasoning-delimiters": (f"{REPLY}reasoning-delimiters",),
    "refusal-with-no": (f"{REPLY}refusal-with-no",),
    "several-cts-in-one-folder": (f"{GEOMETRY}two_cts_are_told_apart_by_the_masks_or_refused[",),
    "text-after-end-of-turn": (f"{REPLY}text-after-end-of-turn",),
    "units-micron": (
        f"{GEOMETRY}a_stated_length_unit_is_converted_and_said[",
        f"{GEOMETRY}a_wrong_length_unit_is_refused[",
    ),
    "verdict-per-option": (f"{REPLY}verdict-per-option",),
}


@cache
def collected() -> tuple[str, ...]:
    """Return the ids of all variants, as pytest finds them."""
    files = [HERE / name.partition("::")[0] for name in (GEOMETRY, ROWS)]
    words = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--no-header", "-p", "no:cacheprovider"]
    done = subprocess.run([*words, *files], cwd=HERE.parent, capture_output=True, text=True, check=True)
    return tuple(line.removeprefix("tests/") for line in done.stdout.splitlines() if "::" in line)


@pytest.mark.parametrize("kind", TABLE)
def test_each_kind_has_three_variants_of_ours(kind):
    for place in TABLE[kind]:
        assert any(name.startswith(place) for name in collected()), f"no test begins with {place}"
    variants = [name for name in collected() if name.startswith(TABLE[kind])]
    assert len(variants) >= LEAST, variants


def test_the_table_holds_every_recorded_kind(shared):
    recorded = {one.name for one in (shared / "data" / "field_cases").iterdir() if one.is_dir()}
    assert set(TABLE) == recorded
