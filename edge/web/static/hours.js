// An editor of hours and weekdays beside the text that they are written as: "Mon-Fri 07:00-19:00, Sat 09:00-12:00".
import { element } from "./page.js";
import { LOCALE, _ } from "./words.js";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
// 2024 began on a Monday.
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "short", timeZone: "UTC" });
const SHOWN = DAYS.map((_day, i) => WEEKDAY.format(Date.UTC(2024, 0, 1 + i)));
const SPAN = /^(?:(\w{3})(?:-(\w{3}))? )?(\d\d?:\d\d)-(\d\d?:\d\d)$/;

function days(first, last) {
  const begin = DAYS.indexOf(first);
  const length = ((DAYS.indexOf(last ?? first) - begin + 7) % 7) + 1;
  return new Set(first ? Array.from({ length }, (_item, i) => (begin + i) % 7) : DAYS.keys());
}

// Rows of the editor: spans of the same hours are one row; null where the text is not understood.
function parse(text) {
  const rows = new Map();
  for (const span of text.split(",").map((part) => part.trim()).filter(Boolean)) {
    const found = SPAN.exec(span);
    if (!found || (found[1] && !DAYS.includes(found[1])) || (found[2] && !DAYS.includes(found[2]))) return null;
    const [, first, last, begin, end] = found;
    const row = rows.get(`${begin}-${end}`) ?? { begin: begin.padStart(5, "0"), end: end.padStart(5, "0"), days: new Set() };
    for (const day of days(first, last)) row.days.add(day);
    rows.set(`${begin}-${end}`, row);
  }
  return [...rows.values()];
}

// Days in a row, such as Mon-Wed, Fri; nothing for all of them.
function written({ begin, end, days: chosen }) {
  if (chosen.size === 7) return [`${begin}-${end}`];
  const starts = [...chosen].filter((day) => !chosen.has((day + 6) % 7)).sort();
  return starts.map((start) => {
    let last = start;
    while (chosen.has((last + 1) % 7)) last = (last + 1) % 7;
    return `${start === last ? DAYS[start] : `${DAYS[start]}-${DAYS[last]}`} ${begin}-${end}`;
  });
}

// Rows of checkboxes and times, which write into `input`.
export function hoursEditor(input, label) {
  const box = element("fieldset", { className: "hours" }, element("legend", {}, label));
  const list = element("div");
  let rows = parse(input.value) ?? [];

  function write() {
    input.value = rows.filter(({ begin, end, days: chosen }) => begin && end && chosen.size).flatMap(written).join(", ");
  }

  function draw() {
    list.replaceChildren(...rows.map((row, index) => element("div", { className: "row", role: "group", "aria-label": _("Hours {n}", { n: index + 1 }) },
      ...SHOWN.map((name, day) => element("label", {}, element("input", {
        type: "checkbox", checked: row.days.has(day),
        onchange: ({ target }) => { row.days[target.checked ? "add" : "delete"](day); write(); },
      }), ` ${name}`)),
      ...["begin", "end"].map((key) => element("label", {}, key === "begin" ? _("from") : _("to"), " ", element("input", {
        type: "time", value: row[key] === "24:00" ? "00:00" : row[key],
        onchange: ({ target }) => { row[key] = key === "end" && target.value === "00:00" ? "24:00" : target.value; write(); },
      }))),
      element("button", { type: "button", className: "danger", "aria-label": _("Remove hours {n}", { n: index + 1 }), onclick: () => { rows.splice(index, 1); write(); draw(); } }, _("Remove")))));
    if (!rows.length) list.append(element("p", { className: "hint" }, _("Always.")));
  }

  input.addEventListener("change", () => { rows = parse(input.value) ?? rows; draw(); });
  const add = () => { rows.push({ begin: "07:00", end: "19:00", days: new Set([0, 1, 2, 3, 4]) }); write(); draw(); };
  box.append(list, element("button", { type: "button", className: "quiet", onclick: add }, _("Add hours")));
  draw();
  return box;
}
