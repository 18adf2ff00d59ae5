// Drives a report page in Chromium and says, a line for each, what holds and what does not; exits with 1 where something
// does not.
//   node run.mjs --page FILE.html --expected FILE.csv [--bare FILE.html] [--large FILE.html] [--screens FOLDER]
//                [--packages FOLDER] [--chromium PROGRAM]
// --expected: cells that the page's table must have, made without the page's script;
// --bare: a page of a report without rows;
// --large: a page of 100,000 rows, which the figures are measured with;
// --packages: a folder with node_modules by the lock file beside this file (default: this one).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { checkAccess } from "./access.mjs";
import { Browser } from "./browser.mjs";
import { checkKeyboard } from "./keyboard.mjs";
import { checkSafety } from "./safety.mjs";
import { checkSpeed } from "./speed.mjs";
import { checkTable } from "./table.mjs";

const { values: options } = parseArgs({
    options: {
        page: { type: "string" },
        expected: { type: "string" },
        bare: { type: "string" },
        large: { type: "string" },
        screens: { type: "string" },
        packages: { type: "string", default: dirname(fileURLToPath(import.meta.url)) },
        chromium: { type: "string", default: "chromium" },
    },
});
if (!options.page || !options.expected) {
    console.error("usage: node run.mjs --page FILE.html --expected FILE.csv [--large FILE.html] [--screens FOLDER]");
    process.exit(64);
}

let failures = 0;
/** Runs one check: what it returns is said behind its name, what it throws is a failure. */
async function check(name, run) {
    try {
        const said = await run();
        console.log(`ok    ${name}${said ? `: ${said}` : ""}`);
    } catch (error) {
        failures += 1;
        console.log(`FAIL  ${name}: ${error.message}`);
    }
}

const downloads = mkdtempSync(join(tmpdir(), "orgscan-page-"));
const browser = await Browser.launch(options, downloads);
try {
    for (const checks of [checkSafety, checkTable, checkKeyboard, checkAccess, checkSpeed]) {
        await checks(check, browser, options);
    }
} finally {
    await browser.close();
    rmSync(downloads, { recursive: true, force: true });
}
console.log(failures ? `${failures} checks failed` : "every check passed");
process.exitCode = failures ? 1 : 0;
