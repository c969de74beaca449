// One moment of a search at a time: a slider chooses among the maps that the page has. Without this script they
// stand beside each other. What is new is said, and never put under who is looking: they ask for it.

for (const moments of document.querySelectorAll(".moments")) {
  const figures = [...moments.querySelectorAll(".moment")];
  const slide = moments.querySelector(".slide");
  if (figures.length < 2) continue;
  const input = slide.querySelector("input");
  const output = slide.querySelector("output");
  const show = () => {
    const chosen = figures[Number(input.value)];
    for (const each of figures) each.classList.toggle("chosen", each === chosen);
    output.textContent = chosen.dataset.words;
    input.setAttribute("aria-valuetext", chosen.dataset.words);
  };
  input.addEventListener("input", show);
  moments.classList.add("sliding");
  slide.hidden = false;
  show();
}

const APART_MS = 3_000; // between two questions
const told = document.getElementById("told");
let timer = 0;

async function ask() {
  timer = 0;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("told");
    document.getElementById("changed").hidden = fresh.dataset.version === told.dataset.version;
  } catch {
    // The node is away; what is shown stays, and is asked for again when it is back.
  }
}

document.addEventListener("news", ({ detail: news }) => {
  if (news.changed && !timer) timer = setTimeout(ask, APART_MS);
});
