// Texts in the language of the page. They stand in the code in English, which is their key; the page brings what
// they are in its own language, and nothing where that is English.

const told = JSON.parse(document.getElementById("texts")?.textContent || "{}");

// Returns a text in the page's language, each {name} in it filled with a value.
export function t(text, values = {}) {
  return (told[text] ?? text).replace(/\{(\w+)\}/g, (name, key) => (key in values ? String(values[key]) : name));
}
