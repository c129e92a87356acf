"""Forms in which models write their answers, read from end to end; every kind in both directions."""

from __future__ import annotations

import pytest

from medspatial.records import Prediction
from medspatial.score import metric

STRUCTURED = metric("structured")
ORGANS = {
    "question": "Which of these structures is the largest by volume?",
    "answer": "spleen",
    "options": ("liver", "spleen", "left kidney", "right kidney"),
    "answer_type": "choice",
}
TOUCH = {
    "question": "Do the liver and the gallbladder touch each other in this scan?",
    "answer": "yes",
    "answer_type": "yes_no",
}
ENLARGED = {"question": "Is the liver enlarged?", "answer": "no", "answer_type": "yes_no"}
SIDE = {
    "question": "On which side of the patient does the larger cyst lie?",
    "answer": "left",
    "answer_type": "side",
}
GAP = {
    "question": "What is the shortest distance between the liver and the left kidney, in mm?",
    "answer": "45 mm",
    "answer_type": "number",
    "value": 45.0,
    "unit": "mm",
}
VOLUME = {
    "question": "What is the volume of the liver, in ml?",
    "answer": "1200 ml",
    "answer_type": "number",
    "value": 1200.0,
    "unit": "ml",
}
COUNT = {
    "question": "How many cysts are in the left kidney?",
    "answer": "3",
    "answer_type": "number",
    "value": 3.0,
    "unit": "count",
}


def outcome(item, reply):
    (score,) = STRUCTURED.score([Prediction(case_id="c", **item, prediction=reply)])
    if score.status != "scored":
        return "language" if score.rule == "language" else score.status
    return "correct" if score.correct else "wrong"


def check(item, cases):
    wrong = [(reply, want, got) for reply, want in cases if (got := outcome(item, reply)) != want]
    assert not wrong


