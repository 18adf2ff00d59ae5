// All of it with the keyboard alone: not one click.

import assert from "node:assert/strict";

import { parseCsv } from "./csv.mjs";

const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
const count = (page) => page.$eval("#count", (element) => element.textContent);

async function tabTo(page, id, most = 40) {
    for (let presses = 0; presses < most; presses += 1) {
        await page.keyboard.press("Tab");
        assert.ok(await isSeen(page), `the focus on ${await focused(page)} cannot be seen`);
        if ((await focused(page)) === id) return;
    }
    assert.fail(`${most} presses of Tab do not reach ${id}, but ${await focused(page)}`);
}

/** Whether what has the focus is in sight and has an outline. */
function isSeen(page) {
    return page.evaluate(() => {
        const element = document.activeElement;
        const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
        const isInSight = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && width > 0 && height > 0;
        return isInSight && getComputedStyle(element).outlineStyle !== "none";
    });
}

export async function checkKeyboard(check, browser, { page: file }) {
    let page = await browser.open(file);
    const { keyboard } = page;

    await check("the keyboard skips to the table", async () => {
        await tabTo(page, "Skip to all credentials", 1);
        await keyboard.press("Enter");
        assert.equal(await focused(page), "credentials");
    });

    await check("the keyboard filters by text, account, rule, severity and status", async () => {
        const all = await count(page);
        await tabTo(page, "text", 1);
        await keyboard.type("deploy");
        const byText = await count(page);
        assert.notEqual(byText, all);
        await tabTo(page, "account", 1);
        await keyboard.type("staging");
        assert.notEqual(await count(page), byText);
        for (const [id, value] of [["rule", "key-rotation"], ["severity", "medium"], ["state", "open"]]) {
            await tabTo(page, id, 1);
            for (let presses = 0; presses < 12; presses += 1) {
                if ((await page.$eval(`#${id}`, (select) => select.value)) === value) break;
                await keyboard.press("ArrowDown");
            }
            assert.equal(await page.$eval(`#${id}`, (select) => select.value), value);
        }
        const filtered = await count(page);
        await tabTo(page, "clear", 1);
        await keyboard.press("Enter");
        assert.equal(await count(page), all);
        return `${all}, then ${filtered}`;
    });

    await check("the keyboard exports, chooses columns, sorts and scrolls", async () => {
        await tabTo(page, "export", 1);
        const file = parseCsv(await browser.download(page, () => keyboard.press("Enter")));
        assert.equal(`${file.length - 1} rows`, await count(page));
        await tabTo(page, "Columns", 1);
        await keyboard.press("Enter");
        const columns = () => page.$$eval("#grid th", (made) => made.length);
        const before = await columns();
        await keyboard.press("Tab");
        await keyboard.press("Space");
        assert.equal(await columns(), before - 1);
        await keyboard.press("Space");
        assert.equal(await columns(), before);
        await tabTo(page, "region", 30);
        const lastIndex = () =>
            page.$$eval("#grid tbody tr[aria-rowindex]", (made) => Number(made.at(-1).getAttribute("aria-rowindex")));
        const first = await lastIndex();
        await keyboard.press("End");
        await page.waitForFunction(
            (rows) => document.querySelector(`#grid tr[aria-rowindex="${rows + 1}"]`),
            { timeout: 5_000 },
            file.length - 1,
        );
        assert.ok((await lastIndex()) > first);
        await keyboard.press("Tab");
        await keyboard.press("Enter");
        assert.equal(await page.$eval("#grid th", (head) => head.getAttribute("aria-sort")), "ascending");
        await keyboard.press("Enter");
        assert.equal(await page.$eval("#grid th", (head) => head.getAttribute("aria-sort")), "descending");
    });

    await check("every control can be reached and seen from the top with Tab alone", async () => {
        await page.close();
        page = await browser.open(file);
        const controls = await page.evaluate(
            () =>
                [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")].filter(
                    (element) => element.checkVisibility(),
                ).length,
        );
        const reached = new Set();
        for (let presses = 0; presses < controls; presses += 1) {
            await page.keyboard.press("Tab");
            assert.ok(await isSeen(page), `the focus on ${await focused(page)} cannot be seen`);
            reached.add(
                await page.evaluate(() => [...document.querySelectorAll("*")].indexOf(document.activeElement)),
            );
        }
        assert.equal(reached.size, controls);
        return `${controls} controls`;
    });
    await page.close();
}
