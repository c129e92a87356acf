"""The readers' addresses: one question at a time, its images alone, and nothing that tells the answer."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from medspatial.errors import InputError
from medspatial.readers.answers import Answers
from medspatial.readers.design import ReaderStudy, Task
from medspatial.readers.session import Progress, ReaderSession, reader_predictions
from medspatial.records import write_records
from medspatial.report.names import title as structure_title
from medspatial.view.app import asked, most, nifti, page_settings, question_facts
from medspatial.view.content import read_content, text_of
from medspatial.view.pages import own_files, page
from medspatial.view.volumes import Volumes

_REQUEST_LENGTH = 64


class ReadingApp:
    """Routes of a reader study; the guard says who asks.

    Parameters
    ----------
    predictions
        File that is written again after every change.
    """

    def __init__(self, study: ReaderStudy, answers: Answers, volumes: Volumes, predictions: Path) -> None:
        self._study = study
        self._answers = answers
        self._volumes = volumes
        self._predictions = predictions
        self._sessions = {one: ReaderSession(study, answers, one) for one in study.design.readers}
        self._writing = threading.Lock()
        self.write()

    def routes(self) -> list[BaseRoute]:
        """Return all routes."""
        return [
            page("read.html"),
            *own_files(),
            Route("/api/task", self.task),
            Route("/api/answer", self.answer, methods=["POST"]),
            Route("/api/undo", self.undo, methods=["POST"]),
            Route("/api/case", self.case),
            Route("/api/ct.nii", self.ct),
            Route("/api/mask.nii", self.mask),
        ]

    def write(self) -> None:
        """Write all answers as predictions."""
        with self._writing:
            write_records(self._predictions, reader_predictions(self._study, self._answers))

    def task(self, request: Request) -> Response:
        """The question on the screen."""
        session = self._session(request)
        return JSONResponse(self._shown(session, session.show()))

    async def answer(self, request: Request) -> Response:
        """Take an answer, and send the next question."""
        content = await read_content(request)
        task = Task(
            text_of(content, "question"), "assisted" if content.get("condition") == "assisted" else "alone"
        )
        sure, seconds = content.get("confidence"), content.get("seconds")
        if sure is not None and (not isinstance(sure, int) or isinstance(sure, bool)):
            raise InputError("confidence must be a whole number")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not math.isfinite(seconds):
            raise InputError("seconds must be a number")
        seen = content.get("seen")
        if not isinstance(seen, bool):
            raise InputError("seen must be true or false")

        def take() -> Response:
            session = self._session(request)
            session.answer(
                _request(content),
                task,
                answer=text_of(content, "answer"),
                confidence=sure,
                seconds=seconds,
                seen=seen,
            )
            self.write()
            return JSONResponse(self._shown(session, session.show()))

        return await run_in_threadpool(take)

    async def undo(self, request: Request) -> Response:
        """Take the last answer back, and send its question again."""
        content = await read_content(request)

        def take() -> Response:
            session = self._session(request)
            session.undo(_request(content))
            self.write()
            return JSONResponse(self._shown(session, session.show()))

        return await run_in_threadpool(take)

    def case(self, request: Request) -> Response:
        """What there is to see of the case on the screen."""
        case_id = self._case(request)
        data = self._volumes.data(case_id)
        shown = data.masks if self._study.design.masks else None
        return JSONResponse(
            {
                "shape": list(data.ct.shape) if data.ct else None,
                "masks": [
                    {"name": name, "title": structure_title(name)}
                    for name in sorted(shown.names if shown else ())
                ],
            }
        )

    def ct(self, request: Request) -> Response:
        """Send the CT of the case on the screen."""
        return nifti(self._volumes.ct_file(self._case(request), most(request)))

    def mask(self, request: Request) -> Response:
        """Send a mask of it, where the design lets readers see masks."""
        if not self._study.design.masks:
            raise InputError("masks are not shown in this study")
        return nifti(self._volumes.mask_file(self._case(request), asked(request, "name"), most(request)))

    def _session(self, request: Request) -> ReaderSession:
        return self._sessions[request.state.who]

    def _case(self, request: Request) -> str:
        """The case on the reader's screen, by the name it has there; no other one is sent."""
        session = self._session(request)
        task = session.progress().task
        if task is None or asked(request, "case") != session.case_name(task):
            raise InputError("this is not the case of the question on the screen")
        return self._study.questions[task.question].case_id

    def _shown(self, session: ReaderSession, now: Progress) -> dict[str, Any]:
        found: dict[str, Any] = {
            "title": self._study.design.title,
            "reader": session.reader,
            "done": now.done,
            "total": now.total,
            "wait_until": now.wait_until,
            "confidence": self._study.design.confidence,
            "task": None,
            **page_settings(),
        }
        if now.task is not None:
            question = self._study.questions[now.task.question]
            found["task"] = {
                **question_facts(question),
                "case": session.case_name(now.task),
                "condition": now.task.condition,
                "assistant": self._study.assistant.get(question.id)
                if now.task.condition == "assisted"
                else None,
            }
        return found


def _request(content: dict[str, Any]) -> str:
    found = text_of(content, "request")
    if not 8 <= len(found) <= _REQUEST_LENGTH:
        raise InputError(f"request must have 8 to {_REQUEST_LENGTH} characters")
    return found
