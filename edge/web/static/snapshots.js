import { api, attempt, element, may, when } from "./page.js";
import { _ } from "./words.js";

// 20260131T235959Z.jpg
const time = (name) => when(name.replace(/^(....)(..)(..)T(..)(..)(..)Z.*/, "$1-$2-$3T$4:$5:$6Z"));

// A folder of pictures that can be erased one by one or all at once; `hint` tells of the answer whether more are made.
function pictures({ id, path, all, name: nameOf, hint }) {
  const list = document.getElementById(id);
  const button = document.getElementById(all);

  function item(name) {
    const at = time(name);
    const erase = () => attempt(async () => { await api(`${path}/${name}`, { method: "DELETE" }); await load(); }, _("Erased."));
    return element("li", { className: "card" },
      element("img", { src: `/api/v1${path}/${name}`, alt: nameOf(at), loading: "lazy" }),
      element("p", {}, at),
      may("settings") ? element("button", { type: "button", className: "danger", onclick: erase, "aria-label": _("Erase the picture of {time}", { time: at }) }, _("Erase")) : "");
  }

  async function load() {
    const answer = await api(path);
    document.getElementById(`${id}-hint`).textContent = hint(answer);
    list.replaceChildren(...answer.names.map(item));
    button.hidden = !answer.names.length || !may("settings");
  }

  button.addEventListener("click", () => {
    if (confirm(_("Erase all pictures of this kind?"))) attempt(async () => { await api(path, { method: "DELETE" }); await load(); }, _("All are erased."));
  });
  attempt(load);
}

pictures({
  id: "snapshots", path: "/snapshots", all: "erase-all", name: (time) => _("Alert, faces blurred, of {time}", { time }),
  hint: ({ enabled }) => enabled
    ? _("One picture of each alert, faces blurred; each is deleted by itself after some days.")
    : _("No pictures are kept. To have one of each alert, faces blurred, set snapshots = true under [web] in the configuration."),
});
pictures({
  id: "uncertain", path: "/uncertain", all: "erase-uncertain", name: (time) => _("Face the model was unsure of, {time}", { time }),
  hint: ({ until }) => until
    ? _("Faces the model was unsure of are kept until the end of {day}, for labelling; each is deleted by itself after some days.", { day: until })
    : _("No faces are kept for labelling."),
});
