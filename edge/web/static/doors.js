import { STATES as NAMES, api, dayOf, element, when } from "./page.js";
import { _, _n, number, percent, said } from "./words.js";

const PERIOD_MS = 3000;
const byId = (id) => document.getElementById(id);
const STATES = { ...NAMES, idle: _("Nobody") };
const LEVELS = { ok: _("Well"), degraded: _("Degraded"), fault: _("Fault") };
const FIGURES = [_("Wear a mask"), _("People"), _("Alerts")];
const OFF = _("Other doors are not listened to. To list all kiosks of one MQTT broker here, set doors = true under [web] and name the broker under [mqtt], then restart the service.");
const NOBODY = _("The broker tells of no kiosk, not even of this one: its access list has to let this kiosk's user read available, state, counters and health of all.");

let shown = "";
let answeredAt = null;

function name({ kiosk, name: called, place, page, is_own: own }) {
  const text = called || kiosk;
  const link = page && !own ? element("a", { href: page, rel: "noopener noreferrer" }, text) : element("strong", {}, text);
  link.dataset.kiosk = kiosk;
  return [link, own ? ` ${_("(this one)")}` : "", ...(place ? [element("br"), element("small", {}, place)] : [])];
}

function health({ is_silent: silent, heard_at: heardAt, level, problem, is_understood: understood }) {
  if (silent) return [heardAt ? _("Silent since {time}", { time: when(heardAt) }) : _("Silent")];
  if (!understood) return [_("Says what is not understood here: another version?")];
  if (level === "ok") return [LEVELS.ok];
  return problem ? [`${LEVELS[level] ?? level}: `, said(problem)] : ["–"];
}

function row(door) {
  const figures = door.day === null ? ["–", "–", "–"]
    : [door.compliance === null ? "–" : percent(door.compliance), number(door.people), number(door.alerts)];
  // Figures of another day are told as such.
  const of = door.day !== null && door.day !== dayOf(new Date()) ? [element("br"), element("small", {}, _("on {day}", { day: door.day }))] : [];
  const state = door.state === null ? "–" : STATES[door.state];
  const made = element("tr", { className: door.is_silent ? "silent" : "" },
    element("th", { scope: "row" }, ...name(door)),
    element("td", {}, element("span", { className: "sign" }, door.is_silent && door.state !== null ? _("{state}, last", { state }) : state)),
    ...figures.map((figure, index) => element("td", { "data-name": FIGURES[index] }, figure, ...(index ? [] : of))),
    element("td", {}, ...health(door)));
  made.dataset.state = door.is_silent ? "unknown" : door.state ?? "unknown";
  return made;
}

function hint({ listens, is_connected: connected, is_full: full, doors }) {
  if (!listens) return OFF;
  if (!connected) return _("The broker cannot be heard now: whatever is listed is from before.");
  if (!doors.length) return NOBODY;
  const alert = doors.filter((door) => !door.is_silent && (door.state === "alert" || door.state === "fault")).length;
  const silent = doors.filter((door) => door.is_silent).length;
  const listed = _n("{n} door", "{n} doors", doors.length);
  const told = _("{doors}; {alert} in alert or fault; {silent} silent.", { doors: listed, alert, silent });
  return full ? `${told} ${_("There are more than are listed.")}` : told;
}

function show(answer) {
  // Only news: whoever reads or has the focus on a link is left in peace.
  const news = JSON.stringify([answer, dayOf(new Date())]);
  if (news === shown) return;
  shown = news;
  const words = hint(answer);
  if (byId("doors-hint").textContent !== words) byId("doors-hint").textContent = words;
  const focused = document.activeElement?.dataset?.kiosk;
  byId("doors").replaceChildren(...answer.doors.map(row));
  byId("doors").closest("table").classList.toggle("old", !answer.is_connected);
  byId("doors").closest("section").hidden = !answer.doors.length;
  if (focused) byId("doors").querySelector(`a[data-kiosk="${focused}"]`)?.focus();
}

async function refresh() {
  try {
    show(await api("/doors"));
    answeredAt = new Date();
    document.body.classList.remove("stale");
    byId("stale").hidden = true;
  } catch (error) {
    document.body.classList.add("stale");
    byId("stale").replaceChildren(answeredAt ? _("This kiosk has not answered since {time}: whatever is grey is from then.", { time: when(answeredAt) }) : said(error.message));
    byId("stale").hidden = false;
  }
  setTimeout(refresh, PERIOD_MS);
}

refresh();
