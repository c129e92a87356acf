"""The viewer's addresses: what there is to show, images as NIfTI, questions with evidence and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from medspatial.errors import InputError
from medspatial.inputs import WINDOWS
from medspatial.records import Prediction, Question, Score
from medspatial.report.names import title as structure_title
from medspatial.report.palette import STRUCTURE_COLOURS
from medspatial.view.evidence import drawn_evidence
from medspatial.view.inputs import ModelInput, has_input, model_input
from medspatial.view.library import Library, ShownModel
from medspatial.view.pages import NOT_BUILT, files_below, is_built, own_files, page
from medspatial.view.volumes import Volumes
from medspatial.volume import MaskSet

if TYPE_CHECKING:
    from pathlib import Path

MAX_TEXT = 20_000


class ViewerApp:
    """Routes of one library; `routes` go behind the guard."""

    def __init__(self, library: Library, volumes: Volumes) -> None:
        self._library = library
        self._volumes = volumes
        self._models = {model.name: model for model in library.models}
        self._inputs: dict[tuple[str, str], ModelInput] = {}

    def routes(self) -> list[BaseRoute]:
        """Return all routes."""
        found: list[BaseRoute] = [
            page("viewer.html"),
            *own_files(),
            Route("/api/library", self.library),
            Route("/api/questions", self.questions),
            Route("/api/question", self.question),
            *image_routes(self._volumes),
            Route("/api/input", self.input),
            Route("/api/input.nii", self.input_file),
            Route("/api/picture.png", self.picture),
        ]
        if self._library.report is not None:
            found.append(files_below("/report", self._library.report))
        return found

    def library(self, request: Request) -> Response:
        """Cases, models and settings."""
        with_questions = {question.case_id for question in self._library.questions.values()}
        return JSONResponse(
            {
                "title": self._library.title,
                "cases": [
                    {
                        "id": one.case_id,
                        "ct": one.image_path is not None,
                        "asked": one.case_id in with_questions,
                    }
                    for one in self._library.cases.values()
                ],
                "models": [{"name": one.name, "input": has_input(one)} for one in self._library.models],
                "report": self._library.report is not None,
                **page_settings(),
            }
        )

    def questions(self, request: Request) -> Response:
        """One row per question: id, case, category, subtype, words, faults in words."""
        rows = [
            [one.id, one.case_id, one.category or "", one.subtype or "", one.question, self._faults(one.id)]
            for one in self._library.questions.values()
        ]
        return JSONResponse({"rows": rows})

    def _faults(self, question_id: str) -> str:
        return "\n".join(f"{who}: {what}" for who, what in self._library.faults.get(question_id, ()))

    def question(self, request: Request) -> Response:
        """One question with its evidence, and what every model answered."""
        question = self._library.questions.get(asked(request, "id"))
        if question is None:
            raise InputError(f"no question {asked(request, 'id')!r}")
        scores = self._library.scores.get(question.id, [])
        predictions = self._library.predictions.get(question.id, [])
        return JSONResponse(
            {
                **question_facts(question),
                "answer": question.answer,
                "evidence": drawn_evidence(question),
                "why": why(question),
                "faults": [list(one) for one in self._library.faults.get(question.id, ())],
                "answers": [_answer(one, scores) for one in predictions],
            }
        )

    def input(self, request: Request) -> Response:
        """What a model is given of a case: a volume or pictures."""
        made = self._input(request)
        return JSONResponse(
            {
                "volume": made.volume is not None,
                "placed": made.placed,
                "captions": [caption for _, caption in made.pictures],
                "facts": [list(one) for one in made.facts],
            }
        )

    def input_file(self, request: Request) -> Response:
        """Send a model's input as NIfTI."""
        made = self._input(request)
        volume = made.volume
        if volume is None:
            raise InputError("this model is given pictures, not a volume")
        key = ("input", asked(request, "case"), asked(request, "model"))
        return nifti(self._volumes.file(key, lambda: volume))

    def picture(self, request: Request) -> Response:
        """One of the pictures that a model is given."""
        made, number = self._input(request), asked(request, "n")
        if not number.isdecimal() or int(number) >= len(made.pictures):
            raise InputError(f"picture: must be from 0 to {len(made.pictures) - 1}, got {number!r}")
        return Response(made.pictures[int(number)][0], media_type="image/png")

    def _input(self, request: Request) -> ModelInput:
        case_id, name = asked(request, "case"), asked(request, "model")
        model: ShownModel | None = self._models.get(name)
        if model is None:
            raise InputError(f"no model {name!r}")
        key = case_id, name
        if key not in self._inputs:
            ct, masks = self._volumes.ct(case_id), None
            if model.options.get("representation") == "overlay" and (
                read := self._volumes.data(case_id).masks
            ):
                masks = read.oriented(ct.axcodes)
            self._inputs.clear()  # one at a time: an input may be as large as a CT
            self._inputs[key] = model_input(model, ct, masks)
        return self._inputs[key]

    def _masks(self, case_id: str, axcodes: str) -> MaskSet | None:
        read = self._volumes.data(case_id).masks
        if read is None:
            return None
        return read.oriented(axcodes)


