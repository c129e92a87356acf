"use strict";
// Finds questions: filters, pages, and loads a question's details when it is first looked at.
var medspatial = (window.medspatial ||= {});

(() => {
  const PAGE = 25;
  const FILTERS = ["text", "category", "subtype", "model", "verdict", "failure"];
  // filters that only addresses set; shown as a note with a button
  const LINKED = ["patient", "answer", "right", "wrong", "first", "second", "arm", "kind", "pair", "part", "of"];
  // What became of an answer in a control arm: the letters of the arm's column, and words for it.
  const PAIRS = {
    judged: ["blwng", "judged in both arms"], both: ["b", "right in both arms"], neither: ["n", "right in neither arm"],
    equal: ["bn", "right in both arms or in neither"], one: ["lw", "right in one of the two arms"],
    before: ["bl", "right without the change"], after: ["bw", "right with it"], missed: ["ln", "not right with it"],
  };
  const PARTS = { both: ["tg", "counted"], turning: ["t", "counted as turning"], gain: ["g", "counted for the gain"] };
  const VERDICTS = [
    ["", "any"], ["r", "right"], ["w", "wrong"], ["u", "no usable answer"], ["n", "answered, no verdict"],
    ["f", "prediction failed"], ["m", "missing"],
  ];
  const details = new Map(); // file name -> {question id: details}
  const waiting = new Map(); // file name -> callbacks
  let index = null, rows = [], found = [], page = 0, selected = null, linked = {};
  const byId = (id) => document.getElementById(id);
  const control = (name) => byId(`filter-${name}`);

  const fill = (select, choices) => {
    select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  };
  const present = (field) => [...new Set(rows.flatMap((row) => row[field]).filter(Boolean))];
  const natural = new Intl.Collator("en", { numeric: true }).compare;

  medspatial.details = ({ file, questions }) => {
    details.set(file, questions);
    for (const call of waiting.get(file) || []) call();
    waiting.delete(file);
  };

  const load = (file, call) => {
    if (details.has(file)) { call(); return; }
    if (waiting.has(file)) { waiting.get(file).push(call); return; }
    waiting.set(file, [call]);
    const script = document.createElement("script");
    script.src = `data/${file}.js`;
    script.addEventListener("error", () => {
      waiting.delete(file);
      byId("detail").replaceChildren(medspatial.element("p", "warning", `The file data/${file}.js could not be read.`));
    });
    document.head.append(script);
  };

  const verdictFits = (row, model, verdict) => {
    if (model === "" && verdict === "split") return row.marks.includes("r") && /[^r]/.test(row.marks);
    if (verdict === "") return true;
    if (model !== "") return row.marks[Number(model)] === verdict;
    return verdict === "r" ? /^r+$/.test(row.marks) : row.marks.includes(verdict);
  };

  const failureFits = (row, model, failure) => {
    if (!failure) return true;
    const letter = index.failures[failure]?.[0];
    return model === "" ? row.failures.includes(letter) : row.failures[Number(model)] === letter;
  };

  const markOf = (row, model) => row.marks[index.models.indexOf(model)];
  const linkFits = (row) => (!linked.patient || row.patient === linked.patient)
    && (!linked.right || markOf(row, linked.right) === "r")
    && (!linked.wrong || markOf(row, linked.wrong) !== "r")
    && (!linked.answer || row.answer === linked.answer)
    && (!linked.second || (markOf(row, linked.first) === "r") !== (markOf(row, linked.second) === "r"))
    && (!linked.arm || pairFits(row))
    && (!linked.part || PARTS[linked.part]?.[0].includes(row.grounding[index.models.indexOf(linked.of)] || " "));

  const pairFits = (row) => {
    const letters = row.arms[linked.arm] || "", place = index.models.indexOf(linked.of);
    return letters !== "" && (!linked.kind || letters[0] === linked.kind[0])
      && (!linked.pair || PAIRS[linked.pair]?.[0].includes(letters[place + 1] || " "));
  };

  const linkWords = () => [
    linked.patient && `patient ${linked.patient}`,
    linked.right && `right by ${linked.right}`,
    linked.wrong && `not by ${linked.wrong}`,
    linked.answer && `reference answer “${linked.answer}”`,
    linked.second && `right by only one of ${linked.first} and ${linked.second}`,
    linked.arm && `asked in ${linked.arm} too`,
    linked.kind && (linked.kind === "turning" ? "where the answer must turn" : "where the answer must stand"),
    linked.pair && `${PAIRS[linked.pair]?.[1]} by ${linked.of}`,
    linked.part && `${PARTS[linked.part]?.[1]} in the visual grounding of ${linked.of}`,
  ].filter(Boolean).join(", ");

  const noteLinks = () => {
    const words = linkWords(), note = byId("linked");
    note.hidden = words === "";
    if (note.hidden) { note.replaceChildren(); return; }
    const clear = medspatial.element("button", "quiet", "Show all");
    clear.type = "button";
    clear.addEventListener("click", () => { linked = {}; search(); });
    note.replaceChildren(`Only questions: ${words}. `, clear);
  };

  const search = () => {
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, control(name).value]));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) =>
      (!wanted.category || row.category.includes(wanted.category))
      && (!wanted.subtype || row.subtype === wanted.subtype)
      && verdictFits(row, wanted.model, wanted.verdict)
      && failureFits(row, wanted.model, wanted.failure)
      && linkFits(row)
      && words.every((word) => row.searched.includes(word)));
    page = 0;
    noteLinks();
    list();
    if (found.length && !found.includes(selected)) show(found[0], false);
  };

  const marks = (row) => {
    const group = medspatial.element("span", "row-marks");
    [...row.marks].forEach((mark, place) => {
      const one = medspatial.element("span", `dot dot-${mark}`, medspatial.signs[mark]);
      one.title = `${index.models[place]}: ${index.verdicts[mark]}`;
      one.setAttribute("role", "img");
      one.setAttribute("aria-label", one.title);
      group.append(one);
    });
    return group;
  };

  const list = () => {
    const start = page * PAGE;
    const items = found.slice(start, start + PAGE).map((row) => {
      const button = medspatial.element("button", "row",
        medspatial.element("span", "row-kind", [index.subtypes[row.subtype] || row.subtype, row.case].filter(Boolean).join(" · ")),
        medspatial.element("span", "row-text", row.question),
        marks(row));
      button.type = "button";
      button.dataset.id = row.id;
      if (row === selected) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => show(row, true));
      return medspatial.element("li", "", button);
    });
    byId("list").replaceChildren(...items);
    byId("list").start = start + 1;
    byId("count").textContent = found.length === 1 ? "1 question" : `${found.length.toLocaleString("en")} questions`;
    pager();
  };

  const pager = () => {
    const pages = Math.ceil(found.length / PAGE);
    const step = (text, to, name) => {
      const button = medspatial.element("button", "quiet", text);
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.disabled = to < 0 || to >= pages;
      button.addEventListener("click", () => { page = to; list(); byId("list").querySelector("button")?.focus(); });
      return button;
    };
    byId("pager").hidden = pages < 2;
    byId("pager").replaceChildren(
      step("‹", page - 1, "Previous page"),
      medspatial.element("span", "", `Page ${page + 1} of ${pages}`),
      step("›", page + 1, "Next page"));
  };

  const show = (row, moved) => {
    selected = row;
    for (const button of byId("list").querySelectorAll("button")) {
      if (button.dataset.id === row.id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    load(row.file, () => {
      if (selected !== row) return;
      byId("detail").replaceChildren(...medspatial.detail(row, details.get(row.file)[row.id], index), steps(row));
      byId("detail").scrollTop = 0;
      if (moved) {
        history.replaceState(null, "", `#q=${encodeURIComponent(row.id)}`);
        const stacked = matchMedia("(max-width: 60rem)").matches;
        if (stacked) byId("detail").scrollIntoView({ block: "start" });
      }
    });
  };

  const steps = () => {
    const bar = medspatial.element("div", "steps");
    for (const [text, by] of [["‹ Previous", -1], ["Next ›", 1]]) {
      const button = medspatial.element("button", "quiet", text);
      button.type = "button";
      button.disabled = !found[found.indexOf(selected) + by];
      button.addEventListener("click", () => move(by));
      bar.append(button);
    }
    return bar;
  };

  const move = (by) => {
    const next = found[found.indexOf(selected) + by];
    if (!next) return;
    page = Math.floor(found.indexOf(next) / PAGE);
    selected = next;
    list();
    show(next, true);
    byId("list").querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  };

  const fromAddress = () => {
    const asked = /^#q=(.+)$/.exec(location.hash);
    if (!asked) return null;
    let id = "";
    try { id = decodeURIComponent(asked[1]); } catch { return null; }
    return rows.find((row) => row.id === id) || null;
  };

  // A figure of a table leads here: #find?model=..&category=.. sets the filters and shows what is left.
  const findFromAddress = () => {
    if (!location.hash.startsWith("#find?")) return false;
    const wanted = new URLSearchParams(location.hash.slice("#find?".length));
    for (const name of FILTERS) control(name).value = "";
    for (const [name, value] of wanted) {
      if (name === "model") control(name).value = String(index.models.indexOf(value));
      else if (FILTERS.includes(name)) control(name).value = value;
    }
    if (wanted.has("pair") || wanted.has("part")) wanted.set("of", wanted.get("model") || "");
    linked = Object.fromEntries(LINKED.map((name) => [name, wanted.get(name) || ""]));
    search();
    byId("questions").scrollIntoView();
    return true;
  };

  const keys = (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
    if (event.key === "/") { event.preventDefault(); control("text").focus(); }
  };

  medspatial.index = (content) => {
    index = content;
    const cells = (column) => (Array.isArray(column) ? column : column.at.map((place) => column.values[place]));
    const columns = Object.entries(content.columns).map(([name, column]) => [name, cells(column)]);
    const arms = Object.entries(content.arms).map(([name, column]) => [name, cells(column)]);
    const grounding = cells(content.grounding);
    rows = columns[0][1].map((_, place) => Object.fromEntries(columns.map(([name, values]) => [name, values[place]])));
    for (const [place, row] of rows.entries()) {
      row.arms = Object.fromEntries(arms.map(([name, letters]) => [name, letters[place]]));
      row.grounding = grounding[place];
      row.file = `details-${String(Math.floor(place / content.perFile) + 1).padStart(4, "0")}`;
    }
    for (const row of rows) row.searched = `${row.question}\n${row.answer}\n${row.case}\n${row.id}`.toLowerCase();
    fill(control("category"), [["", "all"], ...present("category").map((name) => [name, index.categories[name] || name])]);
    fill(control("subtype"), [["", "all"], ...present("subtype").sort(natural).map((name) =>
      [name, index.subtypes[name] ? `${name}: ${index.subtypes[name]}` : name])]);
    fill(control("failure"), [["", "any"], ...Object.entries(index.failures).map(([name, [, title]]) => [name, title])]);
    fill(control("model"), [["", "any model"], ...index.models.map((name, place) => [String(place), name])]);
    fill(control("verdict"), [...VERDICTS, ["split", "models disagree"]]);
    byId("mark-order").textContent = `Marks, from the left: ${index.models.join(", ")}.`;
    byId("filters").hidden = false;
    byId("panes").hidden = false;
    byId("filters").addEventListener("input", search);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => setTimeout(() => { linked = {}; search(); }));
    window.addEventListener("hashchange", findFromAddress);
    document.addEventListener("keydown", keys);
    found = rows;
    const asked = fromAddress();
    if (asked) page = Math.floor(rows.indexOf(asked) / PAGE);
    list();
    performance.mark("questions");
    const first = asked || rows[0];
    if (first) show(first, false);
    if (asked) { list(); byId("detail").scrollIntoView(); }
    findFromAddress();
  };
})();
