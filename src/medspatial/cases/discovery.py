"""What a scanned folder gave: its cases, and everything in it that was not used, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.chosen import Chosen
from medspatial.cases.dicom_folders import DicomFolder
from medspatial.cases.filenames import IMAGE_STEMS, is_ct, is_mask, stem, unread_format, voxel_files
from medspatial.cases.sources import mask_files
from medspatial.cases.tree import Tree
from medspatial.progress import capped
from medspatial.records import Case

# Key of a case's metadata: why the case cannot be used, found before anything was read.
REFUSED = "refused"


@dataclass(frozen=True)
class LeftOut:
    """A folder or file that is not used.

    Attributes
    ----------
    path
        Relative to the folder that was scanned.
    reason
        Why, in words.
    case_id
        The case in whose folder it lies, None where it lies in none.
    """

    path: str
    reason: str
    case_id: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Discovery:
    """The cases of a folder or of a list, and what of the folder was not used.

    Attributes
    ----------
    cases
        Those that cannot be used stand among them, with the reason in their metadata.
    left_out
        Every volume, DICOM file or folder, and every folder without a case.
    other_files
        How many files are neither volumes nor DICOM, by suffix.
    """

    cases: list[Case]
    left_out: tuple[LeftOut, ...] = ()
    other_files: Mapping[str, int] = field(default_factory=dict)

    @property
    def patients(self) -> int:
        """How many patients the cases are of."""
        return len({case.patient_id for case in self.cases})

    @property
    def refused(self) -> dict[str, str]:
        """Cases that cannot be used, found before anything was read, with the reason."""
        return {case.case_id: why for case in self.cases if (why := refusal(case)) is not None}

    @property
    def without_ct(self) -> list[str]:
        """Cases of masks alone."""
        return [one.case_id for one in self.cases if one.masks and not one.image_path]

    def lines(self) -> Iterator[str]:
        """Yield lines on everything that is not used: one for each of the first entries, then sums."""
        yield from capped(
            f"{'no case' if one.case_id is None else 'not used'}: {one}" for one in self.left_out
        )
        alone = self.without_ct
        if alone:
            more = f" and {len(alone) - 8} more" if len(alone) > 8 else ""
            yield f"masks without a CT: {', '.join(alone[:8])}{more}"
        if self.other_files:
            total = sum(self.other_files.values())
            kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(self.other_files).most_common(8))
            yield f"{total} other {'files are' if total > 1 else 'file is'} no CT or masks: {kinds}"


def refusal(case: Case) -> str | None:
    """Return why a case cannot be used, as its finding said; None for any other case."""
    why = case.metadata.get(REFUSED)
    return None if why is None else str(why)


def account(
    tree: Tree, found: Sequence[tuple[str, Chosen]], groups: Collection[Path]
) -> tuple[tuple[LeftOut, ...], dict[str, int]]:
    """Return everything below a tree's root that no case uses, and how many other files there are.

    Parameters
    ----------
    found
        Ids of the cases, and what was chosen for them.
    groups
        Folders whose sub-folders are cases or patients: one without a case is named even if it is empty.
    """
    walk = _Account(tree, found, groups)
    lines = tuple(walk.folder(tree.root, walk.places.get(tree.root), tree.root in groups))
    return lines, dict(sorted(walk.others.items()))


class _Account:
    def __init__(self, tree: Tree, found: Sequence[tuple[str, Chosen]], groups: Collection[Path]) -> None:
        self.tree, self.groups = tree, groups
        self.others: Counter[str] = Counter()
        self.places = {one.place: case_id for case_id, one in found}
        self.why = {path: why for _, one in found for path, why in one.unused.items()}
        chosen = [one.image.path for _, one in found if one.image.path]
        chosen += [mask.path for _, one in found for mask in one.masks.chosen if one.image.refusal is None]
        self.used = set(chosen)
        for path in chosen:
            if path.is_dir():
                self.used.update(_files_of(tree, path))
        named = [path for path in (*chosen, *self.why, *self.places) if path != tree.root]
        self.above = {tree.root, *(above for path in named for above in path.parents)}
        self.refused = {one.place for _, one in found if one.refusal is not None}
        self.refused_ids = {case_id for case_id, one in found if one.refusal is not None}

    def folder(self, folder: Path, case_id: str | None, group: bool) -> Iterator[LeftOut]:
        """Yield what is not used of one folder and those below it."""
        listing = self.tree.listing(folder)
        if listing.fault is not None:
            yield self._line(folder, listing.fault, case_id)
            return
        for path in listing.volumes:
            if path not in self.used:
                yield self._line(path, self._volume_reason(path, folder), case_id)
        yield from self._dicom(folder, case_id)
        yield from (self._line(path, why, case_id) for path, why in listing.odd.items())
        yield from self._unread(folder, case_id)
        self._count(folder)
        for child in listing.folders:
            inner = self.places.get(child, case_id)
            if child in self.above or child in self.used or child in self.places:
                yield from self.folder(child, inner, group or child in self.groups)
            else:
                yield from self._unused_folder(child, case_id, folder, group)

    def _unused_folder(self, child: Path, case_id: str | None, above: Path, group: bool) -> Iterator[LeftOut]:
        """Yield one line for a folder of which nothing is used; its inner faults get their own."""
        places = [child, *self.tree.below(child)]
        listings = [self.tree.listing(one) for one in places]
        for place, listing in zip(places, listings, strict=True):
            yield from self._unread(place, case_id)
            self._count(place)
            odd = {**listing.odd, **({place: listing.fault} if listing.fault and place != child else {})}
            yield from (self._line(path, why, case_id) for path, why in odd.items())
        volumes = [one for listing in listings for one in listing.volumes]
        dicom = [(place, found) for place in places if (found := self.tree.dicom(place)) is not None]
        reason = self.why.get(child) or listings[0].fault
        if reason is None and case_id in self.refused_ids and (volumes or dicom):
            reason = "its case is refused"
        elif reason is None and volumes:
            reason = _holds(child, volumes, above, self.tree.root, case_id)
        elif reason is None and dicom:
            reason = "; ".join(_dicom_reason(found) for _, found in dicom[:4])
        if reason is None and case_id is None and group:
            reason = "is empty" if all(one.empty for one in listings[:1]) else "holds no volume file"
        if reason is not None:
            yield self._line(child, reason, case_id)

    def _volume_reason(self, path: Path, folder: Path) -> str:
        if path in self.why:
            return self.why[path]
        if folder in self.refused:
            return "its case is refused"
        if folder in self.places:
            kind = "masks" if is_mask(path) else "a volume"
            return f"{kind} beside those that are used"
        if is_mask(path) or (not is_ct(path) and folder.name.lower().startswith(("mask", "label", "seg"))):
            return "masks that by their name and place belong to no case"
        return "a volume that by its name and place belongs to no case"

    def _dicom(self, folder: Path, case_id: str | None) -> Iterator[LeftOut]:
        found = self.tree.dicom(folder)
        if found is None:
            return
        if found.ct and folder not in self.used:
            refused = folder in self.refused or case_id in self.refused_ids
            why = "its case is refused" if refused else self.why.get(folder)
            shown = f"{len(found.files)} DICOM slices of CT"
            yield self._line(folder, f"{shown}: {why}" if why else f"{shown} that belong to no case", case_id)
        for path in found.segmentations:
            if path not in self.used:
                yield self._line(path, self.why.get(path, "DICOM-SEG that belongs to no case"), case_id)
        for kind, count in Counter(found.others.values()).items():
            paths = [path for path, one in found.others.items() if one == kind]
            place = paths[0] if count == 1 else folder
            yield self._line(place, _other_dicom(kind, count), case_id)

    def _unread(self, folder: Path, case_id: str | None) -> Iterator[LeftOut]:
        """Yield files of formats that hold volumes elsewhere and are not read here."""
        for path in self._others(folder):
            form = unread_format(path)
            if form:
                yield self._line(path, f"a format that is not read here ({form})", case_id)

    def _others(self, folder: Path) -> list[Path]:
        """Return the files that are neither volumes, nor their voxels, nor DICOM."""
        listing, found = self.tree.listing(folder), self.tree.dicom(folder)
        dicom = _dicom_files(found) if found is not None else set()
        voxels = {one for path in listing.volumes for one in voxel_files(path, listing.others)}
        return [one for one in listing.others if one not in dicom and one not in voxels]

    def _count(self, folder: Path) -> None:
        """Count the files that are named by no line of their own."""
        for one in self._others(folder):
            if not unread_format(one):
                self.others[one.suffix.lower() or "without a suffix"] += 1
        hidden = self.tree.listing(folder).hidden
        if hidden:
            self.others["hidden"] += hidden

    def _line(self, path: Path, reason: str, case_id: str | None) -> LeftOut:
        root = self.tree.root
        return LeftOut(path.relative_to(root).as_posix(), reason, case_id)


def _holds(child: Path, volumes: Sequence[Path], above: Path, root: Path, case_id: str | None) -> str:
    if case_id is None:
        more = f" and {len(volumes) - 1} more" if len(volumes) > 1 else ""
        first = volumes[0].relative_to(child).as_posix()
        return f"nothing in it is recognised as a CT or masks here; it holds {first}{more}"
    image = next((one for one in volumes if stem(one).lower() in IMAGE_STEMS), None)
    if image is not None:
        place = "the folder itself" if above == root else above.relative_to(root).as_posix()
        return f"holds {image.relative_to(child).as_posix()}, but {place} is already one case"
    first = volumes[0].relative_to(child).as_posix()
    more = f" and {len(volumes) - 1} more" if len(volumes) > 1 else ""
    return f"holds {first}{more}, beside the CT and masks that are used"


def _dicom_reason(found: DicomFolder) -> str:
    parts = [f"{len(found.files)} DICOM slices of CT that belong to no case"] if found.ct else []
    parts += [f"{len(found.segmentations)} DICOM-SEG that belong to no case"] if found.segmentations else []
    parts += [_other_dicom(kind, count) for kind, count in Counter(found.others.values()).items()]
    return "; ".join(parts)


def _other_dicom(kind: str, count: int) -> str:
    files = "a DICOM file" if count == 1 else f"{count} DICOM files"
    return f"{files} of modality {kind}, which is neither CT nor SEG"


def _files_of(tree: Tree, folder: Path) -> set[Path]:
    """Return the files that a folder stands for: mask files, or nothing more for a DICOM series."""
    if not tree.listing(folder).volumes:
        return set()
    return set(mask_files(folder))


def _dicom_files(found: DicomFolder) -> set[Path]:
    return {*found.files, *found.segmentations, *found.others}