def image_routes(volumes: Volumes) -> list[BaseRoute]:
    """Return the routes of a case's images; also a reader's, who sees nothing else."""

    def facts(request: Request) -> Response:
        case_id = asked(request, "case")
        data = volumes.data(case_id)
        masks = data.masks
        return JSONResponse(
            {
                "case": case_id,
                "shape": list(data.ct.shape) if data.ct else None,
                "spacing": [round(mm, 4) for mm in data.ct.spacing] if data.ct else None,
                "centre": list(data.ct.centre) if data.ct else None,
                "masks": [
                    {"name": name, "title": structure_title(name), "voxels": masks.voxels(name)}
                    for name in sorted(masks.names)
                ]
                if masks
                else [],
            }
        )

    def ct(request: Request) -> Response:
        return nifti(volumes.ct_file(asked(request, "case"), most(request)))

    def mask(request: Request) -> Response:
        return nifti(volumes.mask_file(asked(request, "case"), asked(request, "name"), most(request)))

    return [Route("/api/case", facts), Route("/api/ct.nii", ct), Route("/api/mask.nii", mask)]


def page_settings() -> dict[str, Any]:
    """Return what every page with images needs: grey scales by name, whether the 3D part is there."""
    return {
        "windows": {name: list(one.range) for name, one in WINDOWS.items()},
        "colours": [_rgb(colour) for colour in STRUCTURE_COLOURS],
        "built": is_built(),
        "not_built": NOT_BUILT,
    }


def question_facts(question: Question) -> dict[str, Any]:
    """Return what anybody who answers may see of a question."""
    return {
        "id": question.id,
        "case": question.case_id,
        "question": question.question,
        "options": list(question.options),
        "type": question.answer_type,
        "unit": question.unit,
    }


def why(question: Question) -> list[list[str]]:
    """Return why the reference is right, as (what, figure) pairs."""
    from medspatial.report.browser import evidence_rows

    return list(evidence_rows(question.evidence)) if question.evidence else []


def asked(request: Request, name: str) -> str:
    """Return a value of the address.

    Raises
    ------
    InputError
        It is not there.
    """
    found = request.query_params.get(name)
    if found is None:
        raise InputError(f"the address needs {name}=")
    return found


def nifti(path: Path) -> Response:
    """Return a volume's file, whole or by ranges."""
    return FileResponse(path, media_type="application/octet-stream")


def _rgb(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def most(request: Request) -> int | None:
    """Return how many voxels along the longest axis are asked for; None for all."""
    text = request.query_params.get("most")
    if text is None:
        return None
    if not text.isdecimal():
        raise InputError(f"most: must be a whole number, got {text!r}")
    return int(text[:6])


def _answer(prediction: Prediction, scores: list[Score]) -> dict[str, Any]:
    own = [one for one in scores if (one.model, one.arm) == (prediction.model, prediction.arm)]
    return {
        "model": prediction.model,
        "arm": prediction.arm,
        "text": (prediction.prediction or "")[:MAX_TEXT],
        "error": prediction.error,
        "scores": [
            {"metric": one.metric, "score": one.score, "correct": one.correct, "reason": one.reason}
            for one in own
        ],
    }
