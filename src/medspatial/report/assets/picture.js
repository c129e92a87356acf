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

  const scale = (view, size) => {
    const [mm, pixels] = view.scale;
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

  const plane = (view, legend) => {
    const figure = document.createElement("figure");
    figure.className = "slice";
    const size = Math.max(view.w, view.h) / 20;
    const described = legend.length ? ` with ${legend.map((one) => one.title).join(", ")}` : "";
    const svg = shape("svg", {
      viewBox: `0 0 ${view.w} ${view.h}`, role: "img", "aria-label": `${view.plane} slice at ${view.position}${described}`,
    });
    const image = shape("image", { href: view.href, width: view.w, height: view.h, preserveAspectRatio: "none" });
    svg.append(image, evidence(view, legend, size), letters(view, size), scale(view, size));
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
    slices.append(...picture.views.map((view) => plane(view, picture.legend)));
    const bar = document.createElement("div");
    bar.className = "picture-bar";
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "quiet";
    toggle.setAttribute("aria-pressed", "true");
    toggle.textContent = "Evidence drawn";
    toggle.addEventListener("click", () => {
      const shown = box.classList.toggle("bare");
      toggle.setAttribute("aria-pressed", String(!shown));
      toggle.textContent = shown ? "Evidence hidden" : "Evidence drawn";
    });
    bar.append(key(picture));
    if (picture.legend.length || picture.views[0].points.length) bar.append(toggle);
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
