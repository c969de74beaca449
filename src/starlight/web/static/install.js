// Lets the page be installed, and be opened while the node is away: its worker keeps the page for that, which
// has no letters in it.

const worker = navigator.serviceWorker;
const { person } = document.body.dataset;

function keep() {
  worker.controller?.postMessage({ keep: `/people/${encodeURIComponent(person)}/away` });
}

if (worker && person) {
  worker.addEventListener("controllerchange", keep);
  // Asked for anew each time: a node of another version has another worker.
  worker.register("/static/worker.js", { scope: "/", updateViaCache: "none" }).then(keep, () => {
    // A browser may have none, as in a private window: then a node that is away shows the browser's own page.
  });
}

// Offered in the settings alone: nothing asks anybody to install it.
const offer = document.getElementById("installing");
addEventListener("beforeinstallprompt", (event) => {
  if (!offer) return;
  event.preventDefault();
  offer.hidden = false;
  document.getElementById("install").addEventListener("click", () => event.prompt());
});
