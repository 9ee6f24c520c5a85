// A browser that is logged in, as an item of a list.
import { api, attempt, element, when } from "./page.js";

const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrom(e|ium)\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS/, "macOS"], [/Linux/, "Linux"]];

function device(browser) {
  const first = (names) => names.find(([pattern]) => pattern.test(browser))?.[1];
  return [first(BROWSERS) ?? "a program", first(SYSTEMS)].filter(Boolean).join(" on ");
}

export function sessionItem({ user, begun, address, browser, is_this: isThis }, path, load) {
  const end = () => attempt(async () => {
    await api(path, { method: "DELETE" });
    if (isThis) location.assign("/login");
    else await load();
  }, "That session has ended.");
  const who = user || "the shared password";
  return element("li", {},
    element("span", {}, element("strong", {}, who), ` · ${device(browser)} at ${address || "?"} · since ${when(begun)}${isThis ? " · this browser" : ""}`),
    element("button", { type: "button", className: "quiet", "aria-label": `End the session of ${who} since ${when(begun)}`, onclick: end }, "End"));
}
