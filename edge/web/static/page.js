// What every page needs: asking the API, telling what went wrong, logging out.
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
  box.textContent = text;
  box.hidden = !text;
  box.classList.toggle("good", good);
}

// Runs what a person asked for, and says so if it fails.
export async function attempt(action, done = "") {
  tell("");
  try {
    const result = await action();
    if (done) tell(done, true);
    return result;
  } catch (error) {
    tell(error.message);
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
  entry: "Person", alert: "Alert", state: "State", fault_begin: "Fault begins", fault_end: "Fault ends",
  door_entry: "Came in", door_exit: "Went out", door_opened: "Door opened", door_closed: "Door shut",
  door_forced: "Door forced", door_held_open: "Door held open", exit_button: "Exit button", lockdown: "Lock-down",
  fire: "Fire", audit: "By staff", service: "Kiosk", dropped: "Events lost", database: "Database",
};
// What happens so often that it hides the rest.
export const CHATTER = new Set(["state", "door_entry", "door_exit", "door_opened", "door_closed", "exit_button"]);
export const LABELS = {
  with_mask: "wears a mask", without_mask: "no mask", incorrect_mask: "worn wrongly", wrong_kind: "mask of the wrong kind", uncertain: "not decided",
};

// The door's time zone, wherever the browser is.
export const ZONE = document.body.dataset.zone || undefined;
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", timeZone: ZONE });
const DATE_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium", timeZone: ZONE });
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
  if (kind === "state") return detail.split(" -> ").map(capital).join(" → ");
  return detail || (person === null ? "" : `No. ${person}: ${LABELS[label] ?? ""}`);
}

export function eventRow(event) {
  const cells = [when(event.at), KINDS[event.kind] ?? event.kind, told(event)];
  return element("tr", { "data-kind": event.kind }, ...cells.map((text) => element("td", {}, text)));
}

const logout = document.getElementById("logout");
if (logout) {
  logout.addEventListener("click", async () => {
    await attempt(() => ask("/logout", { method: "POST" }));
    location.assign("/login");
  });
  logout.disabled = false;
}
