"use strict";
// Finds questions: filters, pages, and loads a question's details when it is first looked at.
var medspatial = (window.medspatial ||= {});

(() => {
  const PAGE = 25;
  const FIELDS = ["id", "case", "category", "subtype", "question", "answer", "marks", "file"];
  const FILTERS = ["text", "category", "subtype", "model", "verdict"];
  const VERDICTS = [
    ["", "any"], ["r", "right"], ["w", "wrong"], ["u", "no usable answer"], ["n", "answered, no verdict"],
    ["f", "prediction failed"], ["m", "missing"],
  ];
  const details = new Map(); // file name -> {question id: details}
  const waiting = new Map(); // file name -> callbacks
  let index = null, rows = [], found = [], page = 0, selected = null;
  const byId = (id) => document.getElementById(id);
  const control = (name) => byId(`filter-${name}`);

  const fill = (select, choices) => {
    select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  };
  const present = (field) => [...new Set(rows.map((row) => row[field]).filter(Boolean))];
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

  const search = () => {
    const wanted = Object.fromEntries(FILTERS.map((name) => [name, control(name).value]));
    const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) =>
      (!wanted.category || row.category === wanted.category)
      && (!wanted.subtype || row.subtype === wanted.subtype)
      && verdictFits(row, wanted.model, wanted.verdict)
      && words.every((word) => row.searched.includes(word)));
    page = 0;
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
        medspatial.element("span", "row-kind", [row.subtype, row.case].filter(Boolean).join(" · ")),
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

  const keys = (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
    if (event.key === "/") { event.preventDefault(); control("text").focus(); }
  };

  medspatial.index = (content) => {
    index = content;
    rows = content.rows.map((cells) => Object.fromEntries(cells.map((cell, place) => [FIELDS[place], cell])));
    for (const row of rows) row.searched = `${row.question}\n${row.answer}\n${row.case}\n${row.id}`.toLowerCase();
    fill(control("category"), [["", "all"], ...present("category").map((name) => [name, index.categories[name] || name])]);
    fill(control("subtype"), [["", "all"], ...present("subtype").sort(natural).map((name) => [name, name])]);
    fill(control("model"), [["", "any model"], ...index.models.map((name, place) => [String(place), name])]);
    fill(control("verdict"), [...VERDICTS, ["split", "models disagree"]]);
    byId("mark-order").textContent = `Marks, from the left: ${index.models.join(", ")}.`;
    byId("filters").hidden = false;
    byId("panes").hidden = false;
    byId("filters").addEventListener("input", search);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => setTimeout(search));
    document.addEventListener("keydown", keys);
    found = rows;
    const asked = fromAddress();
    if (asked) page = Math.floor(rows.indexOf(asked) / PAGE);
    list();
    const first = asked || rows[0];
    if (first) show(first, false);
    if (asked) { list(); byId("detail").scrollIntoView(); }
  };
})();
