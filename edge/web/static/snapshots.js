import { api, attempt, element, when } from "./page.js";

const list = document.getElementById("snapshots");
const all = document.getElementById("erase-all");

// 20260131T235959Z.jpg
const time = (name) => when(name.replace(/^(....)(..)(..)T(..)(..)(..)Z.*/, "$1-$2-$3T$4:$5:$6Z"));

function item(name) {
  const at = time(name);
  const erase = () => attempt(async () => { await api(`/snapshots/${name}`, { method: "DELETE" }); await load(); }, "Erased.");
  return element("li", { className: "card" },
    element("img", { src: `/api/v1/snapshots/${name}`, alt: `Alert of ${at}, faces blurred`, loading: "lazy" }),
    element("p", {}, at),
    element("button", { type: "button", className: "danger", onclick: erase, "aria-label": `Erase the picture of ${at}` }, "Erase"));
}

async function load() {
  const { enabled, names } = await api("/snapshots");
  document.getElementById("snapshots-hint").textContent = enabled
    ? "One picture of each alert, faces blurred; each is deleted by itself after some days."
    : "No pictures are kept. To have one of each alert, faces blurred, set snapshots = true under [web] in the configuration.";
  list.replaceChildren(...names.map(item));
  all.hidden = !names.length;
}

all.addEventListener("click", () => {
  if (confirm("Erase all snapshots?")) attempt(async () => { await api("/snapshots", { method: "DELETE" }); await load(); }, "All are erased.");
});
attempt(load);
