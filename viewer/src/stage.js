// The only file that knows NiiVue: one canvas with a volume, masks, evidence and a crosshair in RAS+ mm.
import { DRAG_MODE, NVMesh, Niivue, SHOW_RENDER, SLICE_TYPE } from "@niivue/niivue";

const VIEWS = {
  all: SLICE_TYPE.MULTIPLANAR,
  axial: SLICE_TYPE.AXIAL,
  coronal: SLICE_TYPE.CORONAL,
  sagittal: SLICE_TYPE.SAGITTAL,
  solid: SLICE_TYPE.RENDER,
};
const POINT = [240, 228, 66];
const PLANE = [86, 180, 233, 255];
const HALF_PLANE_MM = 140;
const POINT_MM = 4; // radius
// How far from a slice evidence is drawn on it: less than a ball's diameter would cut the ball open.
const NEAR_SLICE_MM = 2 * POINT_MM;

export class Stage {
  // `moved` is called with [x, y, z] in RAS+ mm whenever the crosshair moves.
  // Without `solid` there are three planes and no 3D.
  static async open(canvas, { moved = () => {}, solid = true } = {}) {
    const stage = new Stage();
    stage.view = new Niivue({
      backColor: [0, 0, 0, 1],
      show3Dcrosshair: true,
      crosshairWidth: 1.5,
      crosshairWidthUnit: "mm",
      crosshairGap: 8,
      multiplanarPadPixels: 24,
      showAllOrientationMarkers: true,
      fontColor: [1, 1, 1, 1],
      fontSizeScaling: 0.8,
      fontMinPx: 18,
      isOrientationTextVisible: true,
      isRadiologicalConvention: true,
      multiplanarShowRender: solid ? SHOW_RENDER.ALWAYS : SHOW_RENDER.NEVER,
      dragMode: DRAG_MODE.measurement,
      dragAndDropEnabled: false,
      isColorbar: false,
      logLevel: "error",
    });
    stage.view.onLocationChange = (place) => moved(Array.from(place.mm).slice(0, 3));
    await stage.view.attachToCanvas(canvas);
    const [red, green, blue] = POINT;
    stage.view.addColormap("evidence-point", {
      R: [red, red], G: [green, green], B: [blue, blue], A: [255, 255], I: [0, 255],
    });
    stage.masks = new Map();
    return stage;
  }

  // Nothing of an earlier case may stand under a later question.
  clear() {
    this.clearEvidence();
    this.masks.clear();
    for (const volume of [...this.view.volumes].reverse()) this.view.removeVolume(volume);
    this.view.drawScene();
  }

  async show(url, [low, high]) {
    this.clear();
    await this.view.loadVolumes([{ url, name: "volume.nii", colormap: "gray", cal_min: low, cal_max: high }]);
    this.window([low, high]);
  }

  // The whole range of a volume that is not in HU.
  async showPlain(url) {
    await this.view.loadVolumes([{ url, name: "volume.nii", colormap: "gray" }]);
    const volume = this.view.volumes[0];
    this.window([volume.global_min, volume.global_max]);
  }

  window([low, high]) {
    const volume = this.view.volumes[0];
    if (!volume) return;
    [volume.cal_min, volume.cal_max] = [low, high];
    this.view.updateGLVolume();
  }

  async addMask(name, url, [red, green, blue]) {
    if (this.masks.has(name)) return;
    this.masks.set(name, null);
    const key = `mask-${red}-${green}-${blue}`;
    this.view.addColormap(key, {
      R: [red, red], G: [green, green], B: [blue, blue], A: [0, 255], I: [0, 255],
    });
    const volume = await this.view.addVolumeFromUrl({
      url, name: "mask.nii", colormap: key, opacity: 0.45, cal_min: 0.4, cal_max: 0.6,
    });
    this.masks.set(name, volume);
  }

  removeMask(name) {
    const volume = this.masks.get(name);
    this.masks.delete(name);
    if (volume) this.view.removeVolume(volume);
  }

  async showEvidence({ points, segments, planes }) {
    this.clearEvidence();
    if (points.length) this.view.loadConnectome(connectome(points, segments));
    for (const plane of planes) {
      const text = new TextEncoder().encode(box(plane, this.centre()));
      this.view.addMesh(await NVMesh.readMesh(text.buffer, "plane.obj", this.view.gl, 0.5, PLANE));
    }
    this.view.opts.meshThicknessOn2D = NEAR_SLICE_MM;
    if (points.length) this.goTo(points[0].xyz);
    this.view.drawScene();
  }

  clearEvidence() {
    for (const mesh of [...this.view.meshes]) this.view.removeMesh(mesh);
  }

  centre() {
    return this.view.volumes.length ? Array.from(this.view.frac2mm([0.5, 0.5, 0.5])).slice(0, 3) : [0, 0, 0];
  }

  goTo(xyz) {
    if (!this.view.volumes.length) return;
    this.view.scene.crosshairPos = this.view.mm2frac(xyz);
    this.view.createOnLocationChange();
    this.view.drawScene();
  }

  place() {
    return Array.from(this.view.frac2mm(this.view.scene.crosshairPos)).slice(0, 3);
  }

  layout(name) {
    this.view.setSliceType(VIEWS[name] ?? VIEWS.all);
  }

  radiological(yes) {
    this.view.setRadiologicalConvention(yes);
  }

  // Give the graphics card its memory back.
  close() {
    this.view.onLocationChange = () => {};
    this.view.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

const connectome = (points, segments) => {
  const at = (xyz) => points.findIndex((point) => point.xyz.every((mm, axis) => mm === xyz[axis]));
  return {
    name: "evidence",
    nodeColormap: "evidence-point",
    nodeColormapNegative: "evidence-point",
    nodeMinColor: 0,
    nodeMaxColor: 1,
    nodeScale: POINT_MM,
    edgeColormap: "evidence-point",
    edgeColormapNegative: "evidence-point",
    edgeMin: 0,
    edgeMax: 1,
    edgeScale: 1,
    showLegend: false,
    nodes: points.map(({ name, xyz: [x, y, z] }) => ({ name, x, y, z, colorValue: 1, sizeValue: 1 })),
    edges: segments.map(([from, to]) => ({ first: at(from), second: at(to), colorValue: 1 })),
  };
};

// A thin box as Wavefront text: a plane at a place on one axis.
const box = ({ axis, mm }, centre) => {
  const low = centre.map((one) => one - HALF_PLANE_MM);
  const high = centre.map((one) => one + HALF_PLANE_MM);
  [low[axis], high[axis]] = [mm - 0.5, mm + 0.5];
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [0, 1, 2].map((k) => ((n >> k) & 1 ? high[k] : low[k])));
  const faces = [[1, 3, 4, 2], [5, 6, 8, 7], [1, 2, 6, 5], [3, 7, 8, 4], [1, 5, 7, 3], [2, 4, 8, 6]];
  const triangles = faces.flatMap(([a, b, c, d]) => [[a, b, c], [a, c, d]]);
  return [...corners.map((one) => `v ${one.join(" ")}`), ...triangles.map((one) => `f ${one.join(" ")}`), ""].join("\n");
};
