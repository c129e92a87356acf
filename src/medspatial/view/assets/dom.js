// Small helpers of all pages. All content becomes text nodes: nothing anybody wrote is read as HTML.
export const element = (name, attributes = {}, ...content) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(key, value);
    else node.setAttribute(key, value);
  }
  node.append(...content.filter((one) => one !== null && one !== undefined && one !== ""));
  return node;
};

export const byId = (id) => document.getElementById(id);

export const say = (text) => {
  byId("message").textContent = text;
};

const parsed = async (answer) => {
  const found = await answer.json().catch(() => ({ error: `${answer.status} ${answer.statusText}` }));
  if (!answer.ok) throw new Error(found.error ?? `${answer.status}`);
  return found;
};

export const address = (path, values = {}) => {
  const query = new URLSearchParams(values).toString();
  return query ? `${path}?${query}` : path;
};

export const ask = async (path, values) => parsed(await fetch(address(path, values)));

export const send = async (path, content) =>
  parsed(
    await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(content),
    }),
  );

export const facts = (rows) => {
  const list = element("dl");
  for (const [name, text] of rows) list.append(element("dt", {}, name), element("dd", {}, text));
  return list;
};
