// The page asks for nothing, and runs nothing that came from a name.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export async function checkSafety(check, browser, { page: file, large }) {
    for (const [name, path] of [["page", file], ...(large ? [["large page", large]] : [])]) {
        await check(`the ${name} makes no request and has no error`, async () => {
            const page = await browser.open(path);
            assert.deepEqual(page.requests, []);
            assert.deepEqual(page.troubles, []);
            await page.close();
        });
    }

    await check("no name runs as a script or becomes an element", async () => {
        const page = await browser.open(file);
        for (const text of ["onerror", "window.broken", "svg onload", "javascript:"]) {
            await page.$eval("#text", (field) => (field.value = ""));
            await page.type("#text", text);
            const row = await page.$eval("#grid tbody", (body) => body.textContent);
            assert.ok(row.includes(text), `${text} is shown as text`);
        }
        for (const element of await page.$$("details")) await element.evaluate((details) => (details.open = true));
        const found = await page.evaluate(() => ({
            broken: window.broken ?? null,
            elements: document.querySelectorAll("img, iframe, object, embed, a[href^=javascript], svg[onload]").length,
            // Only the page's own: the data block is gone once it is read.
            scripts: document.scripts.length,
        }));
        assert.deepEqual(found, { broken: null, elements: 0, scripts: 1 });
        assert.deepEqual(page.requests, []);
        await page.close();
    });

    await check("the content security policy stops what the page itself never does", async () => {
        const page = await browser.open(file);
        const outcome = await page.evaluate(async () => {
            const stopped = async (act) => {
                try {
                    await act();
                    return false;
                } catch {
                    return true;
                }
            };
            const image = await stopped(
                () =>
                    new Promise((loaded, failed) => {
                        const made = new Image();
                        made.onload = loaded;
                        made.onerror = failed;
                        made.src = "https://example.com/x.png";
                    }),
            );
            const button = document.createElement("button");
            return {
                fetch: await stopped(() => fetch("https://example.com/")),
                markup: await stopped(() => (document.body.innerHTML += "<b>more</b>")),
                script: await stopped(() => (document.createElement("script").textContent = "window.broken = 6")),
                evaluation: await stopped(() => new Function("return 1")()),
                handler: await stopped(() => button.setAttribute("onclick", "window.broken = 5")),
                image,
            };
        });
        for (const [name, isStopped] of Object.entries(outcome)) assert.ok(isStopped, `${name} is not stopped`);
        assert.deepEqual(page.requests, []);
        await page.close();
    });

    await check("a damaged page says so", async () => {
        const damaged = join(browser.downloads, "damaged.html");
        const whole = readFileSync(file, "utf8");
        const at = whole.indexOf('id="rows">') + 5_000;
        writeFileSync(damaged, whole.slice(0, at) + whole.slice(at + 400));
        const page = await browser.open(damaged, { table: false });
        await page.waitForFunction(() => /cannot be read/.test(document.getElementById("progress").textContent));
        assert.equal(await page.$eval("#browser", (element) => element.hidden), true);
        assert.deepEqual(page.troubles, []);
        await page.close();
    });

    await check("without JavaScript the numbers are there and the page says what is missing", async () => {
        const page = await browser.open(file, { script: false });
        const text = await page.$eval("main", (main) => main.innerText);
        assert.match(text, /need JavaScript/);
        assert.match(text, /findings need action/);
        assert.equal(await page.$eval("#browser", (element) => element.hidden), true);
        assert.ok((await page.$$("figure table tbody tr")).length > 20);
        await page.close();
    });
}
