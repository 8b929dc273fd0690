"use strict";
// The table of the first rows, with its filters.

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (value) => (value === null ? "" : String(value).replace(/[&<>"']/g, (c) => escapes[c]));
const isNumber = (cell) => cell === null || typeof cell === "number";

/** Cells are escaped for showing and for searching too: the table's search decodes what holds an ampersand as HTML. */
function renderer(fixed) {
  return (cell, kind) => {
    if (kind === "sort" || kind === "type") return cell;
    return fixed !== null && typeof cell === "number" ? cell.toFixed(fixed) : escaped(cell);
  };
}

function shownColumn(column) {
  const number = column.cells.every(isNumber);
  return {
    render: renderer(column.role === "score" ? 3 : null),
    className: column.role + (number ? " is-number" : ""),
    type: number ? "num" : "string",
    orderSequence: ["asc", "desc"],
  };
}

function fillTable(columns) {
  const at = (role) => columns.findIndex((c) => c.role === role);
  const data = columns[0].cells.map((_, row) => columns.map((c) => c.cells[row]));
  document.querySelector("#rows tbody").replaceChildren();
  const table = new DataTable("#rows", {
    data,
    columns: columns.map(shownColumn),
    order: [],
    autoWidth: false,
    pageLength: 25,
    lengthMenu: [10, 25, 100, 1000],
    createdRow: (row, cells) => {
      if (cells[at("suspect")]) row.classList.add("is-suspect");
    },
    layout: { topStart: "pageLength", topEnd: "search", bottomStart: "info", bottomEnd: "paging" },
    language: {
      search: "search",
      lengthMenu: "_MENU_ rows a page",
      info: "_START_ to _END_ of _TOTAL_ rows",
      infoFiltered: "(of _MAX_)",
      infoEmpty: "no rows",
      zeroRecords: "No row fits.",
    },
  });
  scrollInside(byId("table-box"));
  byId("table-note").textContent = "";
  filters(table, columns, at);
  document.querySelector("#rows").dataset.rows = data.length;
}

/** The table's own box scrolls now, so that its controls stay where they are. */
function scrollInside(box) {
  const inner = box.querySelector(".dt-layout-table .dt-layout-cell");
  for (const name of ["tabindex", "role", "aria-label"]) {
    inner.setAttribute(name, box.getAttribute(name));
    box.removeAttribute(name);
  }
  box.classList.remove("scroll");
}

function filters(table, columns, at) {
  const wanted = [
    ["filter-given", at("given")],
    ["filter-predicted", at("predicted")],
  ];
  for (const [id, column] of wanted) {
    const counts = new Map();
    for (const cell of columns[column].cells) counts.set(cell, (counts.get(cell) || 0) + 1);
    for (const [label, count] of [...counts].sort((a, b) => b[1] - a[1])) {
      const option = document.createElement("option");
      option.value = label;
      option.textContent = `${label} (${count.toLocaleString("en")})`;
      byId(id).append(option);
    }
  }
  const apply = () => {
    for (const [id, column] of wanted) {
      const chosen = byId(id);
      const label = chosen.selectedIndex > 0 ? chosen.value : null;
      table.column(column).search(label === null ? "" : (_text, cells) => cells[column] === label);
    }
    const only = byId("filter-suspects").checked;
    table
      .column(at("suspect"))
      .search(only ? "suspect" : "")
      .draw();
  };
  const form = byId("filters");
  form.hidden = false;
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () =>
    setTimeout(() => {
      table.search("");
      apply();
    }),
  );
}

function readColumns(buffer) {
  const columns = JSON.parse(new TextDecoder().decode(buffer));
  return columns.map((c) => (c.levels ? { ...c, cells: c.codes.map((code) => c.levels[code]) } : c));
}
