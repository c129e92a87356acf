"""Lesions against the organ that their name gives them: a kidney tumor lies in a kidney or at one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import describe
from medspatial.cases.examination.contradiction import LARGE_MM, Contradiction
from medspatial.cases.examination.samples import MaskSample

# Pieces of a lesion that neither touch the organ nor each other within this are away from it.
AWAY_MM = 30.0
# A smaller share may be a metastasis or a stray.
LEAST_AWAY_SHARE = 0.2


def check_lesions(samples: Mapping[str, MaskSample]) -> tuple[list[Contradiction], dict[str, str]]:
    """Look for lesions of which a large part lies away from every part of their organ.

    Returns
    -------
    contradictions
        Where the lesion is larger than the organ: their names are exchanged.
    set_aside
        Where it is not: the organ's mask may be missing there (one kidney, one lobe was segmented), so that
        nothing can be asked about the lesion and its organ; with the figures.
    """
    contradictions, set_aside = [], {}
    for name, sample in samples.items():
        organ = _organ(name)
        hosts = [one for one in samples if organ and _is_part(one, organ)]
        reached = [samples[one].points for one in hosts if len(samples[one].points)]
        if not reached or not len(sample.points) or not sample.whole:  # cut: the organ may go on outside
            continue
        share, gap = _away(sample.points, np.concatenate(reached))
        if share < LEAST_AWAY_SHARE:
            continue
        said = f"{share:.0%} of the {name} lies {gap:.0f} mm or more from any {organ}"
        volume = sum(samples[one].volume_ml for one in hosts)
        if sample.volume_ml > volume:
            said += f", and it is larger ({sample.volume_ml:.3g} against {volume:.3g} ml)"
            contradictions.append(Contradiction("lesion", said, max(gap, LARGE_MM + 1), (name, hosts[0])))
        else:
            set_aside[name] = f"{said}: a mask of the organ may be missing there"
    return contradictions, set_aside


def _organ(name: str) -> str:
    """Return the first word of a lesion's title, less its side (kidney tumor: kidney), else nothing."""
    one = describe(name)
    words = describe(one.base or name).title.split() if one.kind == "lesion" else []
    return words[0] if words[1:] else ""


def _is_part(name: str, organ: str) -> bool:
    """Whether a structure is the organ, a side or a lobe of it; its vessels and airways alone are no host."""
    one = describe(name)
    return one.kind == "organ" and (name == organ or (name.startswith(f"{organ}_") and bool(one.group)))


def _away(lesion: NDArray[Any], organ: NDArray[Any]) -> tuple[float, float]:
    """Return the share of a lesion's points that no chain of them joins to the organ, and the gap.

    Both (n, 3) in mm; a chain's links are up to ``AWAY_MM`` long.
    """
    from scipy.spatial import cKDTree

    distance = cKDTree(organ).query(lesion)[0]
    joined = distance <= AWAY_MM
    while joined.any() and not joined.all():
        new = np.flatnonzero(~joined)[cKDTree(lesion[joined]).query(lesion[~joined])[0] <= AWAY_MM]
        if not len(new):
            break
        joined[new] = True
    away = distance[~joined]
    return len(away) / len(lesion), float(away.min()) if len(away) else 0.0
