"use strict";
// The page reads well without this. It adds: one score at a time, sorting, finding, and dots that say which case they are.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  // A table that fits needs no box to scroll in, and its headings may stay in sight; another one is scrolled by key too.
  const fit = () => {
    for (const box of all(".scroll")) {
      const fits = box.firstElementChild.offsetWidth <= box.clientWidth;
      box.classList.toggle("fits", fits);
      box.tabIndex = fits ? -1 : 0;
    }
  };
  addEventListener("resize", fit);

  // One score at a time.
  const show = (score) => {
    for (const panel of all("[data-score]")) panel.hidden = panel.dataset.score !== score;
    fit();
  };
  const choices = all("input[name=score]");
  for (const choice of choices) choice.addEventListener("change", () => { show(choice.value); mark(); });
  if (choices.length) show((choices.find((choice) => choice.checked) ?? choices[0]).value);
  fit();

  // Sorting: numbers by value, the undefined always last, everything else by its text.
  const value = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = Number(text.split(" ")[0].replace(/^[<>]/, "").replaceAll(",", ""));
    if (text === "" || text === "\u2013") return null;
    if (row.cells[column].matches(".text, th")) return text;
    return Number.isNaN(number) ? (text.startsWith("-inf") ? -Infinity : Infinity) : number;
  };
  const compare = (a, b) =>
    typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a < b ? -1 : a > b ? 1 : 0;
  const sort = (table, heading) => {
    const column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of all("thead th", table)) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: value(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
      return down ? compare(b.key, a.key) : compare(a.key, b.key);
    });
    body.append(...rows.map(({ row }) => row));
  };
  for (const table of all("table.sortable")) {
    for (const heading of all("thead th:not(.plot)", table)) {
      const button = document.createElement("button");
      button.append(...heading.childNodes);
      button.title = "Sort by this";
      heading.append(button);
      button.addEventListener("click", () => sort(table, heading));
    }
  }

  // Finding: rows whose name has these letters.
  for (const field of all(".filter")) {
    const table = field.parentElement.querySelector("table");
    const input = field.querySelector("input");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      const rows = [...table.tBodies[0].rows];
      for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      const shown = rows.filter((row) => !row.hidden).length;
      field.querySelector("output").textContent = wanted ? `${shown} of ${rows.length}` : "";
    });
  }

  // Cases by their number, from the first table that lists them.
  const names = [];
  for (const cell of all("table.cases tbody th")) names[cell.dataset.c] ??= cell.textContent;
  let picked = null;
  const pick = (place) => { picked = picked === place ? null : place; mark(); };
  for (const cell of all("table.cases tbody th")) {
    const button = document.createElement("button");
    button.append(...cell.childNodes);
    button.title = "Mark this case in every class";
    cell.append(button);
    button.addEventListener("click", () => pick(Number(cell.dataset.c)));
  }

  // The dots of a drawing, and the arrows at its edges: where they are, what they are worth, whose they are.
  const known = new WeakMap();
  const dots = (strip) => {
    if (!known.has(strip)) {
      known.set(strip, all(".dots", strip).flatMap((path) => {
        const values = path.dataset.v.split(" ");
        const cases = path.dataset.c.split(" ").map(Number);
        const places = [...path.getAttribute("d").matchAll(/M([\d.]+) ([\d.]+)/g)];
        return places.map((place, i) => ({ x: +place[1], y: +place[2], value: values[i], place: cases[i] }));
      }));
    }
    return known.get(strip);
  };

  const mark = () => {
    for (const old of all(".pick")) old.remove();
    for (const row of all("table.cases tbody tr")) {
      const is = picked !== null && Number(row.cells[0].dataset.c) === picked;
      row.classList.toggle("picked", is);
      row.cells[0].querySelector("button").setAttribute("aria-pressed", is);
    }
    const status = document.getElementById("picked");
    if (status) status.textContent = picked === null ? "" : `${names[picked]} is marked; click it again to end that`;
    if (picked === null) return;
    for (const strip of all("[data-score]:not([hidden]) .strip")) {
      const dot = dots(strip).find((dot) => dot.place === picked);
      if (!dot) continue;
      const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      for (const [name, value] of [["class", "pick"], ["cx", dot.x], ["cy", dot.y], ["r", 4.5]]) circle.setAttribute(name, value);
      strip.append(circle);
    }
  };

  const tip = document.getElementById("tip");
  const nearest = (event) => {
    const strip = event.target.closest?.(".strip");
    if (!strip || !names.length) return null;
    const box = strip.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null;
    for (const dot of dots(strip)) {
      // Up and down counts less: dots are spread there by chance.
      const distance = Math.hypot(dot.x - x, (dot.y - y) / 2);
      if (distance < 9 && (!best || distance < best.distance)) best = { ...dot, distance };
    }
    return best;
  };
  // What is folded is printed too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
  document.addEventListener("mousemove", (event) => {
    const dot = nearest(event);
    tip.hidden = !dot;
    if (!dot) return;
    tip.textContent = `${names[dot.place]}: ${dot.value}`;
    const left = Math.min(event.pageX + 12, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${left}px`;
    tip.style.top = `${event.pageY + 14}px`;
  });
  document.addEventListener("click", (event) => {
    const dot = nearest(event);
    if (dot) pick(dot.place);
  });
})();
