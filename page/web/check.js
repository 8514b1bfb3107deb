// Whether this computer's GPU gives the documented checksums.

let checking = null;
/** All rows, or the names of some: tests have no time for all. */
let rowsToCheck = null;
element("check-start").onclick = async () => {
  if (checking) return checking.cancel();
  const rows = [], body = make("tbody"), table = element("checksums"), words = element("check-words");
  let total = 0, device = null, fault = null;
  const tell = (text, isBad = false) => ((words.textContent = text), words.classList.toggle("bad", isBad));
  const isSame = ({ documented, cpu, gpu }) => cpu === documented && (gpu ?? cpu) === documented;
  const begin = () => {
    const titles = ["statistic", "", "this processor", fault ? "documented" : "this GPU"];
    table.replaceChildren(make("thead", {}, make("tr", {}, ...titles.map((textContent) => make("th", { textContent, scope: "col" })))), body);
    table.parentElement.hidden = false;
  };
  const show = (row) => {
    if (rows.push(row) === 1) begin();
    const sum = (text) => make("td", {}, make("code", { textContent: text, className: text === row.documented ? "" : "apart" }));
    const mark = make("td", { textContent: isSame(row) ? "equal" : "differs", className: isSame(row) ? "same" : "apart" });
    body.append(make("tr", {}, make("th", { textContent: row.row, scope: "row" }), mark, sum(row.cpu), sum(row.gpu ?? row.documented)));
    tell(`${rows.length} of ${total}`);
  };
  const said = (line) => {
    const fact = JSON.parse(line);
    if ("row" in fact) show(fact);
    else if ("rows" in fact) total = fact.rows;
    else if ("fault" in fact) fault = fact.fault;
    else if ((device = fact.device)) tell(`Preparing ${device}`);
  };
  element("check").dataset.state = "running";
  element("check-start").textContent = "Cancel";
  table.parentElement.hidden = true;
  tell("Preparing");
  try {
    checking = run("check", rowsToCheck, [], { said, asks: true });
    await checking.done;
    const apart = rows.filter((row) => !isSame(row)).length, where = fault ? "this processor" : `this processor and on ${device}`;
    const verdict = apart ? `${apart} of ${total} checksums are not the documented ones.` : `All ${total} checksums are the documented ones, on ${where}.`;
    const gpu = fault && (device ? ` Not so the GPU: ${fault}.` : ` The GPU was not checked: ${fault}.`);
    tell(verdict + (gpu ?? ""), apart > 0 || Boolean(fault && device));
  } catch (error) {
    if (error instanceof Cancelled) tell(`Cancelled after ${rows.length} of ${total}.`);
    else tell(`The check broke off after ${rows.length} of ${total}: ${error.message}`, true);
  }
  checking = null;
  element("check-start").textContent = "Check";
  element("check").dataset.state = "done";
};
