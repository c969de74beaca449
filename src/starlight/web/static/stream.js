// The stream of an open page (`stream.py`): opened again whenever it ends, ever less often while nobody answers.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

// `on` holds what happens: `opened()`, `heard(news)`, `lost()`.
export function listen(path, on) {
  let pause = FIRST_PAUSE_MS;
  const open = () => {
    const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}${path}`);
    socket.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      on.opened();
    });
    socket.addEventListener("message", (message) => on.heard(JSON.parse(message.data)));
    socket.addEventListener("close", () => {
      on.lost();
      setTimeout(open, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  open();
}
