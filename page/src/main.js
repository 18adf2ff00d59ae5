// The report page's script: draws the charts, then reads the rows and shows the table.

import { drawCharts } from "./charts.js";
import { csv, download } from "./csv.js";
import { element } from "./element.js";
import { Grid } from "./grid.js";
import { filterRows, sortRows } from "./query.js";
import { readTable } from "./table.js";

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");

/** Filters, order and columns, and what follows from them. */
class Browser {
    #table;
    #grid;
    #sort = { key: "findings", descending: false };
    #order;
    #rows;
    #filter;

    constructor(table) {
        this.#table = table;
        byId("browser").hidden = false;
        this.#grid = new Grid(table, byId("region"), (key) => this.#sortBy(key));
        this.#filter = byId("filters");
        this.#filter.addEventListener("input", () => this.#show());
        this.#filter.addEventListener("submit", (event) => event.preventDefault());
        byId("clear").addEventListener("click", () => {
            this.#filter.reset();
            this.#show();
        });
        byId("export").addEventListener("click", () => this.#export());
        this.#offerColumns();
        this.#order = this.#sorted();
        this.#grid.showColumns(this.#columns(), this.#sort);
        this.#show();
    }

    #columns() {
        return this.#table.columns.filter((column) => column.shown);
    }

    #sorted() {
        const column = this.#table.columns.find(({ key }) => key === this.#sort.key);
        return sortRows(this.#table, column, this.#sort.descending);
    }

    #sortBy(key) {
        const again = this.#sort.key === key;
        this.#sort = { key, descending: again && !this.#sort.descending };
        this.#order = this.#sorted();
        this.#grid.showSort(this.#sort);
        this.#show();
    }

    #show() {
        const value = (id) => byId(id).value;
        this.#rows = filterRows(this.#table, this.#order, {
            text: value("text"),
            account: value("account"),
            rule: value("rule"),
            severity: value("severity"),
            state: value("state"),
        });
        this.#grid.showRows(this.#rows);
        const all = number(this.#table.length);
        byId("count").textContent =
            this.#rows.length === this.#table.length ? `${all} rows` : `${number(this.#rows.length)} of ${all} rows`;
    }

    #offerColumns() {
        const boxes = this.#table.columns.map((column) => {
            const box = element("input", { type: "checkbox" });
            box.checked = column.shown;
            box.addEventListener("change", () => {
                column.shown = box.checked;
                this.#grid.showColumns(this.#columns(), this.#sort);
                // The search looks at the columns shown.
                this.#show();
            });
            return element("label", {}, [box, column.label]);
        });
        byId("columns").querySelector("fieldset").append(...boxes);
        byId("wide").addEventListener("change", (event) => {
            this.#grid.isWide = event.target.checked;
            this.#grid.showColumns(this.#columns(), this.#sort);
            this.#show();
        });
    }

    #export() {
        download(`${byId("browser").dataset.file}.csv`, csv(this.#columns(), this.#rows));
    }
}

/** After what there is has been painted. */
function afterPaint() {
    return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

async function start() {
    drawCharts();
    await afterPaint();
    const progress = byId("progress");
    const data = byId("rows");
    progress.textContent = "Reading the rows…";
    if (typeof DecompressionStream === "undefined") {
        progress.textContent = "This browser cannot read the rows of the table; one of 2023 or later can.";
        return;
    }
    let table;
    try {
        table = await readTable(data.textContent, (rows) => {
            progress.textContent = `Reading the rows: ${number(rows)}…`;
        });
    } catch {
        progress.textContent = "The rows of the table cannot be read: the file is damaged or was cut off.";
        return;
    }
    data.remove();
    new Browser(table);
    progress.textContent = "";
    performance.mark("table-shown");
    // What the first search would have to make, while nobody waits for it.
    for (const column of table.columns) {
        await afterPaint();
        column.prepare();
    }
}

start();
