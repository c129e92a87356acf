from __future__ import annotations

import tracemalloc

from medspatial.score import metric, score_stream


def test_rows_are_judged_in_batches_by_each_metric(row):
    rows = [row("left", id=str(n)) for n in range(5)]
    scores = list(score_stream(iter(rows), [metric("exact"), metric("exact_naive")], batch=2))
    assert len(scores) == 10
    assert [(s.id, s.metric) for s in scores[:4]] == [
        ("0", "exact"),
        ("1", "exact"),
        ("0", "exact_naive"),
        ("1", "exact_naive"),
    ]


def test_batches_do_not_change_scores(row):
    texts = ["left", "the right one", "", "left or right", "both", "I cannot tell"]
    rows = [row(text, answer_type="side", id=str(n)) for n, text in enumerate(texts)]
    judged = metric("structured")
    assert list(score_stream(rows, [judged], batch=1)) == list(score_stream(rows, [judged], batch=100))


def test_memory_does_not_grow_with_the_number_of_rows(row):
    judged = metric("structured")
    one = row("The left kidney is larger.", answer_type="side")

    def peak(count: int) -> int:
        tally = judged.tally()
        tracemalloc.start()
        for score in score_stream((one for _ in range(count)), [judged], batch=100):
            tally.add(score)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert tally.result().rows == count
        return size

    peak(200)
    assert peak(4000) < 1.3 * peak(400) + 50_000
