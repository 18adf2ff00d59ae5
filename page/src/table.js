// The table in memory. Every cell is a number that stands for a text, and each text is kept once: a filter looks at each
// text once and then only at numbers, and sorting is counting.

import { Codes, Dictionary, readLines } from "./rows.js";

const SECONDS_PER_DAY = 86_400;

/** A column: which text each row has, and how texts are ordered. Columns with the same `codes` are of the same thing. */
class Column {
    #lower;
    #ranks;

    constructor({ key, label, width, shown = true, number = false, long = false }, codes, values, keys) {
        Object.assign(this, { key, label, width, shown, number, long, codes, values });
        // What texts are ordered by; null of those that come last whichever way it is sorted.
        this.keys = keys ?? values.map((value) => (value === "" ? null : value.toLowerCase()));
    }

    text(row) {
        return this.values[this.codes[row]];
    }

    /** The texts to search in. */
    get lower() {
        this.#lower ??= this.values.map((value) => value.toLowerCase());
        return this.#lower;
    }

    /** The place of each text among all of them, and how many places there are besides the last. */
    get ranks() {
        this.#ranks ??= rank(this.keys);
        return this.#ranks;
    }

    /** Makes what searching needs, ahead of it. */
    prepare() {
        return this.lower;
    }
}

function rank(keys) {
    const order = [...keys.keys()].filter((code) => keys[code] !== null);
    order.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : 0));
    const places = new Uint32Array(keys.length);
    let count = 0;
    order.forEach((code, index) => {
        if (index === 0 || keys[code] !== keys[order[index - 1]]) count += 1;
        places[code] = count - 1;
    });
    keys.forEach((key, code) => {
        if (key === null) places[code] = count;
    });
    return { places, count };
}

/** Texts and sort keys of days since 1970-01-01; a negative number stands for one of `words`. */
function days(dictionary, words) {
    return {
        values: dictionary.values.map((day) =>
            day < 0 ? words[-day - 1] : new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 10),
        ),
        keys: dictionary.values.map((day) => (day < 0 ? null : day)),
    };
}

/** Texts and sort keys of ages; −1 is of what has none. */
function ages(dictionary) {
    return {
        values: dictionary.values.map((age) => (age < 0 ? "" : String(age))),
        keys: dictionary.values.map((age) => (age < 0 ? null : age)),
    };
}

/** Words of the first line, ordered as they stand there. */
function words(values) {
    return { values, keys: values.map((value, code) => (value === "" ? null : code)) };
}

/** The findings of a row, taken apart. */
class FindingSet {
    constructor(codes, legend) {
        const { credentials, statuses } = legend;
        this.findings = codes.map((code) => {
            const [rule, severity] = legend.rules[Math.floor(code / statuses.length / credentials.length)];
            const credential = credentials[Math.floor(code / statuses.length) % credentials.length];
            return { rule, severity, credential, status: statuses[code % statuses.length] };
        });
        const rest = ({ rule, credential, status }) => `${rule}${credential && ` ${credential}`} (${status})`;
        // What a cell shows: severity and the rest, and the same as one text.
        this.parts = this.findings.map((finding) => [finding.severity, rest(finding)]);
        this.text = this.parts.map((part) => part.join(" ")).join("; ");
        // How bad it all is: the worst severity, then the number of findings.
        const counting = this.findings.filter(({ status }) => status !== "exempted");
        const ranks = counting.map(({ severity }) => legend.severities.indexOf(severity));
        this.worst = ranks.length ? Math.min(...ranks) : null;
        this.severity = this.worst === null ? "" : legend.severities[this.worst];
        this.badness = codes.length ? [this.worst ?? legend.severities.length, 1000 - codes.length] : null;
    }
}

const NUMBERED = ["created", "password_changed", "password_used", "key_1_used", "key_2_used", "last_use"];
const AGED = ["key_1_age", "key_2_age"];
const WORDED = ["password", "mfa", "key_1", "key_2", "certificates"];

