"""Words of questions: singular titles, lesions mentioned where they could be, other wordings."""

from __future__ import annotations

import re
from string import Formatter

import numpy as np

from medspatial.anatomy import canonical_name, describe, load_label_map, structures
from medspatial.arms import arm
from medspatial.cases import CaseData
from medspatial.geometry import Measured
from medspatial.questions import Plan, questions_of, subtypes
from medspatial.questions.lesions import base_kind
from medspatial.questions.scene import LESION_NOTE, Scene
from medspatial.records import Case
from medspatial.volume import Affine, MaskSet

AFFINE = Affine(np.diag([2.0, 2.0, 2.0, 1.0]))
SHAPE = (60, 60, 60)


def box(low, size):
    mask = np.zeros(SHAPE, bool)
    mask[tuple(slice(a, a + n) for a, n in zip(low, size, strict=True))] = True
    return mask


def kidney(x):
    """A block with thinner poles: a kidney that ends flat is taken for cut."""
    return box((x, 20, 24), (12, 12, 12)) | box((x + 3, 23, 20), (6, 6, 20))


def two_kidneys(**lesions):
    kidneys = {"kidney_left": kidney(5), "kidney_right": kidney(40)}
    for lesion in lesions.values():
        kidneys = {name: mask & ~lesion for name, mask in kidneys.items()}
    return MaskSet.from_masks(kidneys | lesions, AFFINE)


def scene(masks, listed=()):
    return Scene("case", Measured(masks), listed=listed)


def test_every_subtype_has_several_wordings_with_known_places():
    for one in subtypes():
        if one.id == "L6":
            continue
        for texts in one.wordings.values():
            assert len(texts) == len(set(texts)) >= 3, one.id
            places = [{field for _, field, _, _ in Formatter().parse(text) if field} for text in texts]
            for found in places:
                assert {p.removesuffix("_start") for p in found} == {
                    p.removesuffix("_start") for p in places[0]
                }, one.id


def test_other_words_are_given_and_the_arm_uses_them(cohort):
    reworded = arm("reworded")
    for result in cohort:
        asked = {q.id: q for q in result.questions}
        changed = reworded.questions(list(result.questions))
        assert len(changed) == len(asked)
        for question in changed:
            assert question.question != asked[question.id].question
            assert question.answer == asked[question.id].answer


def test_the_answer_does_not_stand_in_the_other_words_either(cohort):
    for result in cohort:
        for question in result.questions:
            if question.options:
                pattern = rf"(?<![\w-]){re.escape(question.answer.lower())}(?![\w-])"
                assert not re.search(pattern, question.reworded.lower()), question


def test_grammar(cohort):
    for result in cohort:
        for question in result.questions:
            for text in (question.question, question.reworded):
                assert text[0].isupper()
                assert text.rstrip()[-1] in "?."
                assert "  " not in text
                assert not re.search(r"\bthe the\b|\ba the\b|\btwo lungs lobes\b|\{|\}", text)
                assert not re.search(r"muscles (lie|lies|is|does)\b", text)


def test_titles_are_singular():
    one = scene(two_kidneys())
    for name in load_label_map("totalsegmentator_v2").labels.values():
        if describe(name).kind == "organ":
            assert one.title(name)
            assert not one.title(name).endswith("muscles")
    assert one.title("autochthon_left") == "left autochthonous back muscle group"


def test_lesions_are_mentioned_where_they_could_be_whether_there_are_any_or_not():
    with_tumor = scene(two_kidneys(kidney_tumor=box((5, 20, 20), (4, 4, 4))))
    looked_for = scene(two_kidneys(), listed=("kidney_tumor",))
    for one in (with_tumor, looked_for):
        assert one.the("kidney_left") == "the left kidney (including any lesion)"
        assert one.the("kidney_right") == "the right kidney (including any lesion)"
        assert one.note("kidney_right", "liver") == LESION_NOTE
        assert one.note("liver") == ""
    plain = scene(two_kidneys())
    assert plain.the("kidney_left") == "the left kidney"
    assert plain.note("kidney_left") == ""


def test_masks_that_tell_the_side_are_one_kind():
    masks = two_kidneys(
        kidney_cyst_left=box((6, 22, 25), (4, 4, 4)), kidney_cyst_right=box((42, 22, 30), (5, 5, 5))
    )
    assert base_kind("kidney_cyst_left") == "kidney_cyst"
    one = scene(masks)
    assert one.found.kinds == ("kidney_cyst",)
    assert one.lesions == ("kidney_cyst#1", "kidney_cyst#2")
    assert one.hosts("kidney_cyst#1") == ("kidney_right",)
    data = CaseData(Case(case_id="c", patient_id="c"), None, masks)
    found = {
        q.subtype: q for q in questions_of(data, Plan(subtypes=("L2", "L3", "V7"), per_subtype=4)).questions
    }
    assert found["L2"].answer == "both kidneys"
    assert found["V7"].value == 2
    for question in found.values():
        assert not re.search(r"left kidney cyst|right kidney cyst", question.question)


def test_lesions_are_ranked_by_size_or_by_one_end_of_the_height():
    sizes = [(6, 6, 6), (5, 5, 5), (4, 4, 4), (3, 3, 3)]
    lesions = np.zeros(SHAPE, bool)
    for at, size in enumerate(sizes):
        lesions |= box((8, 20 + 8 * at, 8 + 9 * at), size)
    one = scene(MaskSet.from_masks({"nodule": lesions}, AFFINE))
    by_size = [one.found.words(name, "size") for name in one.lesions]
    ranks = ("largest", "second largest", "third largest", "smallest")
    assert by_size == [f"{rank} lung nodule" for rank in ranks]
    by_height = [one.found.words(name, "height") for name in one.lesions]
    assert by_height == ["lowest lung nodule", None, None, "highest lung nodule"]


