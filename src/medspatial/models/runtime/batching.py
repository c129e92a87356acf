"""Questions answered in batches as large as memory allows, whichever way a batch is generated."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from medspatial.models.runtime.device import free_cached_memory, is_out_of_memory

Tokens = list[int]
Generate = Callable[[list[int]], list[Tokens]]  # indices of questions to the new tokens of each


@dataclass
class Batches:
    """How many questions fit at once; kept from volume to volume.

    Attributes
    ----------
    largest
        None until memory ran out once.
    """

    largest: int | None = None

    def run(self, groups: Iterable[Sequence[int]], generate: Generate) -> list[Tokens]:
        """Answer questions by index, and return the new tokens in order of the index.

        Parameters
        ----------
        groups
            Indices of questions that may share a batch; together 0, 1, 2, ...
        generate
            Answers a batch. Where its memory runs out the batch is halved, again and again down to one
            question, whose error then goes on.
        """
        answers: dict[int, Tokens] = {}
        pending = deque(list(group) for group in groups)
        while pending:
            group = pending.popleft()
            size = min(len(group), self.largest or len(group))
            batch, rest = group[:size], group[size:]
            made = _generated(generate, batch)
            if made is None:
                self.largest = size // 2
                free_cached_memory()
                pending.appendleft(group)
                continue
            answers.update(zip(batch, made, strict=True))
            if rest:
                pending.appendleft(rest)
        return [answers[index] for index in sorted(answers)]


def _generated(generate: Generate, batch: list[int]) -> list[Tokens] | None:
    """Answer a batch; None where its memory ran out (one question alone then raises)."""
    try:
        return generate(batch)
    except Exception as error:
        if not is_out_of_memory(error) or len(batch) == 1:
            raise
    return None


def cut_behind_end(ids: Tokens, ends: Sequence[int]) -> Tokens:
    """Return tokens up to the first that ends an answer, that one included.

    >>> cut_behind_end([5, 2, 7], ends=(2,))
    [5, 2]
    """
    for place, token in enumerate(ids):
        if token in ends:
            return ids[: place + 1]
    return ids
