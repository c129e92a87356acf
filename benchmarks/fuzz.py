"""Damaged and hostile files against every reader: each must be read or refused in one line, within bounds.

``python benchmarks/fuzz.py --count 1000`` mutates a good file of each kind so often and reads it in other
processes. Counted as faults: a traceback (any error that is not the package's own), a message of several
lines, a hang, a process that dies, more than 4 GB of memory. ``--only KIND --number N`` repeats one input.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, __file__, "--work"]
SECONDS, FIRST_SECONDS = 20.0, 60.0  # of an input, and more for the first of a process, which imports
MOST_BYTES = 4 << 30
LIMIT_BYTES = 12 << 30  # of address space, so that a fault takes no other process along
WORDS = [
    b"-1",
    b"0",
    b"1e308",
    b"nan",
    b"999999999999",
    b"../../../../etc/passwd",
    b"\0",
    b"\xff\xfe",
    b"[" * 5000,
]
WORDS += [
    b"'",
    b'"',
    b"{",
    b"LIST",
    b"x" * 5000,
    b"*a",
    b"&a",
    b"None",
    b"9" * 5000,
    b"%s%n%d",
    b"\n\n",
    b"\r",
    b"- ",
]
EXTREMES = [0, 1, -1, 127, 255, 32767, 65535, 2**31 - 1, -(2**31), 2**32 - 1, 2**62, 2**63 - 1]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four changes; half of them in the first 400 bytes, where headers are."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        end = min(len(changed), 400) if rng.random() < 0.5 else len(changed)
        at = rng.randrange(max(end, 1))
        rng.choice(CHANGES)(changed, at, rng)
    return bytes(changed)


def _flip(data: bytearray, at: int, rng: random.Random) -> None:
    if data:
        data[at] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, at: int, rng: random.Random) -> None:
    data[at : at + rng.randint(1, 8)] = rng.randbytes(rng.randint(1, 8))


def _cut(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at:]


def _leave_out(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at : at + rng.randint(1, 64)]


def _repeat(data: bytearray, at: int, rng: random.Random) -> None:
    data[at:at] = data[at : at + rng.randint(1, 64)] * rng.randint(1, 20)


def _word(data: bytearray, at: int, rng: random.Random) -> None:
    data[at : at + rng.choice((0, 1, 4))] = rng.choice(WORDS)


def _extreme(data: bytearray, at: int, rng: random.Random) -> None:
    value, size = rng.choice(EXTREMES), rng.choice((2, 4, 8))
    packed = (value % (1 << (8 * size))).to_bytes(size, rng.choice(("little", "big")))
    data[at : at + size] = packed


def _number(data: bytearray, at: int, rng: random.Random) -> None:
    """Exchange the next number in text."""
    places = [n for n in range(at, min(at + 200, len(data))) if data[n : n + 1].isdigit()]
    if places:
        data[places[0] : places[0] + 1] = str(rng.choice(EXTREMES)).encode()


def _line(data: bytearray, at: int, rng: random.Random) -> None:
    """Leave out, double or swap a line."""
    lines = bytes(data).splitlines(keepends=True)
    if len(lines) > 1:
        one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(3)
        if kind == 0:
            del lines[one]
        elif kind == 1:
            lines.insert(other, lines[one])
        else:
            lines[one], lines[other] = lines[other], lines[one]
        data[:] = b"".join(lines)


CHANGES: list[Callable[[bytearray, int, random.Random], None]] = [
    *(_flip, _overwrite, _cut, _leave_out, _repeat, _word, _extreme, _number, _line)
]


def _volume_of(name: str) -> tuple[Callable[[Path], None], Callable[[Path], None]]:
    def make(folder: Path) -> None:
        import numpy as np

        from medspatial.volume import Affine, Volume, write_volume

        voxels = np.random.default_rng(0).integers(-900, 900, (24, 20, 16)).astype(np.int16)
        affine = Affine.from_axcodes("LPS", (10.0, 12.0, 14.0), shape=voxels.shape)
        write_volume(Volume(voxels, affine, "HU"), folder / name)

    def read(folder: Path) -> None:
        from medspatial.volume import read_volume

        read_volume(folder / name)

    return make, read


def _make_detached(folder: Path) -> None:
    (folder / "a.mhd").write_text(
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
        "Offset = 1 2 3\nElementSpacing = 9 9 9\nDimSize = 4 5 6\n"
        "ElementType = MET_SHORT\nElementDataFile = a.raw\n"
    )
    (folder / "a.raw").write_bytes(bytes(240))


def _read_detached(folder: Path) -> None:
    from medspatial.volume import read_volume

    read_volume(folder / "a.mhd")


def _make_dicom(folder: Path) -> None:
    import numpy as np
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    for number in range(3):
        meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1}"
        data = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
        data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        data.Modality, data.SeriesInstanceUID, data.StudyInstanceUID = "CT", "1.2.3", "1.2"
        data.Rows, data.Columns, data.PixelSpacing = 32, 32, [9.0, 9.0]
        data.ImagePositionPatient, data.ImageOrientationPatient = [1, 2, 9 * number], [1, 0, 0, 0, 1, 0]
        data.BitsAllocated = data.BitsStored = 16
        data.HighBit, data.PixelRepresentation, data.SamplesPerPixel = 15, 1, 1
        data.PhotometricInterpretation, data.RescaleSlope, data.RescaleIntercept = "MONOCHROME2", 1, -10
        data.PixelData = np.arange(1024, dtype=np.int16).tobytes()
        data.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def _read_dicom(folder: Path) -> None:
    from medspatial.volume import read_volume

    read_volume(folder)


def _make_study(folder: Path) -> None:
    (folder / "study.yaml").write_text(
        "title: a study\ncases:\n  phantom: {count: 2, seed: 1}\nquestions:\n  subtypes: [L1]\n"
        "  per_subtype: 2\n  forms: [open, choice]\nmodels:\n- random\n"
        "- kind: constant\n  name: c\n  text: left\n"
        "- {kind: random, cross: {seed: [1, 2]}}\narms: [standard, text_only]\n"
        "metrics: [structured, {name: exact}]\ncompare: {confidence: 0.95, resamples: 100}\n"
    )


def _read_study(folder: Path) -> None:
    from medspatial.study import find_study

    find_study(str(folder / "study.yaml"))


_ROW = {
    "id": "q1",
    "case_id": "a",
    "question": "Which side?",
    "answer": "left",
    "options": ["left", "right"],
    "subtype": "L1",
    "metadata": {"a": [1, 2.5, None, {"b": "ü"}]},
}


def _make_rows(folder: Path) -> None:
    rows = [{**_ROW, "id": f"q{number}"} for number in range(4)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _make_table(folder: Path) -> None:
    (folder / "a.csv").write_text(
        'case_id,question,answer,options,metadata\na,Which side?,left,"[""left"", ""right""]","{""a"": 1}"\n'
        'b,Which side?,right,,\nc,"Two\nlines",left,,\n'
    )


def _read_rows(folder: Path) -> None:
    from medspatial.records import Case, Prediction, Question, read_records

    (path,) = folder.iterdir()
    for kind in (Case, Prediction, Question):
        loaded = read_records(path, kind, keep_going=True)
        for error in loaded.skipped:
            if "\n" in str(error):
                raise ValueError("a message of several lines")
        for row in loaded:
            kind.model_validate_json(row.to_json())


def _make_checkpoint(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(4, 3), "b": torch.ones(7)}, folder / "one.safetensors")
    index = {"metadata": {"total_size": 76}, "weight_map": {"a": "one.safetensors", "b": "one.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", "num_hidden_layers": 2}))
    torch.save({"a": torch.zeros(3)}, folder / "two.bin")


def _read_checkpoint(folder: Path) -> None:
    from medspatial.errors import InputError
    from medspatial.models.runtime import checkpoint

    faults = []
    for read in (
        lambda: checkpoint.read_config(folder),
        lambda: checkpoint.shapes(checkpoint.weight_files(folder)),
        lambda: [list(checkpoint.tensors(path)) for path in checkpoint.weight_files(folder)],
        lambda: checkpoint.read_pickle(folder / "two.bin"),
    ):
        try:
            read()
        except InputError as error:
            faults.append(error)
    if faults:
        raise faults[0]


KINDS: dict[str, tuple[Callable[[Path], None], Callable[[Path], None]]] = {
    "study": (_make_study, _read_study),
    "jsonl": (_make_rows, _read_rows),
    "csv": (_make_table, _read_rows),
    "nifti": _volume_of("a.nii"),
    "nifti.gz": _volume_of("a.nii.gz"),
    "nrrd": _volume_of("a.nrrd"),
    "mha": _volume_of("a.mha"),
    "mhd": (_make_detached, _read_detached),
    "dicom": (_make_dicom, _read_dicom),
    "checkpoint": (_make_checkpoint, _read_checkpoint),
}


def one_input(kind: str, number: int, seed: int) -> dict[str, Any]:
    """Read one mutated input; return what came of it."""
    from medspatial.errors import MedspatialError

    make, read = KINDS[kind]
    rng = random.Random(f"{seed} {kind} {number}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        path = rng.choice(sorted(folder.iterdir()))
        path.write_bytes(mutated(path.read_bytes(), rng))
        try:
            read(folder)
            came, told = "read", ""
        except MedspatialError as error:
            told = str(error).replace(name, "")
            came = "refused" if "\n" not in told and len(told) < 2000 else "several lines"
        except BaseException as error:
            last = traceback.extract_tb(error.__traceback__)[-3:]
            places = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(last))
            came, told = "traceback", f"{type(error).__name__}: {error} at {places}"[:600]
    return {"came": came, "told": told, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def work() -> None:
    """Read inputs as lines of JSON ask for them; what libraries print goes to the error stream."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        print(json.dumps(one_input(**json.loads(line))), file=answers, flush=True)


