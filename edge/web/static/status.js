import { CHATTER, KINDS as EVENTS, LABELS, STATES as NAMES, ZONE, api, attempt, capital, complain, element, eventRow, may, problemItem, when } from "./page.js";
import { askSpan, watchSpan } from "./span.js";
import { LOCALE, _, known, number, percent } from "./words.js";

const STATES = {
  idle: ["○", _("nobody is near")], checking: ["…", _("somebody is not yet decided on")],
  pass: ["✓", _("everyone wears a mask")], alert: ["✕", ""], fault: ["⚠", _("the door is not watched; see Health")],
};
const KINDS = { respirator: _("respirator"), surgical: _("surgical"), cloth: _("cloth"), other: _("another kind"), unsure: _("kind unsure") };
const REASONS = { without_mask: _("somebody wears no mask"), incorrect_mask: _("somebody wears the mask wrongly"), wrong_kind: _("somebody wears a mask of the wrong kind") };
const RULINGS = {
  fire: _("Unlocked: fire"), lockdown: _("Locked down"), fault: _("Locked: the door is not watched"), exit: _("Unlocked: exit button"),
  alert: _("Locked: alert"), open_hours: _("Unlocked: open hours"), pass: _("Unlocked: everyone wears a mask"), shut: _("Locked"),
};
const UNLOCKING = new Set(["fire", "exit", "open_hours", "pass"]);
const WARNINGS = { forced: _("FORCED OPEN"), held_open: _("HELD OPEN") };
const MUTE_S = 300;
const SILENCE_MS = 6000;
const REFRESH_MS = 30000;
const TELLING = Object.keys(EVENTS).filter((kind) => !CHATTER.has(kind)).map((kind) => `&kind=${kind}`).join("");
const byId = (id) => document.getElementById(id);

let shown = {};
let silence;

function showState({ state, reason, muted_s: muted }) {
  const box = byId("state");
  const [symbol, meaning] = STATES[state];
  if (box.dataset.state !== state) {
    box.dataset.state = state;
    box.querySelector(".symbol").textContent = symbol;
    box.querySelector("strong").textContent = NAMES[state];
  }
  const why = REASONS[reason] ?? meaning;
  if (byId("reason").textContent !== why) byId("reason").textContent = why;
  if (!may("control")) return;
  byId("acknowledge").disabled = state !== "alert";
  byId("mute").textContent = muted ? _("Muted for {n} min: unmute", { n: Math.ceil(muted / 60) }) : _("Mute for 5 minutes");
}

function showPeople({ people, ignored }) {
  const faces = ignored.map(({ id, text, size, size_px: px }) =>
    element("li", { "data-label": "ignored" }, _("Face {n} does not count: {why} ({size}, {px} px)", { n: id, why: known(text) ?? text, size: percent(size, 1), px })));
  const items = people.map(({ id, label, probability, kind }) => {
    const sure = label === "uncertain" ? "" : ` (${percent(probability)})`;
    return element("li", { "data-label": label }, `${_("Person {n}: {label}", { n: id, label: LABELS[label] })}${sure}${kind ? `, ${KINDS[kind]}` : ""}`);
  });
  items.push(...faces);
  byId("people").replaceChildren(...(items.length ? items : [element("li", {}, _("Nobody in view"))]));
}

function showDoor(door) {
  byId("doorway").hidden = !door;
  if (!door) return;
  const stands = door.open === null ? "" : door.open ? ` · ${_("the door is open")}` : ` · ${_("the door is shut")}`;
  // A kiosk that only reminds decides the same and unlocks nothing.
  const lock = door.unlocked || !UNLOCKING.has(door.ruling) ? RULINGS[door.ruling] : _("No lock is driven");
  const warning = door.warning ? ` · ${WARNINGS[door.warning]}` : "";
  byId("lock").textContent = `${lock}${stands}${warning}`;
  byId("lock").dataset.warning = door.warning ?? (door.fire ? "fire" : door.lockdown ? "lockdown" : "");
  if (!may("control")) return;
  byId("lockdown").textContent = door.lockdown ? _("End the lock-down") : _("Lock the door down");
  byId("reset-fire").hidden = !door.fire;
}

