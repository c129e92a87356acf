"use strict";
// Draws one question's picture: three slices, with the evidence as vectors over them.
var medspatial = (window.medspatial ||= {});

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const DASHES = ["", "7 3", "2 2.5", "9 3 2 3"];

  const shape = (name, attributes, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const dash = (index) => DASHES[Math.floor(index / 6) % DASHES.length];

  // Text with a dark rim, readable on any grey.
  const label = (x, y, text, size, anchor, kind) => shape("text", {
    x, y, "font-size": size, "text-anchor": anchor, class: kind,
  }, text);

  const letters = (view, size) => {
    const group = shape("g", { class: "letters", "aria-hidden": "true" });
    const { left, right, top, bottom } = view.letters;
    group.append(
      label(size * 0.45, view.h / 2 + size * 0.35, left, size, "start", "letter"),
      label(view.w - size * 0.45, view.h / 2 + size * 0.35, right, size, "end", "letter"),
      label(view.w / 2, size * 1.15, top, size, "middle", "letter"),
      label(view.w / 2, view.h - size * 0.4, bottom, size, "middle", "letter"),
    );
    return group;
  };

  // The longest round length that takes at most a third of the picture's width.
  const scale = (view, size, factor) => {
    const perMm = (view.scale[1] / view.scale[0]) * factor;
    const mm = [200, 100, 50, 20, 10, 5, 2, 1].find((length) => length * perMm <= 0.34 * view.w) || 1;
    const pixels = mm * perMm;
    const x = size * 0.6, y = view.h - size * 0.7;
    const group = shape("g", { class: "scale" });
    group.append(
      shape("path", { d: `M${x} ${y - size * 0.3}v${size * 0.3}h${pixels}v${-size * 0.3}` }),
      label(x + pixels / 2, y - size * 0.45, mm >= 10 ? `${mm / 10} cm` : `${mm} mm`, size * 0.8, "middle", "letter"),
    );
    return group;
  };

  const evidence = (view, legend, size) => {
    const group = shape("g", { class: "evidence" });
    for (const [index, path] of view.outlines) {
      const colour = legend[index].colour;
      const drawn = shape("path", {
        d: path, class: "outline", stroke: colour, fill: colour, "stroke-dasharray": dash(index), "data-structure": index,
      });
      drawn.append(shape("title", {}, legend[index].title));
      group.append(drawn);
    }
    if (view.line) {
      const [x1, y1, x2, y2] = view.line;
      for (const kind of ["line-rim", "line"]) group.append(shape("line", { x1, y1, x2, y2, class: kind }));
    }
    view.points.forEach((point, number) => {
      const mark = shape("g", { class: point.aside ? "point aside" : "point" });
      mark.append(
        shape("circle", { cx: point.x, cy: point.y, r: size * 0.3 }),
        label(point.x + size * 0.5, point.y - size * 0.4, String(number + 1), size * 0.8, "start", "letter number"),
        shape("title", {}, point.aside ? `${point.name} (${point.aside})` : point.name),
      );
      group.append(mark);
    });
    return group;
  };

  // Corners of everything drawn on a slice: [left, top, right, bottom]; null where nothing is.
  const extent = (view) => {
    const numbers = view.outlines.flatMap(([, path]) => path.match(/[\d.]+/g).map(Number));
    const points = view.points.filter((point) => !point.aside || view.line || !numbers.length);
    const xs = [...numbers.filter((_, place) => place % 2 === 0), ...points.map((point) => point.x)];
    const ys = [...numbers.filter((_, place) => place % 2 === 1), ...points.map((point) => point.y)];
    const ends = (values) => values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
    if (!xs.length) return null;
    const [[left, right], [top, bottom]] = [ends(xs), ends(ys)];
    return [left, top, right, bottom];
  };

  // How much all slices can be enlarged alike so that each still shows what is drawn on it.
  const enlargement = (views) => {
    const factors = views.map((view) => {
      const box = extent(view);
      if (!box) return 6;
      return Math.min(6, 0.7 * Math.min(view.w / (box[2] - box[0] + 1), view.h / (box[3] - box[1] + 1)));
    });
    return Math.max(1, Math.min(...factors));
  };

  const placed = (view, factor) => {
    const box = extent(view) || [view.w / 2, view.h / 2, view.w / 2, view.h / 2];
    const corner = (middle, whole) => Math.min(Math.max(middle - whole / factor / 2, 0), whole - whole / factor);
    const [x, y] = [corner((box[0] + box[2]) / 2, view.w), corner((box[1] + box[3]) / 2, view.h)];
    return `scale(${factor}) translate(${-x} ${-y})`;
  };

  const plane = (view, legend, size, factor) => {
    const figure = document.createElement("figure");
    figure.className = "slice";
    figure.style.setProperty("--share", view.w); // one scale for all planes
    const described = legend.length ? ` with ${legend.map((one) => one.title).join(", ")}` : "";
    const svg = shape("svg", {
      viewBox: `0 0 ${view.w} ${view.h}`, role: "img", "aria-label": `${view.plane} slice at ${view.position}${described}`,
    });
    const image = shape("image", { href: view.href, width: view.w, height: view.h, preserveAspectRatio: "none" });
    const patient = shape("g", { transform: placed(view, factor) });
    patient.append(image, evidence(view, legend, size / factor));
    svg.append(patient, letters(view, size), scale(view, size, factor));
    const caption = document.createElement("figcaption");
    caption.textContent = `${view.plane[0].toUpperCase()}${view.plane.slice(1)}, ${view.position}`;
    figure.append(svg, caption);
    return figure;
  };

  const key = (picture) => {
    const list = document.createElement("ul");
    list.className = "legend";
    picture.legend.forEach((one, index) => {
      const item = document.createElement("li");
      const swatch = shape("svg", { viewBox: "0 0 24 10", class: "swatch", "aria-hidden": "true" });
      swatch.append(shape("line", { x1: 1, y1: 5, x2: 23, y2: 5, stroke: one.colour, "stroke-width": 3, "stroke-dasharray": dash(index) }));
      item.append(swatch, one.title);
      list.append(item);
    });
    const points = picture.views[0].points;
    points.forEach((point, number) => {
      const item = document.createElement("li");
      const swatch = document.createElement("b");
      swatch.className = "point-number";
      swatch.textContent = number + 1;
      item.append(swatch, point.name);
      list.append(item);
    });
    return list;
  };

  const toggle = (text, name, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.dataset.act = name;
    button.textContent = text;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      const pressed = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(pressed));
      act(pressed);
    });
    return button;
  };

  medspatial.picture = (picture) => {
    const box = document.createElement("div");
    box.className = "picture";
    if (picture.absent) {
      const reason = document.createElement("p");
      reason.className = "absent";
      reason.textContent = picture.absent;
      box.append(reason);
      return box;
    }
    const slices = document.createElement("div");
    slices.className = "slices";
    const size = picture.views.reduce((sum, view) => sum + view.w, 0) / 66; // of letters, in picture pixels
    const draw = (factor) => slices.replaceChildren(...picture.views.map((view) => plane(view, picture.legend, size, factor)));
    draw(1);
    const bar = document.createElement("div");
    bar.className = "picture-bar";
    bar.append(key(picture));
    if (picture.legend.length || picture.views[0].points.length) {
      const buttons = document.createElement("span");
      buttons.className = "picture-buttons";
      const largest = enlargement(picture.views);
      if (largest > 1.2) buttons.append(toggle("Enlarge", "enlarge", (pressed) => draw(pressed ? largest : 1)));
      buttons.append(toggle("Hide evidence", "hide", (pressed) => box.classList.toggle("bare", pressed)));
      bar.append(buttons);
    }
    const note = document.createElement("p");
    note.className = "note";
    const hollow = picture.views.some((view) => view.points.some((point) => point.aside));
    note.textContent = [
      `${picture.grey[0].toUpperCase()}${picture.grey.slice(1)}.`,
      hollow ? "A hollow mark lies outside the slice it is drawn on." : "",
      ...picture.notes,
    ].filter(Boolean).join(" ");
    box.append(slices, bar, note);
    return box;
  };
})();