class Worker:
    """A process that reads inputs one after another, begun anew where it hangs, dies or grows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Return what came of one input."""
        fresh = self._process is None
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(OSError):  # a process that is dead already is seen by its silence
            process.stdin.write(json.dumps(job).encode() + b"\n")
            process.stdin.flush()
        ready = select.select([process.stdout], [], [], self._seconds + (FIRST_SECONDS if fresh else 0))[0]
        line = process.stdout.readline() if ready else b""
        if not line:
            self.close()
            told = "" if not ready else f"exit status {process.returncode}"
            return {**job, "came": "death" if ready else "hang", "told": told, "peak": 0}
        found = {**job, **json.loads(line)}
        if found["peak"] > MOST_BYTES:
            self.close()
            found["came"] = "memory"
        return found

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._process = None


FAULTS = ("traceback", "several lines", "hang", "death", "memory")


def campaign(
    kinds: list[str], count: int, seed: int, workers: int = 2, seconds: float = SECONDS
) -> list[dict[str, Any]]:
    """Read this many mutated inputs of each kind; return what came of each."""

    def share(part: int) -> list[dict[str, Any]]:
        worker = Worker(seconds)
        try:
            jobs = [(kind, number) for kind in kinds for number in range(part, count, workers)]
            return [worker.run({"kind": kind, "number": number, "seed": seed}) for kind, number in jobs]
        finally:
            worker.close()

    with ThreadPoolExecutor(workers) as pool:
        return [row for rows in pool.map(share, range(workers)) for row in rows]