function showHealth({ problems, fps, temperature_c: temperature, uptime_s: uptime, model, version }) {
  const items = problems.map(problemItem);
  byId("problems").replaceChildren(...(items.length ? items : [element("li", {}, _("Everything works."))]));
  const warmth = temperature === null ? "" : ` · ${number(temperature, 1, 0)} °C`;
  const hours = uptime < 3600 ? _("{n} min", { n: Math.floor(uptime / 60) }) : _("{n} h", { n: number(Math.floor(uptime / 3600)) });
  const camera = problems.find(({ component }) => component === "camera");
  hidePicture(fps > 0 ? "" : camera ? `${capital(camera.cause)}. ${_("What to do: {remedy}.", { remedy: camera.remedy })}` : _("The camera shows nothing."));
  byId("board").textContent = `${_("{n} pictures a second", { n: Math.round(fps) })}${warmth} · ${_("up for {time}", { time: hours })} · ${model} · Maskgate ${version}`;
}

function hidePicture(why) {
  if (!may("picture")) return;
  byId("no-picture").hidden = !why;
  if (why && byId("why-no-picture").textContent !== why) byId("why-no-picture").textContent = why;
}

let heardAt;

function hear(status) {
  heardAt = new Date().toISOString();
  if (document.body.classList.contains("stale")) {
    document.body.classList.remove("stale");
    byId("stale").hidden = true;
    refresh();
  }
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
  showState(status);
  // Replaced only on a change, so that a screen reader is left in peace.
  if (JSON.stringify(status.door) !== JSON.stringify(shown.door)) showDoor(status.door);
  const who = ({ people, ignored }) => JSON.stringify([people, ignored]);
  if (who(status) !== who(shown)) showPeople(status);
  showHealth(status);
  if (status.state !== shown.state) setTimeout(refresh, 300);
  shown = status;
}

function lose() {
  shown = {};
  const box = byId("state");
  box.dataset.state = "unknown";
  box.querySelector(".symbol").textContent = "?";
  box.querySelector("strong").textContent = _("No connection to the kiosk");
  byId("reason").textContent = "";
  hidePicture(_("The kiosk does not answer."));
  // What is shown is as old as the last word from the kiosk, and looks so.
  if (heardAt && !document.body.classList.contains("stale")) {
    document.body.classList.add("stale");
    byId("stale").hidden = false;
    byId("stale").textContent = _("The kiosk has not answered since {time}: whatever is grey is from then. The door itself is watched without this page, if the kiosk has power.", { time: when(heardAt) });
  }
}

function listen() {
  const source = new EventSource("/api/v1/stream");
  source.onmessage = (event) => hear(JSON.parse(event.data));
  source.onerror = () => {
    lose();
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(listen, 1000);
      // Leads to the login if that has run out.
      api("/status").catch(() => {});
    } else {
      // A picture stream that broke off is not begun again by the browser.
      if (may("picture")) source.addEventListener("open", () => { byId("picture").src = `/api/v1/picture.mjpeg?${Date.now()}`; }, { once: true });
    }
  };
}

// --- figures ---

const span = () => document.querySelector("input[name=by]:checked").value;
const COLUMNS = ["with_mask", "without_mask", "incorrect_mask", "wrong_kind", "uncertain", "alerts"];

// Hours and days are the kiosk's own, wherever the browser is: 2026-01-31T23:00+01:00.
const DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });
const label = ({ begin }, by) => (by === "hour" ? begin.slice(11, 16) : DAY.format(new Date(`${begin.slice(0, 10)}Z`)));

