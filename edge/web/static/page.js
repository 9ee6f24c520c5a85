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
  if (!answer.ok) throw new Error(content.error);
  return content;
}

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
  entry: "Person judged", alert: "Alert", state: "Door", fault_begin: "Fault begins", fault_end: "Fault ends",
  audit: "Changed by a person", service: "Service", dropped: "Events lost", database: "Database",
};
export const LABELS = {
  with_mask: "wears a mask", without_mask: "no mask", incorrect_mask: "worn wrongly", uncertain: "not decided yet",
};

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });
export const when = (text) => TIME.format(new Date(text));

export function eventRow(event) {
  const person = event.track_id === null ? "" : `person ${event.track_id}: ${LABELS[event.label] ?? ""}`;
  const cells = [when(event.at), KINDS[event.kind] ?? event.kind, event.detail || person];
  return element("tr", {}, ...cells.map((text) => element("td", {}, text)));
}

document.getElementById("logout").addEventListener("click", async () => {
  await attempt(() => ask("/logout", { method: "POST" }));
  location.assign("/login");
});
