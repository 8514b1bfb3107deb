// From the files to the results.

const sides = { truth: null, preds: [] };
/** Files that belong to the choices, by what they are. */
const chosenFiles = { dataset: null, colors: null };
let running = null;
const viewer = new Viewer();

// ---- Files

function showSides() {
  for (const zone of document.querySelectorAll(".zone")) {
    const isTruth = zone.dataset.side === "truth", all = isTruth ? [sides.truth].filter(Boolean) : sides.preds;
    zone.classList.toggle("full", all.length > 0);
    zone.querySelector(".chosen").replaceChildren(...all.map((chosen) => {
      const drop = () => {
        if (isTruth) sides.truth = null;
        else sides.preds = sides.preds.filter((own) => own !== chosen);
        showSides();
      };
      const remove = make("button", { type: "button", textContent: "×", title: "Remove", onclick: drop });
      remove.setAttribute("aria-label", `Remove ${chosen.name}`);
      const about = make("p", {}, make("b", { textContent: chosen.name }), make("span", { textContent: chosen.words }));
      return make("div", {}, about, ...(chosen.isArchive ? [arrayOf(chosen)] : []), remove);
    }));
  }
  const isMore = sides.preds[0]?.isFolder;
  document.querySelector('.zone[data-side="pred"] .add').textContent = isMore ? "Add a folder" : "Choose a folder";
  for (const [what, file] of Object.entries(chosenFiles)) {
    element(what).textContent = file?.name ?? "none";
    element(what).nextElementSibling.hidden = !file;
  }
  element("start").disabled = !sides.truth || sides.preds.length === 0 || running !== null;
  element("swap").disabled = sides.preds.length > 1 || (!sides.truth && sides.preds.length === 0);
}

/** The name of the array of an archive that is meant. */
function arrayOf(chosen) {
  const name = make("input", { type: "text", value: chosen.array, placeholder: "array, if there are several", spellcheck: false });
  name.setAttribute("aria-label", `Array of ${chosen.name}`);
  name.oninput = () => (chosen.array = name.value.trim());
  return name;
}

/** Folders of predictions are models beside each other; anything else takes the place of what was there. */
function put(side, chosen) {
  if (side === "truth") sides.truth = chosen;
  else if (chosen.isFolder && sides.preds.every((own) => own.isFolder)) sides.preds.push(chosen);
  else sides.preds = [chosen];
}

const stem = (name) => name.replace(/(\.[a-z]+){1,2}$/i, "");

/** Whether this file is a dataset.json or a table of colours, which goes to the choices. */
function isOfChoices(file, beside) {
  const [, ending] = /\.(json|csv)$/i.exec(file.name) ?? [];
  // One that is called like a picture has the size of its pixels.
  if (!ending || beside.some((other) => VOXELS.test(other.name) && stem(other.name) === stem(file.name))) return false;
  chosenFiles[ending.toLowerCase() === "csv" ? "colors" : "dataset"] = file;
  element("choices").open = true;
  return true;
}

/** Takes what was dropped onto a side, or anywhere. */
function take({ files, folders }, side) {
  const rest = files.filter((file) => !isOfChoices(file, files));
  const found = [...folders];
  if (side && rest.length) found.push(Chosen.ofFiles(rest, side === "truth" ? "truth" : "prediction"));
  else if (rest.length) {
    // Each volume with the files of its name that hold no header: .img, .raw and the like.
    const volumes = rest.filter((file) => VOXELS.test(file.name)), others = rest.filter((file) => !VOXELS.test(file.name));
    for (const volume of volumes.length ? volumes : rest)
      found.push(Chosen.ofFiles([volume, ...others.filter((file) => file !== volume && stem(file.name) === stem(volume.name))], volume.name));
  }
  if (found.length === 0) return showSides();
  tell("");
  if (side === "truth") {
    put(side, found[0]);
    if (found.length > 1) tell(`Of ${found.length} files and folders the first was taken.`);
  } else if (side) for (const one of found) put(side, one);
  else sort(found.length === 1 && found[0].isFolder ? (found[0].parts ?? found) : found);
  showSides();
}

/** Where what was dropped anywhere belongs: its names say it, or else the truth comes first. */
function sort(found) {
  const sorted = found.map((one) => [leaning(one.name), one]).sort((a, b) => a[0] - b[0]).map(([, one]) => one);
  const [first] = sorted;
  if (found.length > 1) {
    sides.preds = [];
    put("truth", first);
    for (const one of sorted.slice(1)) put("pred", one);
  } else put(leaning(first.name) > 0 || (sides.truth && leaning(first.name) === 0) ? "pred" : "truth", first);
}

