// A browser that is logged in, as an item of a list.
import { api, attempt, element, when } from "./page.js";
import { _ } from "./words.js";

const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrom(e|ium)\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS/, "macOS"], [/Linux/, "Linux"]];

function device(browser) {
  const first = (names) => names.find(([pattern]) => pattern.test(browser))?.[1];
  const [program, system] = [first(BROWSERS) ?? _("a program"), first(SYSTEMS)];
  return system ? _("{program} on {system}", { program, system }) : program;
}

export function sessionItem({ user, begun, address, browser, is_this: isThis }, path, load) {
  const end = () => attempt(async () => {
    await api(path, { method: "DELETE" });
    if (isThis) location.assign("/login");
    else await load();
  }, _("That session has ended."));
  const who = user || _("the shared password");
  const where = _("{browser} at {address}", { browser: device(browser), address: address || "?" });
  return element("li", {},
    element("span", {}, element("strong", {}, who), ` · ${where} · ${_("since {time}", { time: when(begun) })}`, isThis ? ` · ${_("this browser")}` : ""),
    element("button", { type: "button", className: "quiet", "aria-label": _("End the session of {name} since {time}", { name: who, time: when(begun) }), onclick: end }, _("End")));
}
