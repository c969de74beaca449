// Arrow keys go from one found letter to the next; "/" goes to the words.
const hits = () => [...document.querySelectorAll("a.hit, .people-found a")];
const words = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const typing = event.target.matches("select, input:not([type=checkbox])");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    words.focus();
    words.select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (typing && event.target !== words) return;
  const all = hits();
  const at = all.indexOf(document.activeElement);
  if (at < 0 && (event.key === "ArrowUp" || document.activeElement !== words)) return;
  event.preventDefault();
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  if (next < 0) words.focus();
  else all[Math.min(next, all.length - 1)]?.focus();
});