THOUGHTS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<Thought>", "</Thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<analysis>", "</analysis>"),
    ("<rationale>", "</rationale>"),
    ("<cot>", "</cot>"),
    ("<REASONING>", "</REASONING>"),
    ("<thought_process>", "</thought_process>"),
    ("<internal_monologue>", "</internal_monologue>"),
    ("<planning>", "</planning>"),
    ("[THINK]", "[/THINK]"),
    ("[THINKING]", "[/THINKING]"),
    ("[REASONING]", "[/REASONING]"),
    ("<unused94>thought\n", "<unused95>"),
    ("<|channel>thought\n", "<channel|>"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<mm:think>", "</mm:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|think_start|>", "<|think_end|>"),
    ("<|thought_start|>", "<|thought_end|>"),
    ("<think_start>", "<think_end>"),
    ("<|reasoning_start|>", "<|reasoning_end|>"),
    ("<antThinking>", "</antThinking>"),
    ("Thinking...\n", "\n...done thinking.\n\n"),
    ("Thinking Process:\n", "\n...done thinking.\n\n"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final <|constrain|>JSON<|message|>"),
    ("analysis", "assistantfinal"),
    ("analysis\n", "\nassistant\nfinal\n"),
]


@pytest.mark.parametrize(("opening", "closing"), THOUGHTS, ids=[opening.strip() for opening, _ in THOUGHTS])
def test_thoughts_are_no_answer(opening, closing):
    check(
        ORGANS,
        [
            (f"{opening}Livers are large, so A.{closing}B", "correct"),
            (f"{opening}It looks like B, the spleen.{closing}A", "wrong"),
            (f"{opening}A?\n\nThe answer is A.{closing}\n\nThe answer is **B**.", "correct"),
            (f"{opening}Perhaps B, the spleen. Compare it with", "unanswered"),
            (f"{opening}{closing}B", "correct"),
        ],
    )
    check(SIDE, [(f"{opening}Is it the right one?{closing}left", "correct")])
    check(GAP, [(f"{opening}Maybe 80 mm{closing}45 mm", "correct")])


def test_thoughts_in_other_arrangements():
    check(
        ORGANS,
        [
            ("A is usual, so it may be A.</think>B", "correct"),
            ("A?<unused95>B", "correct"),
            ("The answer is A.[/THINK]B", "correct"),
            ("<think>A<think>C</think>A</think>B", "correct"),
            ("<think>A</think>B<think>or D", "correct"),
            ("B<think>or D</think>", "correct"),
            ("<think>A</think>\n<reflection>perhaps D</reflection><output>B</output>", "correct"),
            ("<reasoning>A</reasoning><answer>B</answer>", "correct"),
            ("<thinking>A</thinking><reflection>D</reflection>", "unanswered"),
            ("&lt;think&gt;A&lt;/think&gt;B", "correct"),
            ("<think\n>A</think>B", "correct"),
            ("< think >A</ think >B", "correct"),
            ("```<think>A</think>```\nB", "correct"),
            ("<think>A</think>", "unanswered"),
            ("analysisA is usual. We must answer.assistantcommentaryD is odd.assistantfinalB", "correct"),
            ("analysisA is usual", "unanswered"),
            ("<|channel|>commentary<|message|>A<|end|>", "unanswered"),
            ("<|start|>assistant<|channel|>final<|message|>B<|return|>", "correct"),
            ("assistantfinalB", "correct"),
            ("The final analysis: B", "correct"),
            ("Analysis: the spleen is largest. Answer: B", "correct"),
            ("[BEGIN FINAL RESPONSE]\nB\n[END FINAL RESPONSE]", "correct"),
            ("Here are my reasoning steps: A or D. [BEGIN FINAL RESPONSE]B[END FINAL RESPONSE]", "correct"),
            ("Here are my reasoning steps:\nA or D.\n<|begin_of_solution|>B<|end_of_solution|>", "correct"),
        ],
    )
    check(SIDE, [("I think left", "correct"), ("Thinking about it, left.", "correct")])


TURN_ENDS = [
    "<|im_end|>",
    "<|eot_id|>",
    "<end_of_turn>",
    "</s>",
    "<|end|>",
    "<|endoftext|>",
    "<eos>",
    "<|return|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|eos|>",
    "<|end_of_turn|>",
    "<EOT>",
    "<|eot|>",
    "<turn|>",
    "<|endofturn|>",
    "<eot>",
    "<|END_RESPONSE|>",
    "<|EOT|>",
    "<|end_of_sentence|>",
    "[EOS]",
    "<|user|>",
    "<|end▁of▁sentence|>",
    "<｜end▁of▁sentence｜>",
    "<|im_start|>user",
    "<start_of_turn>user",
    "[INST]",
    "<|start_header_id|>user",
    "<|eoa|>",
    "<eoa>",
    "<|end_of_assistant|>",
]


@pytest.mark.parametrize("token", TURN_ENDS)
def test_what_stands_behind_the_end_of_a_turn_is_no_answer(token):
    check(
        ORGANS,
        [
            (f"B{token}\nWhich kidney? A", "correct"),
            (f"A{token}\nB", "wrong"),
            (f"B{token}", "correct"),
            (f"<think>A</think>B{token}<think>A</think>A", "correct"),
            (f"B {token} {token} {token}", "correct"),
        ],
    )
    check(SIDE, [(f"left{token}right", "correct")])
    check(GAP, [(f"45 mm{token}80 mm", "correct")])


def test_roles_around_the_answer():
    check(
        ORGANS,
        [
            ("B<|im_end|>\n<|im_start|>user\nWhich kidney? A", "correct"),
            ("B<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA", "correct"),
            ("<|im_start|>assistant\nB<|im_end|>", "correct"),
            ("<start_of_turn>model\nB<end_of_turn>\n<start_of_turn>user\nA", "correct"),
            ("[INST] Which is the largest? [/INST] B</s>", "correct"),
            ("<s>[INST] A or B? [/INST] B </s>[INST] And now? [/INST] A", "correct"),
            ("<|im_start|>user\nA or C?<|im_end|>\n<|im_start|>assistant\nB<|im_end|>", "correct"),
            ("<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\nB<|eot_id|>", "correct"),
            ("<|assistant|>B<|user|>and the smallest?<|assistant|>D", "correct"),
            ("assistant\nB\nuser\nA", "correct"),
            ("B\n\nuser\nWhich is smaller?\nassistant\nA", "correct"),
            ("B\nUser: Which is smaller?\nAssistant: A", "correct"),
            ("B\n### Human: and now? A", "correct"),
            ("model\nB", "correct"),
            ("<bos>B<eos>", "correct"),
            ("<|im_end|>", "unanswered"),
            ("<pad><pad>B<pad>", "correct"),
        ],
    )


def test_markup_is_no_comparison():
    check(
        SIDE,
        [
            ("<b>left</b>", "correct"),
            ("<b>right</b>", "wrong"),
            ("<div class='a'>Left</div>", "correct"),
            ('<p style="color: red">left<br>side</p>', "correct"),
            ("<side>left</side>", "correct"),
            ("<font color=red>Left</font>", "correct"),
            ("<LEFT>", "correct"),
            ("<left>", "correct"),
            ("<!-- right --> left", "correct"),
            ("&lt;b&gt;left&lt;/b&gt;", "correct"),
            ("left&nbsp;side", "correct"),
            ("<html><body><h1>Answer</h1><p>left</p></body></html>", "correct"),
            ("<ul><li>Side: left</li></ul>", "correct"),
            ("<table><tr><td>Side</td><td>left</td></tr></table>", "correct"),
            ("| Side |\n|---|\n| left |", "correct"),
            ("| Question | Answer |\n|---|---|\n| Side | left |", "correct"),
            ("***left***", "correct"),
            ("__Left__", "correct"),
            ("`left`", "correct"),
            ("$\\text{left}$", "correct"),
            ("$$\\boxed{\\text{left}}$$", "correct"),
            ("\\boxed{left}", "correct"),
            ("\\(\\boxed{\\textbf{left}}\\)", "correct"),
            ("\\textbf{left}", "correct"),
            ("\\mathrm{left}", "correct"),
            ("left < right", "wrong"),
            ("<svg><script>right</script></svg>left", "correct"),
        ],
    )
    check(
        ORGANS,
        [
            ("<p>The answer is <b>B</b>.</p>", "correct"),
            ("<p>The answer is <b>A</b>.</p>", "wrong"),
            ("<option>B</option>", "correct"),
            ('<option value="b">spleen</option>', "correct"),
            ("<B>", "correct"),
            ("<li>B. spleen</li>", "correct"),
            ("<i>spleen</i>", "correct"),
            ("\\boxed{B}", "correct"),
            ("$\\boxed{\\text{B. spleen}}$", "correct"),
            ("\\boxed{\\mathbf{B}}", "correct"),
            ("\\boxed{\\text{(B)}}", "correct"),
            ("**Answer:** B", "correct"),
            ("**B) spleen**", "correct"),
            ("<choice>B</choice>", "correct"),
            ("<final>B</final>", "correct"),
            ("<answer><b>B</b></answer>", "correct"),
            ("<answer>A</answer>", "wrong"),
        ],
    )
    check(TOUCH, [("<b>Yes</b>", "correct"), ("<strong>No</strong>", "wrong"), ("<YES>", "correct")])
    check(
        GAP,
        [
            ("<b>45</b> mm", "correct"),
            ("<p>45&nbsp;mm</p>", "correct"),
            ("<45 mm", "unanswered"),
            ("< 45 mm", "unanswered"),
            ("&lt;45 mm", "unanswered"),
            (">45 mm", "unanswered"),
            ("<td>45</td><td>mm</td>", "correct"),
            ("$45\\,\\mathrm{mm}$", "correct"),
            ("\\boxed{45\\ \\text{mm}}", "correct"),
            ("\\SI{45}{\\milli\\metre}", "correct"),
            ("\\qty{4.5}{cm}", "correct"),
        ],
    )


def test_answers_in_fields():
    check(
        ORGANS,
        [
            ('{"correct_option": "B", "explanation": "the liver (A) is smaller"}', "correct"),
            ('{"answer": {"letter": "B", "text": "spleen"}}', "correct"),
            ('{"answer": {"option": "B"}, "confidence": 0.9}', "correct"),
            ('{"Answer": "B", "reasoning": "not A"}', "correct"),
            ('{"reasoning": "A is smaller", "answer": "B"}', "correct"),
            ('{"letter": "B"}', "correct"),
            ('{"selected": "B", "rejected": ["A", "C"]}', "correct"),
            ('[{"answer": "B"}]', "correct"),
            ('["B"]', "correct"),
            ('{"answer": ["B"]}', "correct"),
            ('{"result": {"answer": "B"}}', "correct"),
            ('```json\n{"answer": "A"}\n```', "wrong"),
            ('{"answer": "B", "why": "A {smaller}"}', "correct"),
            ("answer: B\nreason: A is smaller", "correct"),
            ("```yaml\nanswer: B\nexplanation: A is smaller\n```", "correct"),
            ("<answer>B</answer><explanation>A is smaller</explanation>", "correct"),
            ("<response><answer>B</answer><why>A</why></response>", "correct"),
            ("{'answer': 'B', 'reason': 'A is smaller'}", "correct"),
            ('{"answer": null}', "unanswered"),
            ('{"answer": ""}', "unanswered"),
            ('{"A": false, "B": true, "C": false, "D": false}', "correct"),
            ('{"A": true, "B": true}', "wrong"),
            ('{"answer": "B"', "correct"),
        ],
    )
    check(
        SIDE,
        [
            ('{"side": "left"}', "correct"),
            ('{"side": "right"}', "wrong"),
            ('{"laterality": "left"}', "correct"),
            ('{"location": {"side": "left"}}', "correct"),
            ("side: left", "correct"),
            ('{"answer": {"side": "left"}}', "correct"),
            ("<side>left</side><reason>the right is smaller</reason>", "correct"),
            ('{"side": "left", "comment": "larger than the right"}', "correct"),
        ],
    )
    check(
        TOUCH,
        [
            ('{"answer": true}', "correct"),
            ('{"touch": true}', "correct"),
            ('{"answer": false}', "wrong"),
            ('{"touching": "no"}', "wrong"),
            ("true", "correct"),
            ("answer: yes", "correct"),
        ],
    )
    check(
        GAP,
        [
            ('{"answer": 4.5, "unit": "cm"}', "correct"),
            ('{"answer": 4.5, "unit": "mm"}', "wrong"),
            ('{"answer": "4.5", "units": "cm"}', "correct"),
            ('{"unit": "cm", "value": 4.5}', "correct"),
            ('{"answer": {"value": 4.5, "unit": "cm"}}', "correct"),
            ('{"distance": {"value": 45, "unit": "mm"}}', "correct"),
            ('{"distance_mm": 45}', "correct"),
            ('{"distance_cm": 4.5}', "correct"),
            ('{"distance": 4.5, "unit": "cm"}', "correct"),
            ("answer: 4.5\nunit: cm", "correct"),
            ("value: 4.5\nunit: cm", "correct"),
            ("<answer>4.5</answer><unit>cm</unit>", "correct"),
            ("<value>4.5</value> <unit>cm</unit>", "correct"),
            ('{"answer": "45 mm"}', "correct"),
            ('{"answer": "45 mm", "unit": "mm"}', "correct"),
            ("{'answer': 4.5, 'unit': 'cm'}", "correct"),
            ('{"answer": 45}', "correct"),
            ('{"answer": [4.5, "cm"]}', "correct"),
        ],
    )


def test_figures_in_any_notation():
    check(
        GAP,
        [
            ("4.5 × 10^1 mm", "correct"),
            ("4.5 x 10^1 mm", "correct"),
            ("4.5×10¹ mm", "correct"),
            ("4.5*10^1 mm", "correct"),
            ("4.5 * 10**1 mm", "correct"),
            ("4.5e1 mm", "correct"),
            ("4.5E+01 mm", "correct"),
            ("4.5 \\times 10^{1} mm", "correct"),
            ("$4.5 \\times 10^{1}\\,\\text{mm}$", "correct"),
            ("$4.5 \\cdot 10^1$ mm", "correct"),
            ("4.5 x 10 mm", "wrong"),
            ("4.5 × 10<sup>1</sup> mm", "correct"),
            ("450 × 10^-1 mm", "correct"),
            ("450×10⁻¹ mm", "correct"),
            ("10^1 mm", "wrong"),
            ("45毫米", "correct"),
            ("4.5 厘米", "correct"),
            ("45 мм", "correct"),
            ("4,5 см", "correct"),
            ("45ミリ", "correct"),
            ("45 ミリメートル", "correct"),
            ("45 밀리미터", "correct"),
            ("45 Millimeter", "correct"),
            ("45 millimètres", "correct"),
            ("45 milímetros", "correct"),
            ("4,5 centímetros", "correct"),
            ("4,5 Zentimeter", "correct"),
            ("4,5 centimetri", "correct"),
            ("４５ mm", "correct"),
            ("45 ㎜", "correct"),
            ("4.5 ㎝", "correct"),
            ("٤٥ mm", "correct"),
            ("45 मिमी", "correct"),
            ("45 مم", "correct"),
            ("0.045 m", "correct"),
            ("45\u202fmm", "correct"),
            ("~45 mm", "correct"),
            ("≈ 45 mm", "correct"),
            ("45.0 (mm)", "correct"),
            ("45-mm", "correct"),
            ("80毫米", "wrong"),
            ("forty-five millimetres", "correct"),
        ],
    )
    check(
        VOLUME,
        [
            ("1.2 × 10^6 mm³", "correct"),
            ("1.2e6 mm³", "correct"),
            ("1.2 \\times 10^{6} mm^3", "correct"),
            ("1.2 × 10^3 ml", "correct"),
            ("1.2 × 10^3 mm³", "wrong"),
            ("$1200\\ \\text{cm}^3$", "correct"),
            ("$1200\\,\\mathrm{cm^3}$", "correct"),
            ("$1200 \\text{ cm}^{3}$", "correct"),
            ("1200 cm^{3}", "correct"),
            ("1200 cm<sup>3</sup>", "correct"),
            ("1200 cm**3", "correct"),
            ("1'200 ml", "correct"),
            ("1’200 ml", "correct"),
            ("1 200 ml", "correct"),
            ("1,200 ml", "correct"),
            ("1\u202f200 ml", "correct"),
            ("1\u00a0200 ml", "correct"),
            ("1.200,5 ml", "correct"),
            ("1,200.5 ml", "correct"),
            ("1'200'000 mm³", "correct"),
            ("1.200.000 mm³", "correct"),
            ("1 200 000 mm³", "correct"),
            ("1_200 ml", "correct"),
            ("1200 毫升", "correct"),
            ("1200 立方厘米", "correct"),
            ("1200 мл", "correct"),
            ("1,2 литра", "correct"),
            ("1.2 L", "correct"),
            ("1.2 liters", "correct"),
            ("1,2 Liter", "correct"),
            ("1.2 Litros", "correct"),
            ("1,200 cm3", "correct"),
            ("1200 cubic centimeters", "correct"),
            ("1200 Kubikzentimeter", "correct"),
            ("1.2 dm³", "correct"),
            ("1.2k ml", "correct"),
            ("1.2 million mm³", "correct"),
            ("1200 mL", "correct"),
            ("12,00 ml", "wrong"),
        ],
    )


def test_marks_per_option():
    check(
        ORGANS,
        [
            ("A ✗\nB ✓\nC ✗\nD ✗", "correct"),
            ("A ✓\nB ✗\nC ✗\nD ✗", "wrong"),
            ("A ✗ B ✓ C ✗ D ✗", "correct"),
            ("✗ A\n✓ B\n✗ C\n✗ D", "correct"),
            ("A. No\nB. Yes\nC. No\nD. No", "correct"),
            ("A: No, B: Yes, C: No, D: No", "correct"),
            ("A) false B) true C) false D) false", "correct"),
            ("A: incorrect / B: correct", "correct"),
            ("(A) ❌ (B) ✅ (C) ❌ (D) ❌", "correct"),
            ("A - wrong\nB - right\nC - wrong\nD - wrong", "correct"),
            ("A. liver ✗\nB. spleen ✓\nC. left kidney ✗\nD. right kidney ✗", "correct"),
            ("A. liver: no\nB. spleen: yes\nC. left kidney: no\nD. right kidney: no", "correct"),
            ("liver: no\nspleen: yes\nleft kidney: no\nright kidney: no", "correct"),
            ("liver ✗, spleen ✓, left kidney ✗, right kidney ✗", "correct"),
            ("| Option | Verdict |\n|---|---|\n| A | ✗ |\n| B | ✓ |\n| C | ✗ |\n| D | ✗ |", "correct"),
            (
                "| Option | Structure | Correct? |\n|---|---|---|\n| A | liver | No |\n| B | spleen | Yes |",
                "correct",
            ),
            ("- [ ] A\n- [x] B\n- [ ] C\n- [ ] D", "correct"),
            ("[ ] liver\n[x] spleen\n[ ] left kidney\n[ ] right kidney", "correct"),
            ("☐ A\n☑ B\n☐ C\n☐ D", "correct"),
            ("A. ❌ It is smaller.\nB. ✅ It is the largest.\nC. ❌ Small.\nD. ❌ Small.", "correct"),
            (
                "A: Incorrect - the liver is small.\nB: Correct - it is large.\nC: Incorrect.\nD: Incorrect.",
                "correct",
            ),
            ("A is incorrect. B is correct. C is incorrect. D is incorrect.", "correct"),
            ("Option A: not correct\nOption B: correct\nOption C: not correct", "correct"),
            ("**A.** False\n**B.** True\n**C.** False\n**D.** False", "correct"),
            ("A=0, B=1, C=0, D=0", "correct"),
            ("A: F\nB: T\nC: F\nD: F", "correct"),
            ("A: N\nB: Y\nC: N\nD: N", "correct"),
            ("A ✓\nB ✓\nC ✗\nD ✗", "wrong"),
            ("A ✗\nB ✗\nC ✗\nD ✗", "wrong"),
            ("A ✗\nC ✗\nD ✗", "unanswered"),
            ("A. No\nC. No\nD. No", "unanswered"),
            ("A: no\nB: no", "wrong"),
            ("A ✗\nB ✓\nC ✗\nD ✗\n\nThe answer is B.", "correct"),
            ("Let me check each option:\nA ✗\nB ✓\nC ✗\nD ✗\nAnswer: B", "correct"),
            ("Let me check each option:\nA ✗\nB ✓\nC ✗\nD ✗", "correct"),
            ("1. A: No\n2. B: Yes\n3. C: No\n4. D: No", "correct"),
            ("A: unlikely\nB: likely\nC: unlikely\nD: unlikely", "correct"),
            ("A: 0.1, B: 0.7, C: 0.1, D: 0.1", "correct"),
            ("A (10%), B (70%), C (10%), D (10%)", "correct"),
        ],
    )


LETTERED = {"question": "Which organ is it?", "answer_type": "choice"}


@pytest.mark.parametrize(
    ("options", "answer", "right"),
    [
        (("B. spleen", "A. liver"), "B. spleen", "B"),
        (("B) spleen", "A) liver", "C) heart"), "A) liver", "A"),
        (("(C) spleen", "(A) liver", "(B) heart"), "(C) spleen", "C"),
        (("B: spleen", "A: liver"), "B: spleen", "B"),
        (("B - spleen", "A - liver"), "B - spleen", "B"),
        (("b. spleen", "a. liver"), "b. spleen", "B"),
        (("b) spleen", "a) liver"), "b) spleen", "B"),
        (("[B] spleen", "[A] liver"), "[B] spleen", "B"),
        (("B.spleen", "A.liver"), "B.spleen", "B"),
        (("Option B: spleen", "Option A: liver"), "Option B: spleen", "B"),
        (("A. spleen", "B. liver"), "A. spleen", "A"),
    ],
)
def test_a_letter_means_the_option_that_is_written_with_it(options, answer, right):
    item = {**LETTERED, "options": options, "answer": answer}
    wrong = next(letter for letter in "ABC" if letter != right)
    text = answer.lower().removeprefix("option").strip(" ()[].:-bac") if "spleen" not in answer else "spleen"
    text = "liver" if "liver" in answer else text
    check(
        item,
        [
            (right, "correct"),
            (f"({right})", "correct"),
            (f"The answer is {right}.", "correct"),
            (answer, "correct"),
            (text, "correct"),
            (f"{right}. {text}", "correct"),
            (wrong, "wrong"),
        ],
    )


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (("B. spleen", "liver"), "liver"),
        (("B. spleen", "B. liver"), "B. liver"),
        (("A. spleen", "liver", "B. heart"), "liver"),
        (("C. spleen", "A. liver"), "A. liver"),
    ],
)
def test_letters_that_contradict_leave_the_row_unscored(options, answer):
    item = {**LETTERED, "options": options, "answer": answer}
    assert outcome(item, "B") == "unscored"


