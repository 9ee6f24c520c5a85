import { api, attempt, element, when } from "./page.js";
import { _, _n, number, quoting, said } from "./words.js";

const form = document.getElementById("hindsight");
const byId = (id) => document.getElementById(id);
const FATES = {
  same: _("{n} would have been alerts as they were"), silent: _("{n} would have been seen and not heard"),
  perhaps_not: _("{n} might not have been alerts"), not: _("{n} would not have been alerts"),
  unknown: _("{n} cannot be judged: too little was kept of them"),
};
const SHORT = { silent: _("silent"), perhaps_not: _("perhaps not"), not: _("not") };
const STATUSES = { new: _("new"), seen: _("seen"), false_alarm: _("false alarm") };
const people = (false_alarms) => (false_alarms ? ` ${_("({n} of them called false alarms)", { n: false_alarms })}` : "");

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
    byId("fates").replaceChildren(element("li", {}, element("strong", {}, _n("{n} alerts in this time.", "{n} alerts in this time.", alerts))),
      ...fates.filter(({ count }) => count).map(({ fate, count, false_alarms: falseAlarms }) =>
        element("li", { "data-fate": fate }, FATES[fate].replace("{n}", number(count)) + people(falseAlarms))));
    byId("changed").replaceChildren(...changed.map(({ at, fate, why, status }) =>
      element("tr", {}, ...[when(at), SHORT[fate], said(why), STATUSES[status]].map((text) => element("td", {}, text)))));
    byId("changed").closest("div").hidden = !changed.length;
    byId("cannot-tell").replaceChildren(...quoting(_("Nobody can tell: {what}."), "what", cannotTell.join("; ")));
    byId("hindsight-answer").hidden = false;
  });
});
