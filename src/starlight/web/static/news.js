// Word of letters on the views that show none: how many are unread, in the title and the navigation, and the
// sounds that the person chose. Nothing else of the view is touched, whatever somebody does in it.

import { MissionClock } from "./clock.js";
import { Unread, goBy } from "./notices.js";
import { listen } from "./stream.js";

const { person } = document.body.dataset;
const address = `/people/${encodeURIComponent(person)}`;
const clock = new MissionClock(JSON.parse(document.body.dataset.clock));
const unread = new Unread();
const asking = { running: false, again: false };
let people = null;
goBy(clock);

// Settings come along: hours of quiet that were chosen elsewhere hold here, too.
async function ask() {
  if (asking.running) {
    asking.again = true;
    return;
  }
  asking.running = true;
  try {
    const answers = await Promise.all(["unread", "settings"].map((name) => fetch(`/api${address}/${name}`)));
    if (answers.every((answer) => answer.ok)) {
      const [listed, settings] = await Promise.all(answers.map((answer) => answer.json()));
      document.body.dataset.settings = JSON.stringify(settings);
      people = listed;
      unread.show(people);
    }
  } catch {
    // The node is away; what was known stays, and is asked for again when it is back.
  } finally {
    asking.running = false;
  }
  if (asking.again) {
    asking.again = false;
    setTimeout(ask, 100);
  }
}

// The scripts of single views hear the same stream: a page opens one.
const pass = (news) => document.dispatchEvent(new CustomEvent("news", { detail: news }));
let missed = false;

listen(`${address}/stream`, {
  opened() {
    ask();
    if (missed) pass({ changed: true });
    missed = false;
  },
  heard(news) {
    if (news.status) clock.hear(news.status.sky.clock);
    if (news.changed) ask();
    pass(news);
  },
  lost() {
    missed = true;
  },
});
setInterval(() => people && unread.show(people), 1000); // Hours of quiet end by the passing of time alone.
