import { LABELS, api, attempt, complain, element, tell, when } from "./page.js";
import { ZoneCard } from "./zone-card.js";
import { _, known, number, percent as shareOf, said } from "./words.js";

const LOOK_MS = 500;
const PINS_MS = 1000;
const PRESSED_S = 3;
// A face is a little smaller now and then, though its owner stays where he is.
const MARGIN = 0.95;
const ROLES = { green: _("green"), amber: _("amber"), red: _("red"), buzzer: _("buzzer"), relay: _("relay"), button: _("button") };
const byId = (id) => document.getElementById(id);
const percent = (share) => shareOf(share, 1);

let best = 0;
let largest = 0;
let isOn = false;

function showOn(on) {
  if (on === isOn) return;
  isOn = on;
  best = 0;
  for (const id of ["view", "gauges", "zone-card"]) byId(id).hidden = !on;
  byId("end").disabled = !on;
  byId("begin").textContent = on ? _("Half an hour from now on") : _("Begin the set-up");
  // A picture stream that has no address is none.
  for (const id of ["sharp", "zone-picture"]) {
    if (on) byId(id).src = `/api/v1/setup/picture.mjpeg?${Date.now()}`;
    else byId(id).removeAttribute("src");
  }
  if (on) attempt(async () => zones.set(await api("/settings")));
}

function showFaces(faces) {
  const items = faces.map(({ size, size_px: px, score, sharpness, brightness, text, label }) => {
    const what = (text && (known(text) ?? text)) || LABELS[label] || _("hardly a face");
    return element("li", { "data-label": label ?? "ignored" },
      _("{size}, {px} px: {what}; score {score}, sharpness {sharpness}, brightness {brightness}", {
        size: percent(size), px, what, score: number(score, 3, 0), sharpness: number(sharpness, 1, 0), brightness,
      }));
  });
  byId("faces").replaceChildren(...(items.length ? items : [element("li", {}, _("Nobody"))]));
  // Only what counts, or is too small for now, is a person at the line.
  const people = faces.filter(({ label, reason }) => label !== null || reason === "too_small" || reason === "not_yet");
  largest = Math.max(0, ...people.map(({ size }) => size));
  byId("ruler").disabled = !largest;
  byId("ruler").textContent = largest ? _("I stand at the line: {size}", { size: percent(largest) }) : _("Nobody is found");
}

function show({ left_s: left, fps, temperature_c: temperature, min_face: minFace, turn_deg: turn, mirrored, aim }) {
  showOn(left > 0);
  byId("left").textContent = left > 0 ? _("ends by itself in {n} min", { n: Math.ceil(left / 60) }) : "";
  byId("min-face").textContent = percent(minFace);
  if (document.activeElement !== byId("turn")) byId("turn").value = turn;
  byId("mirrored").checked = mirrored;
  if (left <= 0) return;
  byId("no-sharp").hidden = aim !== null;
  if (aim === null) return;
  best = Math.max(best, aim.focus);
  byId("focus").value = best ? aim.focus / best : 0;
  byId("focus-text").textContent = _("{n} of {most}", { n: Math.round(aim.focus), most: Math.round(best) });
  byId("hints").replaceChildren(...(aim.hints.length ? aim.hints : [_("The light is right.")]).map((hint) =>
    element("li", { "data-level": aim.hints.length ? "degraded" : "ok" }, said(hint))));
  byId("board").textContent = `${_("{width} × {height} pixels, {fps} pictures a second", { width: aim.width_px, height: aim.height_px, fps: number(fps, 1, 0) })}${temperature === null ? "" : `, ${number(temperature, 1, 0)} °C`}`;
  showFaces(aim.faces);
}

async function look() {
  try {
    show(await api("/setup"));
  } catch (error) {
    complain(error);
  }
  setTimeout(look, LOOK_MS);
}

byId("begin").addEventListener("click", () => attempt(() => api("/setup", { method: "POST", body: {} })));
byId("end").addEventListener("click", () => attempt(() => api("/setup", { method: "DELETE" })));

const change = (patch, done) => attempt(async () => {
  const { in_use: isUsed } = await api("/settings", { method: "PATCH", body: patch });
  tell(isUsed ? done : _("Saved; it is used once the camera is back."), true);
});
byId("ruler").addEventListener("click", () => {
  const size = Math.max(0.01, Math.floor(largest * MARGIN * 1000) / 1000);
  change({ detector: { min_face: size } }, _("From now on faces count from {size} on.", { size: percent(size) }));
});
byId("turn").addEventListener("change", ({ target }) => change({ camera: { turn_deg: Number(target.value) } }, _("The camera is turned.")));
byId("mirrored").addEventListener("change", ({ target }) => change({ camera: { mirrored: target.checked } }, _("The camera is opened again.")));

const zones = new ZoneCard(async (patch) => {
  const answer = await api("/settings", { method: "PATCH", body: patch });
  zones.set(await api("/settings"));
  return answer;
});

// --- lamps, buzzer, relay, button ---

const seen = (role, was) => attempt(async () => {
  await api(`/pins/${role}/seen`, { method: "POST", body: { seen: was } });
  await fillPins();
}, _("Noted."));

async function tryOut(role, button) {
  const opens = role === "relay";
  if (opens && button.dataset.asked !== "yes") {
    button.dataset.asked = "yes";
    button.textContent = _("It opens the door: go on");
    return;
  }
  button.disabled = true;
  await attempt(async () => {
    const { done } = await api(`/pins/${role}/try`, { method: "POST", body: { confirmed: opens } });
    if (!done) tell(opens
      ? _("Not tried: an alert, a fault or a lock-down keeps the door shut, or somebody else tries it just now.")
      : _("Not tried: somebody else tries it just now."));
  });
  await fillPins();
}

function pin({ role, gpio, look_for: lookFor, seen: was, at, pressed_s: pressed }) {
  const isPressed = pressed !== null && pressed < PRESSED_S;
  const known = was === null ? _("never tried") : `${was ? _("worked") : _("did not work")}, ${when(at)}`;
  const actions = role === "button" ? [element("span", { className: "pressed", role: "status" }, isPressed ? `● ${_("pressed")}` : "○")] : [
    element("button", { type: "button", className: "quiet", onclick: ({ target }) => tryOut(role, target) }, _("Try it")),
  ];
  return element("li", { "data-role": role, "data-pressed": isPressed },
    element("span", {}, `${ROLES[role] ?? role} (GPIO ${gpio}): `, said(lookFor), ". ", element("small", {}, known)),
    element("span", { className: "actions" }, ...actions,
      element("button", { type: "button", className: "quiet", onclick: () => seen(role, true) }, _("It worked")),
      element("button", { type: "button", className: "quiet", onclick: () => seen(role, false) }, _("It did not"))));
}

let pinsShown = "";

async function fillPins() {
  const { pins } = await api("/pins");
  // Only on a change: a button that is being pressed must not vanish.
  const shown = JSON.stringify(pins.map(({ pressed_s: pressed, ...one }) => [one, pressed !== null && pressed < PRESSED_S]));
  if (shown === pinsShown && !byId("pins").querySelector("button:disabled")) return;
  pinsShown = shown;
  byId("pins").replaceChildren(...pins.map(pin));
}

async function lookAtPins() {
  await fillPins().catch(complain);
  setTimeout(lookAtPins, PINS_MS);
}

look();
lookAtPins();