/** Reads the table; `onProgress` is told how many rows there are so far. */
export async function readTable(base64, onProgress) {
    let legend;
    const accounts = [];
    const account = new Codes();
    const user = new Codes();
    const users = new Dictionary();
    const findings = new Codes();
    const sets = new Dictionary();
    const numbered = new Map([...NUMBERED, ...AGED].map((key) => [key, { codes: new Codes(), texts: new Dictionary() }]));
    const worded = new Map(WORDED.map((key) => [key, new Codes()]));

    for await (const line of readLines(base64)) {
        if (!legend) {
            legend = line;
            continue;
        }
        accounts.push(...line.accounts);
        for (const code of line.account) account.push(code);
        for (const name of line.user) user.push(users.code(name));
        for (const codes of line.findings) findings.push(sets.code(codes.join(), codes));
        for (const [key, { codes, texts }] of numbered) for (const value of line[key]) codes.push(texts.code(value));
        for (const [key, codes] of worded) for (const code of line[key]) codes.push(code);
        onProgress(account.length);
    }

    const findingSets = sets.values.map((codes) => new FindingSet(codes, legend));
    const ofAccounts = account.items();
    const ofFindings = findings.items();
    const ofAccount = (place) => accounts.map((names) => names[place]);
    const date = (column) => {
        const { codes, texts } = numbered.get(column.key);
        const { values, keys } = days(texts, legend.no_times);
        return new Column(column, codes.items(), values, keys);
    };
    const age = (column) => {
        const { codes, texts } = numbered.get(column.key);
        const { values, keys } = ages(texts);
        return new Column({ ...column, number: true }, codes.items(), values, keys);
    };
    const word = (column, wordsOf) => {
        const { values, keys } = words(wordsOf);
        return new Column(column, worded.get(column.key).items(), values, keys);
    };
    // Sets of findings by how bad they are, as one number each.
    const badness = findingSets.map(({ badness }) => badness && badness[0] * 1000 + badness[1]);

    const columns = [
        new Column({ key: "account_id", label: "Account", width: 124 }, ofAccounts, ofAccount(0)),
        new Column({ key: "account_name", label: "Account name", width: 138, long: true }, ofAccounts, ofAccount(1)),
        new Column({ key: "ou_path", label: "OU path", width: 220, long: true, shown: false }, ofAccounts, ofAccount(2)),
        new Column({ key: "user", label: "User", width: 134, long: true }, user.items(), users.values),
        new Column(
            { key: "severity", label: "Severity", width: 96 },
            ofFindings,
            findingSets.map((set) => set.severity),
            findingSets.map((set) => set.worst),
        ),
        new Column(
            { key: "findings", label: "Findings", width: 336, long: true },
            ofFindings,
            findingSets.map((set) => set.text),
            badness,
        ),
        word({ key: "password", label: "Password", width: 112 }, legend.flags),
        word({ key: "mfa", label: "MFA", width: 60 }, legend.flags),
        word({ key: "key_1", label: "Key 1", width: 76 }, legend.keys),
        age({ key: "key_1_age", label: "Key 1 days", width: 104 }),
        word({ key: "key_2", label: "Key 2", width: 76 }, legend.keys),
        age({ key: "key_2_age", label: "Key 2 days", width: 104 }),
        date({ key: "last_use", label: "Last use", width: 124 }),
        word({ key: "certificates", label: "Certificates", width: 116, long: true }, legend.certificates),
        date({ key: "created", label: "User created", width: 116, shown: false }),
        date({ key: "password_changed", label: "Password changed", width: 150, shown: false }),
        date({ key: "password_used", label: "Password used", width: 130, shown: false }),
        date({ key: "key_1_used", label: "Key 1 used", width: 112, shown: false }),
        date({ key: "key_2_used", label: "Key 2 used", width: 112, shown: false }),
    ];
    return { columns, findingSets, ofFindings, length: account.length };
}