def test_names_that_begin_like_letters_are_no_letters():
    item = {**LETTERED, "options": ("T. brucei", "E. coli"), "answer": "E. coli"}
    check(item, [("B", "correct"), ("A", "wrong"), ("E. coli", "correct")])
    item = {**LETTERED, "options": ("L1", "A1 segment"), "answer": "A1 segment"}
    check(item, [("B", "correct")])


REFUSED = """No, I cannot determine this from the image.
No. I can't tell from this scan.
No, I can't determine that.
I'm unable to determine this, no.
I am unable to say; no.
No information is available.
No information about this is given.
No information is provided regarding contact.
There is no way to tell.
There's no way to know from these images.
No, there is no way to tell.
No way to tell.
No idea.
No, I am not able to assess this.
No, it is not possible to tell.
No, it cannot be determined.
No, this cannot be assessed on this scan.
No - I do not have enough information.
No, I don't know.
No, sorry, I can't see the image.
No, as an AI I cannot interpret CT images.
No image was provided.
No images are attached, so I cannot answer.
No answer.
No comment.
No opinion can be given.
No, the image does not provide enough information.
No, the scan does not show enough detail to decide.
No conclusion can be drawn.
No determination can be made.
No definitive answer can be given.
No clear answer is possible.
No, I would need more images to answer.
No, that is impossible to say.
No, it's unclear.
No, not enough information.
No, insufficient data.
No data available.
Not enough information. No.
I cannot answer this question. No.
There is not enough information to say yes or no.
I can't say yes or no.
Yes, I cannot determine this.
Yes, this cannot be determined.
There is no information about this.
There is insufficient information.
There is no evidence available to me.
It is not possible to determine whether they touch.
It is impossible to tell if they touch.
It is unclear whether they touch.
I don't see the image.
I cannot confirm this.
I can neither confirm nor deny it.
Sorry, no.  I am not able to view images.
Unfortunately, no: the images are not available to me.
No; please consult a radiologist.""".splitlines()

