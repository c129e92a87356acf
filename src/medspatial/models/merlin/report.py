"""Merlin's report generator: organ reports, a question as the prompt, and reports read by another model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from medspatial.inputs import Query
from medspatial.models.base import Answer, Model
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.merlin.folder import LANGUAGE, REPORT, language_tokenizer, part, weights_of
from medspatial.models.merlin.network import load_report
from medspatial.models.merlin.preparation import Preparation
from medspatial.models.merlin.text import ORGANS, asked, organ_prompt, section
from medspatial.models.runtime.device import device_and_dtype
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.runtime.vlm import Encoded, VolumeLanguageModel
from medspatial.volume import Volume

_READ = "Report of a CT examination:\n{report}\n\nAnswer from this report alone. {question}"


class MerlinGenerate(VolumeLanguageModel):
    """The report generator with a question in place of the organ.

    It was trained on thirteen fixed prompts and on no question at all.
    """

    def __init__(
        self,
        folder: Path,
        *,
        language_path: str | Path | None,
        preparation: Preparation,
        runtime: Runtime,
        generation: Generation,
    ) -> None:
        self.name = "merlin_generate"
        self.device, self.dtype = device_and_dtype(runtime)
        self.preparation = preparation
        self.contract = preparation.contract()
        place, config = part(folder, language_path, LANGUAGE)
        self.tokenizer: Any = language_tokenizer(place)
        weights = weights_of(folder, REPORT, "report")
        self.network = load_report(
            weights, config, device=self.device, dtype=self.dtype, attention=runtime.attention
        )
        end = int(config.get("eos_token_id", 2))
        self.language = LanguageModel(
            self.network.language, GenerationSettings(eos_ids=(end,), pad_id=end, **generation.stated())
        )
        self._facts = {"mode": "generate", "weights": weights.name, "attention": runtime.attention}

    def pixels(self, volume: Volume) -> NDArray[np.float32]:
        """Return (1, x, y, z)."""
        return self.preparation(volume)

    def visible(self, volume: Volume, points: Sequence[ArrayLike]) -> list[float]:
        """Say which points (RAS mm) the field of view holds."""
        return self.preparation.visible(volume, points)

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (tokens, hidden); all of them go to the decoder."""
        return self.network.visual_tokens(pixels)[0]

    def prefix(self, visual: Tensor | None) -> Tensor:
        """The visual tokens and nothing else; without a volume the begin token, as something must stand."""
        if visual is None:
            return self.language.embed([int(self.tokenizer.bos_token_id)])
        return visual

    def tail(self, query: Query) -> list[int]:
        """The question with its options, ended as prompts end."""
        options = "".join(f" {letter}. {option}" for letter, option in query.lettered())
        return self.prompt_ids(asked(query.text + options))

    def prompt_ids(self, prompt: str) -> list[int]:
        """The prompt's tokens without the first, which the original drops whatever it is."""
        return list(self.tokenizer.encode(prompt))[1:]

    def clean(self, text: str) -> str:
        """Keep what stands before the end mark."""
        return section(text)

    @torch.inference_mode()
    def reports(self, encoded: Encoded) -> dict[str, str]:
        """Generate the report section of every organ system, in one batch on the encoded volume."""
        tails = [self.language.embed(self.prompt_ids(organ_prompt(organ))) for organ in ORGANS]
        made = self.language.generate(encoded.prefix, tails, ORGANS)
        return {organ: self._answer(ids).text for organ, ids in zip(ORGANS, made, strict=True)}

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        own = {"preparation": self.preparation.describe(), "tokenizer": type(self.tokenizer).__name__}
        return {**super().describe(), **self._facts, **own}


@dataclass(frozen=True)
class Read:
    """A volume's report, and what the reading model made of having no image."""

    report: str
    encoded: Any


class MerlinReports(Model):
    """Organ reports by Merlin, questions answered from them by a text model of the user's choice."""

    takes_arrays = True

    def __init__(self, writer: MerlinGenerate, reader: Model) -> None:
        self.name = "merlin_report_then_read"
        self.writer = writer
        self.reader = reader
        self.contract = writer.contract
        self.batch_size = reader.batch_size

    def prepare(self, volume: Volume | None) -> NDArray[np.float32] | None:
        """Return Merlin's input."""
        return self.writer.prepare(volume)

    def visible(self, volume: Volume, points: Sequence[ArrayLike]) -> list[float]:
        """Say which points (RAS mm) the field of view holds."""
        return self.writer.visible(volume, points)

    def encode(self, prepared: Any) -> Read:
        """Write the report, once per volume; the reader gets no image."""
        reports = self.writer.reports(self.writer.encode(prepared))
        return Read(report_text(reports), self.reader.encode(self.reader.prepare(None)))

    def answer(self, encoded: Read, queries: Sequence[Query]) -> list[Answer]:
        """Let the reader answer; the report goes into the metadata."""
        asked_of = [
            replace(query, text=_READ.format(report=encoded.report, question=query.text)) for query in queries
        ]
        answers = self.reader.answer(encoded.encoded, asked_of)
        return [replace(a, metadata={**a.metadata, "report": encoded.report}) for a in answers]

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers, the reader's included."""
        reader = {"name": self.reader.name, **self.reader.describe()}
        return {**self.writer.describe(), "mode": "report-then-read", "reader": reader, "reading": _READ}

    def close(self) -> None:
        """Free both models."""
        self.writer.close()
        self.reader.close()


def report_text(reports: Mapping[str, str]) -> str:
    """Put the sections under each other, one line per organ system."""
    return "\n".join(f"{organ}: {' '.join(text.split())}" for organ, text in reports.items())
