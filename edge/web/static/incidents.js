import { LABELS, api, attempt, element, may, when } from "./page.js";
import { askSpan, watchSpan } from "./span.js";
import { _, _n, percent } from "./words.js";

const PAGE = 30;
const STATUSES = { new: _("New"), seen: _("Seen"), false_alarm: _("False alarm") };
const byId = (id) => document.getElementById(id);
const form = byId("filter");
const list = byId("incidents");
let oldest;

function query() {
  const asked = new URLSearchParams();
  const { value } = form.elements.status;
  if (value) asked.set("status", value);
  askSpan(form, asked);
  return asked;
}

async function load(before) {
  const asked = query();
  byId("csv").href = `/api/v1/incidents.csv?${asked}`;
  if (byId("xlsx")) byId("xlsx").href = `/api/v1/incidents.xlsx?${asked}`;
  asked.set("limit", PAGE);
  if (before) asked.set("before", before);
  else list.replaceChildren();
  const { incidents, new: count } = await api(`/incidents?${asked}`);
  list.append(...incidents.map(card));
  if (!list.children.length) list.append(element("p", { className: "card" }, _("No alert in this time, or none of this kind.")));
  byId("more").hidden = incidents.length < PAGE;
  oldest = incidents.at(-1)?.id;
  countNew(count);
}

let newOnes = 0;
function countNew(count) {
  newOnes = count;
  byId("new").textContent = count ? _n("{n} not looked at yet", "{n} not looked at yet", count) : _("All are looked at.");
}

const lasted = (seconds) => (seconds === null ? "" : seconds < 90 ? _("{n} s", { n: Math.max(1, Math.round(seconds)) }) : _("{n} min", { n: Math.round(seconds / 60) }));

function facts({ lasted_s: length, people, seen, silenced_by: silencedBy }) {
  if (people === null) return _("Nothing more was kept of this one.");
  const who = _n("{n} person", "{n} people", people);
  return [length === null ? _("lasts still, or the kiosk was stopped") : lasted(length), who,
    ...seen.map(({ label, probability }) => `${LABELS[label]} (${percent(probability)})`),
    silencedBy ? _("silenced by {name}", { name: silencedBy }) : ""].filter(Boolean).join(" · ");
}

function card(incident) {
  const { id, at, snapshot } = incident;
  const note = element("textarea", { id: `note-${id}`, rows: 2, maxLength: 500, value: incident.note, onchange: ({ target }) => review(article, { note: target.value }) });
  const picture = snapshot && may("picture")
    ? element("img", { src: `/api/v1/snapshots/${snapshot}`, alt: _("Picture of {time}, faces blurred", { time: when(at) }), loading: "lazy" })
    : element("p", { className: "hint" }, _("No picture was kept."));
  const button = (status, text) => element("button", { type: "button", className: "quiet", "data-set": status, onclick: () => review(article, { status }) }, text);
  const article = element("article", { className: "card incident", tabIndex: -1, "data-id": id, "aria-labelledby": `when-${id}` },
    element("div", { className: "shot" }, picture),
    element("div", {},
      element("div", { className: "title-row" }, element("h2", { id: `when-${id}` }, when(at)), element("p", { className: "badge" })),
      element("p", { className: "facts" }, facts(incident)),
      element("label", { htmlFor: `note-${id}` }, _("Note")), note,
      element("div", { className: "actions" }, button("seen", _("Seen")), button("false_alarm", _("False alarm")), button("new", _("Back to new"))),
      element("p", { className: "hint reviewed" })));
  show(article, incident);
  return article;
}

function show(article, { status, reviewed_by: by, reviewed_at: at }) {
  article.dataset.status = status;
  article.querySelector(".badge").textContent = STATUSES[status];
  article.querySelector(".reviewed").textContent = by ? `${by}, ${when(at)}` : "";
  for (const button of article.querySelectorAll("[data-set]")) button.hidden = button.dataset.set === status;
}

const review = (article, change) => attempt(async () => {
  const before = article.dataset.status;
  const reviewed = await api(`/incidents/${article.dataset.id}`, { method: "PATCH", body: change });
  show(article, reviewed);
  countNew(newOnes + (reviewed.status === "new") - (before === "new"));
  article.focus();
}, "note" in change ? _("The note is kept.") : `${STATUSES[change.status]}.`);

// --- keyboard ---

function move(step) {
  const all = [...list.querySelectorAll("article")];
  const now = all.indexOf(document.activeElement.closest("article"));
  const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  s: (article) => article && review(article, { status: "seen" }),
  f: (article) => article && review(article, { status: "false_alarm" }),
  n: (article) => article?.querySelector("textarea").focus(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.closest("article")?.focus();
    return;
  }
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action(document.activeElement.closest("article"));
});

const reload = () => attempt(() => load());
form.addEventListener("submit", (event) => event.preventDefault());
for (const choice of form.querySelectorAll("input[name=status]")) choice.addEventListener("change", reload);
watchSpan(form, reload);
byId("more").addEventListener("click", () => attempt(() => load(oldest)));
reload();