NO_CONTACT = """No, they do not touch.
No.
No, the liver and the gallbladder do not touch.
No, I cannot see any contact between them.
No, there is no contact.
No contact is seen.
There is no contact between the liver and the gallbladder.
No, no contact can be identified.
I can't see any contact. No.
No, a fat plane separates them.
There is a fat plane between them.
There is a gap of 5 mm between them.
A clear space separates the two.
They are separated by fat.
The two are apart.
They do not abut.
No, the gallbladder does not abut the liver, although the resolution is limited.
No, they cannot be touching.
There is fat between the liver and the gallbladder.
They are separated.
No, there is no sufficient evidence of contact.
Neither touches the other.
No, it is impossible for them to touch here.""".splitlines()

CONTACT = """Yes.
Yes, they touch.
Yes, no fat plane is seen between them.
There is no fat plane between them.
There is no gap between them.
They touch.
They are in contact.
They abut each other.
They are not separated.
No space separates them.
Yes, although I cannot determine the extent of contact.
Yes, they touch, but the exact area is unknown.""".splitlines()


def test_a_refusal_with_no_is_no_answer():
    check(TOUCH, [(reply, "unanswered") for reply in REFUSED])
    check({**TOUCH, "answer": "no"}, [(reply, "unanswered") for reply in REFUSED])


