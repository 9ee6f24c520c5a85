import { api, attempt, element, tell } from "./page.js";
import { sessionItem } from "./sessions.js";
import { _, _n } from "./words.js";

const byId = (id) => document.getElementById(id);
const YEAR_S = 31_536_000;
let secret = "";

async function load() {
  const { second_factor: isOn, recovery_codes: left, sessions } = await api("/account");
  byId("sessions").replaceChildren(...(sessions.length
    ? sessions.map((session) => sessionItem(session, `/account/sessions/${session.id}`, load))
    : [element("li", {}, _("A proxy says who this is; the kiosk keeps no session."))]));
  for (const part of document.querySelectorAll("[data-codes]")) part.hidden = !isOn;
  if (!byId("codes-state")) return;
  byId("codes-state").textContent = isOn
    ? `${_("On: every login asks for a code of your app, too.")} ${left ? _n("{n} recovery code is left.", "{n} recovery codes are left.", left) : _("There are no recovery codes: make some, for the day on which the app is lost.")}`
    : _("Off. With it every login asks for a code of an app on your telephone, too: a password alone opens nothing.");
  byId("codes-begin").hidden = isOn;
  byId("codes-off").hidden = !isOn;
}

// A cookie that the kiosk reads; without one it goes by what the browser asks for.
byId("language-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { value } = byId("language");
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `language=${value}; path=/; samesite=strict; max-age=${value ? YEAR_S : 0}${secure}`;
  location.reload();
});

byId("password")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { current: byId("current").value, new: byId("new").value, code: byId("code").value, keep_tokens: byId("keep-tokens").checked };
  await attempt(async () => {
    await api("/password", { method: "POST", body });
    location.assign("/login");
  });
});

byId("codes-begin")?.addEventListener("click", () => attempt(async () => {
  const made = await api("/account/second-factor/secret", { method: "POST" });
  secret = made.secret;
  byId("qr").replaceChildren(new DOMParser().parseFromString(made.qr, "image/svg+xml").documentElement);
  byId("secret").textContent = secret.match(/.{4}/g).join(" ");
  byId("codes-begin").hidden = true;
  byId("codes-confirm").hidden = false;
  byId("first-code").focus();
}));

byId("codes-confirm")?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    await api("/account/second-factor", { method: "POST", body: { current: byId("first-current").value, secret, code: byId("first-code").value } });
    byId("codes-confirm").hidden = true;
    event.target.reset();
    await load();
  }, _("From now on a login asks for a code."));
});

byId("codes-off")?.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const isOff = event.submitter.value === "off";
    const body = { current: byId("off-current").value, code: byId("off-code").value };
    const made = await api(isOff ? "/account/second-factor/off" : "/account/recovery-codes", { method: "POST", body });
    byId("recovery-codes").replaceChildren(...(made?.codes ?? []).map((code) => element("li", {}, element("code", {}, code))));
    byId("recovery").hidden = isOff;
    event.target.reset();
    await load();
    tell(isOff ? _("A login asks for no codes any more.") : _("Ten codes were made; each opens once."), true);
  });
});

attempt(load);
