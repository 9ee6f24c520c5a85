// Draws zones on the picture, with mouse, finger or keyboard. Corners are shares of width and height, as the API has them.
import { _, _n, percent } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.01;
const LARGE_STEP = 0.05;
const CLOSE = 0.03; // A corner this near the first one closes the shape.

const round = (share) => Math.round(Math.min(1, Math.max(0, share)) * 1000) / 1000;

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const points = (corners) => corners.map((corner) => corner.join(",")).join(" ");

export class ZoneEditor {
  // onChange is told after each change; say tells the person what to do.
  constructor(svg, { onChange, say }) {
    this.svg = svg;
    this.onChange = onChange;
    this.say = say;
    this.zones = { region: null, ignored: [] };
    this.stop();
    svg.addEventListener("pointerdown", (event) => this.point(event));
    svg.addEventListener("keydown", (event) => this.key(event));
    svg.addEventListener("focus", () => this.paint());
    svg.addEventListener("blur", () => this.paint());
  }

  set(zones) {
    this.zones = structuredClone(zones);
    this.stop();
  }

  // kind: "region" or "ignored"
  start(kind) {
    this.drawing = kind;
    this.corners = [];
    this.say(_("Set at least three corners."));
    this.changed();
  }

  stop() {
    this.drawing = null;
    this.corners = [];
    this.cross ??= [0.5, 0.5];
    this.changed();
  }

  get canClose() {
    return this.corners.length >= 3;
  }

  close() {
    if (!this.canClose) return;
    if (this.drawing === "region") this.zones.region = this.corners;
    else this.zones.ignored.push(this.corners);
    this.stop();
    this.say(_("The shape is closed. Save to use it."));
  }

  removeIgnored(index) {
    this.zones.ignored.splice(index, 1);
    this.changed();
  }

  removeRegion() {
    this.zones.region = null;
    this.changed();
  }

  add(x, y) {
    if (!this.drawing) return this.say(_("First choose what to draw."));
    const [first] = this.corners;
    if (this.canClose && Math.hypot(first[0] - x, first[1] - y) < CLOSE) return this.close();
    this.corners.push([round(x), round(y)]);
    const count = this.corners.length;
    this.say(this.canClose
      ? _n("{n} corner; choose the first again, or close the shape.", "{n} corners; choose the first again, or close the shape.", count)
      : _n("{n} corner.", "{n} corners.", count));
    this.changed();
  }

  point(event) {
    const box = this.svg.getBoundingClientRect();
    this.add((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  key(event) {
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      this.cross = [round(this.cross[0] + dx), round(this.cross[1] + dy)];
      this.say(_("Cross at {x} from the left, {y} from the top.", { x: percent(this.cross[0]), y: percent(this.cross[1]) }));
      this.paint();
    } else if (event.key === "Enter" || event.key === " ") this.add(...this.cross);
    else if (event.key === "Backspace") { this.corners.pop(); this.changed(); }
    else if (event.key === "Escape") this.stop();
    else return;
    event.preventDefault();
  }

  changed() {
    this.paint();
    this.onChange(this);
  }

  paint() {
    const { region, ignored } = this.zones;
    const shapes = ignored.map((corners) => shape("polygon", { points: points(corners), class: "ignored" }));
    if (region) shapes.push(shape("polygon", { points: points(region), class: "region" }));
    if (this.corners.length) shapes.push(shape("polyline", { points: points([...this.corners, this.corners.at(-1)]), class: this.drawing }));
    const [x, y] = this.cross;
    if (document.activeElement === this.svg) shapes.push(shape("path", { d: `M${x - 0.03} ${y}h.06M${x} ${y - 0.04}v.08`, class: "cross" }));
    this.svg.replaceChildren(...shapes);
  }
}
