// What every page needs: asking the API, telling what went wrong, logging out.
import { LOCALE, _, quoting, said } from "./words.js";

const csrf = document.querySelector("meta[name=csrf]").content;
const box = document.getElementById("message");

export async function ask(path, { method = "GET", body, raw = false } = {}) {
  const headers = method === "GET" ? {} : { "X-CSRF-Token": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (raw) return answer;
  if (answer.status === 401) location.assign(`/login?next=${location.pathname}`);
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.error), { fields: content.fields ?? {} });
  return content;
}

// What the role of whoever looks allows.
export const may = (scope) => document.body.dataset.may.split(" ").includes(scope);

export const api = (path, options) => ask(`/api/v1${path}`, options);

export function tell(text, good = false) {
  box.replaceChildren(text);
  box.hidden = !text;
  box.classList.toggle("good", good);
}

// What the API refused, or the browser could not do.
export function complain({ message }) {
  tell(said(message));
}

// Runs what a person asked for, and says so if it fails.
export async function attempt(action, done = "") {
  tell("");
  try {
    const result = await action();
    if (done) tell(done, true);
    return result;
  } catch (error) {
    complain(error);
    return undefined;
  }
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && key !== "list") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export const KINDS = {
  entry: _("Person"), alert: _("Alert"), state: _("State"), fault_begin: _("Fault begins"), fault_end: _("Fault ends"),
  door_entry: _("Came in"), door_exit: _("Went out"), door_opened: _("Door opened"), door_closed: _("Door shut"),
  door_forced: _("Door forced"), door_held_open: _("Door held open"), exit_button: _("Exit button"), lockdown: _("Lock-down"),
  fire: _("Fire"), audit: _("By staff"), service: _("Kiosk"), dropped: _("Events lost"), database: _("Database"),
};
// What happens so often that it hides the rest.
export const CHATTER = new Set(["state", "door_entry", "door_exit", "door_opened", "door_closed", "exit_button"]);
export const LABELS = {
  with_mask: _("wears a mask"), without_mask: _("no mask"), incorrect_mask: _("worn wrongly"), wrong_kind: _("mask of the wrong kind"), uncertain: _("not decided"),
};

export const STATES = { idle: _("Idle"), checking: _("Checking"), pass: _("Pass"), alert: _("Alert"), fault: _("Fault") };

// The door's time zone, wherever the browser is.
export const ZONE = document.body.dataset.zone || undefined;
const TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium", timeZone: ZONE });
const DATE_AND_TIME = new Intl.DateTimeFormat(LOCALE, { dateStyle: "short", timeStyle: "medium", timeZone: ZONE });
const DAY = new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: ZONE });

// 2026-01-31, at the door.
export const dayOf = (at) => DAY.format(at);

// Of today only the time.
export function when(text) {
  const at = new Date(text);
  return (dayOf(at) === dayOf(new Date()) ? TIME : DATE_AND_TIME).format(at);
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

// What an event says beside its kind; "idle -> alert" of the door.
function told({ kind, detail, track_id: person, label }) {
  if (kind === "state") return detail.split(" -> ").map((state) => STATES[state] ?? state).join(" → ");
  return detail ? said(detail) : person === null ? "" : _("No. {n}: {label}", { n: person, label: LABELS[label] ?? "" });
}

export function eventRow(event) {
  const cells = [when(event.at), KINDS[event.kind] ?? event.kind, told(event)];
  return element("tr", { "data-kind": event.kind }, ...cells.map((text) => element("td", {}, text)));
}

// Something that does not work, as an item of a list, and what to do about it.
export function problemItem({ level, component, cause, remedy, since }) {
  return element("li", { "data-level": level }, element("strong", {}, `${component}: `), said(cause), element("br"),
    ...whatToDo(remedy), " ", _("Since {time}.", { time: when(since) }));
}

export const whatToDo = (remedy) => quoting(_("What to do: {remedy}."), "remedy", remedy);

const logout = document.getElementById("logout");
if (logout) {
  logout.addEventListener("click", async () => {
    await attempt(() => ask("/logout", { method: "POST" }));
    location.assign("/login");
  });
  logout.disabled = false;
}