def test_an_answer_is_no_refusal():
    check(TOUCH, [(reply, "wrong") for reply in NO_CONTACT])
    check(TOUCH, [(reply, "correct") for reply in CONTACT])
    check(
        ENLARGED,
        [
            ("No, the liver is not enlarged.", "correct"),
            ("No.", "correct"),
            ("No, its size is normal.", "correct"),
            ("No, I cannot see an enlarged liver.", "correct"),
            ("No enlargement.", "correct"),
            ("No, I see no evidence of hepatomegaly.", "correct"),
            ("There is no evidence of enlargement.", "correct"),
            ("No, it does not appear enlarged.", "correct"),
            ("No hepatomegaly is available", "correct"),
            ("No, I cannot tell whether it is enlarged.", "unanswered"),
        ],
    )
    yes_no = {**TOUCH, "answer_type": "choice", "options": ("yes", "no")}
    check(yes_no, [("No, I cannot determine this.", "unanswered"), ("No.", "wrong"), ("Yes", "correct")])
    check(
        yes_no, [("There is no way to tell.", "unanswered"), ("No information is available.", "unanswered")]
    )


def test_sides_in_other_languages():
    left = [
        "links",
        "linke Seite",
        "Auf der linken Seite",
        "Die linke Seite.",
        "Die größere Zyste liegt links.",
        "linksseitig",
        "gauche",
        "à gauche",
        "du côté gauche",
        "Le kyste est à gauche.",
        "izquierda",
        "Lado izquierdo",
        "a la izquierda",
        "El quiste está en el lado izquierdo",
        "sinistra",
        "a sinistra",
        "Lato sinistro",
        "esquerda",
        "Lado esquerdo",
        "À esquerda",
        "linkerkant",
        "aan de linkerzijde",
        "lewa",
        "po lewej stronie",
        "слева",
        "левая сторона",
        "Левый",
        "на левой стороне",
        "左侧",
        "左",
        "左边",
        "在左侧",
        "左側です",
        "左側",
        "患者の左側",
        "왼쪽",
        "좌측",
        "왼쪽입니다",
        "يسار",
        "اليسار",
        "الجانب الأيسر",
        "बाएं",
        "बायीं ओर",
        "vänster",
        "venstre",
        "sol taraf",
        "solda",
    ]
    right = [
        "rechts",
        "rechte Seite",
        "Die größere Zyste liegt rechts.",
        "droite",
        "à droite",
        "derecha",
        "Lado derecho",
        "destra",
        "lato destro",
        "direita",
        "rechterkant",
        "справа",
        "правая сторона",
        "右侧",
        "右",
        "右側です",
        "오른쪽",
        "우측",
        "يمين",
        "الجانب الأيمن",
        "दाएं",
        "दाहिनी ओर",
        "höger",
        "høyre",
        "sağ taraf",
    ]
    check(SIDE, [(reply, "correct") for reply in left])
    check(SIDE, [(reply, "wrong") for reply in right])
    check(SIDE, [("nicht links, sondern rechts", "wrong"), ("nicht rechts, sondern links", "correct")])
    check(SIDE, [("不在右侧，在左侧", "correct"), ("右ではなく左", "correct")])


