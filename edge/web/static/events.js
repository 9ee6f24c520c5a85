import { KINDS, api, attempt, element, eventRow } from "./page.js";

const PAGE = 100;
const form = document.getElementById("filter");
const rows = document.querySelector("#events tbody");
const more = document.getElementById("more");

document.getElementById("kinds").append(...Object.entries(KINDS).map(([kind, name]) =>
  element("label", {}, element("input", { type: "checkbox", name: "kind", value: kind }), ` ${name}`)));

let oldest;

// Local times of the form, as the API wants them.
function query() {
  const asked = new URLSearchParams();
  for (const kind of new FormData(form).getAll("kind")) asked.append("kind", kind);
  if (form.elements.since.value) asked.set("since", new Date(form.elements.since.value).toISOString());
  if (form.elements.until.value) asked.set("until", new Date(form.elements.until.value).toISOString());
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
  if (!rows.children.length) rows.append(element("tr", {}, element("td", { colSpan: 3 }, "Nothing happened.")));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  rows.replaceChildren();
  attempt(() => load());
});
more.addEventListener("click", () => attempt(() => load(oldest)));
attempt(() => load());
