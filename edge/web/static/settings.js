import { api, ask, attempt, capital, element, tell } from "./page.js";
import { ZoneEditor } from "./zones.js";

const byId = (id) => document.getElementById(id);
const WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]];
const NAMES = { detector: "Faces", quality: "Fit to be judged", people: "People", alarm: "Door and buzzer" };
const ZONES = "zones";
// Turned on the page Set-up, where it is seen.
const CAMERA = "camera";
const PLAIN = ["alarm"]; // The rest is for fine tuning.

let settings;
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
// What is kept is used as soon as the camera is back; until then something else is in use.
const kept = (section, key) => settings.changed[section]?.[key] ?? settings.configured[section][key];
const keptZones = () => ({ region: kept(ZONES, "region"), ignored: kept(ZONES, "ignored") });
const later = (answer) => (answer.in_use ? "Saved and in use." : "Saved; it is used as soon as the camera is back.");

// --- zones ---

const editor = new ZoneEditor(byId("zones"), {
  say: (text) => { byId("zone-status").textContent = text; },
  onChange: (now) => {
    for (const kind of ["region", "ignored"]) byId(`draw-${kind}`).setAttribute("aria-pressed", now.drawing === kind);
    byId("finish-zone").disabled = !now.canClose;
    const isChanged = settings !== undefined && !same(now.zones, keptZones());
    byId("save-zones").disabled = !isChanged;
    byId("revert-zones").disabled = !isChanged;
    byId("zone-list").replaceChildren(...zoneItems(now));
  },
});

function zoneItems(now) {
  const item = (name, remove) => element("li", {}, name,
    element("button", { type: "button", className: "danger", "aria-label": `Remove: ${name}`, onclick: remove }, "Remove"));
  const items = now.zones.ignored.map((_, i) => item(`Ignored part ${i + 1}`, () => now.removeIgnored(i)));
  if (now.zones.region) items.unshift(item("The only part that counts", () => now.removeRegion()));
  return items;
}

for (const kind of ["region", "ignored"]) {
  byId(`draw-${kind}`).addEventListener("click", () => {
    if (editor.drawing === kind) return editor.stop();
    editor.start(kind);
    byId("zones").focus();
  });
}
byId("finish-zone").addEventListener("click", () => editor.close());
byId("revert-zones").addEventListener("click", () => editor.set(keptZones()));
byId("save-zones").addEventListener("click", () => attempt(async () => {
  const { region, ignored } = editor.zones;
  // null stands for the configuration's own region; without any, the whole picture counts.
  const wanted = region ?? (settings.configured.zones.region ? WHOLE : null);
  const answer = await change({ zones: { region: wanted, ignored } });
  byId("zone-status").textContent = later(answer);
}));

// --- values ---

const text = (value) => (value === null ? "" : Array.isArray(value) ? value.join(", ") : String(value));
const unit = (key) => (key.endsWith("_s") ? "seconds" : key.endsWith("_px") ? "pixels" : "");

function field(section, key, schema) {
  const kind = schema.anyOf[0];
  const id = `${section}.${key}`;
  const isNumber = kind.type !== "array";
  const bounds = isNumber ? { type: "number", step: kind.type === "integer" ? 1 : "any", min: kind.minimum ?? kind.exclusiveMinimum ?? "", max: kind.maximum ?? "" } : { type: "text" };
  const input = element("input", { id, name: id, ...bounds, value: text(kept(section, key)), "aria-describedby": `${id}-note` });
  const configured = text(settings.configured[section][key]) || "default";
  const inUse = settings.values[section][key];
  const waits = same(inUse, kept(section, key)) ? "" : `in use now: ${text(inUse) || "default"}`;
  const changed = key in (settings.changed[section] ?? {});
  const note = element("p", { className: "note", id: `${id}-note` }, `${[unit(key), `configured: ${configured}`, waits].filter(Boolean).join("; ")} `);
  if (changed) note.append(element("button", { type: "button", className: "quiet", onclick: () => reset(section, key) }, "Back to the configured value"));
  return element("div", { className: "field" }, element("label", { htmlFor: id }, `${capital(schema.description)} `, element("code", {}, id)), input, note);
}

let schemas;

function fill() {
  const group = ([section, values]) => {
    const name = schemas.SettingsPatch.properties[section].$ref?.split("/").at(-1) ?? `${section}Patch`;
    return element("fieldset", {}, element("legend", {}, NAMES[section] ?? section),
      ...Object.keys(values).map((key) => field(section, key, schemas[name].properties[key])));
  };
  const sections = Object.entries(settings.values).filter(([section]) => section !== ZONES && section !== CAMERA);
  byId("fields").replaceChildren(...sections.filter(([section]) => PLAIN.includes(section)).map(group));
  byId("fine-fields").replaceChildren(...sections.filter(([section]) => !PLAIN.includes(section)).map(group));
}

function entered(input) {
  // A list may also be written as in the configuration file.
  if (input.type === "text") return input.value.replace(/[[\]"]/g, "").split(",").map((part) => part.trim()).filter(Boolean);
  return input.value === "" ? null : Number(input.value);
}

async function change(patch) {
  const answer = await api("/settings", { method: "PATCH", body: patch });
  await load();
  return answer;
}

const reset = (section, key) => attempt(() => change({ [section]: { [key]: null } }), "Back to the configured value.");

byId("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  const patch = {};
  for (const input of event.target.querySelectorAll("input")) {
    const [section, key] = input.name.split(".");
    const value = entered(input);
    if (!same(value, kept(section, key))) (patch[section] ??= {})[key] = value;
  }
  if (!Object.keys(patch).length) return tell("Nothing was changed.");
  attempt(async () => tell(later(await change(patch)), true));
});

async function load() {
  settings = await api("/settings");
  fill();
  editor.set(keptZones());
  for (const kind of ["region", "ignored"]) byId(`draw-${kind}`).disabled = false;
}

attempt(async () => {
  ({ components: { schemas } } = await ask("/openapi.json"));
  await load();
});
