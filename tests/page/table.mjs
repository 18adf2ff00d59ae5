// The table shows what the report says, sorts and filters it, and hands over what it shows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { parseCsv, rowsOf, unguarded } from "./csv.mjs";

const exported = (browser, page) => browser.download(page, () => page.click("#export"));
/** The rows on the screen, each with its cells by column name; the region is made as tall as they need. */
const onScreen = (page) =>
    page.evaluate(async () => {
        const region = document.getElementById("region");
        const wanted = Number(document.getElementById("grid").getAttribute("aria-rowcount")) - 1;
        region.style.height = `${(wanted + 3) * 30}px`;
        const lines = () => [...document.querySelectorAll("#grid tbody tr[aria-rowindex]")];
        while (lines().length < wanted) await new Promise(requestAnimationFrame);
        const names = [...document.querySelectorAll("#grid th button")].map((button) => button.firstChild.textContent);
        const rows = lines().map((line) => [...line.cells].map((cell) => cell.textContent));
        region.style.height = "";
        return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at]])));
    });
const count = (page) => page.$eval("#count", (element) => element.textContent);
const byLine = (records) => records.map((record) => JSON.stringify(record)).sort();

async function showColumn(page, label, shown) {
    await page.$eval("#columns", (details) => (details.open = true));
    const box = await page.$(`xpath///*[@id="columns"]//fieldset//label[text()="${label}"]/input`);
    if ((await box.evaluate((element) => element.checked)) !== shown) await box.click();
}

async function clear(page) {
    await page.click("#clear");
}

export async function checkTable(check, browser, { page: file, expected, bare }) {
    if (bare) {
        await check("a page without rows says so", async () => {
            const page = await browser.open(bare);
            assert.equal(await count(page), "0 rows");
            await page.click("#grid th button");
            await page.type("#text", "a");
            assert.equal(parseCsv(await exported(browser, page)).length, 1);
            assert.doesNotMatch(await page.$eval("body", (body) => body.innerText), /NaN|undefined|null/);
            assert.deepEqual(page.troubles, []);
            await page.close();
        });
    }
    const page = await browser.open(file);
    const labels = await page.$$eval("#columns fieldset label", (made) => made.map((label) => label.textContent));
    for (const label of labels) await showColumn(page, label, true);
    const all = await exported(browser, page);
    const rows = rowsOf(all).map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, unguarded(cell)])),
    );

    await check("the table has the report's cells", () => {
        const wanted = parseCsv(readFileSync(expected, "utf8"));
        const shown = rows.map((row) => wanted[0].map((name) => row[name]));
        assert.deepEqual(byLine(shown), byLine(wanted.slice(1)));
        return `${shown.length} rows, ${wanted[0].length} columns of ${labels.length}`;
    });

    await check("an export has no cell that begins like a formula, and the guard before those that would", () => {
        const cells = parseCsv(all).flat();
        assert.deepEqual(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell)), []);
        assert.ok(cells.some((cell) => cell.startsWith("'=HYPERLINK")));
    });

    await check("every column sorts both ways, with what is missing at the end", async () => {
        for (const label of labels) {
            const button = await page.$(`xpath///*[@id="grid"]//th/button[contains(., "${label}")]`);
            const order = () => button.evaluate((element) => element.parentElement.getAttribute("aria-sort"));
            // The page begins in the order of its findings.
            if ((await order()) !== "none") await (await page.$("#grid th button")).click();
            for (const way of ["ascending", "descending"]) {
                await button.click();
                assert.equal(await order(), way, label);
                const sorted = await onScreen(page);
                assert.deepEqual(byLine(sorted), byLine(rows), `${label} loses or changes a row`);
                assertSorted(label, sorted.map((row) => row[label]), way === "descending");
            }
        }
        return `${labels.length} columns`;
    });

    await check("filters keep what they say, alone and together", async () => {
        const cells = (row) => Object.values(row).map((cell) => cell.toLowerCase());
        const findings = (row) => row.Findings.split("; ").filter(Boolean).map((finding) => finding.split(/[ ()]+/));
        const has = (...words) => (row) => findings(row).some((finding) => words.every((word) => finding.includes(word)));
        const contains = (text) => (row) => text.split(" ").every((word) => cells(row).some((cell) => cell.includes(word)));
        const trials = [
            [{ text: "ALICE" }, contains("alice")],
            [{ text: "key-rotation  prod 2026-" }, contains("key-rotation prod 2026-")],
            [{ text: "nobody has this" }, () => false],
            [{ account: "Staging" }, (row) => row["Account name"].includes("staging")],
            [{ account: rows[30].Account }, (row) => row.Account === rows[30].Account],
            [{ rule: "console-mfa" }, has("console-mfa")],
            [{ severity: "high" }, has("high")],
            [{ severity: "none" }, (row) => row.Findings === ""],
            [{ state: "exempted" }, has("exempted")],
            [{ rule: "key-rotation", state: "new" }, has("key-rotation", "new")],
            [
                { text: "deploy", account: "payments", severity: "medium" },
                (row) => contains("deploy")(row) && row["Account name"].includes("payments") && has("medium")(row),
            ],
        ];
        for (const [filter, keeps] of trials) {
            const name = JSON.stringify(filter);
            await clear(page);
            for (const [id, value] of Object.entries(filter)) {
                if (["text", "account"].includes(id)) await page.type(`#${id}`, value);
                else await page.select(`#${id}`, value);
            }
            const wanted = rows.filter(keeps);
            if (filter.text !== "nobody has this") assert.ok(wanted.length > 0, `${name} finds nothing`);
            assert.ok(wanted.length < rows.length, `${name} keeps everything`);
            assert.equal(await count(page), `${wanted.length} of ${rows.length} rows`, name);
            assert.deepEqual(byLine(await onScreen(page)), byLine(wanted), name);
        }
        await clear(page);
        assert.equal(await count(page), `${rows.length} rows`);
        return `${trials.length} filters`;
    });

    await check("columns that are not chosen are neither shown, nor searched, nor exported", async () => {
        await page.type("#text", "root_account");
        assert.notEqual(await count(page), `0 of ${rows.length} rows`);
        await showColumn(page, "User", false);
        assert.equal(await count(page), `0 of ${rows.length} rows`);
        await clear(page);
        const left = labels.filter((label) => label !== "User");
        assert.deepEqual(parseCsv(await exported(browser, page))[0], left);
        const shown = await page.$$eval("#grid th button", (made) => made.map((button) => button.firstChild.textContent));
        assert.deepEqual(shown, left);
        await showColumn(page, "User", true);
    });

    await check("an export is what is on the screen: filtered, sorted, the columns that are shown", async () => {
        await showColumn(page, "Certificates", false);
        await page.select("#severity", "medium");
        await (await page.$('xpath///*[@id="grid"]//th/button[contains(., "Account name")]')).click();
        const shown = await onScreen(page);
        assert.ok(shown.length > 10 && shown.length < rows.length, `${shown.length} rows`);
        const [header, ...records] = parseCsv(await exported(browser, page));
        assert.deepEqual(header, Object.keys(shown[0]));
        assert.deepEqual(records.map((record) => record.map(unguarded)), shown.map(Object.values));
        await clear(page);
        return `${shown.length} rows`;
    });

    await check("only the rows in sight are elements", async () => {
        const lines = await page.$$eval("#grid tbody tr[aria-rowindex]", (found) => found.length);
        assert.ok(lines >= 15 && lines < 60, `${lines} rows`);
        return `${lines} of ${rows.length}`;
    });

    await check("neither sorting nor filtering nor exporting makes a request or an error", () => {
        assert.deepEqual(page.troubles, []);
        assert.deepEqual(page.requests.filter((url) => !url.startsWith("blob:")), []);
    });
    await page.close();
}

