// Reads RFC 4180 strictly: what the page writes must be no looser.

/** The records of a text, each a list of cells. */
export function parseCsv(text) {
    const records = [];
    let rest = text;
    while (rest) {
        const record = [];
        for (;;) {
            const match = rest.match(/^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/);
            if (!match) throw new Error(`no CSV: ${JSON.stringify(rest.slice(0, 60))}`);
            record.push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
            rest = rest.slice(match[0].length);
            if (match[3] === "\r\n") break;
        }
        records.push(record);
    }
    if (records.some((record) => record.length !== records[0].length)) throw new Error("records differ in length");
    return records;
}

/** The records after the first, each with its cells by column name. */
export function rowsOf(text) {
    const [header, ...records] = parseCsv(text);
    return records.map((record) => Object.fromEntries(header.map((name, at) => [name, record[at]])));
}

/** A cell without the guard against formulas. */
export function unguarded(cell) {
    return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
}
