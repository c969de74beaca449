// Draws each chart of the page from the JSON that lies beside it. Times are Unix seconds, UTC.
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const strokes = ["--earth", "--mars", "--sure", "--guess", "--soft"];
  // Lines differ in their dashes too, for who can't tell their colours apart.
  const dashes = [undefined, [9, 5], [2, 4], [14, 4, 2, 4], [5, 3]];
  const draw = (figure) => {
    const chart = JSON.parse(figure.querySelector("script").textContent);
    const place = figure.querySelector(".chart");
    place.replaceChildren();
    const shown = (unit) => (_, value) => (value === null ? "" : `${value.toLocaleString("en", { maximumFractionDigits: 6 })} ${unit}`);
    const iso = (seconds) => new Date(seconds * 1e3).toISOString();
    const ticks = (_, splits) => {
      const days = splits.every((each) => each % 86400 === 0);
      return splits.map((each) => (days ? iso(each).slice(0, 10) : iso(each).slice(5, 16).replace("T", " ")));
    };
    const axis = { stroke: colour("--text"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    const narrow = place.clientWidth < 480;
    const options = {
      width: Math.max(240, place.clientWidth),
      height: narrow ? 240 : 300,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
      scales: { x: { time: chart.time }, y: chart.log ? { distr: 3 } : {} },
      legend: { markers: { dash: (_, index) => ["solid", "dashed", "dotted", "double", "dashed"][(index - 1) % 5] } },
      axes: [{ ...axis, space: chart.time ? 100 : 50, ...(chart.time ? { values: ticks } : { label: chart.x_label }) }, { ...axis, label: chart.unit, size: narrow ? 60 : 90 }],
      series: [
        chart.time ? { label: "UTC", value: (_, value) => (value === null ? "" : iso(value).slice(0, 19).replace("T", " ")) } : { label: chart.x_label },
        ...chart.series.map((each, index) => ({
          label: each.label,
          stroke: colour(strokes[index % strokes.length]),
          width: each.band ? 0.5 : 2,
          dash: each.band ? undefined : dashes[index % dashes.length],
          paths: each.steps ? uPlot.paths.stepped({ align: 1 }) : undefined,
          points: { show: false },
          value: shown(chart.unit),
        })),
      ],
      bands: (chart.bands || []).map(([upper, lower]) => ({ series: [upper, lower], fill: colour("--earth") + "33" })),
    };
    new uPlot(options, [chart.x, ...chart.series.map((each) => each.values)], place);
  };
  const all = () => document.querySelectorAll("figure.plot").forEach(draw);
  all();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(all, 150); });
})();
