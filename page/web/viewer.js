// Three planes through a class of a case, in the program's marks: what is in the truth, in the prediction, or in both.

const TRUTH = 1, PRED = 2, IGNORED = 4, OTHER = 8;

class Viewer {
  constructor() {
    this.root = element("viewer");
    this.mode = "errors";
    this.planes = [2, 1, 0].map((axis) => new Plane(this, axis));
    this.root.querySelector(".planes").replaceChildren(...this.planes.map((plane) => plane.figure));
    for (const radio of this.root.querySelectorAll('[name="mode"]')) radio.onchange = () => this.show(radio.value);
    element("whole").onchange = () => this.draw();
    element("worst").onclick = () => this.worst();
    this.root.onkeydown = (event) => this.key(event);
    const redraw = () => this.marks && this.draw();
    new ResizeObserver(redraw).observe(this.root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  /** Shows voxels; `head` says how they lie. */
  set(voxels, head) {
    this.marks = { voxels, ...head };
    const [nx, ny] = head.dims;
    this.strides = [1, nx, nx * ny];
    this.worst();
  }

  /**
   * Goes to the slice with the most errors, across the axis that the report cuts across, and with the other two planes to the
   * row and the column of it with the most; without any error to the middle of the class.
   */
  worst() {
    const { voxels, dims, worst, extent, axis } = this.marks, { strides } = this;
    const middle = (a) => Math.floor(extent ? (extent[a][0] + extent[a][1]) / 2 : dims[a] / 2);
    this.at = [0, 1, 2].map(middle);
    if (worst !== null) {
      this.at[axis] = worst;
      const [a, b] = [0, 1, 2].filter((other) => other !== axis), errors = [new Uint32Array(dims[a]), new Uint32Array(dims[b])];
      for (let j = 0; j < dims[b]; j++)
        for (let i = 0; i < dims[a]; i++) {
          const mark = voxels[worst * strides[axis] + j * strides[b] + i * strides[a]] & (TRUTH | PRED | IGNORED);
          if (mark === TRUTH || mark === PRED) errors[0][i]++, errors[1][j]++;
        }
      [a, b].forEach((other, i) => (this.at[other] = errors[i].indexOf(Math.max(...errors[i]))));
    }
    for (const plane of this.planes) plane.figure.style.order = plane.axis === axis ? 0 : 1;
    this.draw();
  }

  show(mode) {
    this.mode = this.root.dataset.mode = mode;
    for (const radio of this.root.querySelectorAll('[name="mode"]')) radio.checked = radio.value === mode;
    this.draw();
  }

  move(axis, index) {
    this.at[axis] = Math.min(Math.max(index, 0), this.marks.dims[axis] - 1);
    this.draw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT" || !this.marks) return;
    const act = {
      e: () => this.show("errors"), t: () => this.show("truth"), p: () => this.show("pred"), w: () => this.worst(),
      z: () => ((element("whole").checked = !element("whole").checked), this.draw()),
    }[event.key.toLowerCase()];
    if (act) {
      event.preventDefault();
      act();
    }
  }

  /** The colours of the sixteen sums of marks, as red, green, blue. */
  colours() {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => {
      const hex = style.getPropertyValue(`--${name}`).trim().slice(1), wide = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
      return [0, 2, 4].map((i) => parseInt(wide.slice(i, i + 2), 16));
    };
    const [hit, missed, invented, other, empty, ignored] = ["hit", "missed", "invented", "other", "void", "ignored"].map(of);
    return Array.from({ length: 16 }, (_, mark) => {
      const isTruth = mark & TRUTH, isPred = mark & PRED;
      if (mark & IGNORED) return ignored;
      if (this.mode === "truth" && isTruth) return missed;
      if (this.mode === "pred" && isPred) return invented;
      if (this.mode === "errors" && isTruth && isPred) return hit;
      if (this.mode === "errors" && isTruth) return missed;
      if (this.mode === "errors" && isPred) return invented;
      return mark & OTHER ? other : empty;
    });
  }

  draw() {
    const colours = this.colours();
    for (const plane of this.planes) plane.draw(colours);
  }
}

/** A picture of slices across one axis of the file. */
class Plane {
  constructor(viewer, axis) {
    Object.assign(this, { viewer, axis, canvas: make("canvas", { tabIndex: 0 }), slider: make("input", { type: "range", min: 0, step: 1 }) });
    this.canvas.setAttribute("role", "img");
    this.name = make("b");
    this.place = make("span");
    this.counts = make("p", { className: "counts" });
    this.figure = make("figure", { className: "plane" }, this.canvas,
      make("figcaption", {}, make("div", { className: "where" }, this.name, this.place), this.slider, this.counts));
    this.slider.oninput = () => viewer.move(axis, Number(this.slider.value));
    this.canvas.onwheel = (event) => {
      if (event.ctrlKey) return;
      event.preventDefault();
      this.wheeled = (this.wheeled ?? 0) + event.deltaY * (event.deltaMode === 1 ? 40 : 1);
      const steps = Math.trunc(this.wheeled / 40);
      if (steps) (this.wheeled -= 40 * steps), viewer.move(axis, viewer.at[axis] + steps);
    };
    this.canvas.onkeydown = (event) => {
      const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      viewer.move(axis, viewer.at[axis] + by);
    };
    this.canvas.onpointerdown = (event) => event.button === 0 && this.point(event);
    this.canvas.onpointermove = (event) => event.buttons & 1 && event.pointerType !== "touch" && this.point(event);
  }

  /** The other planes go to the voxel under the pointer. */
  point(event) {
    if (!this.box) return;
    const frame = this.canvas.getBoundingClientRect(), { left, top, scale, from, view, edges } = this.box, { dims } = this.viewer.marks;
    [[view.across, event.clientX - frame.left - left, from[0], edges[0]], [view.down, event.clientY - frame.top - top, from[1], edges[1]]].forEach(([[axis, back], pixels, first, edge]) => {
      const cell = first + Math.floor(pixels / scale / edge);
      this.viewer.at[axis] = Math.min(Math.max(back ? dims[axis] - 1 - cell : cell, 0), dims[axis] - 1);
    });
    this.viewer.draw();
  }

  /** The part that is shown, across and down in cells as they are looked at: the class with a margin, or all. */
  part(view, edges) {
    const { dims, extent } = this.viewer.marks;
    return [view.across, view.down].map(([axis, back], i) => {
      const n = dims[axis];
      if (!extent || element("whole").checked) return [0, n];
      const margin = Math.max(Math.ceil(10 / edges[i]), Math.ceil((extent[axis][1] - extent[axis][0]) * 0.15), 3);
      const [low, high] = [Math.max(extent[axis][0] - margin, 0), Math.min(extent[axis][1] + margin, n - 1)];
      return back ? [n - 1 - high, n - low] : [low, high + 1];
    });
  }

  draw(colours) {
    const { axis, viewer, canvas } = this, { voxels, dims, views, edges: lengths } = viewer.marks, { strides, at } = viewer;
    const view = views[axis], [across, down] = [view.across, view.down], edges = [lengths[across[0]], lengths[down[0]]];
    const [[left, right], [top, bottom]] = this.part(view, edges), width = right - left, height = bottom - top;
    const image = new ImageData(width, height), pixels = image.data, totals = new Uint32Array(16);
    const step = ([a, back]) => (back ? -strides[a] : strides[a]), first = ([a, back]) => (back ? (dims[a] - 1) * strides[a] : 0);
    const start = at[axis] * strides[axis] + first(across) + first(down), [right1, down1] = [step(across), step(down)];
    for (let y = 0, to = 0; y < height; y++) {
      let from = start + (top + y) * down1 + left * right1;
      for (let x = 0; x < width; x++, from += right1, to += 4) {
        const mark = voxels[from], colour = colours[mark];
        totals[mark]++;
        (pixels[to] = colour[0]), (pixels[to + 1] = colour[1]), (pixels[to + 2] = colour[2]), (pixels[to + 3] = 255);
      }
    }
    const ratio = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
    if (wide === 0) return;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    const cell = make("canvas", { width, height }), context = canvas.getContext("2d");
    cell.getContext("2d").putImageData(image, 0, 0);
    const scale = Math.min((wide - 44) / (width * edges[0]), (high - 40) / (height * edges[1]));
    const size = [width * edges[0] * scale, height * edges[1] * scale], corner = [(wide - size[0]) / 2, (high - size[1]) / 2];
    this.box = { left: corner[0], top: corner[1], scale, from: [left, top], view, edges };
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    context.drawImage(cell, corner[0], corner[1], size[0], size[1]);
    const style = getComputedStyle(canvas.parentElement), ink = style.getPropertyValue("--soft");
    // Where the other planes cut this one.
    context.strokeStyle = ink;
    context.globalAlpha = 0.55;
    context.setLineDash([3, 4]);
    const seen = ([a, back], from) => (back ? dims[a] - 1 - at[a] : at[a]) - from + 0.5;
    const x = corner[0] + seen(across, left) * edges[0] * scale, y = corner[1] + seen(down, top) * edges[1] * scale;
    context.beginPath();
    if (x > corner[0] && x < corner[0] + size[0]) context.moveTo(x, corner[1]), context.lineTo(x, corner[1] + size[1]);
    if (y > corner[1] && y < corner[1] + size[1]) context.moveTo(corner[0], y), context.lineTo(corner[0] + size[0], y);
    context.stroke();
    context.globalAlpha = 1;
    if (view.letters) {
      context.fillStyle = ink;
      context.font = "600 13px system-ui, sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      const [l, r, t, b] = view.letters;
      context.fillText(l, Math.max(corner[0] - 12, 10), high / 2);
      context.fillText(r, Math.min(corner[0] + size[0] + 12, wide - 10), high / 2);
      context.fillText(t, wide / 2, Math.max(corner[1] - 11, 10));
      context.fillText(b, wide / 2, Math.min(corner[1] + size[1] + 11, high - 9));
    }
    let missed = 0, invented = 0, agreed = 0;
    for (let mark = 0; mark < 16; mark++) {
      if (mark & IGNORED) continue;
      if ((mark & 3) === 3) agreed += totals[mark];
      else if (mark & TRUTH) missed += totals[mark];
      else if (mark & PRED) invented += totals[mark];
    }
    const name = view.name ?? `across ${"xyz"[axis]}`;
    this.name.textContent = name[0].toUpperCase() + name.slice(1);
    this.place.textContent = `slice ${at[axis] + 1} of ${dims[axis]}`;
    this.counts.textContent = `${agreed} agreed, ${missed} missed, ${invented} invented`;
    Object.assign(this.slider, { max: dims[axis] - 1, value: at[axis] });
    this.slider.setAttribute("aria-label", `${name} slice`);
    canvas.setAttribute("aria-label", `${name}, slice ${at[axis] + 1} of ${dims[axis]}: ${this.counts.textContent} voxels`);
    // A file of one slice has nothing to move through.
    this.slider.hidden = dims[axis] < 2;
  }
}
