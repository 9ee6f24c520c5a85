import { LABELS, api, attempt, element, tell, when } from "./page.js";
import { ZoneCard } from "./zone-card.js";

const LOOK_MS = 500;
const PINS_MS = 1000;
const PRESSED_S = 3;
// A face is a little smaller now and then, though its owner stays where he is.
const MARGIN = 0.95;
const byId = (id) => document.getElementById(id);
const percent = (share) => `${(share * 100).toFixed(1)} %`;

let best = 0;
let largest = 0;
let isOn = false;

function showOn(on) {
  if (on === isOn) return;
  isOn = on;
  best = 0;
  for (const id of ["view", "gauges", "zone-card"]) byId(id).hidden = !on;
  byId("end").disabled = !on;
  byId("begin").textContent = on ? "Half an hour from now on" : "Begin the set-up";
  // A picture stream that has no address is none.
  for (const id of ["sharp", "zone-picture"]) {
    if (on) byId(id).src = `/api/v1/setup/picture.mjpeg?${Date.now()}`;
    else byId(id).removeAttribute("src");
  }
  if (on) attempt(async () => zones.set(await api("/settings")));
}

function showFaces(faces) {
  const items = faces.map(({ size, size_px: px, score, sharpness, brightness, text, label }) =>
    element("li", { "data-label": label ?? "ignored" },
      `${percent(size)}, ${px} px: ${text || LABELS[label] || "hardly a face"}; score ${score}, sharpness ${sharpness}, brightness ${brightness}`));
  byId("faces").replaceChildren(...(items.length ? items : [element("li", {}, "Nobody")]));
  // Only what counts, or is too small for now, is a person at the line.
  const people = faces.filter(({ label, reason }) => label !== null || reason === "too_small" || reason === "not_yet");
  largest = Math.max(0, ...people.map(({ size }) => size));
  byId("ruler").disabled = !largest;
  byId("ruler").textContent = largest ? `I stand at the line: ${percent(largest)}` : "Nobody is found";
}

function show({ left_s: left, fps, temperature_c: temperature, min_face: minFace, turn_deg: turn, mirrored, aim }) {
  showOn(left > 0);
  byId("left").textContent = left > 0 ? `ends by itself in ${Math.ceil(left / 60)} min` : "";
  byId("min-face").textContent = percent(minFace);
  if (document.activeElement !== byId("turn")) byId("turn").value = turn;
  byId("mirrored").checked = mirrored;
  if (left <= 0) return;
  byId("no-sharp").hidden = aim !== null;
  if (aim === null) return;
  best = Math.max(best, aim.focus);
  byId("focus").value = best ? aim.focus / best : 0;
  byId("focus-text").textContent = `${Math.round(aim.focus)} of ${Math.round(best)}`;
  byId("hints").replaceChildren(...(aim.hints.length ? aim.hints : ["The light is right."]).map((hint) =>
    element("li", { "data-level": aim.hints.length ? "degraded" : "ok" }, hint)));
  byId("board").textContent = `${aim.width_px} × ${aim.height_px} pixels, ${fps} pictures a second${temperature === null ? "" : `, ${temperature} °C`}`;
  showFaces(aim.faces);
}

async function look() {
  try {
    show(await api("/setup"));
  } catch (error) {
    tell(error.message);
  }
  setTimeout(look, LOOK_MS);
}

byId("begin").addEventListener("click", () => attempt(() => api("/setup", { method: "POST", body: {} })));
byId("end").addEventListener("click", () => attempt(() => api("/setup", { method: "DELETE" })));

const change = (patch, done) => attempt(async () => {
  const { in_use: isUsed } = await api("/settings", { method: "PATCH", body: patch });
  tell(isUsed ? done : "Saved; it is used once the camera is back.", true);
});
byId("ruler").addEventListener("click", () => {
  const size = Math.max(0.01, Math.floor(largest * MARGIN * 1000) / 1000);
  change({ detector: { min_face: size } }, `From now on faces count from ${percent(size)} on.`);
});
byId("turn").addEventListener("change", ({ target }) => change({ camera: { turn_deg: Number(target.value) } }, "The camera is turned."));
byId("mirrored").addEventListener("change", ({ target }) => change({ camera: { mirrored: target.checked } }, "The camera is opened again."));

const zones = new ZoneCard(async (patch) => {
  const answer = await api("/settings", { method: "PATCH", body: patch });
  zones.set(await api("/settings"));
  return answer;
});

// --- lamps, buzzer, relay, button ---

const seen = (role, was) => attempt(async () => {
  await api(`/pins/${role}/seen`, { method: "POST", body: { seen: was } });
  await fillPins();
}, "Noted.");

async function tryOut(role, button) {
  const opens = role === "relay";
  if (opens && button.dataset.asked !== "yes") {
    button.dataset.asked = "yes";
    button.textContent = "It opens the door: go on";
    return;
  }
  button.disabled = true;
  await attempt(async () => {
    const { done } = await api(`/pins/${role}/try`, { method: "POST", body: { confirmed: opens } });
    if (!done) tell(`Not tried: ${opens ? "an alert, a fault or a lock-down keeps the door shut, or " : ""}somebody else tries it just now.`);
  });
  await fillPins();
}

function pin({ role, gpio, look_for: lookFor, seen: was, at, pressed_s: pressed }) {
  const isPressed = pressed !== null && pressed < PRESSED_S;
  const known = was === null ? "never tried" : `${was ? "worked" : "did not work"}, ${when(at)}`;
  const actions = role === "button" ? [element("span", { className: "pressed", role: "status" }, isPressed ? "● pressed" : "○")] : [
    element("button", { type: "button", className: "quiet", onclick: ({ target }) => tryOut(role, target) }, "Try it"),
  ];
  return element("li", { "data-role": role, "data-pressed": isPressed },
    element("span", {}, `${role} (GPIO ${gpio}): ${lookFor}. `, element("small", {}, known)),
    element("span", { className: "actions" }, ...actions,
      element("button", { type: "button", className: "quiet", onclick: () => seen(role, true) }, "It worked"),
      element("button", { type: "button", className: "quiet", onclick: () => seen(role, false) }, "It did not")));
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
  await fillPins().catch((error) => tell(error.message));
  setTimeout(lookAtPins, PINS_MS);
}

look();
lookAtPins();
