// A browser starts no worker for a page that was opened as a file: there, the search runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inside = frame.contentWindow;
      const load = source => new Promise((done, failed) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: new URL(source, document.baseURI).href, onload: done, onerror: failed });
        inside.document.body.append(script);
      });
      inside.importScripts = (...sources) => Promise.all(sources.map(load));
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }));
      const loaded = load(url);
      this.postMessage = data => loaded.then(() => inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
}
