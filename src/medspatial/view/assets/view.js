// The viewer: choose a case or a question, see it in space, see what every model answered and was given.
import { ask, byId, element, facts, say } from "./dom.js";
import { Panel, spokenPlace } from "./panel.js";

const SHOWN = 200;
const library = await ask("/api/library");
const { rows } = await ask("/api/questions");
const lowered = rows.map((row) => row.join("\n").toLowerCase());
let inputs = [];

byId("title").textContent = library.title;
byId("report").hidden = !library.report;
document.title = `${library.title} · viewer`;
const panel = await Panel.open(byId("stage"), library);
window.medspatialViewer = panel; // for whoever drives the page

const listed = () => {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = byId("case").value;
  return rows.filter((row, place) => (!chosen || row[1] === chosen) && words.every((word) => lowered[place].includes(word)));
};

const list = () => {
  const found = listed();
  byId("count").textContent = found.length > SHOWN ? `${SHOWN} of ${found.length} questions` : `${found.length} questions`;
  byId("questions").replaceChildren(
    ...found.slice(0, SHOWN).map(([id, , , subtype, text]) =>
      element("li", {}, element("a", { href: `#question=${encodeURIComponent(id)}` }, subtype ? `${subtype}  ${text}` : text))),
  );
};

const place = ({ name, xyz }) =>
  element("li", {}, element("button", { type: "button", onclick: () => panel.goTo(xyz) }, `${name}: ${spokenPlace(xyz)}`));

const answer = ({ model, arm, text, error, scores }) =>
  element("li", {},
    element("strong", {}, arm === "standard" ? model : `${model} (${arm})`),
    element("p", { class: "reply" }, error ? `Failed: ${error}` : text || "(empty answer)"),
    ...scores.map(({ metric, correct, score, reason }) =>
      element("p", { class: "verdict" }, `${metric}: ${correct === null ? score : correct ? "right" : "wrong"}${reason ? ` – ${reason}` : ""}`)),
  );

const inputChooser = () => {
  const names = library.models.filter((model) => model.input).map((model) => model.name);
  if (!names.length) return null;
  const selects = [0, 1].map((slot) => {
    const select = element("select", { "aria-label": `Model ${slot + 1}`, onchange: async () => {
      inputs = selects.map((one) => one.value).filter(Boolean);
      await panel.showInputs(inputs);
    } });
    select.append(new Option("–", ""), ...names.map((name) => new Option(name, name, false, inputs[slot] === name)));
    return select;
  });
  return element("section", {}, element("h3", {}, "What models are given"), ...selects);
};

const openQuestion = async (id) => {
  const found = await ask("/api/question", { id });
  byId("detail").replaceChildren(
    element("h2", {}, found.question),
    element("ol", { class: "options", type: "A" }, ...found.options.map((one) =>
      element("li", one === found.answer ? { class: "reference" } : {}, one))),
    element("p", {}, element("strong", {}, "Reference: "), found.answer),
    element("h3", {}, "Evidence"),
    element("ul", { class: "places" }, ...found.evidence.points.map(place)),
    facts(found.why),
    inputChooser() ?? "",
    found.faults.length ? element("h3", {}, "For the wrong reason, or unseen") : "",
    found.faults.length ? facts(found.faults) : "",
    element("h3", {}, "Answers"),
    element("ul", { class: "answers" }, ...found.answers.map(answer)),
  );
  byId("case").value = found.case;
  await panel.showCase(found.case);
  await panel.showEvidence(found.evidence);
  if (inputs.length) await panel.showInputs(inputs);
  list();
};

const openCase = async (id) => {
  byId("detail").replaceChildren(element("h2", {}, id), inputChooser() ?? "");
  byId("case").value = id;
  await panel.showCase(id);
  if (inputs.length) await panel.showInputs(inputs);
  list();
};

const go = async () => {
  const wanted = new URLSearchParams(location.hash.slice(1));
  document.body.dataset.state = "busy";
  try {
    if (wanted.get("question")) await openQuestion(wanted.get("question"));
    else await openCase(wanted.get("case") ?? (library.cases.find((one) => one.ct) ?? library.cases[0]).id);
  } catch (error) {
    say(error.message);
  }
  document.body.dataset.state = "ready";
};

// One after the other, so that a slow case never lands on a later one.
let going = Promise.resolve();
const follow = () => (going = going.then(go));

byId("case").append(new Option("All cases", ""), ...library.cases.map(({ id }) => new Option(id, id)));
byId("case").addEventListener("change", ({ target }) => {
  if (target.value) location.hash = `case=${encodeURIComponent(target.value)}`;
  else list();
});
byId("find").addEventListener("input", list);
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  const step = { j: 1, k: -1 }[event.key];
  if (!step || event.target.matches("input, select, textarea")) return;
  const found = listed().map(([id]) => id);
  const now = found.indexOf(new URLSearchParams(location.hash.slice(1)).get("question"));
  const next = found[Math.min(found.length - 1, Math.max(0, now + step))];
  if (next) location.hash = `question=${encodeURIComponent(next)}`;
});
await follow();
