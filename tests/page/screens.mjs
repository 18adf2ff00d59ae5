// Pictures of a digest and a report page as people see them: light and dark, wide and on a phone.
//   node screens.mjs --digest FILE.html --page FILE.html --to FOLDER [--packages FOLDER] [--chromium PROGRAM]
// Writes {digest,page}-{light,dark}-{wide,380}.png, and fails where one of them is wider than its screen, asks for anything
// or has something that axe calls serious.

import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { audit } from "./access.mjs";
import { Browser } from "./browser.mjs";

const { values: options } = parseArgs({
    options: {
        digest: { type: "string" },
        page: { type: "string" },
        to: { type: "string" },
        packages: { type: "string", default: dirname(fileURLToPath(import.meta.url)) },
        chromium: { type: "string", default: "chromium" },
    },
});
if (!options.digest || !options.page || !options.to) {
    console.error("usage: node screens.mjs --digest FILE.html --page FILE.html --to FOLDER");
    process.exit(64);
}

/** How much of each is shown: what a reader sees without scrolling far. */
const SIZES = {
    digest: { wide: [760, 1400], 380: [380, 1400] },
    page: { wide: [1280, 2300], 380: [380, 1400] },
};

mkdirSync(options.to, { recursive: true });
const browser = await Browser.launch(options, tmpdir());
try {
    for (const [kind, sizes] of Object.entries(SIZES)) {
        for (const scheme of ["light", "dark"]) {
            for (const [size, [width, most]] of Object.entries(sizes)) {
                const page = await browser.open(options[kind], { width, scheme, table: kind === "page" });
                const { wide, high } = await page.evaluate(() => ({
                    wide: document.documentElement.scrollWidth,
                    high: document.documentElement.scrollHeight,
                }));
                if (wide > width) throw new Error(`the ${kind} is ${wide} px wide on a screen of ${width} px`);
                const height = Math.min(high, most);
                await page.setViewport({ width, height });
                const path = join(options.to, `${kind}-${scheme}-${size}.png`);
                await page.screenshot({ path });
                if (page.requests.length || page.troubles.length) {
                    throw new Error(`the ${kind} asks for ${page.requests}, or complains: ${page.troubles}`);
                }
                const { serious } = await audit(browser, page);
                if (serious.length) throw new Error(`axe says of the ${kind} (${scheme}, ${size}): ${serious.join("; ")}`);
                console.log(path);
                await page.close();
            }
        }
    }
} finally {
    await browser.close();
}
