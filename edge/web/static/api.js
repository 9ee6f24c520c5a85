import { ask, attempt, element } from "./page.js";
import { _ } from "./words.js";

const LONGEST = 4000;

// An example of what a schema asks for.
function example(schema, all) {
  if (schema.$ref) return example(all[schema.$ref.split("/").at(-1)], all);
  if (schema.anyOf) return example(schema.anyOf[0], all);
  if ("default" in schema && schema.default !== null) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.type === "object") {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => !schema.required || schema.required.includes(name)).map(([name, part]) => [name, example(part, all)]));
  }
  if (schema.type === "array") return schema.items && schema.minItems ? [example(schema.items, all)] : [];
  return { string: "", boolean: false, null: null }[schema.type] ?? schema.minimum ?? 0;
}

async function show(answer, output) {
  const type = answer.headers.get("Content-Type") ?? "";
  const head = `${answer.status} ${answer.statusText}\n`;
  if (type.startsWith("image/")) {
    output.replaceChildren(head, element("img", { src: URL.createObjectURL(await answer.blob()), alt: _("The picture answered") }));
  } else {
    const text = await answer.text();
    output.textContent = head + (type.includes("json") ? JSON.stringify(JSON.parse(text), null, 2) : text).slice(0, LONGEST);
  }
}

function operation(method, path, { summary, description, parameters = [], requestBody }, schemas) {
  const id = `${method}${path}`.replace(/\W+/g, "-");
  const inputs = parameters.map((parameter) => [parameter, element("input", { id: `${id}-${parameter.name}` })]);
  const labelled = inputs.map(([{ name, description: words }, input]) =>
    element("p", {}, element("label", { htmlFor: input.id }, `${name} ${words ? `(${words})` : ""} `), input));
  const schema = requestBody?.content["application/json"]?.schema;
  const body = element("textarea", { id: `${id}-body`, rows: 5, value: schema ? JSON.stringify(example(schema, schemas), null, 2) : "" });
  const output = element("pre", { role: "status" });
  // What never ends is shown where it belongs: on the status page.
  const endless = path.endsWith("/stream") || path.endsWith(".mjpeg");
  const run = () => attempt(async () => {
    let target = path;
    const query = new URLSearchParams();
    for (const [{ name, in: place }, input] of inputs) {
      if (place === "path") target = target.replace(`{${name}}`, encodeURIComponent(input.value));
      else for (const value of input.value.split(",").filter(Boolean)) query.append(name, value);
    }
    const answer = await ask(`${target}${query.size ? `?${query}` : ""}`, { method: method.toUpperCase(), body: schema ? JSON.parse(body.value) : undefined, raw: true });
    await show(answer, output);
  });
  return element("details", { className: "card" },
    element("summary", {}, element("span", { className: "method" }, method.toUpperCase()), element("code", {}, path), ` ${summary}`),
    element("p", { className: "hint" }, description), ...labelled,
    ...(schema ? [element("label", { htmlFor: body.id }, _("Body")), body] : []),
    requestBody && !schema ? element("p", {}, _("The body is the file itself:"), " ", element("code", {}, `curl -T FILE …${path}`))
      : endless ? element("p", {}, element("a", { href: path }, _("Open it"))) : element("div", { className: "actions" }, element("button", { type: "button", onclick: run }, _("Try it"))),
    output);
}

attempt(async () => {
  const { paths, components } = await ask("/openapi.json");
  const made = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => operation(method, path, described, components.schemas)));
  document.getElementById("operations").append(...made);
});