def test_yes_and_no_in_other_languages():
    yes = [
        "Ja",
        "Si",
        "Ja, sie berühren sich.",
        "Oui",
        "Oui, ils se touchent.",
        "Sí",
        "Si, se tocan",
        "Sì",
        "Sì, si toccano.",
        "Sim",
        "Sim, tocam-se",
        "да",
        "Да, они соприкасаются",
        "是",
        "是的",
        "是的，它们接触。",
        "对",
        "有接触",
        "はい",
        "はい、接触しています",
        "네",
        "예",
        "네, 닿아 있습니다",
        "نعم",
        "हाँ",
        "हां",
        "Evet",
        "Tak",
    ]
    no = [
        "Nein",
        "Nein, sie berühren sich nicht.",
        "Non",
        "Non, ils ne se touchent pas.",
        "No, no se tocan.",
        "No se tocan",
        "No, non si toccano",
        "Não",
        "Não, não se tocam",
        "Nee",
        "нет",
        "Нет, они не соприкасаются",
        "不",
        "不是",
        "没有",
        "没有接触",
        "否",
        "不接触",
        "いいえ",
        "いいえ、接触していません",
        "아니요",
        "아니오",
        "아니요, 닿지 않습니다",
        "لا",
        "नहीं",
        "Hayır",
        "Nie",
        "Nej",
    ]
    check(TOUCH, [(reply, "correct") for reply in yes])
    check(TOUCH, [(reply, "wrong") for reply in no])


