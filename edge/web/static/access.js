import { api, attempt, element, tell, when } from "./page.js";

const byId = (id) => document.getElementById(id);

async function load() {
  const { tokens } = await api("/tokens");
  const items = tokens.map(({ name, scopes, created }) => element("li", {},
    element("span", {}, element("strong", {}, name), ` · ${scopes.join(", ")} · since ${when(created)}`),
    element("button", { type: "button", className: "danger", "aria-label": `Delete ${name}`, onclick: () => remove(name) }, "Delete")));
  byId("tokens").replaceChildren(...(items.length ? items : [element("li", {}, "There are none.")]));
}

const remove = (name) => attempt(async () => {
  await api(`/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
  await load();
}, `${name} is deleted.`);

byId("token").addEventListener("submit", async (event) => {
  event.preventDefault();
  const scopes = new FormData(event.target).getAll("scope");
  if (!scopes.length) return tell("Say what the token may do.");
  await attempt(async () => {
    const { key } = await api("/tokens", { method: "POST", body: { name: byId("name").value, scopes } });
    byId("key").replaceChildren("Copy it now, it is not shown again: ", element("code", {}, key));
    event.target.reset();
    await load();
  }, "The token is made.");
});

byId("password").addEventListener("submit", async (event) => {
  event.preventDefault();
  await attempt(async () => {
    await api("/password", { method: "POST", body: { current: byId("current").value, new: byId("new").value, keep_tokens: byId("keep-tokens").checked } });
    location.assign("/login");
  });
});
attempt(load);
