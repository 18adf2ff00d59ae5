// Chromium, and pages of it that note whatever they ask for and whatever goes wrong in them.

import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const WAIT_MILLISECONDS = 30_000;

export class Browser {
    static async launch({ packages, chromium }, downloads) {
        const require = createRequire(join(resolve(packages), "package.json"));
        const { default: puppeteer } = await import(pathToFileURL(require.resolve("puppeteer-core")));
        const browser = new Browser();
        browser.axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
        browser.downloads = downloads;
        browser.chromium = await puppeteer.launch({
            executablePath: programPath(chromium),
            headless: true,
            // Chromium's sandbox needs what containers and root lack; the pages are our own.
            args: ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        browser.session = await browser.chromium.target().createCDPSession();
        await browser.session.send("Browser.setDownloadBehavior", {
            behavior: "allowAndName",
            downloadPath: downloads,
            eventsEnabled: true,
        });
        return browser;
    }

    /** Opens a page and waits for its table, where there is to be one. */
    async open(file, { width = 1280, scheme = "light", script = true, table = script } = {}) {
        const page = await this.chromium.newPage();
        const url = pathToFileURL(resolve(file)).href;
        page.requests = [];
        page.troubles = [];
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([
            { name: "prefers-color-scheme", value: scheme },
            { name: "prefers-reduced-motion", value: "reduce" },
        ]);
        await page.setJavaScriptEnabled(script);
        await page.setRequestInterception(true);
        page.on("request", (request) => {
            if (request.url().split("#")[0] === url) return request.continue();
            page.requests.push(request.url());
            return request.abort();
        });
        page.on("console", (message) => page.troubles.push(message.text()));
        page.on("pageerror", (error) => page.troubles.push(error.message));
        await page.goto(url);
        if (table) {
            await page.waitForFunction(() => performance.getEntriesByName("table-shown").length > 0, {
                timeout: WAIT_MILLISECONDS,
            });
        }
        return page;
    }

    /** The text of the file that `act` makes the page hand over. */
    async download(page, act) {
        const name = await page.$eval("#browser", (element) => `${element.dataset.file}.csv`);
        let suggested;
        const ended = new Promise((done, failed) => {
            const timer = setTimeout(() => failed(new Error("no file was handed over")), WAIT_MILLISECONDS);
            this.session.once("Browser.downloadWillBegin", (event) => (suggested = event.suggestedFilename));
            const onProgress = ({ state, guid }) => {
                if (state === "inProgress") return;
                clearTimeout(timer);
                this.session.off("Browser.downloadProgress", onProgress);
                if (state === "completed") done(join(this.downloads, guid));
                else failed(new Error(`the download was ${state}`));
            };
            this.session.on("Browser.downloadProgress", onProgress);
        });
        await act();
        const text = readFileSync(await ended, "utf8");
        if (suggested !== name) throw new Error(`the file is called ${suggested}`);
        return text;
    }

    close() {
        return this.chromium.close();
    }
}

function programPath(name) {
    if (name.includes("/")) return name;
    const found = (process.env.PATH ?? "")
        .split(":")
        .map((folder) => join(folder, name))
        .find((path) => existsSync(path));
    if (!found) throw new Error(`${name} is not in PATH`);
    return found;
}
