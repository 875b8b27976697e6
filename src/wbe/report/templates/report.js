// Lets a reader choose drug and round, look at single areas and sort tables. All texts come from
// the data in the page, as printed; they are set as text, never as markup.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  const mapped = data.mapped.join(".");
  const drugs = at("choose-drug");
  const rounds = at("choose-round");
  const areas = all("#live-map .area");
  const key = () => `${drugs.value}.${rounds.value}`;
  const pattern = (row) => `url(#h${row.tier}-${row.step || 0})`;

  // --- choosing -------------------------------------------------------------------------------
  function fill(select, names, chosen) {
    names.forEach((name, i) => {
      const option = element("option", name);
      option.value = String(i);
      option.selected = i === chosen;
      select.append(option);
    });
  }

  // Rounds that the chosen drug lacks cannot be chosen; where the round was one, the latest is.
  function offer() {
    const options = all("option", rounds);
    options.forEach((o) => (o.disabled = !(`${drugs.value}.${o.value}` in data.views)));
    if (rounds.selectedOptions[0].disabled) {
      rounds.value = options.filter((o) => !o.disabled).pop().value;
    }
  }

  // --- what depends on the choice --------------------------------------------------------------
  function paragraphs(target, sentences) {
    target.replaceChildren(...sentences.map((sentence) => element("p", sentence)));
  }

  function tier(row) {
    const told = element("span", undefined, "tier");
    if (row.tier !== null) {
      told.append(element("span", undefined, `swatch c${row.tier}${row.unsure ? " unsure" : ""}`));
    }
    told.append(row.text);
    if (row.unsure) told.append(" ", element("span", `(${data.texts["table.unsure"]})`, "range"));
    return told;
  }

  function numbers(line, texts) {
    texts.forEach((text) => line.append(element("td", text || "", "n")));
  }

  function tableRow(row, chances) {
    const line = element("tr");
    numbers(line, [row.rank]);
    const name = element("th", data.areas[row.area], "name");
    name.scope = "row";
    const cell = element("td", undefined, "t");
    cell.dataset.key = row.tier === null ? "" : String(row.tier);
    cell.append(tier(row));
    line.append(name, cell);
    numbers(line, [row.value, row.interval, ...(row.chances || Array(chances).fill("")), row.ranks,
      ...(row.counts || ["", "", ""])]);
    line.append(element("td", row.remarks || ""));
    return line;
  }

  function gridCell(row) {
    const cell = element("td", row ? undefined : "–");
    if (!row) return cell;
    cell.append(tier(row));
    if (row.value) cell.append(element("br"), row.value);
    if (row.interval) cell.append(" ", element("span", `(${row.interval})`, "range"));
    return cell;
  }

  // A table of areas against columns, each a head and a view.
  function grid(target, columns) {
    if (!target) return;
    const table = element("table", undefined, "data");
    const head = table.createTHead().insertRow();
    [data.texts["column.name"], ...columns.map((c) => c.head)].forEach((text) => {
      const cell = element("th", text);
      cell.scope = "col";
      head.append(cell);
    });
    const found = columns.map((c) => new Map(c.view.rows.map((row) => [row.area, row])));
    const body = table.createTBody();
    data.areas.map((name, i) => [name, i]).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .filter(([, i]) => found.some((rows) => rows.has(i)))
      .forEach(([name, i]) => {
        const line = body.insertRow();
        const first = element("th", name, "name");
        first.scope = "row";
        line.append(first, ...found.map((rows) => gridCell(rows.get(i))));
      });
    target.replaceChildren(...(columns.length ? [table] : []));
  }

  function overRounds() {
    grid(at("live-rounds"), data.rounds
      .map((head, r) => ({ head, view: data.views[`${drugs.value}.${r}`] }))
      .filter((column) => column.view));
  }

  function otherDrugs() {
    grid(at("live-drugs"), data.drugs
      .map((name, d) => ({ name, d, view: data.views[`${d}.${rounds.value}`] }))
      .filter((column) => column.view && String(column.d) !== drugs.value)
      .map(({ name, view }) => ({ head: [name, view.unit].filter(Boolean).join(" · "), view })));
  }

  function changes() {
    const target = at("live-changes");
    if (!target) return;
    const still = document.querySelector("#still-changes .scroll");
    target.replaceChildren();
    (data.changes[drugs.value] || []).forEach((one) => {
      target.append(element("h3", one.heading), ...one.sentences.map((s) => element("p", s)));
      const scroll = still.cloneNode(true);
      scroll.setAttribute("aria-label", one.heading);
      const body = scroll.querySelector("tbody");
      body.replaceChildren();
      one.rows.forEach((texts) => texts.forEach((text, i) => {
        const line = i ? body.rows[body.rows.length - 1] : body.insertRow();
        line.append(element("td", text));
      }));
      target.append(scroll);
      sortable(scroll.querySelector("table"));
    });
  }

  function legend(view) {
    const swatch = (id) => {
      const picture = document.createElementNS(SVG, "svg");
      picture.setAttribute("viewBox", "0 0 44 28");
      picture.setAttribute("aria-hidden", "true");
      const box = document.createElementNS(SVG, "rect");
      box.setAttribute("width", "44");
      box.setAttribute("height", "28");
      box.setAttribute("fill", `url(#${id})`);
      picture.append(box);
      return picture;
    };
    const entry = (id, text) => {
      const item = element("li");
      item.append(swatch(id), element("span", text));
      return item;
    };
    at("live-tiers").replaceChildren(...view.legend.map(([i, text]) => entry(`h${i}-0`, text)));
    at("live-unit").textContent = view.quantity + (view.unit ? ` [${view.unit}]` : "");
    at("live-certainty").hidden = !view.doubt.length;
    at("live-doubt").replaceChildren(...view.doubt.map(([step, text]) => entry(`s-${step}`, text)));
  }

  // --- single areas --------------------------------------------------------------------------
  function facts(row, view) {
    const texts = data.texts;
    const spelt = new Map(view.remarks);
    const unit = view.unit ? ` ${view.unit}` : "";
    const counts = row.counts || [];
    return [
      [texts["column.tier"], row.text + (row.unsure ? ` (${texts["table.unsure"]})` : "")],
      [texts["page.chance"], row.chance],
      [texts["column.value"], row.value && row.value + unit],
      [texts["column.interval"], row.interval && row.interval + unit],
      [texts["column.n_sites"], counts[0]],
      [texts["column.n_samples"], counts[1]],
      [texts["column.n_censored"], counts[2]],
      [texts["column.flags"], (row.remarks || "").split(" ").filter(Boolean)
        .map((letter) => spelt.get(letter)).join(texts["list.separator"])],
    ].filter(([, text]) => text);
  }

  let told = -1;

  // Fills the card, and draws the outline of its area over all others.
  function tell(i) {
    told = i;
    const view = data.views[key()];
    const row = view.rows.find((r) => r.area === i);
    at("card-hint").hidden = Boolean(row);
    at("card-name").textContent = row ? data.areas[i] : "";
    const pairs = row ? facts(row, view) : [];
    at("card-facts").replaceChildren(...pairs.flatMap(([name, text]) =>
      [element("dt", name), element("dd", text)]));
    const chosen = areas.find((area) => Number(area.dataset.area) === i);
    at("ring").setAttribute("d", row && chosen ? chosen.firstElementChild.getAttribute("d") : "");
  }

  function colour(view) {
    const found = new Map(view.rows.map((row) => [row.area, row]));
    areas.forEach((area) => {
      const i = Number(area.dataset.area);
      const row = found.get(i);
      area.firstElementChild.setAttribute("fill", row ? pattern(row) : "none");
      const said = row ? facts(row, view) : [];
      area.setAttribute("aria-label", [data.areas[i], ...said.map((pair) => pair.join(" "))]
        .join(data.texts["list.separator"]));
      const chance = document.querySelector(`[data-chance="${i}"]`);
      if (chance) chance.textContent = (row && row.chance) || "";
    });
    if (told >= 0) tell(told);
  }

  // One stop of the tabulator; arrows go from area to area, Escape empties the card.
  function step(event) {
    const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const ends = { Home: 0, End: areas.length - 1 };
    const here = areas.indexOf(event.currentTarget);
    if (event.key === "Escape") return tell(-1);
    if (!(event.key in moves) && !(event.key in ends)) return undefined;
    event.preventDefault();
    const there = event.key in ends ? ends[event.key]
      : (here + moves[event.key] + areas.length) % areas.length;
    areas.forEach((area, i) => area.setAttribute("tabindex", i === there ? "0" : "-1"));
    return areas[there].focus();
  }

  function listen(area, i) {
    area.setAttribute("tabindex", i ? "-1" : "0");
    const index = Number(area.dataset.area);
    area.addEventListener("mouseenter", () => tell(index));
    area.addEventListener("focus", () => tell(index));
    area.addEventListener("click", () => tell(index));
    area.addEventListener("keydown", step);
  }

  // Names that would cover others are left out; the table has them all.
  function thin() {
    const taken = [];
    all("#live-map .label").forEach((label) => {
      label.style.visibility = "";
      const box = label.getBBox();
      const free = taken.every((b) => box.x > b.x + b.width || b.x > box.x + box.width
        || box.y > b.y + b.height || b.y > box.y + box.height);
      if (free) taken.push(box);
      else label.style.visibility = "hidden";
    });
  }

  // --- sorting ---------------------------------------------------------------------------------
  // Numbers by size, then bounds ("< 3") by size, then texts; blanks last either way.
  function sortKey(cell) {
    const text = (cell.dataset.key === undefined ? cell.textContent : cell.dataset.key).trim();
    if (!text || text === "–") return { blank: true };
    const found = /^([<>≤≥]?)\s*([-−]?\d+(?:\.\d+)?)/.exec(text);
    if (!found) return { kind: 2, text };
    return { kind: found[1] ? 1 : 0, size: Number(found[2].replace("−", "-")), text };
  }

  function compare(a, b) {
    if (a.kind !== b.kind) return a.kind - b.kind;
    if (a.kind < 2 && a.size !== b.size) return a.size - b.size;
    return a.text.localeCompare(b.text, document.documentElement.lang);
  }

  function sort(table, column, down) {
    const body = table.tBodies[0];
    const lines = [...body.rows].map((line, i) => ({ line, i, key: sortKey(line.cells[column]) }));
    lines.sort((a, b) => {
      if (a.key.blank || b.key.blank) return Boolean(a.key.blank) - Boolean(b.key.blank) || a.i - b.i;
      return (down ? -1 : 1) * compare(a.key, b.key) || a.i - b.i;
    });
    body.append(...lines.map((entry) => entry.line));
  }

  function sortable(table, sorted) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = element("button", head.textContent);
      button.type = "button";
      // A head that repeats in print cannot hold a button: Chromium leaves its text out.
      head.replaceChildren(button, element("span", head.textContent, "on-paper"));
      if (column === sorted) head.setAttribute("aria-sort", "ascending");
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort(table, column, down);
      });
    });
  }

  function again(table) {
    const heads = [...table.tHead.rows[0].cells];
    const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
    if (column > 0 || heads[0].getAttribute("aria-sort") === "descending") {
      sort(table, column, heads[column].getAttribute("aria-sort") === "descending");
    }
  }

  // --- together ----------------------------------------------------------------------------------
  function areaTable() {
    const scroll = at("areas-table").cloneNode(true);
    scroll.removeAttribute("id");
    at("live-areas").append(scroll);
    const table = scroll.querySelector("table");
    table.id = "live-table";
    sortable(table, 0);
    return table;
  }

  function ranking(table, view) {
    const chances = table.tHead.rows[0].cells.length - 10;
    table.tBodies[0].replaceChildren(...view.rows.map((row) => tableRow(row, chances)));
    again(table);
    const joined = view.remarks.flatMap(([letter, text], i) =>
      [i ? data.texts["list.separator"] : "", element("b", letter), ` ${text}`]);
    at("live-remarks").replaceChildren(...joined);
    at("live-remarks").parentNode.hidden = !joined.length;
  }

  const table = areaTable();

  function show() {
    offer();
    const view = data.views[key()];
    at("live-subtitle").textContent = [view.subtitle, view.quantity].join(" · ")
      + (view.unit ? ` [${view.unit}]` : "");
    all(".live-which").forEach((place) => (place.textContent = view.subtitle));
    all(".live-drug").forEach((place) => (place.textContent = data.drugs[Number(drugs.value)]));
    all(".live-note").forEach((place) => (place.textContent = view.note));
    paragraphs(at("live-found"), view.found);
    paragraphs(at("live-sure"), view.sure);
    ranking(table, view);
    overRounds();
    otherDrugs();
    changes();
    if (areas.length) {
      colour(view);
      legend(view);
    }
    all(".of-mapped").forEach((part) => part.classList.toggle("other", key() !== mapped));
    all(".of-drug").forEach((part) =>
      part.classList.toggle("other", Number(drugs.value) !== data.mapped[0]));
    at("status").textContent = view.status;
  }

  function toggle(button) {
    const shown = at("still-map").classList.toggle("asked");
    button.setAttribute("aria-expanded", String(shown));
    button.textContent = data.texts[shown ? "page.print_map.hide" : "page.print_map"];
  }

  document.documentElement.classList.add("live");
  all(".moving").forEach((part) => part.removeAttribute("hidden"));
  fill(drugs, data.drugs, data.mapped[0]);
  fill(rounds, data.rounds, data.mapped[1]);
  [drugs, rounds].forEach((select) => select.addEventListener("change", show));
  areas.forEach(listen);
  all("table.plain").filter((one) => !one.closest(".still")).forEach((one) => sortable(one));
  const printed = at("show-still");
  if (printed) printed.addEventListener("click", () => toggle(printed));
  show();
  thin();
  addEventListener("resize", thin);
})();
