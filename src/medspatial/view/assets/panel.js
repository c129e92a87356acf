// A canvas with its controls: grey scale, layout, side shown, masks by name, crosshair in mm.
import { address, ask, element, say } from "./dom.js";

const LAYOUTS = { all: "Three planes and 3D", axial: "Axial", coronal: "Coronal", sagittal: "Sagittal", solid: "3D" };
const LARGE = 100_000_000; // voxels; more are reduced unless asked for
const REDUCED = 384;
const DIRECTIONS = [["R", "L"], ["A", "P"], ["S", "I"]];

export const spokenPlace = (xyz) =>
  xyz.map((mm, axis) => `${DIRECTIONS[axis][mm >= 0 ? 0 : 1]} ${Math.abs(mm).toFixed(1)}`).join("  ") + " mm";

const choice = (label, entries, chosen, changed) => {
  const select = element("select", { onchange: () => changed(select.value) });
  for (const [value, text] of entries) select.append(new Option(text, value, false, value === chosen));
  return element("label", {}, `${label} `, select);
};

export class Panel {
  static async open(root, settings) {
    const panel = new Panel();
    panel.settings = settings;
    panel.window = settings.windows["soft-tissue"];
    panel.canvas = element("canvas", { tabindex: "0", "aria-label": "Slices and 3D view of the CT" });
    panel.place = element("output", { class: "place" });
    panel.masks = element("div", { class: "masks", role: "group", "aria-label": "Masks" });
    panel.inputs = element("div", { class: "inputs" });
    const size = element("input", { type: "checkbox", onchange: () => panel.case && panel.showCase(panel.case, true) });
    panel.full = size;
    root.replaceChildren(
      element("div", { class: "tools" },
        choice("Window", Object.entries(settings.windows).map(([name]) => [name, name]), "soft-tissue", (name) => {
          panel.window = settings.windows[name];
          panel.stage?.window(panel.window);
        }),
        choice("View", Object.entries(LAYOUTS), "all", (name) => panel.stage?.layout(name)),
        choice("Display", [["radiological", "Radiological (right is left)"], ["neurological", "Neurological"]],
          "radiological", (name) => panel.radiological(name === "radiological")),
        element("label", { title: "All voxels of a large CT" }, size, " Full resolution"),
        panel.place,
      ),
      element("div", { class: "canvas" }, panel.canvas),
      element("p", { class: "hint" }, "Click to move the crosshair, scroll through slices, drag with the right button to measure in mm."),
      panel.masks,
      panel.inputs,
    );
    const moved = (xyz) => {
      panel.at = xyz;
      panel.place.value = spokenPlace(xyz);
      for (const other of panel.others) other.goTo(xyz);
    };
    panel.others = [];
    panel.stage = await panel.opened(panel.canvas, { moved });
    return panel;
  }

  // A stage on a canvas; null, with the reason said, where there is no 3D part.
  async opened(canvas, options) {
    if (!this.settings.built) {
      say(this.settings.not_built);
      return null;
    }
    try {
      const { Stage } = await import("/built/viewer.js");
      return await Stage.open(canvas, options);
    } catch (error) {
      say(`The browser cannot draw volumes: ${error.message}`);
      return null;
    }
  }

  async showCase(id, again = false) {
    if (this.case === id && !again) return;
    this.case = null; // until all of it stands
    this.boxes = null;
    this.masks.replaceChildren();
    this.clearInputs();
    this.stage?.clear();
    this.known = await ask("/api/case", { case: id });
    if (!this.known.shape) say("This case has no CT to show.");
    if (!this.known.shape || !this.stage) return;
    const large = this.known.shape.reduce((a, b) => a * b) > LARGE && !this.full.checked;
    this.most = large ? { most: REDUCED } : {};
    await this.stage.show(address("/api/ct.nii", { case: id, ...this.most }), this.window);
    this.case = id;
    say(large ? `Reduced to ${REDUCED} voxels along an axis; tick “Full resolution” for all.` : "");
    this.listMasks();
  }

  listMasks() {
    this.boxes = new Map();
    for (const { name, title } of this.known.masks) {
      const box = element("input", { type: "checkbox", onchange: () => this.mask(name, box.checked) });
      const patch = element("span", { class: "patch", hidden: true });
      this.boxes.set(name, { box, patch, colour: null });
      this.masks.append(element("label", {}, box, patch, ` ${title}`));
    }
  }

  // Masks that are shown together differ in colour as long as there are colours.
  async mask(name, shown) {
    const one = this.boxes.get(name);
    one.box.checked = shown;
    if (shown) {
      const used = [...this.boxes.values()].map((other) => other.colour);
      const colours = this.settings.colours;
      one.colour = colours.find((colour) => !used.includes(colour)) ?? colours[used.length % colours.length];
      one.patch.hidden = false;
      one.patch.style.backgroundColor = `rgb(${one.colour.join(" ")})`;
      await this.stage?.addMask(name, address("/api/mask.nii", { case: this.case, name, ...this.most }), one.colour);
    } else {
      one.colour = null;
      one.patch.hidden = true;
      this.stage?.removeMask(name);
    }
  }

  // Evidence of a question: its masks alone, its points, segments and planes.
  async showEvidence(evidence) {
    if (!this.stage || !this.boxes) return;
    for (const [name, { box }] of this.boxes) if (box.checked) await this.mask(name, false);
    for (const name of evidence.structures) if (this.boxes.has(name)) await this.mask(name, true);
    await this.stage.showEvidence(evidence);
  }

  goTo(xyz) {
    this.stage?.goTo(xyz);
  }

  radiological(yes) {
    for (const one of [this.stage, ...this.others]) one?.radiological(yes);
  }

  clearInputs() {
    for (const other of this.others) other.close();
    this.others = [];
    this.inputs.replaceChildren();
  }

  // What models are given, each on a canvas of its own beside the CT, with one crosshair.
  async showInputs(names) {
    this.clearInputs();
    if (!this.case) return;
    for (const name of names) {
      const part = element("figure", {}, element("figcaption", {}, name));
      this.inputs.append(part);
      try {
        const made = await ask("/api/input", { case: this.case, model: name });
        await this.showInput(part, name, made);
      } catch (error) {
        part.append(element("p", { class: "none" }, error.message));
      }
    }
    for (const other of this.others) other.goTo(this.at ?? this.stage.centre());
  }

  async showInput(part, name, made) {
    const values = { case: this.case, model: name };
    for (const [n, caption] of made.captions.entries()) {
      part.append(element("img", { src: address("/api/picture.png", { ...values, n }), alt: caption, title: caption, loading: "lazy" }));
    }
    if (made.volume) {
      const canvas = element("canvas", { "aria-label": `Input of ${name}` });
      part.append(element("div", { class: "canvas" }, canvas));
      if (!made.placed) part.append(element("p", { class: "none" }, "Its place in the patient is not known: shown by its axes alone."));
      const other = await this.opened(canvas, { solid: false });
      if (other) {
        await other.showPlain(address("/api/input.nii", values));
        if (made.placed) this.others.push(other);
      }
    }
    const rows = element("details", {}, element("summary", {}, "Contract"));
    for (const [field, text] of made.facts) rows.append(element("p", {}, `${field}: ${text}`));
    part.append(rows);
  }
}
