// The page for everyone: axe, contrast, width, structure; and what it looks like.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const WIDTHS = [1280, 380];
const SCHEMES = ["light", "dark"];
/** Of text, WCAG 2.2, success criterion 1.4.3. */
const LEAST_CONTRAST = 4.5;

/** What axe finds on a page: the serious and critical with their places, the others by name, and how much is right. */
export async function audit(browser, page) {
    await page.evaluate(browser.axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
    const isSerious = ({ impact }) => ["serious", "critical"].includes(impact);
    const serious = violations.filter(isSerious);
    return {
        serious: serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(" ")}`),
        minor: violations.map(({ id }) => id).join(", "),
        passes: passes.length,
    };
}

export async function checkAccess(check, browser, { page: file, large, screens }) {
    if (screens) mkdirSync(screens, { recursive: true });
    for (const scheme of SCHEMES) {
        for (const width of WIDTHS) {
            const look = `${scheme}, ${width} px`;
            const page = await browser.open(file, { width, scheme });
            if (screens) await page.screenshot({ path: join(screens, `page-${scheme}-${width}.png`), fullPage: true });

            await check(`nothing is wider than the page (${look})`, async () => {
                for (const open of [false, true]) {
                    const [content, room] = await page.evaluate((isOpen) => {
                        for (const details of document.querySelectorAll("details")) details.open = isOpen;
                        return [document.documentElement.scrollWidth, document.documentElement.clientWidth];
                    }, open);
                    assert.ok(content <= room, `${content} px in ${room} px`);
                }
            });

            await check(`axe finds nothing serious or critical (${look})`, async () => {
                const { serious, minor, passes } = await audit(browser, page);
                assert.deepEqual(serious, []);
                return `${passes} rules pass${minor && `, of less weight: ${minor}`}`;
            });

            await check(`the words of the charts can be read (${look})`, async () => {
                const least = await page.evaluate(leastContrast);
                assert.ok(least >= LEAST_CONTRAST, `a contrast of ${least.toFixed(2)}`);
                return `a contrast of ${least.toFixed(2)} at least`;
            });
            await page.close();
        }
    }

    await check("each chart has its numbers beside it, and a name", async () => {
        const page = await browser.open(file);
        const charts = await page.$$eval("figure[data-chart]", (figures) =>
            figures.map((figure) => ({
                name: figure.querySelector("svg[role=img]")?.getAttribute("aria-label"),
                rows: figure.querySelectorAll("table tbody tr").length,
                marks: figure.querySelectorAll("svg rect, svg path").length,
            })),
        );
        assert.equal(charts.length, 4);
        for (const chart of charts) {
            assert.ok(chart.name && chart.rows > 1 && chart.marks > 1, JSON.stringify(chart));
        }
        await page.close();
    });

    await check("a page on paper is a few pages, whatever the table's length", async () => {
        const page = await browser.open(large ?? file);
        await page.emulateMediaType("print");
        const [height, width] = await page.evaluate(() => {
            const { scrollHeight, scrollWidth } = document.documentElement;
            return [scrollHeight, scrollWidth];
        });
        assert.ok(height < 12_000, `${height} px`);
        assert.ok(width <= 1280, `${width} px wide`);
        await page.close();
        return `${height} px`;
    });
}

/** Of all texts of charts, the least contrast with what is behind them. Runs in the page. */
function leastContrast() {
    const numbers = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
    const luminance = (colour) => {
        const [red, green, blue] = numbers(colour).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = luminance(getComputedStyle(document.querySelector("section")).backgroundColor);
    const contrasts = [...document.querySelectorAll("svg text, svg tspan")].map((text) => {
        const fill = luminance(getComputedStyle(text).fill);
        return (Math.max(fill, behind) + 0.05) / (Math.min(fill, behind) + 0.05);
    });
    return Math.min(...contrasts);
}