for (const zone of document.querySelectorAll(".zone")) {
  const [files, folder] = zone.querySelectorAll("input"), side = zone.dataset.side;
  files.onchange = () => (files.files.length && take({ files: [...files.files], folders: [] }, side), (files.value = ""));
  folder.onchange = () => (folder.files.length && take({ files: [], folders: [Chosen.ofFolder([...folder.files])] }, side), (folder.value = ""));
}
let depth = 0;
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
const over = (event) => {
  const under = event?.target.closest?.(".zone");
  for (const zone of document.querySelectorAll(".zone")) zone.classList.toggle("over-it", zone === under);
  document.body.classList.toggle("dropping", depth > 0 && !under);
};
document.ondragenter = (event) => hasFiles(event) && (depth++, over(event));
document.ondragleave = (event) => hasFiles(event) && ((depth = Math.max(depth - 1, 0)), depth === 0 ? over(null) : null);
document.ondragover = (event) => hasFiles(event) && (event.preventDefault(), over(event));
document.ondrop = async (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  const side = event.target.closest?.(".zone")?.dataset.side;
  depth = 0;
  over(null);
  try {
    take(await dropped(event.dataTransfer), side);
  } catch (error) {
    tell(`The files cannot be read: ${error.message}`, true);
  }
};
element("swap").onclick = () => {
  const [pred] = sides.preds;
  sides.preds = sides.truth ? [sides.truth] : [];
  sides.truth = pred ?? null;
  showSides();
};
element("example").onclick = () => {
  const [truth, pred] = example();
  Object.assign(sides, { truth, preds: [pred] });
  tell("");
  showSides();
  element("start").focus();
};
for (const what of Object.keys(chosenFiles)) {
  const row = element(what).parentElement;
  row.querySelector("input").onchange = ({ target }) => {
    chosenFiles[what] = target.files[0] ?? chosenFiles[what];
    target.value = "";
    showSides();
  };
  row.querySelector("button").onclick = () => {
    chosenFiles[what] = null;
    showSides();
  };
}

// ---- Choices

/** As the program takes them: only what was chosen. */
function choices() {
  const of = (id) => element(id).value.trim() || undefined, metrics = [];
  const tolerance = Number(element("tolerance").value) || 1;
  for (const { value } of document.querySelectorAll('[name="metric"]:checked')) metrics.push(value === "nsd" ? `nsd=${tolerance}` : value);
  metrics.push(...(of("metrics") ?? "").split(",").map((name) => name.trim()).filter(Boolean));
  return {
    metrics: metrics.length ? [...new Set(metrics)].join(",") : undefined,
    labels: of("labels"), regions: of("regions"), ignore: of("ignore"), instances: of("instances"), like: of("like"),
    missing: of("missing"), spacing: of("spacing"), threshold: number(of("threshold"), "where probabilities begin to be label 1"),
    stack: Boolean(of("stack")), dataset: chosenFiles.dataset?.name, colors: chosenFiles.colors?.name,
  };
}

/** A number that was written, if any. */
function number(text, what) {
  const value = Number(text?.replace(",", "."));
  if (text && !Number.isFinite(value)) throw new Error(`${text} is no number: ${what}`);
  return text && value;
}

// ---- A run

function tell(text, isBad = false) {
  element("status").textContent = text;
  element("status").classList.toggle("bad", isBad);
}

function busy(current) {
  running = current;
  element("start").hidden = current !== null;
  element("progress").hidden = current === null;
  if (current) progress(0, "");
  showSides();
}

function progress(share, words) {
  document.querySelector("progress").value = Math.min(share, 1);
  document.querySelector("#progress span").textContent = words;
}

/** A run of several steps, of which some go on at the same time; `cancel` ends them all. */
class Work {
  constructor() {
    this.steps = new Set();
    this.memory = 0;
  }

  async step(...of) {
    if (this.isCancelled) throw new Cancelled();
    const one = run(...of);
    this.steps.add(one);
    try {
      this.memory = Math.max(this.memory, await one.done);
    } finally {
      this.steps.delete(one);
    }
  }

  cancel() {
    this.isCancelled = true;
    for (const one of this.steps) one.cancel();
  }
}

/** How many threads count at the same time: one is left to the page. */
let threads = Math.max(1, Math.min((navigator.hardwareConcurrency || 2) - 1, 8));

