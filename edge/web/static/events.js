import { CHATTER, KINDS, api, attempt, element, eventRow } from "./page.js";
import { askSpan, watchSpan } from "./span.js";
import { _ } from "./words.js";

const PAGE = 100;
const form = document.getElementById("filter");
const rows = document.querySelector("#events tbody");
const more = document.getElementById("more");

document.getElementById("kinds").append(...Object.entries(KINDS).map(([kind, name]) =>
  element("label", {}, element("input", { type: "checkbox", name: "kind", value: kind }), ` ${name}`)));

let oldest;

function query() {
  const asked = new URLSearchParams();
  const chosen = new FormData(form).getAll("kind");
  const telling = form.elements.chatter.checked ? [] : Object.keys(KINDS).filter((kind) => !CHATTER.has(kind));
  for (const kind of chosen.length ? chosen : telling) asked.append("kind", kind);
  askSpan(form, asked);
  return asked;
}

async function load(before) {
  const asked = query();
  asked.set("limit", PAGE);
  if (before) asked.set("before", before);
  const { events } = await api(`/events?${asked}`);
  rows.append(...events.map(eventRow));
  more.hidden = events.length < PAGE;
  oldest = events.at(-1)?.id;
  document.getElementById("csv").href = `/api/v1/events.csv?${query()}`;
  if (!rows.children.length) rows.append(element("tr", {}, element("td", { colSpan: 3 }, _("Nothing happened."))));
}

function reload() {
  rows.replaceChildren();
  attempt(() => load());
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  reload();
});
form.elements.chatter.addEventListener("change", reload);
watchSpan(form, reload);
more.addEventListener("click", () => attempt(() => load(oldest)));
attempt(() => load());
