// Which rows are shown, and in which order.

/** The rows in the order of a column. Rows with the same text stay in the report's order. */
export function sortRows(table, column, descending) {
    const { places, count } = column.ranks;
    const place = (code) => (places[code] === count || !descending ? places[code] : count - 1 - places[code]);
    const placeOfCode = Uint32Array.from(column.values.keys(), place);
    const starts = new Uint32Array(count + 2);
    for (const code of column.codes) starts[placeOfCode[code] + 1] += 1;
    for (let at = 1; at < starts.length; at += 1) starts[at] += starts[at - 1];
    const order = new Uint32Array(table.length);
    for (let row = 0; row < table.length; row += 1) order[starts[placeOfCode[column.codes[row]]]++] = row;
    return order;
}

/** The rows of `order` that a filter lets through. */
export function filterRows(table, order, filter) {
    const passed = new Uint8Array(table.length).fill(1);
    const shown = table.columns.filter((column) => column.shown);
    for (const word of splitWords(filter.text)) keepWord(shown, word, passed);
    const account = filter.account.trim().toLowerCase();
    if (account) keepWord(table.columns.slice(0, 2), account, passed);
    if (filter.rule || filter.severity || filter.state) keepFindings(table, filter, passed);
    let count = 0;
    const rows = new Uint32Array(order.length);
    for (const row of order) if (passed[row]) rows[count++] = row;
    return rows.subarray(0, count);
}

function splitWords(text) {
    return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Keeps the rows of which one of the columns has the word. */
function keepWord(columns, word, passed) {
    // Texts with the word, for each kind of codes.
    const hits = new Map();
    for (const column of columns) {
        const hit = hits.get(column.codes) ?? new Uint8Array(column.values.length);
        column.lower.forEach((text, code) => {
            if (text.includes(word)) hit[code] = 1;
        });
        hits.set(column.codes, hit);
    }
    const found = new Uint8Array(passed.length);
    for (const [codes, hit] of hits) {
        if (!hit.includes(1)) continue;
        for (let row = 0; row < codes.length; row += 1) found[row] |= hit[codes[row]];
    }
    for (let row = 0; row < passed.length; row += 1) passed[row] &= found[row];
}

/** Keeps the rows that have one finding of this rule, severity and status. */
function keepFindings(table, { rule, severity, state }, passed) {
    const hit = Uint8Array.from(table.findingSets, ({ findings }) =>
        severity === "none"
            ? findings.length === 0
            : findings.some(
                  (finding) =>
                      (!rule || finding.rule === rule) &&
                      (!severity || finding.severity === severity) &&
                      (!state || finding.status === state),
              ),
    );
    for (let row = 0; row < passed.length; row += 1) passed[row] &= hit[table.ofFindings[row]];
}