def test_counts_and_organs_in_other_languages():
    check(
        COUNT,
        [
            (reply, "correct")
            for reply in [
                "drei",
                "trois",
                "tres",
                "tre",
                "três",
                "drie",
                "три",
                "三",
                "三个",
                "3个",
                "三つ",
                "3つ",
                "세 개",
                "3개",
                "Drei Zysten",
                "3 Zysten",
                "trois kystes",
                "três cistos",
            ]
        ],
    )
    check(
        COUNT,
        [
            (reply, "wrong")
            for reply in [
                "zwei",
                "deux",
                "dos",
                "due",
                "dois",
                "twee",
                "два",
                "两个",
                "二つ",
                "두 개",
                "2 Zysten",
            ]
        ],
    )
    spleen = (
        "Milz|die Milz|rate|la rate|bazo|el bazo|milza|baço|milt|селезёнка|селезенка|脾|脾脏|脾臓|비장|الطحال"
    )
    check(ORGANS, [(reply, "correct") for reply in spleen.split("|")])
    liver = "Leber|die Leber|foie|hígado|fegato|fígado|lever|печень|肝|肝脏|肝臓|간|الكبد"
    check(ORGANS, [(reply, "wrong") for reply in liver.split("|")])
    check(
        ORGANS,
        [("B. Milz", "correct"), ("答案是B", "correct"), ("La réponse est B", "correct"), ("选B", "correct")],
    )


