// What was found: means, findings, files to save, and a table whose numbers lead to the viewer.

/** Scores from 0 to 1 of which more is better: the ones whose low values are tinted. */
const SHARES = /^(dice|iou|precision|recall|nsd|fbeta|accuracy|mcc|kappa|specificity|npv|sq|pq|lesion_(f1|dice|precision|recall|ap|nsd))/;

const make = (name, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};

/** A number as tables show it. */
function shown(value, name) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === Infinity) return "∞";
  if (Number.isInteger(value) && !SHARES.test(name)) return String(value);
  return SHARES.test(name) || Math.abs(value) < 1 ? value.toFixed(4) : Math.abs(value) < 100 ? value.toFixed(2) : value.toFixed(1);
}

/** The numbers of an evaluation, as its JSON has them. */
class Result {
  constructor(json) {
    this.json = json;
    const own = json.voxdice;
    this.kind = own.kind;
    this.scores = Object.keys(own.statistics);
    // Titles stand in the order of the scores.
    this.titles = Object.keys(own.undefined);
    this.classes = own.classes.map(({ key, name }) => ({ key, name: name ?? (/^\d+$/.test(key) ? `label ${key}` : key) }));
    this.cases = own.cases.map(({ case: name }, i) => ({ name, ...json.metric_per_case[i], about: own.cases[i] }));
  }

  /** The score of a class in a case. */
  value(of, key, score) {
    const isInfinite = of.about.infinite?.some(([own, metric]) => own === key && metric === score);
    if (isInfinite) return Infinity;
    const metrics = of.metrics[key] ?? {}, found = { dice: "Dice", iou: "IoU" }[score] ?? score;
    if (found in metrics) return metrics[found];
    const lesions = of.instances?.[key] ?? {};
    return lesions[score] ?? lesions[score.replace(/^lesion_/, "")] ?? null;
  }

  mean(score, key) {
    const found = this.json.voxdice.statistics[score];
    return key === undefined ? found : found.classes[key];
  }

  /** The worst class of a case, or the worst case of a class, of those that differ at all: `name` and `key` of it. */
  worst(name, key, score) {
    const isShare = SHARES.test(score);
    let worst = null;
    for (const of of this.cases.filter((own) => name === undefined || own.name === name))
      for (const own of this.classes.filter((one) => key === undefined || one.key === key)) {
        const value = this.value(of, own.key, score), { FP = 0, FN = 0 } = of.metrics[own.key] ?? {};
        if (value === null || FP + FN === 0) continue;
        if (!worst || (isShare ? value < worst.value : value > worst.value)) worst = { name: of.name, key: own.key, value };
      }
    return worst ?? { name: name ?? this.cases[0].name, key: key ?? this.classes[0].key };
  }

  /** What a reader has to know, the worst first; what many cases have in common once. */
  get findings() {
    const own = this.json.voxdice, all = [];
    for (const { case: name, message } of own.failures) all.push({ level: "bad", text: `${name}: ${message}` });
    const isBad = own.options.missing === "error" ? "bad" : "note";
    for (const { case: name } of own.missing_predictions) all.push({ level: isBad, text: `${name}: there is no prediction` });
    for (const { case: name } of own.extra_predictions) all.push({ level: isBad, text: `${name}: there is no truth` });
    const apart = new Set(own.grids_apart.map(({ case: name }) => name)), by = new Map();
    for (const { case: name, kind, message } of own.warnings) {
      if (kind === "absent_labels" && this.cases.length > 1) continue;
      const found = by.get(message) ?? by.set(message, { names: [], level: "note" }).get(message);
      found.names.push(name);
      // As `WarningKind::is_of_headers` and `is_note` have it.
      if (apart.has(name) && ["geometry", "nothing_shared"].includes(kind)) found.level = "bad";
      else if (!["reordered", "padded"].includes(kind) && found.level !== "bad") found.level = "warning";
    }
    for (const [message, { names, level }] of by) {
      const who = this.cases.length === 1 ? "" : names.length > 3 ? `${names.length} cases: ` : `${names.join(", ")}: `;
      all.push({ level, text: who + message });
    }
    const order = ["bad", "warning", "note"];
    return all.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
  }
}

