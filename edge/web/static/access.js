import { api, attempt, element, tell, when } from "./page.js";
import { sessionItem } from "./sessions.js";
import { _, known } from "./words.js";

const byId = (id) => document.getElementById(id);
const ROLES = [...document.querySelectorAll("input[name=role]")].map((input) => input.value);
const part = (name) => encodeURIComponent(name);

// --- people ---

async function loadUsers() {
  const { users, shared_password: shared } = await api("/users");
  byId("shared").hidden = !shared;
  byId("users").replaceChildren(...(users.length ? users.map(userItem) : [element("li", {}, _("Nobody has a name yet."))]));
}

function userItem({ name, role, has_password: hasPassword, second_factor: hasCodes, invited_until: invited }) {
  const state = hasPassword ? (hasCodes ? _("with second factor") : "") : _("no password yet");
  const open = invited && new Date(invited) > new Date() ? _("invited until {time}", { time: when(invited) }) : "";
  const choice = element("select", { "aria-label": _("Role of {name}", { name }), onchange: ({ target }) => changed(name, target.value) },
    ...ROLES.map((one) => element("option", { value: one, selected: one === role }, known(one))));
  const button = (text, action, danger) => element("button",
    { type: "button", className: danger ? "danger" : "quiet", "aria-label": `${text}: ${name}`, onclick: action }, text);
  return element("li", { "data-user": name },
    element("span", {}, element("strong", {}, name), [state, open].filter(Boolean).map((text) => ` · ${text}`).join("")),
    element("span", { className: "actions" }, choice, button(_("Invite again"), () => invite(name)),
      hasCodes ? button(_("No more codes"), () => dropCodes(name)) : "",
      button(_("Remove"), () => remove(name), true)));
}

const changed = (name, role) => attempt(async () => {
  try {
    await api(`/users/${part(name)}`, { method: "PATCH", body: { role } });
  } finally {
    await Promise.all([loadUsers(), loadTokens()]);
  }
}, _("{name} is {role} now.", { name, role: known(role) }));

const remove = (name) => confirm(_("Remove {name}, and the tokens they made?", { name })) && attempt(async () => {
  await api(`/users/${part(name)}`, { method: "DELETE" });
  await load();
}, _("{name} is removed.", { name }));

const dropCodes = (name) => attempt(async () => {
  await api(`/users/${part(name)}/second-factor`, { method: "DELETE" });
  await loadUsers();
}, _("{name} logs in without codes.", { name }));

const invite = (name) => attempt(async () => {
  show(await api(`/users/${part(name)}/invitation`, { method: "POST" }));
  await loadUsers();
});

function show({ name, page, expires }) {
  byId("invitation").replaceChildren(
    element("p", {}, _("Send this to {name}; it is good once, until {time}, and not shown again:", { name, time: when(expires) })),
    element("p", {}, element("code", {}, location.origin + page)));
}

byId("user").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const body = { name: byId("user-name").value, role: new FormData(event.target).get("role") };
    show(await api("/users", { method: "POST", body }));
    event.target.reset();
    await loadUsers();
  }, _("The invitation is below."));
});

// --- sessions ---

async function loadSessions() {
  const { sessions } = await api("/sessions");
  byId("sessions").replaceChildren(...sessions.map((session) => sessionItem(session, `/sessions/${session.id}`, loadSessions)));
}

// --- tokens ---

function until(expires) {
  if (!expires) return "";
  const time = when(expires);
  return ` · ${new Date(expires) < new Date() ? _("expired {time}", { time }) : _("until {time}", { time })}`;
}

async function loadTokens() {
  const { tokens } = await api("/tokens");
  const items = tokens.map(({ name, scopes, created, maker, expires }) => element("li", {},
    element("span", {}, element("strong", {}, name), ` · ${scopes.join(", ")} · `,
      maker ? _("since {time}, by {name}", { time: when(created), name: maker }) : _("since {time}", { time: when(created) }), until(expires)),
    element("button", { type: "button", className: "danger", "aria-label": _("Delete {name}", { name }), onclick: () => removeToken(name) }, _("Delete"))));
  byId("tokens").replaceChildren(...(items.length ? items : [element("li", {}, _("There are none."))]));
}

const removeToken = (name) => attempt(async () => {
  await api(`/tokens/${part(name)}`, { method: "DELETE" });
  await loadTokens();
}, _("{name} is deleted.", { name }));

byId("token").addEventListener("submit", async (event) => {
  event.preventDefault();
  const scopes = new FormData(event.target).getAll("scope");
  if (!scopes.length) return tell(_("Say what the token may do."));
  const days = byId("days").value;
  await attempt(async () => {
    const body = { name: byId("name").value, scopes, days: days ? Number(days) : null };
    const { key } = await api("/tokens", { method: "POST", body });
    byId("key").replaceChildren(_("Copy it now, it is not shown again:"), " ", element("code", {}, key));
    event.target.reset();
    await loadTokens();
  }, _("The token is made."));
});

const load = () => Promise.all([loadUsers(), loadSessions(), loadTokens()]);
attempt(load);
