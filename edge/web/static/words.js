// The words of the scripts in the page's language. They stand here in English, marked with _, _n or mark for
// docs/write_catalogue.py; the translations come with a script of their own, before all others.
// `patternTexts` are those with places for values that the API fills in itself.
const { plural, texts, patterns: patternTexts } = globalThis.WORDS ?? { plural: "", texts: {}, patterns: [] };
export const LANGUAGE = document.documentElement.lang;
const RANGE = 100; // A number's plural follows from whether it is below this, and from its last two digits.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (name, key) => values[key] ?? name);

// A text with values for its {names}; a text that has no translation stays English.
export const _ = (text, values = {}) => fill(texts[text] ?? text, values);

// The form that goes with a number, which the text may name as {n}.
export function _n(one, many, n, values = {}) {
  const forms = texts[one];
  const form = forms ? forms[plural[n < RANGE ? n : RANGE + (n % RANGE)]] : n === 1 ? one : many;
  return fill(form, { n: number(n), ...values });
}

// A text that is translated where it is shown.
export const mark = (text) => text;

// --- what the API says ---

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const numbered = (text) => {
  const [, digits, , places = "", share] = /^(\d+)(\.(\d+))?( %)?$/.exec(text) ?? [];
  if (!digits) return text;
  return share ? percent(parseFloat(text) / 100, places.length) : number(Number(text), places.length);
};

let patterns;

// The translation of what the API said in English; null where there is none.
export function known(said) {
  if (LANGUAGE === "en") return said;
  if (typeof texts[said] === "string") return texts[said];
  patterns ??= patternTexts.map((text) => [new RegExp(`^${text.split(/\{\w+\}/).map(escaped).join("(.+)")}$`), text]);
  for (const [shape, text] of patterns) {
    const [, ...values] = shape.exec(said) ?? [null];
    const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    if (values.length) return _(text, Object.fromEntries(names.map((name, i) => [name, numbered(values[i])])));
  }
  return null;
}

// The same for a place on the page; English that stays is marked as such.
export function said(text) {
  const words = known(text);
  if (words !== null) return words;
  const made = document.createElement("bdi");
  made.lang = "en";
  made.textContent = text;
  return made;
}

// A translated sentence with that in the place of its {name}, as parts of an element.
export function quoting(sentence, name, text) {
  const [before, after] = sentence.split(`{${name}}`);
  return [before, said(text), after];
}

// --- numbers ---

// As the browser's own country writes them, if it speaks the page's language; always with the digits 0 to 9.
const own = navigator.languages.find((code) => code.split("-")[0] === LANGUAGE) ?? LANGUAGE;
export const LOCALE = new Intl.Locale(own, { numberingSystem: "latn" }).toString();

export function number(value, most = 0, least = most) {
  return new Intl.NumberFormat(LOCALE, { minimumFractionDigits: least, maximumFractionDigits: most }).format(value);
}

export const percent = (share, digits = 0) => _("{n} %", { n: number(share * 100, digits) });
