// What a page keeps in its browser for one mailbox, over reloads and restarts: each value under a name of its
// own, so that two open pages never write over each other's. A browser may refuse to keep anything, as some
// do in private windows: then nothing is kept, and nothing breaks.

// The name of a draft: each conversation has one, and each topic in it its own.
export function draftPlace(to, topic) {
  return topic ? `${to} ${topic}` : to;
}

export class Shelf {
  // `kind` is what is kept, such as "draft"; `mailbox` is the address whose it is.
  constructor(kind, mailbox) {
    this.prefix = `starlight ${kind} ${mailbox} `;
  }

  // Returns whether it is kept now.
  put(name, value) {
    try {
      localStorage.setItem(this.prefix + name, JSON.stringify(value));
      return true;
    } catch {
      return false; // There is no storage, or it is full.
    }
  }

  get(name) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + name));
    } catch {
      return null;
    }
  }

  remove(name) {
    try {
      localStorage.removeItem(this.prefix + name);
    } catch {
      // Nothing was kept.
    }
  }

  // All values by name; what is none of ours, or was damaged, is passed over.
  all() {
    const found = new Map();
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.prefix)) continue;
        const name = key.slice(this.prefix.length);
        const value = this.get(name);
        if (value && typeof value.text === "string") found.set(name, value);
      }
    } catch {
      // Nothing was kept.
    }
    return found;
  }

  // Calls back when another page of this browser has changed something here.
  watch(changed) {
    addEventListener("storage", (event) => {
      if (event.key === null || event.key.startsWith(this.prefix)) changed();
    });
  }
}