def main() -> None:
    """Run the campaign and print a table of what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=sorted(KINDS), action="append")
    parser.add_argument("--number", type=int, help="repeat this input of --only here")
    parser.add_argument("--output", type=Path, help="JSONL of all that was no good end")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work()
    kinds = given.only or list(KINDS)
    if given.number is not None:
        print(json.dumps(one_input(kinds[0], given.number, given.seed), indent=1))
        return None
    begun = time.monotonic()
    rows = campaign(kinds, given.count, given.seed, given.workers)
    faults = [row for row in rows if row["came"] in FAULTS]
    print("| kind | inputs | read | refused | " + " | ".join(FAULTS) + " | peak MB |")
    for kind in kinds:
        own = [row for row in rows if row["kind"] == kind]
        came = Counter(row["came"] for row in own)
        figures = [len(own), *(came[name] for name in ("read", "refused", *FAULTS))]
        peak = max(row["peak"] for row in own) >> 20
        print(f"| {kind} | {' | '.join(str(figure) for figure in figures)} | {peak} |")
    print(f"{len(rows)} inputs, {len(faults)} faults, {time.monotonic() - begun:.0f} s")
    for row in faults[:50]:
        print(row)
    if given.output is not None:
        given.output.write_text("".join(json.dumps(row) + "\n" for row in faults))
    return sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