const SEVERITIES = ["critical", "high", "medium", "low"];
const KEYS = ["active", "inactive", "none", "not supported", "N/A", "no information"];
const FLAGS = ["yes", "no", "not supported", "N/A", "no information"];
const CERTIFICATES = ["none", "1 active", "2 active", "1 inactive", "2 inactive", "1 active, 1 inactive"];

/** What a cell is ordered by; none of what comes last. */
function sortKey(label, cell) {
    if (cell === "") return null;
    if (/days$/.test(label)) return Number(cell);
    if (/use$|used$|created$|changed$/.test(label)) return /^\d{4}-/.test(cell) ? cell : null;
    if (label === "Severity") return SEVERITIES.indexOf(cell);
    if (label === "Certificates") return CERTIFICATES.indexOf(cell);
    if (/^Key [12]$/.test(label)) return KEYS.indexOf(cell);
    if (["Password", "MFA"].includes(label)) return FLAGS.indexOf(cell);
    // The worst severity that counts, the lowest where none does; many findings come before few.
    if (label === "Findings") {
        const findings = cell.split("; ");
        const counting = findings.filter((finding) => !finding.endsWith("(exempted)"));
        const ranks = counting.map((finding) => SEVERITIES.indexOf(finding.split(" ")[0]));
        return Math.min(SEVERITIES.length, ...ranks) * 1000 - findings.length;
    }
    return cell.toLowerCase();
}

function assertSorted(label, cells, descending) {
    const keys = cells.map((cell) => sortKey(label, cell));
    const end = keys.includes(null) ? keys.indexOf(null) : keys.length;
    assert.ok(keys.slice(end).every((key) => key === null), `${label}: what is missing is not at the end`);
    for (let at = 1; at < end; at += 1) {
        const [before, after] = descending ? [keys[at], keys[at - 1]] : [keys[at - 1], keys[at]];
        assert.ok(before <= after, `${label}: ${cells[at - 1]} before ${cells[at]}`);
    }
}
