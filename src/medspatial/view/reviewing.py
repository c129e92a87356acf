"""The reviewers' addresses: assigned questions with images and evidence, verdicts by criterion, adjudication.

Verdicts are the records of `medspatial.datasets.review`, one file per reviewer beside the forms, written
again at every change; ``medspatial questions review finish`` reads them as it reads forms.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from medspatial.datasets.review import ReviewKey, ReviewVerdict, agreement, read_verdicts
from medspatial.datasets.review.agreement import by_criterion
from medspatial.datasets.review.folder import ADJUDICATED_FILE, VERDICTS_SUFFIX
from medspatial.errors import InputError
from medspatial.records import Question, write_records
from medspatial.view.app import image_routes, page_settings, question_facts, why
from medspatial.view.content import read_content, text_of
from medspatial.view.evidence import drawn_evidence
from medspatial.view.pages import own_files, page
from medspatial.view.volumes import Volumes

MAX_NOTE = 4000


class ReviewApp:
    """Routes of one review.

    Parameters
    ----------
    folder
        The review's folder, with its key.
    questions
        By id; all that the key names.
    adjudicator
        Who settles disputes; None where nobody does.

    Raises
    ------
    InputError
        The key does not say who reviews what, or names a question that is not given.
    """

    def __init__(
        self,
        folder: Path,
        key: ReviewKey,
        questions: dict[str, Question],
        volumes: Volumes,
        adjudicator: str | None = None,
    ) -> None:
        if not key.reviewers:
            raise InputError(f"{folder}: the key does not say who reviews what; assign the review again")
        missing = [row for row in key.items.values() if row not in questions]
        if missing:
            raise InputError(f"{len(missing)} questions of the review are not given, such as {missing[0]!r}")
        if adjudicator in key.reviewers:
            raise InputError(f"{adjudicator!r} reviews and cannot adjudicate too")
        self._folder, self._key, self._questions = folder, key, questions
        self._volumes = volumes
        self._adjudicator = adjudicator
        self._lock = threading.Lock()
        self._verdicts = {name: self._read(name) for name in self.people}

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who gets a link."""
        return (*self._key.reviewers, *([self._adjudicator] if self._adjudicator else []))

    def file(self, person: str) -> Path:
        """Return where a person's verdicts are kept."""
        name = ADJUDICATED_FILE if person == self._adjudicator else f"{person}{VERDICTS_SUFFIX}"
        return self._folder / name

    def routes(self) -> list[BaseRoute]:
        """Return all routes."""
        return [
            page("review.html"),
            *own_files(),
            *image_routes(self._volumes),
            Route("/api/review", self.review),
            Route("/api/item", self.item),
            Route("/api/verdict", self.verdict, methods=["POST"]),
        ]

    def review(self, request: Request) -> Response:
        """What a person has to judge, and how far it is; for the adjudicator the agreement too."""
        person = request.state.who
        adjudicates = person == self._adjudicator
        own = self._verdicts[person]
        return JSONResponse(
            {
                "title": "Adjudication" if adjudicates else "Review",
                "person": person,
                "criteria": list(self._key.criteria),
                "items": [
                    {"item": item, "verdicts": own[item].verdicts if item in own else {}}
                    for item in self._items(person)
                ],
                "agreement": self._agreement() if adjudicates else [],
                **page_settings(),
            }
        )

    def item(self, request: Request) -> Response:
        """One question to judge; the adjudicator also sees the votes."""
        person, item = request.state.who, request.query_params.get("item", "")
        self._check(person, item)
        question = self._questions[self._key.items[item]]
        own = self._verdicts[person].get(item)
        return JSONResponse(
            {
                **question_facts(question),
                "id": item,
                "answer": question.answer,
                "quote": question.evidence.quote if question.evidence else None,
                "evidence": drawn_evidence(question),
                "why": why(question),
                "verdicts": own.verdicts if own else {},
                "note": own.note if own else "",
                "votes": self._votes(item) if person == self._adjudicator else {},
            }
        )

    async def verdict(self, request: Request) -> Response:
        """Keep a verdict; an earlier one of the same person on the same item is replaced."""
        content = await read_content(request)
        given, note = content.get("verdicts"), text_of(content, "note")
        if not isinstance(given, dict) or any(not isinstance(yes, bool) for yes in given.values()):
            raise InputError("verdicts must be true or false by criterion")
        unknown = set(given) - set(self._key.criteria)
        if unknown or len(note) > MAX_NOTE:
            raise InputError(
                f"criteria are {', '.join(self._key.criteria)}, and a note has at most {MAX_NOTE} characters"
            )
        person, item = request.state.who, text_of(content, "item")
        self._check(person, item)
        await run_in_threadpool(
            self._keep, ReviewVerdict(item=item, reviewer=person, verdicts=given, note=note)
        )
        return JSONResponse({"kept": True})

    def _keep(self, verdict: ReviewVerdict) -> None:
        with self._lock:
            changed = {**self._verdicts[verdict.reviewer], verdict.item: verdict}
            write_records(self.file(verdict.reviewer), changed.values())
            self._verdicts[verdict.reviewer] = changed

    def _read(self, person: str) -> dict[str, ReviewVerdict]:
        path = self.file(person)
        return {one.item: one for one in read_verdicts(path)} if path.is_file() else {}

    def _items(self, person: str) -> Sequence[str]:
        if person != self._adjudicator:
            return self._key.reviewers[person]
        return [item for item in self._key.items if self._disputed(item)]

    def _check(self, person: str, item: str) -> None:
        if item not in self._items(person):
            raise InputError(f"{item!r} is not among the questions of {person}")

    def _votes(self, item: str) -> dict[str, dict[str, bool]]:
        """By criterion and reviewer."""
        found: dict[str, dict[str, bool]] = {}
        for reviewer in self._key.reviewers:
            given = self._verdicts[reviewer].get(item)
            for criterion, yes in (given.verdicts if given else {}).items():
                found.setdefault(criterion, {})[reviewer] = yes
        return found

    def _disputed(self, item: str) -> bool:
        return any(len(set(votes.values())) > 1 for votes in self._votes(item).values())

    def _agreement(self) -> list[dict[str, Any]]:
        reviewers = [one for name in self._key.reviewers for one in self._verdicts[name].values()]
        ratings = by_criterion((one.item, one.reviewer, one.verdicts) for one in reviewers)
        return [{"criterion": name, **asdict(agreement(items))} for name, items in ratings.items()]
