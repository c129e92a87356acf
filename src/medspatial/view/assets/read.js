// Reading: one question, its images, an answer, how sure; keys 1-9 choose, Enter goes on, u takes back.
import { ask, byId, element, say, send } from "./dom.js";
import { Panel } from "./panel.js";

let now = await ask("/api/task");
let chosen = null;
let sure = null;
let since = 0;
let busy = false;
byId("title").textContent = now.title;
const panel = await Panel.open(byId("stage"), now);
window.medspatialReading = panel; // for whoever drives the page

const pressed = (buttons, value) => {
  for (const [key, button] of buttons) button.setAttribute("aria-pressed", String(key === value));
};

const show = async () => {
  [chosen, sure] = [null, null];
  byId("progress").textContent = `${now.reader}: ${now.done} of ${now.total} answered`;
  const { task } = now;
  const undo = element("button", { type: "button", disabled: now.done === 0, onclick: takeBack }, "Take back the last answer (u)");
  if (!task) {
    const text = now.wait_until ? `A pause until ${now.wait_until}; the second part begins then.` : "All questions are answered. Thank you.";
    byId("task").replaceChildren(element("h2", {}, text), element("div", { class: "row" }, undo));
    document.body.dataset.state = "done";
    return;
  }
  const options = task.options.map((text, place) => [text,
    element("button", { type: "button", "aria-pressed": "false", onclick: () => choose(text) }, `${place + 1}  ${text}`)]);
  const steps = Array.from({ length: now.confidence }, (_, place) => [place + 1,
    element("button", { type: "button", "aria-pressed": "false", onclick: () => beSure(place + 1) }, `${place + 1}`)]);
  const field = element("textarea", { "aria-label": "Answer", maxlength: "2000", oninput: () => { chosen = field.value; } });
  const choose = (text) => { chosen = text; pressed(options, text); };
  const beSure = (step) => { sure = step; pressed(steps, step); };
  show.options = options;
  show.steps = steps;
  byId("task").replaceChildren(
    element("h2", {}, task.question),
    task.assistant === null ? "" : element("p", {}, element("strong", {}, "A model answers: "), task.assistant),
    options.length ? element("div", { class: "choices", role: "group", "aria-label": "Options" }, ...options.map(([, button]) => button)) : field,
    task.unit && !options.length ? element("p", {}, `Unit: ${task.unit}`) : "",
    steps.length ? element("div", { class: "row", role: "group", "aria-label": "How sure" }, "How sure? ", ...steps.map(([, button]) => button), `1 a guess, ${now.confidence} certain (Shift and digit)`) : "",
    element("div", { class: "row" },
      element("button", { type: "button", onclick: give }, "Answer (Enter)"), undo),
  );
  try {
    await panel.showCase(task.case);
  } catch (error) {
    say(error.message);
  }
  since = performance.now();
  document.body.dataset.state = "ready";
};

// A lost reply is asked for again under the same name, so that nothing is counted twice.
const insist = async (path, content) => {
  const whole = { request: crypto.randomUUID(), ...content };
  for (let turn = 0; ; turn += 1) {
    try {
      return await send(path, whole);
    } catch (error) {
      if (!(error instanceof TypeError) || turn === 20) throw error;
      say("The server does not answer; trying again.");
      await new Promise((done) => setTimeout(done, 500 * (turn + 1)));
    }
  }
};

const change = async (path, content) => {
  if (busy) return;
  busy = true;
  document.body.dataset.state = "busy";
  try {
    now = await insist(path, content);
    say("");
    await show();
  } catch (error) {
    say(error.message);
    document.body.dataset.state = "ready";
  }
  busy = false;
};

const give = () => {
  if (!now.task) return;
  if (!chosen?.trim()) return say("Choose or write an answer first.");
  if (now.confidence && sure === null) return say("Say how sure you are.");
  const { id: question, condition, case: name } = now.task;
  const seen = Boolean(panel.stage) && panel.case === name;
  change("/api/answer", { question, condition, answer: chosen, confidence: sure, seen, seconds: (performance.now() - since) / 1000 });
};

const takeBack = () => change("/api/undo", {});

addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1] ?? (/^[1-9]$/.test(event.key) ? event.key : null);
  if (digit) (event.shiftKey ? show.steps : show.options)?.[digit - 1]?.[1].click();
  else if (event.key === "Enter" && !event.target.matches("button:not([aria-pressed])")) { event.preventDefault(); give(); }
  else if (event.key === "u" && now.done) takeBack();
});
await show();
