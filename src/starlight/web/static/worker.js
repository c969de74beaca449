// The worker of the page: shows what it kept when the node does not answer, and nothing else. Pages and their
// files come from the node whenever that is there, so an old one is never shown beside it. What is kept is of
// one version of the node (`VERSION`, `ASSETS`, which the node writes before this): a new version makes a new
// worker, which begins with files of its own and lets go of all that the last one kept.

const KEPT = `starlight ${VERSION}`;
const PATIENCE_MS = 20_000;
const AWAY = /^\/people\/[^/]+\/away$/;

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(ASSETS.map((url) => new Request(url, { cache: "reload" })))));
});

addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

addEventListener("message", (event) => {
  if (AWAY.test(event.data?.keep ?? "")) event.waitUntil(keep(event.data.keep));
});

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (mode === "navigate" && /^\/(people(\/|$)|$)/.test(pathname)) event.respondWith(page(event.request, pathname));
  else if (ASSETS.includes(pathname)) event.respondWith(asset(event.request, pathname));
});

async function takeOver() {
  for (const name of await caches.keys()) {
    if (!name.startsWith("starlight ") || name === KEPT) continue;
    const people = (await (await caches.open(name)).keys()).map((each) => new URL(each.url).pathname);
    await caches.delete(name);
    await Promise.all(people.filter((path) => AWAY.test(path)).map(keep));
  }
  await clients.claim();
}

// Only of this version: between its end and the next worker a node may be another already.
async function keep(path) {
  try {
    const answer = await fetch(path, { headers: { accept: "text/html" } });
    if (answer.ok && answer.headers.get("starlight-version") === VERSION) await (await caches.open(KEPT)).put(path, answer);
  } catch {
    // The node is away; what was kept stays.
  }
}

async function page(request, pathname) {
  try {
    return await soon(fetch(request));
  } catch (error) {
    const kept = await caches.open(KEPT);
    const [, , person] = pathname.split("/");
    // Without a name it is the first one's, as the node has it; nobody sees another's.
    const first = (await kept.keys()).find((each) => AWAY.test(new URL(each.url).pathname));
    const found = person ? await kept.match(`/people/${person}/away`) : first && (await kept.match(first));
    if (found) return found;
    throw error;
  }
}

async function asset(request, pathname) {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await (await caches.open(KEPT)).match(pathname);
    if (found) return found;
    throw error;
  }
}

// A node that takes a connection and never answers is away, too.
function soon(answer) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error("the node does not answer")), PATIENCE_MS));
  return Promise.race([answer, late]);
}
