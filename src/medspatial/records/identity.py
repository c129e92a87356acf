"""Which case a row is about when it names only its image: never a part of a path that several rows share.

A file whose image names all differ keeps them as case ids (``images/ct_7.nii.gz`` is ``ct_7``). Where
one name stands for several paths (``a/ct.nii.gz`` and ``b/ct.nii.gz``), the whole path tells them apart
(``a_ct``, ``b_ct``). CT-RATE's volume names are unique by themselves and stay what they are.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from medspatial.errors import InputError
from medspatial.records.question import is_ct_rate_volume, volume_name, without_suffix


def normal_path(path: str) -> str:
    """Return a path with forward slashes and without ``.``, ``..`` and doubled slashes."""
    return posixpath.normpath(path.replace("\\", "/"))


def same_path(first: str, second: str) -> bool:
    """Whether two paths can be one file: equal, or one absolute that ends in the other, relative one."""
    a, b = normal_path(first), normal_path(second)
    if a == b:
        return True
    if _absolute(a) == _absolute(b):
        return False
    return a.endswith(f"/{b}") or b.endswith(f"/{a}")


def _absolute(path: str) -> bool:
    return path.startswith("/") or path[1:3] == ":/"


def shared_names(paths: Iterable[str]) -> dict[str, str]:
    """Return the case id of each path whose file name several different paths have.

    Raises
    ------
    InputError
        Two paths that even as a whole give one id.
    """
    by_name: dict[str, dict[str, None]] = {}
    for path in paths:
        by_name.setdefault(volume_name(path), {}).setdefault(normal_path(path))
    found: dict[str, str] = {}
    for name, several in by_name.items():
        if len(several) < 2 or is_ct_rate_volume(name):
            continue
        for path in several:
            found[path] = without_suffix(path.strip("/")).replace("/", "_")
    if len(set(found.values())) < len(found):
        seen: dict[str, str] = {}
        for path, case_id in found.items():
            if case_id in seen:
                raise InputError(f"{seen[case_id]} and {path} cannot be told apart: give them a 'case_id'")
            seen[case_id] = path
    return found


def with_case_id(row: dict[str, Any], by_path: dict[str, str]) -> dict[str, Any]:
    """Return a row with the case id that its path needs, where it gives none itself."""
    image = row.get("image_path")
    if row.get("case_id") or not isinstance(image, str):
        return row
    case_id = by_path.get(normal_path(image))
    return row if case_id is None else {**row, "case_id": case_id}
