"""Tables per patient and of costs: their figures, and what is left out."""

from __future__ import annotations

import pytest

from medspatial.compare import compare
from medspatial.records import Prediction
from medspatial.report.tables import cost_table, drops_table, pairs_table, patient_table, subtype_table


def test_patients_hold_the_scores_hardest_first(study) -> None:
    table = patient_table(study.comparison, study.questions, study.scores)
    assert [column.title for column in table.columns] == ["Patient", "Questions", *study.comparison.models]
    assert len(table.records) == study.comparison.n_patients
    for record in table.records:
        asked = [one for one in study.questions if one.patient_id == record["patient"]]
        assert record["questions"] == len(asked)
        ids = {one.id for one in asked}
        for model in study.comparison.models:
            right = sum(
                bool(one.correct)
                for one in study.scores
                if one.id in ids and one.model == model and one.arm == "standard"
            )
            assert record[model] == pytest.approx(right / len(asked))
    means = [sum(record[model] for model in study.comparison.models) for record in table.records]
    assert means == sorted(means)
    assert dict(table.rows[0][1].find) == {"patient": table.records[0]["patient"]}


def test_without_scores_there_is_no_table_of_patients(study) -> None:
    assert patient_table(study.comparison, study.questions, ()).rows == ()


def _prediction(number: int, model: str, **metadata: object) -> Prediction:
    return Prediction(
        case_id="c", question=f"Q{number}?", answer="a", model=model, prediction="a", metadata=metadata
    )


def test_costs_add_up_what_answers_carry(study) -> None:
    oracle, other = study.comparison.models[0], study.comparison.models[1]
    rows = [
        _prediction(0, oracle, tokens={"input": 100, "output": 7}, cost=0.25),
        _prediction(1, oracle, tokens={"input": 50, "output": 3}, cost=0.5),
        _prediction(0, other, new_tokens=12),
        Prediction(case_id="c", question="Q9?", answer="a", model=other, status="failed", error="no"),
    ]
    table = cost_table(
        study.comparison, rows, {oracle: {"prepare_s": 60.0, "encode_s": 0.0, "answer_s": 90.0}}
    )
    first, second = table.records
    assert (first["answers"], first["input_tokens"], first["output_tokens"]) == (2, 150, 10)
    assert (first["cost"], first["seconds"]) == (0.75, 150.0)
    assert (second["answers"], second["output_tokens"], second["cost"]) == (1, 12, None)
    assert [cell.main for cell in table.rows[0]] == [oracle, "2", "2 min", "75.000", "150", "10", "0.75"]
    assert table.rows[0][2].small == "1 min + 0.0 s + 2 min"


def test_models_without_any_cost_are_left_out(study) -> None:
    assert cost_table(study.comparison, [_prediction(0, study.comparison.models[0])]).rows == ()


def test_drops_name_the_subtypes_that_they_hit() -> None:
    table = drops_table({"too close": {"D3": 2, "L5": 1}, "cut off": 7}, {"D3": "distance"})
    assert [[cell.main for cell in row] for row in table.rows] == [
        ["cut off", "7", ""],
        ["too close", "3", "distance (D3): 2; L5: 1"],
    ]
    many = drops_table({"r": {f"S{number}": number for number in range(1, 6)}})
    assert many.rows[0][2].main == "S5: 5; S4: 4; S3: 3; 2 more"


def test_cells_lead_to_their_questions(study) -> None:
    subtypes = subtype_table(study.comparison, {"D3": "distance of two structures"})
    row = next(row for row in subtypes.rows if row[0].small == "D3")
    assert row[0].text == "distance of two structures (D3)"
    assert dict(row[3].find) == {"subtype": "D3", "model": study.comparison.models[0]}
    pair = study.comparison.pairs[0]
    cells = pairs_table(study.comparison).rows[0]
    assert dict(cells[5].find) == {"right": pair.first, "wrong": pair.second}
    assert cells[5].address.startswith("#find?right=")
    assert "<" not in cells[6].address


def test_tables_of_other_arms_lead_nowhere(study) -> None:
    from medspatial.report.tables import accuracy_table

    assert not any(cell.find for row in accuracy_table(study.comparison, "blank").rows for cell in row)
    again = compare(study.scores, questions=study.questions, resamples=20)
    assert any(cell.find for row in accuracy_table(again).rows for cell in row)
