// The door screen: shows what the kiosk says, and FAULT as soon as it says nothing. A stale PASS must never be seen.
const SILENCE_MS = 5000; // The kiosk speaks every two seconds.
const RETRY_MS = 1000;
const LANGUAGE_MS = 4000;

const body = document.body;
const words = JSON.parse(body.dataset.words);
const languages = Object.keys(words);
const rightToLeft = body.dataset.rightToLeft.split(" ");
const sentence = document.getElementById("sentence");

let language = 0;
let source;
let silence;

function show(what) {
  body.dataset.show = what;
  speak();
}

function speak() {
  const code = languages[language];
  document.documentElement.lang = code;
  document.documentElement.dir = rightToLeft.includes(code) ? "rtl" : "ltr";
  const text = words[code][body.dataset.show];
  // An unchanged sentence is not read out again.
  if (sentence.textContent !== text) sentence.textContent = text;
}

function hear(status) {
  if (status.version !== body.dataset.version) return location.reload();
  if (status.state === "alert") return show(status.reason ?? "without_mask");
  const waits = status.state === "idle" || status.state === "checking";
  show(waits && !status.decides ? "undecided" : status.state);
}

function connect() {
  source?.close();
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
  source = new EventSource("/door/stream");
  source.onmessage = (event) => {
    clearTimeout(silence);
    silence = setTimeout(lose, SILENCE_MS);
    hear(JSON.parse(event.data));
  };
  source.onerror = lose;
}

async function lose() {
  source.close();
  clearTimeout(silence);
  show("fault");
  try {
    const answer = await fetch("/door", { method: "HEAD", redirect: "manual" });
    // The login has run out, or another is wanted since the kiosk was set up anew.
    if (answer.type === "opaqueredirect" || answer.status === 401) return location.assign("/login?next=/door");
  } catch {
    // The kiosk is restarting, or the network is away.
  }
  setTimeout(connect, RETRY_MS);
}

if (languages.length > 1) {
  setInterval(() => { language = (language + 1) % languages.length; speak(); }, LANGUAGE_MS);
}
show("fault");
connect();
