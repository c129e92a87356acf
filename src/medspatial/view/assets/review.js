// Review: one assigned question with its evidence, yes or no by criterion, a note; y, n and Enter go through it.
import { ask, byId, element, facts, say, send } from "./dom.js";
import { Panel, spokenPlace } from "./panel.js";

const review = await ask("/api/review");
const given = new Map(review.items.map(({ item, verdicts }) => [item, verdicts]));
let place = 0;
let now = null;
let rows = [];
byId("title").textContent = review.title;
const panel = await Panel.open(byId("stage"), review);

const judged = (item) => review.criteria.every((one) => one in given.get(item));

const progress = () => {
  const done = review.items.filter(({ item }) => judged(item)).length;
  byId("progress").textContent = `${review.person}: ${done} of ${review.items.length} judged`;
};

const set = (row, yes) => {
  row.value = yes;
  for (const [value, button] of row.buttons) button.setAttribute("aria-pressed", String(value === yes));
};

const criterion = (name) => {
  const row = { name, value: now.verdicts[name] };
  row.buttons = [[true, "yes"], [false, "no"]].map(([value, word]) => [value,
    element("button", { type: "button", "aria-pressed": "false", onclick: () => set(row, value) }, word)]);
  set(row, row.value);
  const votes = Object.entries(now.votes[name] ?? {}).map(([who, yes]) => `${who} ${yes ? "yes" : "no"}`).join(", ");
  row.node = element("div", { class: "row", role: "group", "aria-label": name },
    element("strong", {}, name), ...row.buttons.map(([, button]) => button), votes);
  return row;
};

const keep = async (step) => {
  const verdicts = Object.fromEntries(rows.filter((row) => row.value !== undefined).map((row) => [row.name, row.value]));
  document.body.dataset.state = "busy";
  try {
    await send("/api/verdict", { item: now.id, verdicts, note: byId("note").value });
    given.set(now.id, verdicts);
    say("");
    await show(place + step);
  } catch (error) {
    say(error.message);
    document.body.dataset.state = "ready";
  }
};

const show = async (wanted) => {
  progress();
  if (!review.items.length) {
    byId("task").replaceChildren(element("h2", {}, "There is nothing to judge."), ...agreement());
    document.body.dataset.state = "ready";
    return;
  }
  place = Math.max(0, Math.min(review.items.length - 1, wanted));
  now = await ask("/api/item", { item: review.items[place].item });
  rows = review.criteria.map(criterion);
  const note = element("textarea", { id: "note", maxlength: "4000", "aria-label": "Note" });
  note.value = now.note;
  byId("task").replaceChildren(
    element("p", {}, `${place + 1} of ${review.items.length}`),
    element("h2", {}, now.question),
    element("ol", { class: "options", type: "A" }, ...now.options.map((one) => element("li", {}, one))),
    element("p", {}, element("strong", {}, "Reference: "), now.answer),
    now.quote ? element("blockquote", {}, now.quote) : "",
    ...rows.map((row) => row.node),
    note,
    element("div", { class: "row" },
      element("button", { type: "button", onclick: () => keep(-1) }, "Keep and back"),
      element("button", { type: "button", onclick: () => keep(1) }, "Keep and next (Enter)")),
    element("ul", { class: "places" }, ...now.evidence.points.map(({ name, xyz }) =>
      element("li", {}, element("button", { type: "button", onclick: () => panel.goTo(xyz) }, `${name}: ${spokenPlace(xyz)}`)))),
    facts(now.why),
    ...agreement(),
  );
  try {
    await panel.showCase(now.case);
    await panel.showEvidence(now.evidence);
  } catch (error) {
    say(error.message);
  }
  document.body.dataset.state = "ready";
};

const agreement = () =>
  review.agreement.map(({ criterion: name, items, raw, alpha, ac1 }) => {
    const figure = (value) => (value === null ? "–" : value.toFixed(2));
    return element("p", {}, `Agreement on ${name}: ${items} questions, equal ${figure(raw)}, alpha ${figure(alpha)}, AC1 ${figure(ac1)}`);
  });

addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.ctrlKey || event.altKey || event.metaKey) return;
  const next = rows.find((row) => row.value === undefined) ?? rows.at(-1);
  if (event.key === "y" && next) set(next, true);
  else if (event.key === "n" && next) set(next, false);
  else if (event.key === "Enter" && now && !event.target.matches("button")) keep(1);
});
await show(Math.max(0, review.items.findIndex(({ item }) => !judged(item))));
