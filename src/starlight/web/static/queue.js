// Keeps the queue as it is while it is looked at. Nothing moves from under a finger or a focus: while somebody is
// in it a line says that it has changed, and leads to what it is now. Markup comes from the server alone.

const APART_MS = 1_000; // between two requests

let view = document.getElementById("view");
let shown = view.innerHTML;
let timer = 0;

async function refresh() {
  timer = 0;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("view");
    if (fresh.innerHTML === shown) return;
    if (view.matches(":hover, :focus-within")) {
      document.getElementById("changed").hidden = false;
      return;
    }
    shown = fresh.innerHTML;
    const adopted = document.adoptNode(fresh);
    view.replaceWith(adopted);
    view = adopted;
  } catch {
    // The node is away; what is shown stays, and is asked for again when it is back.
  }
}

document.addEventListener("news", ({ detail: news }) => {
  if (news.changed && !timer) timer = setTimeout(refresh, APART_MS);
});
