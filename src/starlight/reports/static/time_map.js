// Moves the map of a search through time. The first of the still maps becomes the one that moves; the others are hidden.
(() => {
  const figure = document.querySelector("figure.time-map");
  if (!figure) return;
  const data = JSON.parse(figure.querySelector("script").textContent);
  const { rows, columns, side, moments, courses } = data;
  const [shown, ...others] = figure.querySelectorAll(".still");
  const svg = shown.querySelector("svg");
  const find = (name) => figure.querySelector(name);
  const slider = find("#moment");
  const codes = new Map([...data.alphabet].map((letter, code) => [letter, code]));
  const per = data.levels + 1;
  const decode = (moment) => [...moment.letters].map((letter) => ({ level: codes.get(letter) % per, region: Math.floor(codes.get(letter) / per) }));

  // Both paths run by run, as sector_map.py draws them.
  const runs = (count, holds, each) => {
    for (let first = 0; first < count; first += 1) {
      if (!holds(first)) continue;
      const begin = first;
      while (first < count && holds(first)) first += 1;
      each(begin, first);
    }
  };
  const filled = (holds) => {
    let path = "";
    for (let y = 0; y < rows; y += 1) runs(columns, (x) => holds(x, y), (a, b) => { path += `M${a} ${y}h${b - a}v1h${a - b}z`; });
    return path;
  };
  const outline = (holds) => {
    const within = (x, y) => x >= 0 && y >= 0 && x < columns && y < rows && holds(x, y);
    let path = "";
    for (let y = 0; y <= rows; y += 1) runs(columns, (x) => within(x, y) !== within(x, y - 1), (a, b) => { path += `M${a} ${y}h${b - a}`; });
    for (let x = 0; x <= columns; x += 1) runs(rows, (y) => within(x, y) !== within(x - 1, y), (a, b) => { path += `M${x} ${a}v${b - a}`; });
    return path;
  };
  const element = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // Where a searcher is: the points of the course so far, and what they do, in words.
  const whereabouts = (course, at) => {
    const points = [[course.x, course.y]];
    for (const leg of course.legs) {
      if (at < leg.leave_s) return [points, `waits until ${leg.leave}, then goes to ${leg.there}`];
      const [x, y] = points[points.length - 1];
      if (at < leg.begin_s) {
        const share = (at - leg.leave_s) / (leg.begin_s - leg.leave_s);
        points.push([x + share * (leg.x - x), y + share * (leg.y - y)]);
        return [points, `on the way to ${leg.there}, there at ${leg.begin}`];
      }
      points.push([leg.x, leg.y]);
      if (at < leg.end_s) return [points, `searches ${leg.there} until ${leg.end}`];
    }
    return [points, course.legs.length ? "has ended the plan" : "has no search in the plan"];
  };
  const planned = [...shown.querySelectorAll("polyline.course")];
  const done = planned.map((line) => {
    const halo = element("polyline", { class: "halo" });
    const made = element("polyline", { class: "done" });
    line.parentNode.append(halo, made);
    return [halo, made];
  });
  const marks = svg.querySelector(".searchers");
  const told = find(".where") ? [...find(".where").children] : [];
  const drawSearchers = (at) => {
    const before = at < moments[data.start].time_s;
    const groups = [];
    const zoom = svg.clientWidth < 450 ? 1.7 : 1;
    courses.forEach((course, index) => {
      const [points, words] = whereabouts(course, at);
      const line = before ? "" : points.map((each) => each.map((part) => part.toFixed(2)).join(",")).join(" ");
      done[index].forEach((each) => each.setAttribute("points", line));
      const [east, south] = points[points.length - 1];
      const away = east < 0 || south < 0 || east > columns || south > rows;
      const now = `${words}${away ? ", outside the map" : ""}`;
      told[index].textContent = `${course.name}: ${before ? "planned from the moment asked about on" : now}`;
      if (before || away) return;
      const [x, y] = [east * side, south * side];
      // Who is at the same place shares a mark, or the numbers would lie over each other.
      const near = groups.find((each) => Math.hypot(each.x - x, each.y - y) < 30 * zoom);
      if (near) near.names.push(index + 1);
      else groups.push({ x, y, names: [index + 1] });
    });
    marks.replaceChildren(...groups.flatMap(({ x, y, names }) => {
      const text = names.length > 3 ? `${names.slice(0, 2).join(", ")} +${names.length - 2}` : names.join(", ");
      const wide = (26 + 9 * (text.length - 1)) * zoom;
      const tall = 26 * zoom;
      // Beside the dot, so that what is there is seen; inwards, so that it stays on the map.
      const across = x < (columns * side) / 2 ? x + wide / 2 + 4 : x - wide / 2 - 4;
      const down = y < tall + 8 ? y + tall / 2 + 8 : y - tall / 2 - 8;
      return [
        element("circle", { class: "mark-box", cx: x, cy: y, r: 6 * zoom }),
        element("rect", { class: "mark-box", x: across - wide / 2, y: down - tall / 2, width: wide, height: tall, rx: tall / 2 }),
        element("text", { class: "mark-text", x: across, y: down + 6 * zoom, "text-anchor": "middle" }, text),
      ];
    }));
  };

  let sectors = [];
  const set = (name, path) => svg.querySelectorAll(`.${name}, [data-of="${name}"]`).forEach((each) => each.setAttribute("d", path));
  const draw = () => {
    const moment = moments[Number(slider.value)];
    sectors = decode(moment);
    const shade = (x, y) => Math.ceil(sectors[y * columns + x].level / data.per_shade);
    for (let each = 1; each <= 8; each += 1) set(`p${each}`, filled((x, y) => shade(x, y) === each));
    set("half", outline((x, y) => sectors[y * columns + x].region === 2));
    set("most", outline((x, y) => sectors[y * columns + x].region >= 1));
    shown.querySelectorAll(".area").forEach((each) => { each.style.display = Number(each.dataset.begin) <= moment.time_s ? "" : "none"; });
    drawSearchers(moment.time_s);
    const names = [...figure.querySelectorAll(".facts dt")].map((each) => each.textContent);
    figure.querySelectorAll(".facts dd").forEach((each, index) => { each.textContent = moment.facts[index]; });
    find(".likeliest").replaceChildren(...moment.likeliest.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
    find(".steer output strong").textContent = moment.time;
    find(".steer output span").textContent = moment.title;
    slider.setAttribute("aria-valuetext", `${moment.time}, ${moment.title}, ${names[0]} ${moment.facts[0]}`);
    const words = moment.facts.map((each, index) => `${names[index]} ${each}`).join("; ");
    svg.setAttribute("aria-label", `Map at ${moment.time}. ${words}. Likeliest: ${moment.likeliest.join("; ") || "none"}.`);
    find(".under").textContent = "Point at a sector, or tap it, to read its probability.";
    figure.querySelectorAll("[data-by]").forEach((each) => {
      const to = Number(each.dataset.by) === 0 ? data.start : Number(slider.value) + Number(each.dataset.by);
      each.setAttribute("aria-disabled", String(to < 0 || to >= moments.length));
    });
  };

  const percent = (part) => `${Number((100 * part).toPrecision(2))} %`;
  const read = (event) => {
    const box = svg.querySelector(".ground").getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const y = Math.floor(((event.clientY - box.top) / box.height) * rows);
    if (x < 0 || y < 0 || x >= columns || y >= rows) return;
    const { level } = sectors[y * columns + x];
    const edge = (each) => data.least * 10 ** (each / data.per_decade);
    const value = level === 0 ? `less than ${percent(data.least)}` : `${percent(edge(level - 1))} to ${percent(edge(level))}`;
    const east = data.west_m + (x + 0.5) * data.sector_m;
    const north = data.north_m - (y + 0.5) * data.sector_m;
    find(".under").textContent = `Sector at east ${east.toFixed(0)} m, north ${north.toFixed(0)} m: ${value}`;
  };
  svg.addEventListener("pointermove", read);
  svg.addEventListener("pointerdown", read);
  slider.addEventListener("input", draw);
  figure.querySelectorAll("[data-by]").forEach((button) => button.addEventListener("click", () => {
    const by = Number(button.dataset.by);
    slider.value = by === 0 ? data.start : Number(slider.value) + by;
    draw();
  }));
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
  // A browser may bring back where the slider stood before the page was loaded again.
  slider.value = data.start;
  figure.classList.add("moving");
  others.forEach((each) => { each.hidden = true; });
  draw();
  shown.querySelectorAll("h3, p").forEach((each) => { each.hidden = true; });
  for (const name of [".steer", ".under"]) find(name).hidden = false;
})();