function showZone({ begin }) {
  const offset = begin.slice(16);
  const [hours, minutes] = offset.slice(1).split(":").map(Number);
  const east = (offset[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
  const isOurs = east === -new Date(begin).getTimezoneOffset();
  byId("zone").textContent = isOurs ? "" : _("All times by the door's clock: {zone} (UTC{offset}).", { zone: ZONE ?? "", offset });
}

let chart;

function draw(slots, by) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const box = byId("chart");
  // Bars are stacked: what is drawn first reaches highest.
  const masked = slots.map((slot) => slot.with_mask);
  const bad = slots.map((slot, i) => masked[i] + slot.without_mask + slot.incorrect_mask + slot.wrong_kind);
  const all = slots.map((slot, i) => bad[i] + slot.uncertain);
  const bars = uPlot.paths.bars({ size: [0.7, 60] });
  const bar = (name) => ({ fill: colour(name), stroke: colour(name), width: 0, paths: bars, points: { show: false } });
  const alerts = slots.map((slot) => slot.alerts || null);
  const axis = { stroke: colour("soft"), grid: { stroke: colour("faint"), width: 1 }, ticks: { show: false } };
  chart?.destroy();
  chart = new uPlot({
    width: box.clientWidth, height: 260, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: [-0.7, slots.length - 0.3] }, y: { range: (_plot, low, high) => [0, Math.max(4, high * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: 60, incrs: [1, 2, 3, 6, 12], values: (_plot, splits) => splits.map((i) => (slots[i] ? label(slots[i], by) : "")) },
      { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
    ],
    series: [{}, bar("unknown"), bar("bare"), bar("masked"), {
      stroke: colour("alerts"), width: 0, paths: () => null,
      points: { show: true, size: 11, width: 3, stroke: colour("alerts"), fill: colour("card") },
    }],
  }, [slots.map((_item, i) => i), all, bad, masked, alerts], box);
}

function fillTable(slots, by) {
  const rows = slots.filter((slot) => COLUMNS.some((column) => slot[column])).map((slot) =>
    element("tr", {}, element("th", { scope: "row" }, label(slot, by)),
      ...COLUMNS.map((column) => element("td", {}, number(slot[column])))));
  byId("tallies").tBodies[0].replaceChildren(...rows);
  const asked = new URLSearchParams({ by });
  askSpan(byId("chart-span"), asked);
  byId("tallies-csv").href = `/api/v1/tallies.csv?${asked}`;
}

function showToday(days) {
  const today = days.at(-1);
  const bad = today.without_mask + today.incorrect_mask + today.wrong_kind;
  const judged = today.with_mask + bad;
  byId("compliance").textContent = judged ? percent(today.with_mask / judged) : "–";
  byId("today-people").textContent = number(judged + today.uncertain);
  byId("today-alerts").textContent = number(today.alerts);
}

async function refresh() {
  try {
    const by = span();
    const asked = new URLSearchParams({ by });
    askSpan(byId("chart-span"), asked);
    const [{ tallies: slots }, { tallies: days }, { events }] = await Promise.all(
      [api(`/tallies?${asked}`), api("/tallies?by=day"), api(`/events?limit=10${TELLING}`)]);
    draw(slots, by);
    fillTable(slots, by);
    if (slots.length) showZone(slots.at(-1));
    showToday(days);
    byId("events").tBodies[0].replaceChildren(...events.map(eventRow));
  } catch (error) {
    complain(error);
  }
}

byId("acknowledge")?.addEventListener("click", () => attempt(() => api("/acknowledge", { method: "POST" }), _("This alert is silent.")));
byId("mute")?.addEventListener("click", () => {
  const seconds = shown.muted_s ? 0 : MUTE_S;
  attempt(() => api("/mute", { method: "POST", body: { seconds } }), seconds ? _("The buzzer is muted.") : _("The buzzer sounds again."));
});
byId("sound-test")?.addEventListener("click", () => attempt(() => api("/sound/test", { method: "POST" }), _("The voice says “please come in” at the door.")));
byId("notify-test")?.addEventListener("click", () => attempt(async () => {
  const { deliveries } = await api("/notify/test", { method: "POST" });
  const lost = deliveries.filter(({ sent }) => !sent).map(({ destination, cause }) => `${destination}: ${cause}`);
  if (lost.length) throw new Error(lost.join("; "));
}, _("Everybody was sent a test message.")));
byId("lockdown")?.addEventListener("click", () => {
  const on = !shown.door?.lockdown;
  attempt(() => api("/door/lockdown", { method: "POST", body: { on } }), on ? _("The door is locked down.") : _("The lock-down has ended."));
});
byId("reset-fire")?.addEventListener("click", () => attempt(() => api("/door/reset-fire", { method: "POST" }), _("The fire is reset.")));
for (const choice of document.querySelectorAll("input[name=by]")) choice.addEventListener("change", refresh);
watchSpan(byId("chart-span"), refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
addEventListener("resize", () => chart?.setSize({ width: byId("chart").clientWidth, height: 260 }));
refresh();
setInterval(refresh, REFRESH_MS);
listen();
