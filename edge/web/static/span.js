// Today, yesterday, a week, or a range of days, chosen in a form: when it begins and ends, as the API wants it.
const pad = (number) => String(number).padStart(2, "0");

function midnight(day, later = 0) {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + later);
}

export const isoDate = (day) => `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;

function bounds(form) {
  const today = midnight(new Date());
  switch (form.elements.span.value) {
    case "today": return [today, midnight(today, 1)];
    case "yesterday": return [midnight(today, -1), today];
    case "week": return [midnight(today, -6), midnight(today, 1)];
    case "range": {
      const [first, last] = ["first", "last"].map((name) => form.elements[name].value && new Date(`${form.elements[name].value}T00:00`));
      return [first || null, last ? midnight(last, 1) : null];
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
    if (!range.hidden && !form.elements.last.value) form.elements.last.value = isoDate(new Date());
    change();
  });
  for (const name of ["first", "last"]) form.elements[name].addEventListener("change", change);
}
