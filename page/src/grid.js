// The table on the page: of all rows only those in sight are elements.

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";

import { element } from "./element.js";

/** The height of a row; the style sheet says the same. */
const ROW_PIXELS = 30;

/** Rows beyond the edges that are elements already, so that scrolling shows no gap. */
const OVERSCAN = 6;

/** How much more room long texts get. */
const WIDER = 2.5;

const ARROWS = { ascending: "▲", descending: "▼", none: "" };

export class Grid {
    #table;
    #region;
    #grid;
    #widths;
    #virtualizer;
    #lines = new Map();
    #rows = new Uint32Array();
    #columns = [];
    /** Whether columns of long texts have room for them. */
    isWide = false;

    constructor(table, region, onSort) {
        this.#table = table;
        this.#region = region;
        this.#grid = region.querySelector("table");
        this.#widths = element("colgroup");
        this.#grid.tHead.before(this.#widths);
        this.#grid.tHead.addEventListener("click", (event) => {
            const key = event.target.closest("button")?.dataset.key;
            if (key) onSort(key);
        });
        this.#virtualizer = new Virtualizer(this.#options());
        this.#virtualizer._didMount();
        this.#virtualizer._willUpdate();
    }

    #options() {
        return {
            count: this.#rows.length,
            getScrollElement: () => this.#region,
            estimateSize: () => ROW_PIXELS,
            overscan: OVERSCAN,
            scrollToFn: elementScroll,
            observeElementRect,
            observeElementOffset,
            onChange: () => this.#draw(),
        };
    }

    /** Shows these columns. */
    showColumns(columns, sort) {
        this.#columns = columns;
        const width = (column) => column.width * (this.isWide && column.long ? WIDER : 1);
        this.#widths.replaceChildren(
            ...columns.map((column) => {
                const col = element("col");
                col.style.width = `${width(column)}px`;
                return col;
            }),
        );
        this.#grid.style.width = `${columns.reduce((sum, column) => sum + width(column), 0)}px`;
        this.#grid.tHead.rows[0].replaceChildren(
            ...columns.map((column) =>
                element("th", { scope: "col", class: column.number ? "number" : "" }, [
                    element("button", { type: "button", "data-key": column.key }, [
                        column.label,
                        element("span", { class: "arrow", "aria-hidden": "true" }),
                    ]),
                ]),
            ),
        );
        this.showSort(sort);
    }

    /** Marks the column that the rows are in the order of. */
    showSort({ key, descending }) {
        for (const button of this.#grid.tHead.querySelectorAll("button")) {
            const order = button.dataset.key !== key ? "none" : descending ? "descending" : "ascending";
            button.parentElement.setAttribute("aria-sort", order);
            button.lastElementChild.textContent = ARROWS[order];
        }
    }

    /** Shows these rows, from the first. */
    showRows(rows) {
        this.#rows = rows;
        this.#lines.clear();
        this.#region.scrollTop = 0;
        this.#grid.setAttribute("aria-rowcount", String(rows.length + 1));
        this.#virtualizer.setOptions(this.#options());
        this.#virtualizer._willUpdate();
        this.#virtualizer.scrollOffset = 0;
        this.#draw();
    }

    #draw() {
        const items = this.#virtualizer.getVirtualItems();
        const lines = new Map();
        for (const { index } of items) lines.set(index, this.#lines.get(index) ?? this.#line(index));
        this.#lines = lines;
        const before = items.length ? items[0].start : 0;
        const after = items.length ? this.#virtualizer.getTotalSize() - items.at(-1).end : 0;
        this.#grid.tBodies[0].replaceChildren(this.#gap(before), ...lines.values(), this.#gap(after));
    }

    /** Stands for the rows that are no elements. */
    #gap(pixels) {
        const cell = element("td", { colspan: String(Math.max(this.#columns.length, 1)) });
        cell.style.height = `${pixels}px`;
        const gap = element("tr", { class: "gap-row", "aria-hidden": "true" }, [cell]);
        gap.hidden = pixels === 0;
        return gap;
    }

    #line(index) {
        const row = this.#rows[index];
        const cells = this.#columns.map((column) => this.#cell(column, row));
        // The header is the first row.
        const line = element("tr", { "aria-rowindex": String(index + 2) }, cells);
        if (index % 2) line.className = "odd";
        return line;
    }

    #cell(column, row) {
        const text = column.text(row);
        const cell = element("td", { class: column.number ? "number" : "" });
        if (column.key === "severity" && text) {
            cell.append(element("span", { class: `tag ${text}` }, [text]));
        } else if (column.key === "findings" && text) {
            const { parts } = this.#table.findingSets[column.codes[row]];
            parts.forEach(([severity, rest], at) => {
                cell.append(at ? "; " : "", element("span", { class: `word ${severity}` }, [severity]), ` ${rest}`);
            });
        } else {
            cell.append(text);
        }
        // Where a text is cut, pointing at it shows all of it.
        if (column.long && text.length * 6 > column.width) cell.title = text;
        return cell;
    }
}