/** Shows a result, and how long it took where it was just made. `open(case, class, score)` is called for a number that was chosen, or without one of the two for a heading. */
function showResult(result, seconds, open) {
  const n = result.cases.length, k = result.classes.length, plural = (n, word, words) => `${n} ${n === 1 ? word : words}`;
  const about = [plural(n, "case", "cases"), plural(k, "class", "classes")];
  if (seconds !== undefined) about.push(`${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`);
  element("about").textContent = about.join(", ");
  element("cards").replaceChildren(
    ...result.scores.map((score, i) => {
      const { mean, interval } = result.mean(score), undefined_ = result.json.voxdice.undefined[result.titles[i]];
      const words = [n > 1 ? "" : "mean of the classes"];
      if (interval && n > 1) words.push(`95 % CI ${shown(interval[0], score)} – ${shown(interval[1], score)}`);
      // A mean over hits alone flatters.
      if (undefined_) words.push(`${undefined_} of ${n * k} undefined`);
      const lines = words.filter(Boolean).map((line) => make("span", { textContent: line }));
      return make("div", {}, make("span", { textContent: result.titles[i] }), make("b", { textContent: shown(mean, score) }), ...lines);
    }),
  );
  element("findings").replaceChildren(...result.findings.map(({ level, text }) => make("li", { className: level, textContent: text })));
  const select = element("score");
  select.replaceChildren(...result.scores.map((score, i) => make("option", { value: score, textContent: result.titles[i] })));
  // A pair has all scores beside each other.
  const isPair = n === 1;
  element("choose-score").hidden = isPair || result.scores.length < 2;
  element("heading").textContent = isPair ? "Classes" : "Cases";
  const draw = () => (isPair ? pairTable(result) : cohortTable(result, select.value));
  select.onchange = draw;
  draw();
  const table = element("numbers");
  table.onclick = (event) => chosenCell(event.target, open);
  table.onkeydown = (event) => moved(event, open);
}

function cell(result, of, key, score) {
  const value = result.value(of, key, score), td = make("td", { textContent: shown(value, score), tabIndex: -1 });
  Object.assign(td.dataset, { case: of.name, class: key, score });
  if (value === null) td.classList.add("none");
  if (value !== null && SHARES.test(score)) td.classList.add(value < 0.5 ? "t3" : value < 0.7 ? "t2" : value < 0.85 ? "t1" : "t0");
  return td;
}

/** A heading that leads to the worst of its row or column. */
function heading(textContent, leads) {
  const th = make("th", { textContent, tabIndex: -1 });
  Object.assign(th.dataset, leads);
  return th;
}

/** Classes by scores. */
function pairTable(result) {
  const [of] = result.cases, [score] = result.scores, head = make("tr", {}, make("th", { textContent: "class" }));
  head.append(...result.titles.map((title) => make("th", { textContent: title })));
  const rows = result.classes.map(({ key, name }) => make("tr", {}, heading(name, { case: of.name, class: key, score }), ...result.scores.map((score) => cell(result, of, key, score))));
  const means = result.scores.map((score) => make("td", { textContent: shown(result.mean(score).mean, score) }));
  filled(head, rows, make("tr", {}, make("th", { textContent: "mean" }), ...means));
}

/** Cases by classes, of one score. */
function cohortTable(result, score) {
  const head = make("tr", {}, make("th", { textContent: "case" }), ...result.classes.map(({ key, name }) => heading(name, { class: key, score })));
  const rows = result.cases.map((of) => make("tr", {}, heading(of.name, { case: of.name, score }), ...result.classes.map(({ key }) => cell(result, of, key, score))));
  const means = result.classes.map(({ key }) => make("td", { textContent: shown(result.mean(score, key)?.mean, score) }));
  filled(head, rows, make("tr", {}, make("th", { textContent: "mean" }), ...means));
}

function filled(head, rows, foot) {
  element("numbers").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows), make("tfoot", {}, foot));
  for (const th of element("numbers").querySelectorAll("thead th")) th.scope = "col";
  for (const th of element("numbers").querySelectorAll("tbody th, tfoot th")) th.scope = "row";
  // One number of the table is in the order of the Tab key; arrow keys lead to the others.
  const first = element("numbers").querySelector("tbody td");
  if (first) first.tabIndex = 0;
}

function chosenCell(target, open) {
  const cell = target.closest("[data-score]");
  if (!cell) return;
  element("numbers").querySelector('[tabindex="0"]').tabIndex = -1;
  cell.tabIndex = 0;
  open(cell.dataset.case, cell.dataset.class, cell.dataset.score);
}

function moved(event, open) {
  const cell = event.target.closest("[data-score]");
  if (!cell) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    chosenCell(cell, open);
    return;
  }
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step) return;
  event.preventDefault();
  const to = element("numbers").rows[cell.parentElement.rowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
  if (!to?.dataset.score) return;
  cell.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
  to.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Marks the number that the viewer shows: that of this score, or the first of the class. */
function markCell(name, key, score) {
  const all = [...element("numbers").querySelectorAll("td[data-score]")].filter(({ dataset }) => dataset.case === name && dataset.class === key);
  element("numbers").querySelector("td.shown")?.classList.remove("shown");
  (all.find(({ dataset }) => dataset.score === score) ?? all[0])?.classList.add("shown");
}