def test_what_is_not_read_in_another_language_is_no_wrong_answer():
    unread = """Das kann ich anhand der Bilder so nicht beurteilen, weil die Schichten fehlen.
Die Struktur befindet sich unterhalb des Zwerchfells.
La structure se trouve sous le diaphragme, près de la paroi.
La estructura se encuentra por debajo del diafragma y junto a la pared.
A estrutura fica abaixo do diafragma, perto da parede.
La struttura si trova sotto il diaframma, vicino alla parete.
Структура находится под диафрагмой
该结构位于膈肌下方
構造は横隔膜の下にあります
구조는 횡격막 아래에 있습니다
الهيكل يقع أسفل الحجاب الحاجز
संरचना डायाफ्राम के नीचे है""".splitlines()
    for item in (ORGANS, SIDE, TOUCH, GAP, COUNT, {**SIDE, "answer_type": "free"}):
        check(item, [(reply, "language") for reply in unread])


def test_english_is_no_other_language():
    for item in (SIDE, TOUCH, GAP):
        check(
            item,
            [("The structure cannot be seen.", "unanswered"), ("", "unanswered"), ("I see.", "unanswered")],
        )
    check(
        SIDE,
        [("The lesion lies in the sinistral lobe die", "correct"), ("Right", "wrong"), ("Left!", "correct")],
    )
    check(TOUCH, [("No.", "wrong"), ("non-contact", "wrong")])
