import { api, ask, attempt, capital, element } from "./page.js";
import { hoursEditor } from "./hours.js";
import { ZoneCard, kept as keptIn, later, same } from "./zone-card.js";
import { _, _n, known, said } from "./words.js";

const byId = (id) => document.getElementById(id);
const NAMES = { detector: _("Faces"), quality: _("Fit to be judged"), people: _("People"), alarm: _("Door and buzzer") };
const CHOICES = { any: _("any"), medical: _("medical"), respirator: _("respirator"), alert: _("alert"), remind: _("remind") };
const ZONES = "zones";
// Turned on the page Set-up, where it is seen.
const CAMERA = "camera";
const PLAIN = ["alarm"]; // The rest is for fine tuning.

let settings;
const kept = (section, key) => keptIn(settings, section, key);

// --- values ---

const text = (value) => (value === null ? "" : Array.isArray(value) ? value.join(", ") : String(value));
const unit = (key) => (key.endsWith("_s") ? _("seconds") : key.endsWith("_px") ? _("pixels") : "");

function field(section, key, schema) {
  const kind = schemas[schema.anyOf[0].$ref?.split("/").at(-1)] ?? schema.anyOf[0];
  const id = `${section}.${key}`;
  const isNumber = kind.type !== "array" && !kind.enum;
  const bounds = isNumber ? { type: "number", step: kind.type === "integer" ? 1 : "any", min: kind.minimum ?? kind.exclusiveMinimum ?? "", max: kind.maximum ?? "" } : { type: "text" };
  const common = { id, name: id, "aria-describedby": `${id}-note` };
  const now = text(kept(section, key));
  const input = kind.enum
    ? element("select", common, ...kind.enum.map((word) => element("option", { value: word, selected: word === now }, CHOICES[word] ?? word)))
    : element("input", { ...common, ...bounds, value: now });
  const configured = text(settings.configured[section][key]) || _("default");
  const inUse = settings.values[section][key];
  const waits = same(inUse, kept(section, key)) ? "" : _("in use now: {value}", { value: text(inUse) || _("default") });
  const changed = key in (settings.changed[section] ?? {});
  const note = element("p", { className: "note", id: `${id}-note` }, `${[unit(key), _("configured: {value}", { value: configured }), waits].filter(Boolean).join("; ")} `);
  if (changed) note.append(element("button", { type: "button", className: "quiet", onclick: () => reset(section, key) }, _("Back to the configured value")));
  const editor = key === "hours" ? hoursEditor(input, _("By weekday")) : "";
  return element("div", { className: "field" }, element("label", { htmlFor: id }, capital(known(schema.description) ?? schema.description), " ", element("code", {}, id)), input, editor, note);
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
  if (input.tagName === "SELECT") return input.value;
  if (input.type === "text") return input.value.replace(/[[\]"]/g, "").split(",").map((part) => part.trim()).filter(Boolean);
  return input.value === "" ? null : Number(input.value);
}

async function change(patch) {
  const answer = await api("/settings", { method: "PATCH", body: patch });
  await load();
  return answer;
}

const zones = new ZoneCard(change);

// --- what came of it, told where somebody looks ---

function say(text, good = true) {
  byId("saved").replaceChildren(text);
  byId("saved").classList.toggle("bad", !good);
}

const inputs = () => [...byId("settings").querySelectorAll("input[name], select[name]")];

function complain(input, text) {
  const id = `${input.id}-error`;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${id} ${input.id}-note`);
  input.closest(".field").append(element("p", { id, className: "complaint" }, ...text));
}

function forgive() {
  for (const old of byId("settings").querySelectorAll(".complaint")) old.remove();
  for (const input of inputs()) {
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", `${input.id}-note`);
  }
}

// Every value that is refused is told at its field, and the first one has the focus.
function show(fields, error) {
  const refused = inputs().filter((input) => {
    const causes = Object.entries(fields).filter(([key]) => key === input.id || key.startsWith(`${input.id}.`));
    if (causes.length) complain(input, causes.flatMap(([, cause], i) => [i ? "; " : "", said(cause)]));
    return causes.length;
  });
  if (!refused.length) return say(said(error), false);
  for (const input of refused) if (input.closest("details")) input.closest("details").open = true;
  refused[0].focus();
  return say(_n("Nothing is saved: one value is refused.", "Nothing is saved: {n} values are refused.", refused.length), false);
}

async function save(patch) {
  forgive();
  say("");
  try {
    say(later(await change(patch)));
  } catch (error) {
    show(error.fields ?? {}, error.message);
  }
}

async function reset(section, key) {
  await save({ [section]: { [key]: null } });
  byId(`${section}.${key}`)?.focus();
}

byId("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  const patch = {};
  const unread = Object.fromEntries(inputs().filter((input) => input.validity.badInput).map((input) => [input.id, _("This is no number")]));
  if (Object.keys(unread).length) {
    forgive();
    return show(unread, "");
  }
  for (const input of inputs()) {
    const [section, key] = input.name.split(".");
    const value = entered(input);
    if (!same(value, kept(section, key))) (patch[section] ??= {})[key] = value;
  }
  if (!Object.keys(patch).length) {
    forgive();
    return say(_("Nothing was changed."));
  }
  return save(patch);
});

async function load() {
  settings = await api("/settings");
  fill();
  zones.set(settings);
}

attempt(async () => {
  ({ components: { schemas } } = await ask("/openapi.json"));
  await load();
});
