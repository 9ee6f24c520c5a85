// The mirror: outlines of the people before the camera, and where nose and mouth are uncovered. Drawn from boxes alone.
const SILENCE_MS = 2500; // The kiosk speaks every second.
const RETRY_MS = 1000;
const SVG = "http://www.w3.org/2000/svg";
const mirror = document.getElementById("mirror");
const FACES = 3.5; // Heights of a face that the mirror is high, at least.
let silence;

function shape(name, kind, attributes) {
  const made = document.createElementNS(SVG, name);
  made.setAttribute("class", kind);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// In units of the face's box, which reaches from the forehead to the chin.
function figure({ x, y, width, height, label }, aspect) {
  const at = (across, down) => `${((x + across * width) * aspect).toFixed(4)} ${(y + down * height).toFixed(4)}`;
  const spot = (down, kind, radius) => shape("circle", kind,
    { cx: (x + width / 2) * aspect, cy: y + down * height, r: radius * height });
  const lower = `M${at(0.08, 0.5)}Q${at(0.5, 0.32)} ${at(0.92, 0.5)}V${y + 0.72 * height}Q${at(0.78, 1)} ${at(0.5, 1)}T${at(0.08, 0.72)}Z`;
  const parts = [
    shape("path", "outline", { d: `M${at(0, 0.45)}C${at(0, -0.4)} ${at(1, -0.4)} ${at(1, 0.45)}C${at(1, 1.25)} ${at(0, 1.25)} ${at(0, 0.45)}Z` }),
    shape("path", "outline", { d: `M${at(0.28, 1.08)}V${y + 1.2 * height}C${at(-0.4, 1.35)} ${at(-0.75, 1.6)} ${at(-0.8, 2.2)}M${at(0.72, 1.08)}V${y + 1.2 * height}C${at(1.4, 1.35)} ${at(1.75, 1.6)} ${at(1.8, 2.2)}` }),
  ];
  if (label === "with_mask" || label === "wrong_kind") parts.push(shape("path", "mask", { d: lower }));
  if (label === "incorrect_mask") parts.push(shape("path", "outline missing", { d: lower }));
  if (label === "without_mask" || label === "incorrect_mask") {
    for (const down of [0.55, 0.83]) parts.push(spot(down, "bare", 0.05), spot(down, "ring", 0.12));
  }
  const group = document.createElementNS(SVG, "g");
  group.dataset.label = label;
  group.append(...parts);
  return group;
}

// As much of the picture as makes faces large: where a person stands in it is where that person stands in the whole.
function view(people, aspect) {
  const span = (near, far, room) => {
    const [first, last] = [Math.min(...people.map(near)), Math.max(...people.map(far))];
    return { middle: (first + last) / 2, length: last - first + room };
  };
  const face = Math.max(0, ...people.map(({ height }) => height));
  const across = span(({ x }) => x, ({ x, width }) => x + width, 2 * face / aspect);
  const down = span(({ y }) => y, ({ y, height }) => y + height, 2 * face);
  const size = people.length ? Math.min(1, Math.max(FACES * face, across.length, down.length)) : 1;
  return [across.middle * (1 - size) * aspect, down.middle * (1 - size), size * aspect, size].map((one) => one || 0);
}

function draw({ aspect, people }) {
  mirror.setAttribute("viewBox", view(people, aspect).join(" "));
  mirror.replaceChildren(...people.map((person) => figure(person, aspect)));
  // An attribute: the element itself has no such property.
  mirror.toggleAttribute("hidden", people.length === 0);
}

// What was seen a while ago is no mirror.
function clear() {
  draw({ aspect: 1, people: [] });
}

function listen() {
  const source = new EventSource("/door/mirror");
  source.onmessage = (event) => {
    clearTimeout(silence);
    silence = setTimeout(clear, SILENCE_MS);
    draw(JSON.parse(event.data));
  };
  source.onerror = () => {
    clear();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  };
}

listen();
