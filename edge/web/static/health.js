import { api, attempt, element, may, tell, when } from "./page.js";

const REFRESH_MS = 10000;
const AGAIN_MS = 1500;
const byId = (id) => document.getElementById(id);
const LEVELS = { ok: "ok", warn: "degraded", fail: "fault" };

function size(bytes) {
  if (bytes === null) return "–";
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MB` : `${(bytes / 2 ** 30).toFixed(1)} GB`;
}

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} days`;
}

const pair = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

function show(health) {
  const items = health.problems.map(({ level, component, cause, remedy, since }) =>
    element("li", { "data-level": level }, element("strong", {}, `${component}: `), cause, element("br"), `What to do: ${remedy}. Since ${when(since)}.`));
  byId("problems").replaceChildren(...(items.length ? items : [element("li", {}, "Everything works.")]));
  byId("figures").replaceChildren(
    pair("Pictures a second", health.fps.toFixed(1)),
    pair("Processor", health.temperature_c === null ? "–" : `${health.temperature_c} °C`),
    ...(health.throttled?.length ? [pair("Power and heat", health.throttled.join(", "))] : []),
    pair("Service up for", duration(health.uptime_s)), pair("Machine up for", duration(health.machine_up_s)),
    pair("Memory of the service", size(health.used_by_us)), pair(`Memory left of ${size(health.memory)}`, size(health.memory_left)),
    pair(`Disk left of ${size(health.disk)}`, size(health.disk_left)));
  byId("versions").replaceChildren(...health.versions.map(({ name, version }) => pair(name, version)));
  byId("checks").replaceChildren(...health.checks.map(({ name, level, text, remedy }) =>
    element("li", { "data-level": LEVELS[level] }, element("strong", {}, `${name}: `), text, ...(remedy ? [element("br"), `What to do: ${remedy}.`] : []))));
  if (!may("admin")) return;
  byId("restart").disabled = !health.may_restart;
  byId("by-hand").hidden = health.may_restart;
}

async function loadLog() {
  const { lines } = await api("/log");
  if (!lines.length) return byId("log").replaceChildren(element("tr", {}, element("td", { colSpan: 3 }, "Nothing yet.")));
  return byId("log").replaceChildren(...lines.reverse().map(({ at, level, name, text }) =>
    element("tr", { "data-level": level }, element("td", {}, when(at)), element("td", {}, level.toLowerCase()), element("td", {}, element("code", {}, `${name} ${text}`)))));
}

const load = async () => show(await api("/health"));
const timer = setInterval(() => document.hidden || load().catch((error) => tell(error.message)), REFRESH_MS);

// Gone, and there again: the page is loaded anew, perhaps from another version.
async function comeBack() {
  let wasGone = false;
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
    const isThere = await fetch("/healthz", { cache: "no-store" }).then(() => true, () => false);
    if (wasGone && isThere) return location.reload();
    wasGone ||= !isThere;
  }
}

byId("restart")?.addEventListener("click", () => {
  if (!confirm("Restart the service? The door is shut until it is back.")) return;
  attempt(async () => {
    await api("/restart", { method: "POST" });
    clearInterval(timer);
    byId("restart").disabled = true;
    byId("restarted").textContent = "It restarts; this page comes back by itself.";
    comeBack();
  });
});
byId("again")?.addEventListener("click", () => attempt(loadLog));

attempt(load);
if (may("admin")) attempt(loadLog);
