"""Merlin as models of this benchmark: one function, three modes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from medspatial.errors import InputError
from medspatial.models.base import Model
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.merlin.choices import STATEMENT, MerlinChoices
from medspatial.models.merlin.preparation import Preparation
from medspatial.models.merlin.report import MerlinGenerate, MerlinReports
from medspatial.models.options import ReaderOptions, ReadPath

Mode = Literal["generate", "choices", "report-then-read"]


def merlin(
    path: ReadPath,
    *,
    mode: Mode = "generate",
    language_path: ReadPath | None = None,
    text_path: ReadPath | None = None,
    shape: tuple[int, int, int] = (224, 224, 160),
    statement: str = STATEMENT,
    reader: str | None = None,
    reader_options: ReaderOptions | None = None,
    runtime: Runtime = Runtime(),
    generation: Generation = Generation(max_new_tokens=128, repetition_penalty=1.2),
) -> Model:
    """Make Merlin in one of its modes; none is question answering, for which it was not trained.

    Parameters
    ----------
    path
        Folder of ``stanfordmimi/Merlin``.
    mode
        ``generate``: the question is the report generator's prompt. ``choices``: closed questions by the
        contrastive score of each option. ``report-then-read``: organ reports, read by another model.
    language_path, text_path
        Folders with configuration and tokenizer (no weights) of RadLLaMA and of Clinical-Longformer; by
        default ``RadLLaMA-7b`` and ``Clinical-Longformer`` inside ``path``.
    shape
        Voxels of the input, x, y, z; the model was trained at the default only.
    statement
        How ``choices`` puts question and option together.
    reader, reader_options
        Name and options of the model that reads the reports.
    runtime
        Where it runs; encoders stay float32.
    generation
        Of the report generator; the defaults are the original's.

    Raises
    ------
    InputError
        Unknown mode, missing files, weights that do not fit.
    """
    if mode not in get_args(Mode):
        raise InputError(f"merlin: mode must be one of {', '.join(get_args(Mode))}, got {mode!r}")
    if (mode == "report-then-read") != (reader is not None):
        raise InputError(
            f"merlin: option 'reader' belongs to mode report-then-read, which needs it; mode is {mode}"
        )
    preparation = Preparation(shape)
    if mode == "choices":
        return MerlinChoices(
            Path(path), text_path=text_path, preparation=preparation, statement=statement, runtime=runtime
        )
    writer = MerlinGenerate(
        Path(path),
        language_path=language_path,
        preparation=preparation,
        runtime=runtime,
        generation=generation,
    )
    if reader is None:
        return writer
    from medspatial.models.registry import create_model  # it reads the cards, this one's among them

    return MerlinReports(writer, create_model(reader, **dict(reader_options or {})))
