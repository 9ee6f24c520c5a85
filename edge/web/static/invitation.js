// An invitation's key stands behind the # of the link: browsers send it to nobody, but this form to the kiosk.
import { _, known } from "./words.js";

const form = document.getElementById("invitation");
const password = document.getElementById("password");
const complaint = document.getElementById("complaint");

function complain(text) {
  complaint.textContent = text;
  complaint.hidden = !text;
  password.setAttribute("aria-invalid", Boolean(text));
}

async function cause(answer) {
  const { error } = await answer.json();
  return known(error) ?? error;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("");
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content };
  const body = JSON.stringify({ key: location.hash.slice(1), password: password.value });
  try {
    const answer = await fetch("/invitation", { method: "POST", headers, body });
    if (answer.ok) location.assign("/");
    else complain(await cause(answer));
  } catch {
    complain(_("The kiosk does not answer."));
  }
});
// Pressed earlier, the password would stand in the address.
form.querySelector("[type=submit]").disabled = false;
