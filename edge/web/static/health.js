import { api, attempt, complain, element, may, problemItem, whatToDo, when } from "./page.js";
import { _, _n, number, said } from "./words.js";

const REFRESH_MS = 10000;
const AGAIN_MS = 1500;
const byId = (id) => document.getElementById(id);
const LEVELS = { ok: "ok", warn: "degraded", fail: "fault" };

function size(bytes) {
  if (bytes === null) return "–";
  return bytes < 2 ** 30 ? _("{n} MB", { n: number(bytes / 2 ** 20) }) : _("{n} GB", { n: number(bytes / 2 ** 30, 1) });
}

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 3600) return _("{n} min", { n: Math.floor(seconds / 60) });
  return seconds < 172800 ? _("{n} h", { n: Math.floor(seconds / 3600) }) : _n("{n} day", "{n} days", Math.floor(seconds / 86400));
}

const pair = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

function show(health) {
  const items = health.problems.map(problemItem);
  byId("problems").replaceChildren(...(items.length ? items : [element("li", {}, _("Everything works."))]));
  byId("figures").replaceChildren(
    pair(_("Pictures a second"), number(health.fps, 1)),
    pair(_("Processor"), health.temperature_c === null ? "–" : `${number(health.temperature_c, 1, 0)} °C`),
    ...(health.throttled?.length ? [pair(_("Power and heat"), health.throttled.join(", "))] : []),
    pair(_("Service up for"), duration(health.uptime_s)), pair(_("Machine up for"), duration(health.machine_up_s)),
    pair(_("Memory of the service"), size(health.used_by_us)), pair(_("Memory left of {size}", { size: size(health.memory) }), size(health.memory_left)),
    pair(_("Disk left of {size}", { size: size(health.disk) }), size(health.disk_left)));
  byId("versions").replaceChildren(...health.versions.map(({ name, version }) => pair(name, version)));
  byId("checks").replaceChildren(...health.checks.map(({ name, level, text, remedy }) =>
    element("li", { "data-level": LEVELS[level] }, element("strong", {}, `${name}: `), said(text), ...(remedy ? [element("br"), ...whatToDo(remedy)] : []))));
  if (!may("admin")) return;
  byId("restart").disabled = !health.may_restart;
  byId("by-hand").hidden = health.may_restart;
}

async function loadLog() {
  const { lines } = await api("/log");
  if (!lines.length) return byId("log").replaceChildren(element("tr", {}, element("td", { colSpan: 3 }, _("Nothing yet."))));
  return byId("log").replaceChildren(...lines.reverse().map(({ at, level, name, text }) =>
    element("tr", { "data-level": level }, element("td", {}, when(at)), element("td", {}, level.toLowerCase()), element("td", {}, element("code", {}, `${name} ${text}`)))));
}

const load = async () => show(await api("/health"));
const timer = setInterval(() => document.hidden || load().catch(complain), REFRESH_MS);

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
  if (!confirm(_("Restart the service? The door is shut until it is back."))) return;
  attempt(async () => {
    await api("/restart", { method: "POST" });
    clearInterval(timer);
    byId("restart").disabled = true;
    byId("restarted").textContent = _("It restarts; this page comes back by itself.");
    comeBack();
  });
});
byId("again")?.addEventListener("click", () => attempt(loadLog));

attempt(load);
if (may("admin")) attempt(loadLog);
