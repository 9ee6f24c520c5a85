import { api, attempt, element, when } from "./page.js";

const form = document.getElementById("hindsight");
const byId = (id) => document.getElementById(id);
const FATES = {
  same: "would have been alerts as they were", silent: "would have been seen and not heard", perhaps_not: "might not have been alerts",
  not: "would not have been alerts", unknown: "cannot be judged: too little was kept of them",
};
const SHORT = { silent: "silent", perhaps_not: "perhaps not", not: "not" };
const people = (false_alarms) => (false_alarms ? ` (${false_alarms} of them called false alarms)` : "");

function query() {
  const asked = new URLSearchParams({ days: form.elements.days.value });
  const { surest, hold_s: hold, cool_down_s: coolDown, hours, kind } = form.elements;
  if (surest.value) asked.set("surest", Number(surest.value) / 100);
  if (hold.value) asked.set("hold_s", hold.value);
  if (coolDown.value) asked.set("cool_down_s", coolDown.value);
  for (const span of hours.value.split(",").map((text) => text.trim()).filter(Boolean)) asked.append("hours", span);
  if (kind.value) asked.set("reminds_of_kind", kind.value === "remind");
  return asked;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const { alerts, fates, changed, cannot_tell: cannotTell } = await api(`/incidents/hindsight?${query()}`);
    byId("fates").replaceChildren(element("li", {}, element("strong", {}, `${alerts} alerts in this time.`)),
      ...fates.filter(({ count }) => count).map(({ fate, count, false_alarms: falseAlarms }) =>
        element("li", { "data-fate": fate }, `${count} ${FATES[fate]}${people(falseAlarms)}`)));
    byId("changed").replaceChildren(...changed.map(({ at, fate, why, status }) =>
      element("tr", {}, ...[when(at), SHORT[fate], why, status.replace("_", " ")].map((text) => element("td", {}, text)))));
    byId("changed").closest("div").hidden = !changed.length;
    byId("cannot-tell").textContent = `Nobody can tell: ${cannotTell.join("; ")}.`;
    byId("hindsight-answer").hidden = false;
  });
});
