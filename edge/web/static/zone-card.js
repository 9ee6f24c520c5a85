// The card in which zones are drawn, on the pages Settings and Set-up.
import { attempt, element } from "./page.js";
import { ZoneEditor } from "./zones.js";
import { _ } from "./words.js";

const byId = (id) => document.getElementById(id);
const WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]];
const KINDS = ["region", "ignored"];

export const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
// What is kept is used as soon as the camera is back; until then something else is in use.
export const kept = (settings, section, key) => settings.changed[section]?.[key] ?? settings.configured[section][key];
export const later = (answer) => (answer.in_use ? _("Saved and in use.") : _("Saved; it is used as soon as the camera is back."));

export class ZoneCard {
  // change sends a patch of the settings, and gives the answer.
  constructor(change) {
    this.editor = new ZoneEditor(byId("zones"), {
      say: (text) => { byId("zone-status").textContent = text; },
      onChange: (now) => this.show(now),
    });
    for (const kind of KINDS) {
      byId(`draw-${kind}`).addEventListener("click", () => {
        if (this.editor.drawing === kind) return this.editor.stop();
        this.editor.start(kind);
        byId("zones").focus();
      });
    }
    byId("finish-zone").addEventListener("click", () => this.editor.close());
    byId("revert-zones").addEventListener("click", () => this.editor.set(this.kept()));
    byId("save-zones").addEventListener("click", () => attempt(async () => {
      const { region, ignored } = this.editor.zones;
      // null stands for the configuration's own region; without any, the whole picture counts.
      const wanted = region ?? (this.settings.configured.zones.region ? WHOLE : null);
      const answer = await change({ zones: { region: wanted, ignored } });
      byId("zone-status").textContent = later(answer);
    }));
  }

  set(settings) {
    this.settings = settings;
    this.editor.set(this.kept());
    for (const kind of KINDS) byId(`draw-${kind}`).disabled = false;
  }

  kept() {
    return { region: kept(this.settings, "zones", "region"), ignored: kept(this.settings, "zones", "ignored") };
  }

  show(now) {
    for (const kind of KINDS) byId(`draw-${kind}`).setAttribute("aria-pressed", now.drawing === kind);
    byId("finish-zone").disabled = !now.canClose;
    const isChanged = this.settings !== undefined && !same(now.zones, this.kept());
    byId("save-zones").disabled = !isChanged;
    byId("revert-zones").disabled = !isChanged;
    byId("zone-list").replaceChildren(...this.items(now));
  }

  items(now) {
    const item = (name, remove) => element("li", {}, name,
      element("button", { type: "button", className: "danger", "aria-label": _("Remove: {name}", { name }), onclick: remove }, _("Remove")));
    const items = now.zones.ignored.map((_zone, i) => item(_("Ignored part {n}", { n: i + 1 }), () => now.removeIgnored(i)));
    if (now.zones.region) items.unshift(item(_("The only part that counts"), () => now.removeRegion()));
    return items;
  }
}