/** Counts the cases of folders in several threads. Resolves to pairs of a path and a file with what was counted. */
async function counted(work, request, files, told) {
  const names = [], parts = [];
  await work.step("cases", request, files, { said: (line) => line.startsWith("case ") && names.push(line.slice(5)) });
  told.cases(names.length);
  // Small portions, so that all threads end at about the same time; each begins with empty memory.
  const portion = Math.max(1, Math.min(16, Math.ceil(names.length / threads / 4)));
  const thread = async () => {
    while (names.length) {
      const cases = names.splice(0, portion), on = { said: (line) => line === "done" && told.done() };
      await work.step("part", { ...request, cases }, files, { ...on, wrote: (_, bytes) => parts.push(bytes) });
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, thread));
  } catch (error) {
    work.cancel();
    throw error;
  }
  return parts.map((bytes, i) => [`.counted/${request.pred}/${i}`, new Blob([bytes])]);
}

/** What was evaluated: of each model its name, request, files and results. */
let evaluated = [], comparison = new Map();

async function evaluate() {
  const { truth, models, files } = placed(sides.truth, sides.preds), started = performance.now(), work = new Work();
  for (const file of Object.values(chosenFiles)) if (file) files.push([file.name, file]);
  const bytes = files.reduce((sum, [, file]) => sum + file.size, 0), isFolder = sides.truth.isFolder || sides.preds[0].isFolder;
  let cases = 0, done = 0;
  const words = () => progress(cases > 1 ? (0.95 * done) / cases : 0, cases > 1 ? `${done} of ${cases} cases` : "reading and counting");
  const told = { cases: (n) => ((cases += n), words()), done: () => (done++, words()) };
  evaluated = [];
  comparison = new Map();
  tell("");
  element("results").hidden = true;
  element("models").hidden = true;
  delete document.documentElement.dataset.state;
  busy(work);
  try {
    for (const { name, pred } of models) {
      const request = { truth, pred, choices: choices(), out: "." }, model = { name, request, files, saved: new Map() };
      const inParts = isFolder && (threads > 1 || models.length > 1);
      const parts = inParts ? await counted(work, request, files, told) : [];
      const on = {
        said: (line) => {
          if (inParts) return;
          if (line.startsWith("cases ")) told.cases(Number(line.slice(6)));
          else if (line === "done") told.done();
        },
        read: (read) => !isFolder && progress((0.95 * read) / bytes, "reading and counting"),
        wrote: (name, text) => {
          model.saved.set(name, text);
          if (name === "result.json") (model.json = JSON.parse(new TextDecoder().decode(text))), progress(0.97, "drawing the report");
          // The numbers are shown before the report is drawn.
          if (name === "result.json" && evaluated.length === 0) showNumbers(model, (performance.now() - started) / 1000);
        },
      };
      model.counted = { request: { ...request, parts: parts.map(([path]) => path) }, files: parts };
      await work.step("evaluate", model.counted.request, [...files, ...parts], on);
      evaluated.push(model);
    }
    if (models.length > 1) await compared(work, files);
    showFiles(evaluated[0]);
    // Tests look at it.
    document.documentElement.dataset.memory = work.memory;
  } catch (error) {
    if (error instanceof Cancelled) tell("Cancelled. Nothing was kept.");
    else tell(error.message, true);
    element("results").hidden = true;
  }
  busy(null);
  document.documentElement.dataset.state = element("results").hidden ? "failed" : "done";
}

/** Compares the models that were evaluated. */
async function compared(work, files) {
  progress(0.98, "comparing the models");
  const models = evaluated.map(({ name, counted }) => [name, counted.request]), parts = evaluated.flatMap(({ counted }) => counted.files);
  try {
    await work.step("compare", { models, out: "." }, [...files, ...parts], { wrote: (name, text) => comparison.set(name, text) });
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    // As where they have no case in common; each of them was evaluated all the same.
    tell(`The models cannot be compared: ${error.message}`, true);
  }
  showModels();
}

