// The numbers of a chart, from the cells of its table.

/** The rows of one part of the figure's table, each with its cells' texts. */
export function rowsOf(figure, part = "tbody") {
    return [...figure.querySelectorAll(`${part} tr`)].map((row) => [...row.cells].map((cell) => cell.textContent));
}

/** The number of a cell, whose thousands are set apart. */
export function numberOf(text) {
    return Number(text.replaceAll(",", ""));
}

/** A number as a cell has it. */
export function grouped(number) {
    return number.toLocaleString("en");
}
