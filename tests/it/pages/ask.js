// Shows `report` in frames of these `widths` and writes what it sees. `tests/it/pages.rs` puts both before it.
const answer = { frames: [], errors: [] };
const tell = () => {
  const text = document.createElement("pre");
  text.id = "answer";
  text.textContent = JSON.stringify(answer);
  document.body.replaceChildren(text);
};
const frame = document.createElement("iframe");
frame.style.cssText = "border: 0; height: 900px";
frame.srcdoc = report;
frame.onload = () => {
  try {
    look(frame.contentWindow, frame.contentDocument);
  } catch (error) {
    answer.errors.push(String(error));
  }
  tell();
};
document.body.append(frame);

function look(inside, page) {
  const all = (selector) => [...page.querySelectorAll(selector)];
  const root = page.documentElement;
  if (!root.classList.contains("js")) throw new Error("the page's script did not run");
  for (const width of widths) {
    frame.style.width = `${width}px`;
    // Lays the page out, so that the script hears of the new size.
    root.getBoundingClientRect();
    inside.dispatchEvent(new Event("resize"));
    const mean = page.querySelector("#classes [data-score]:not([hidden]) tbody td").getBoundingClientRect().right;
    const seen = { inner: inside.innerWidth, scroll: root.scrollWidth, mean };
    // What is wider than its box can be scrolled to, by hand and by key.
    const cut = all(".scroll").filter((box) => box.firstElementChild.offsetWidth > box.clientWidth);
    seen.cut = cut.map((box) => [inside.getComputedStyle(box).overflowX, box.tabIndex]);
    const wide = page.createElement("section");
    wide.style.width = "3000px";
    wide.textContent = "wide";
    page.querySelector("main").append(wide);
    seen.control = root.scrollWidth;
    wide.remove();
    answer.frames.push(seen);
  }
  // Sorting by the mean.
  const table = page.querySelector("#classes [data-score]:not([hidden]) table");
  const heading = table.tHead.rows[0].cells[1];
  const means = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[1].textContent));
  heading.querySelector("button").click();
  answer.up = means();
  heading.querySelector("button").click();
  answer.down = means();
  answer.sort = heading.getAttribute("aria-sort");
  // Marking a case.
  const row = page.querySelector("#cases [data-score]:not([hidden]) tbody tr");
  const colours = () => [...row.cells].map((cell) => inside.getComputedStyle(cell).backgroundColor);
  answer.before = colours();
  row.cells[0].querySelector("button").click();
  answer.after = colours();
  answer.marked = all("#cases [data-score]:not([hidden]) tr.picked").length;
}