let result = null, shownModel = null;
function showNumbers(model, seconds) {
  result = new Result(model.json);
  shownModel = model;
  element("viewer").hidden = true;
  element("results").hidden = false;
  for (const id of ["heading", "numbers"]) element(id).closest(".bar, .scroll").hidden = result.cases.length === 0;
  showResult(result, seconds, open);
  element("case").replaceChildren(...result.cases.map(({ name }) => make("option", { value: name, textContent: name })));
  element("class").replaceChildren(...result.classes.map(({ key, name }) => make("option", { value: key, textContent: name })));
  element("case").parentElement.hidden = result.cases.length < 2;
  const say = (text) => element("findings").prepend(make("li", { className: "warning", textContent: text }));
  if (result.cases.length === 0) say("No case could be evaluated.");
  else if (result.classes.length === 0)
    say("Neither side has a label other than 0. Which labels are to be evaluated can be said under “Scores, classes and rules”.");
  if (seconds === undefined) return;
  element("results").querySelector("h2").focus({ preventScroll: true });
  element("results").scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** Means of all models, and a choice of the one whose cases are shown. */
function showModels() {
  element("models").hidden = false;
  const results = evaluated.map(({ json }) => new Result(json)), [{ scores, titles }] = results;
  const head = make("tr", {}, ...["model", ...titles].map((textContent) => make("th", { textContent, scope: "col" })));
  const rows = results.map((own, i) => make("tr", {}, make("th", { textContent: evaluated[i].name, scope: "row" }),
    ...scores.map((score) => make("td", { textContent: shown(own.mean(score).mean, score) }))));
  element("means").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  element("model").replaceChildren(...evaluated.map(({ name }, i) => make("option", { value: i, textContent: name })));
  element("comparison").hidden = !comparison.has("comparison.html");
  folded(element("comparison"), comparison.get("comparison.html"));
}
element("model").onchange = () => {
  const model = evaluated[Number(element("model").value)];
  showNumbers(model);
  showFiles(model);
};

/** A page of its own inside of this one, made when it is unfolded. */
function folded(details, bytes) {
  const frame = details.querySelector("iframe");
  details.open = false;
  frame.removeAttribute("srcdoc");
  details.ontoggle = () => details.open && bytes && !frame.hasAttribute("srcdoc") && (frame.srcdoc = new TextDecoder().decode(bytes));
}

/** The forms in which results are saved. */
const FORMS = [
  ["report.html", "Report", "text/html"], ["result.json", "All numbers (JSON)", "application/json"], ["cases.csv", "Cases (CSV)", "text/csv"],
  ["summary.csv", "Means (CSV)", "text/csv"], ["lesions.csv", "Lesions (CSV)", "text/csv"], ["summary.json", "nnU-Net’s summary.json", "application/json"],
];
const COMPARED = [
  ["comparison.html", "Comparison", "text/html"], ["comparison.json", "Comparison (JSON)", "application/json"], ["comparison.csv", "Comparison (CSV)", "text/csv"],
];

function showFiles({ name: model, saved }) {
  const all = [...FORMS.filter(([name]) => saved.has(name)).map((form) => [saved, ...form]), ...COMPARED.filter(([name]) => comparison.has(name)).map((form) => [comparison, ...form])];
  const prefix = (name) => (evaluated.length > 1 && saved.has(name) ? `${model}_${name}` : name);
  const buttons = all.map(([from, name, words, type]) =>
    make("button", { type: "button", textContent: words, onclick: () => save(prefix(name), new Blob([from.get(name)], { type })) }));
  element("save").replaceChildren(make("span", { textContent: "Save" }), ...buttons);
  folded(element("report"), saved.get("report.html"));
}

function save(name, blob) {
  const url = URL.createObjectURL(blob), link = make("a", { href: url, download: `voxdice_${name}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

element("start").onclick = evaluate;
element("cancel").onclick = () => running?.cancel();

// ---- The viewer

let reading = null;
/** Shows a class of a case, at the slice with the most errors; of the two what is missing is the worst one. */
async function open(wantedCase, wantedClass, score) {
  reading?.cancel();
  const { name, key } = wantedCase && wantedClass ? { name: wantedCase, key: wantedClass } : result.worst(wantedCase, wantedClass, score);
  const title = viewer.root.querySelector("h3"), of = result.classes.find((own) => own.key === key);
  element("case").value = name;
  element("class").value = key;
  viewer.root.hidden = false;
  viewer.root.classList.add("reading");
  delete viewer.root.dataset.shown;
  title.textContent = "Reading the voxels…";
  markCell(name, key, score);
  viewer.root.scrollIntoView({ block: "nearest", behavior: "auto" });
  const { request, files } = shownModel, found = new Map();
  // A pair has but one case.
  const one = request.truth === shownModel.json.metric_per_case[0].reference_file ? {} : { cases: [name] };
  const current = (reading = run("marks", { class: key, of: { ...request, ...one } }, files, { wrote: (path, bytes) => found.set(path, bytes) }));
  try {
    await current.done;
    if (reading !== current) return;
    viewer.root.classList.remove("reading");
    viewer.set(found.get("marks"), JSON.parse(new TextDecoder().decode(found.get("marks.json"))));
    title.textContent = result.cases.length > 1 ? `${name}, ${of.name}` : of.name;
    viewer.root.dataset.shown = `${name} ${key}`;
  } catch (error) {
    if (!(error instanceof Cancelled)) title.textContent = `It cannot be shown: ${error.message}`;
  }
}
element("class").onchange = () => open(element("case").value, element("class").value);
element("case").onchange = () => open(element("case").value, undefined, element("score").value);

program.catch((error) => tell(`This browser cannot run the program: ${error.message}`, true));
showSides();