def test_structures_without_a_meaningful_centre_are_not_asked_for_it():
    names = ("colon", "small_bowel", "rib_left_3", "costal_cartilages", "liver", "sternum", "vertebrae_L3")
    masks = MaskSet.from_masks({n: box((5 * at, 5, 5), (4, 4, 4)) for at, n in enumerate(names)}, AFFINE)
    assert set(scene(masks).centred) == {"liver", "sternum", "vertebrae_L3"}


def test_ids_do_not_depend_on_other_questions_and_repeat(phantoms, ask):
    few = ask(phantoms[0], Plan(subtypes=("V3",), per_subtype=1)).questions
    many = ask(phantoms[0], Plan(per_subtype=1)).questions
    assert {q.id for q in few} <= {q.id for q in many}
    assert len({q.id for q in many}) == len(many)


def test_volumes_in_the_details_are_called_ml(cohort):
    for result in cohort:
        for question in result.questions:
            details = question.evidence.details
            if question.subtype in {"V1", "V2", "V4", "M1"}:
                assert all(value > 0 for value in details["volumes_ml"].values())
            if question.subtype == "M6":
                assert {"sum_ml", "other_ml"} <= set(details)
            assert describe(question.evidence.structures[0].partition("#")[0]).title


def test_plurals_of_all_structures():
    """Each plural ends as English plurals do, and no irregular head got an added s."""
    wrong = re.compile(r"(arterys|humeruss?e?s|femurs|vertebras|cavas|ovarys|testiss|mesenterys|axillas)\b")
    ends = ("s", "ae", "i", "a", "es")
    for one in structures():
        head = one.plural.partition(" of ")[0]
        assert head.endswith(ends), one.name
        assert head != describe(one.base or one.name).title or one.name in {"costal_cartilages"}, one.name
        assert not wrong.search(one.plural), one.name
        assert not re.search(r"\b(left|right)\b", one.plural) or "lobe" in one.plural, one.name
    nouns = {
        "iliac_artery_left": "iliac arteries", "humerus_right": "humeri", "femur_left": "femora",
        "lung_lower_lobe_left": "lower lobes of the lungs", "scapula_left": "scapulae",
        "autochthon_left": "autochthonous back muscles", "vertebrae_T4": "T4 vertebrae",
        "liver_metastasis": "liver metastases", "my_left_biopsy": "my biopsies", "liver_boss": "liver bosses",
    }  # fmt: skip
    assert {name: Scene.pair_noun(name) for name in nouns} == nouns


def test_the_cord_is_called_the_spinal_canal():
    assert describe("spinal_cord").title == "spinal canal"
    assert canonical_name("spinal cord") == canonical_name("spinal canal") == "spinal_cord"


def test_the_spinal_canal_is_no_choice_below_l2():
    masks = {
        "vertebrae_L2": box((20, 20, 40), (8, 8, 8)),
        "spinal_cord": box((20, 30, 10), (6, 6, 45)),
        "liver": box((40, 20, 45), (8, 8, 10)),
        "colon": box((40, 20, 10), (8, 8, 10)),
    }
    one = scene(MaskSet.from_masks(masks, AFFINE))
    assert one.offered(("spinal_cord", "liver"), "liver") == ["spinal_cord", "liver"]
    assert one.offered(("spinal_cord", "liver"), "liver", "colon") == ["liver"]
    without = scene(
        MaskSet.from_masks({"spinal_cord": masks["spinal_cord"], "liver": masks["liver"]}, AFFINE)
    )
    assert without.offered(("spinal_cord",), "liver") == []


def test_words_do_not_tell_the_direction(cohort):
    words = {
        "A2": r"upper lobe|middle lobe|lower lobe|inferior|superior",
        "A4": r"upper|middle|lower|inferior|superior",
        "A6": r"upper|middle|lower|inferior|superior",
    }
    for result in cohort:
        for question in result.questions:
            text = question.question
            if question.subtype in words:
                assert not re.search(words[question.subtype], text), text
            if question.subtype == "A5" and question.answer in {"left", "right"}:
                assert not re.search(r"\b(left|right)\b", text), text
            if question.subtype == "L5":
                sides = [describe(one.partition("#")[0]).side for one in question.evidence.structures]
                assert sides[0] == sides[1], text
            if question.subtype == "A2" and "muscle" in text:
                assert "cent" in text, text
            if question.subtype == "M3":
                assert not all(one.startswith("vertebrae") for one in question.evidence.structures[:2])
            if question.subtype == "A3" and "kidney" in question.evidence.structures[1]:
                assert not re.search(r"left third|right third", " ".join(question.options))


def test_a_kidney_has_a_medial_and_a_lateral_third():
    for side, x in (("left", 5), ("right", 40)):
        for at, answer in ((0, ("lateral", "medial")), (9, ("medial", "lateral"))):
            masks = two_kidneys(kidney_tumor=box((x + at, 24, 28), (3, 4, 4)))
            data = CaseData(Case(case_id="c", patient_id="c"), None, masks)
            rows = questions_of(data, Plan(subtypes=("A3",), per_subtype=9)).questions
            found = [q.answer for q in rows if "midline" in q.question]
            assert found == [f"its {answer[side == 'right']} third"]


def test_a_lesion_is_not_asked_about_the_partner_of_its_organ():
    one = scene(two_kidneys(kidney_tumor=box((8, 24, 28), (4, 4, 4))))
    assert one.apart("kidney_tumor#1", "kidney_left")
    assert one.apart("kidney_right", "kidney_tumor#1")
    assert not one.apart("kidney_right", "kidney_left")
    assert not list(one.pairs(["kidney_tumor#1", "kidney_right", "kidney_left"], "D4"))[1:]
