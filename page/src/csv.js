// What is shown, as CSV: RFC 4180, UTF-8.

/** The cell, with a ' before it where a spreadsheet would take it for a formula (OWASP, "CSV Injection"). */
function guarded(cell) {
    return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

function quoted(cell) {
    return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The columns' labels and the rows' cells. */
export function csv(columns, rows) {
    const line = (cells) => `${cells.map((cell) => quoted(guarded(cell))).join(",")}\r\n`;
    const lines = [line(columns.map((column) => column.label))];
    for (const row of rows) lines.push(line(columns.map((column) => column.text(row))));
    return lines.join("");
}

/** Hands a text over as a file. */
export function download(name, text) {
    const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    // The browser has taken hold of the file when the click returns; a moment more does no harm.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
