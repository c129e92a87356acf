"use strict";
// Shows one question: picture, options, reference, evidence, and what every model answered.
var medspatial = (window.medspatial ||= {});

(() => {
  // All content reaches the page as text nodes; nothing a model wrote is ever read as HTML.
  const element = (name, kind, ...content) => {
    const node = document.createElement(name);
    if (kind) node.className = kind;
    node.append(...content.filter((one) => one !== null && one !== undefined && one !== ""));
    return node;
  };
  const SIGNS = { r: "✓", w: "✗", u: "○", n: "?", f: "!", m: "–", g: "◐" };

  const verdict = (mark, title) => {
    const node = element("span", `mark mark-${mark}`);
    const sign = element("span", "", SIGNS[mark]);
    sign.setAttribute("aria-hidden", "true");
    node.append(sign, element("span", "mark-word", title));
    return node;
  };

  const pairs = (rows) => {
    const list = element("dl", "facts");
    for (const [name, text] of rows) list.append(element("div", "", element("dt", "", name), element("dd", "", text)));
    return list;
  };

  const options = (question) => {
    const list = element("ol", "options");
    for (const option of question.options) {
      const item = element("li", option === question.correct ? "reference" : "", option);
      if (option === question.correct) item.append(element("span", "tag", "reference"));
      list.append(item);
    }
    return list;
  };

  const why = (answer) => {
    const parts = [];
    if (answer.error) parts.push(`Failed: ${answer.error}`);
    const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
    if (answer.read !== undefined) parts.push(`Read as “${answer.read}”.`);
    if (answer.reason) parts.push(sentence(answer.reason));
    else if (answer.rule) parts.push(`Rule: ${answer.rule}.`);
    if (answer.score !== undefined) parts.push(`Score ${answer.score}.`);
    if (answer.others) parts.push(answer.others.map(([metric, score]) => `${metric} ${score}`).join(", "));
    return parts.join(" ");
  };

  const reply = (answer) => {
    if (answer.text === undefined) return element("p", "no-answer", answer.mark === "m" ? "No row for this question." : "No answer.");
    const text = answer.text.trim() === "" ? element("p", "no-answer", "(empty answer)") : element("p", "answer-text", answer.text);
    if (answer.text.length <= 400) return text;
    const more = element("details", "long", element("summary", "", `${answer.text.slice(0, 240)}…`));
    more.append(text);
    return more;
  };

  // What went to the model and what came back, word for word.
  const exchange = (answer, question) => {
    const asked = answer.asked === undefined ? null : question.requests[answer.asked];
    if (asked === null && answer.text === undefined && !answer.facts) return null;
    const box = element("details", "exchange", element("summary", "", "Request and raw reply"));
    if (asked !== null) box.append(element("p", "note", "Request, behind pictures and instruction (see Models):"), element("pre", "", asked));
    else box.append(element("p", "note", "The request’s words are not known."));
    if (answer.text !== undefined) box.append(element("p", "note", "Reply:"), element("pre", "", answer.text));
    if (answer.facts) box.append(pairs(answer.facts));
    return box;
  };

  const answers = (rows, index, question) => {
    const list = element("ul", "answers");
    for (const answer of rows) {
      const head = element("div", "answer-head", element("b", "", answer.model));
      if (answer.arm !== index.referenceArm) head.append(element("span", "tag", answer.arm));
      head.append(verdict(answer.mark, index.verdicts[answer.mark]));
      if (answer.unseen) head.append(element("span", "tag", "not visible to this model"));
      const reason = why(answer);
      list.append(element("li", "", head, reply(answer), reason ? element("p", "why", reason) : null, exchange(answer, question)));
    }
    return list;
  };

  // The local viewer serves this page below /report/, and each question in space at its own root.
  const viewer = (row) => {
    if (!/^(127\.0\.0\.1|localhost)$/.test(location.hostname) || !location.pathname.startsWith("/report/")) return null;
    const link = element("a", "", "Turn it in the viewer");
    link.href = `/#question=${encodeURIComponent(row.id)}`;
    return element("p", "", link);
  };

  medspatial.signs = SIGNS;
  medspatial.element = element;

  medspatial.detail = (row, question, index) => {
    const reference = index.referenceArm;
    const main = question.answers.filter((answer) => answer.arm === reference);
    const controls = question.answers.filter((answer) => answer.arm !== reference);
    const kind = [...row.category.map((name) => index.categories[name] || name), index.subtypes[row.subtype] || row.subtype].filter(Boolean).join(" · ");
    const parts = [
      element("p", "kicker", [kind, row.case].filter(Boolean).join(" · ")),
      element("h3", "question", row.question),
      question.options.length ? options({ ...question, correct: row.answer }) : null,
      question.options.length ? null : element("p", "reference-answer", element("span", "", "Reference answer: "), element("b", "", question.answer)),
      medspatial.picture(question.picture),
      element("h4", "", "Answers"),
      answers(main, index, question),
    ];
    if (controls.length) parts.push(element("h4", "", "Answers in control arms"), answers(controls, index, question));
    if (question.evidence.length) parts.push(element("h4", "", "Evidence"), pairs(question.evidence));
    if (question.quote) parts.push(element("h4", "", "Quoted from the report"), element("blockquote", "", question.quote));
    const link = viewer(row);
    if (link) parts.splice(3, 0, link);
    const origin = element("details", "more", element("summary", "", "Origin"), pairs([["Question id", row.id], ...question.origin]));
    return [...parts.filter(Boolean), origin];
  };
})();
