import { api, attempt, capital, tell } from "./page.js";
import { _, known, quoting, said } from "./words.js";

const LOOK_MS = 2000;
const byId = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;
const STATES = { waiting: _("Handed to the system."), working: _("It is verified, installed and proves itself. The door is shut for half a minute when it takes over.") };
let version;

function failed({ file, text }) {
  return quoting(file ? _("{file} was not installed: {why}.", { file }) : _("The update was not installed: {why}."), "why", text);
}

const reason = (text) => (known(text) === null ? said(capital(text)) : capital(known(text)));

function show(update) {
  const underWay = update.state in STATES;
  byId("update-why-not").replaceChildren(...(update.why_not ? [reason(update.why_not), "."] : []));
  byId("update-form").hidden = Boolean(update.why_not) || underWay;
  const [mark, words] = underWay ? ["", [STATES[update.state]]]
    : update.state === "done" ? ["good", [`${update.file}: `, said(update.text), "."]]
    : update.state === "failed" ? ["bad", failed(update)] : ["", []];
  byId("update-state").className = `told ${mark}`;
  byId("update-state").replaceChildren(...words);
  if (underWay) setTimeout(look, LOOK_MS);
  else if (version && update.version !== version) location.reload();
  version ??= update.version;
}

// While it takes over nobody answers; a login outlasts that.
async function look() {
  try {
    show(await api("/update"));
  } catch {
    setTimeout(look, LOOK_MS);
  }
}

// `fetch` does not tell how much has been sent.
function send(file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/v1/update/files/${encodeURIComponent(file.name)}`);
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onerror = () => reject(new Error(_("the upload was cut off; try again")));
    request.onload = () => (request.status === 204 ? resolve() : reject(new Error(JSON.parse(request.responseText || "{}").error ?? _("refused ({status})", { status: request.status }))));
    request.send(file);
  });
}

byId("update-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const files = [...byId("update-files").files];
  const release = files.find(({ name }) => /\.(tar\.gz|deb)$/.test(name));
  if (!release) return tell(_("Choose an archive (.tar.gz), or a package (.deb) with SHA256SUMS and SHA256SUMS.sig."));
  if (!confirm(_("Install {file}? The door is shut for half a minute when it takes over.", { file: release.name }))) return undefined;
  const bar = byId("update-progress");
  const all = files.reduce((sum, { size }) => sum + size, 0);
  return attempt(async () => {
    byId("update-send").disabled = true;
    bar.parentElement.hidden = false;
    try {
      let before = 0;
      for (const file of files) {
        await send(file, (loaded) => { bar.value = (before + loaded) / all; });
        before += file.size;
      }
      byId("update-state").textContent = _("Its signature is looked at …");
      await api("/update", { method: "POST", body: { file: release.name } });
    } catch (error) {
      await api("/update", { method: "DELETE" }).catch(() => null);
      byId("update-state").textContent = "";
      throw error;
    } finally {
      byId("update-send").disabled = false;
      bar.parentElement.hidden = true;
      event.target.reset();
    }
    await look();
  });
});

attempt(async () => show(await api("/update")));
