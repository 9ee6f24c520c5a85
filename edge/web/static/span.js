// Today, yesterday, a week, or a range of days, chosen in a form: when it begins and ends, as the API wants it.
import { ZONE, dayOf } from "./page.js";

const DAY_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
});

// How far the door's clock is ahead of UTC at a moment, in milliseconds.
function ahead(at) {
  const part = Object.fromEntries(CLOCK.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - Math.floor(at / 1000) * 1000;
}

// When a day such as 2026-01-31 begins at the door; so many days later.
export function midnight(day, later = 0) {
  const utc = Date.parse(`${day}T00:00Z`) + later * DAY_MS;
  // The second guess has the offset of the right side of a change of clocks.
  const guess = utc - ahead(utc);
  return new Date(utc - ahead(guess));
}

function bounds(form) {
  const today = dayOf(new Date());
  switch (form.elements.span.value) {
    case "today": return [midnight(today), midnight(today, 1)];
    case "yesterday": return [midnight(today, -1), midnight(today)];
    case "week": return [midnight(today, -6), midnight(today, 1)];
    case "range": {
      const { first, last } = form.elements;
      return [first.value ? midnight(first.value) : null, last.value ? midnight(last.value, 1) : null];
    }
    default: return [null, null];
  }
}

// Adds `since` and `until` to what is asked.
export function askSpan(form, asked) {
  const [since, until] = bounds(form);
  if (since) asked.set("since", since.toISOString());
  if (until) asked.set("until", until.toISOString());
}

// Calls `change` whenever another span is chosen.
export function watchSpan(form, change) {
  const range = form.querySelector(".range");
  form.elements.span.addEventListener("change", () => {
    range.hidden = form.elements.span.value !== "range";
    if (!range.hidden && !form.elements.last.value) form.elements.last.value = dayOf(new Date());
    change();
  });
  for (const name of ["first", "last"]) form.elements[name].addEventListener("change", change);
}
