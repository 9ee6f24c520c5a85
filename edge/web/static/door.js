// The door screen: shows what the kiosk says, and FAULT as soon as it says nothing. A stale PASS must never be seen.
const SILENCE_MS = 5000; // The kiosk speaks every two seconds.
const RETRY_MS = 1000;
const LANGUAGE_MS = 4000;
const SMALLEST_PX = 8;

const body = document.body;
const words = JSON.parse(body.dataset.words);
const languages = Object.keys(words);
const rightToLeft = body.dataset.rightToLeft.split(" ");
const sentence = document.getElementById("sentence");
const title = document.getElementById("title");
const progress = document.getElementById("progress");

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
  write(sentence, words[code][body.dataset.show]);
  if (title) write(title, words[code].title);
}

function write(place, text) {
  // An unchanged sentence is not read out again.
  if (place.textContent === text) return;
  place.textContent = text;
  fit(place);
}

// The largest size, up to the style sheet's, at which the text fits its box without breaking a word.
function fit(place) {
  const box = place.parentElement;
  const fits = () => place.offsetHeight <= box.clientHeight && place.scrollWidth <= place.clientWidth;
  place.style.fontSize = "";
  let above = parseFloat(getComputedStyle(place).fontSize);
  if (fits()) return;
  let size = SMALLEST_PX;
  while (above - size > 0.5) {
    const tried = (size + above) / 2;
    place.style.fontSize = `${tried}px`;
    if (fits()) size = tried;
    else above = tried;
  }
  place.style.fontSize = `${size}px`;
}

function hear(status) {
  // Another version, or another configuration.
  if (status.page !== body.dataset.page) return location.reload();
  progress.style.strokeDasharray = `${100 * status.progress} 100`;
  document.getElementById("setup").hidden = !status.setup;
  body.dataset.reminds = status.reminds;
  show(status.shows);
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
const room = new ResizeObserver((changes) => changes.forEach(({ target }) => fit(target.firstElementChild)));
document.querySelectorAll(".box").forEach((box) => room.observe(box));
show("fault");
connect();
