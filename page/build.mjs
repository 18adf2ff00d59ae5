// Builds the report page's script and style, and what its content security policy says of them:
//   node build.mjs [--packages FOLDER] [--to FOLDER]
// --packages: a folder with node_modules by the lock file beside this file (default: this one);
// --to: where page.js, page.css and page.csp go (default: ../crates/orgscan/assets).
// The same sources and packages give the same bytes.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
    options: {
        packages: { type: "string", default: here },
        to: { type: "string", default: join(here, "../crates/orgscan/assets") },
    },
});
const packages = join(resolve(options.packages), "node_modules");
const require = createRequire(join(packages, "..", "package.json"));
const esbuild = await import(pathToFileURL(require.resolve("esbuild")));

const shared = {
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    target: ["chrome109", "firefox113", "safari16.4"],
    charset: "utf8",
    nodePaths: [packages],
    legalComments: "none",
};
const script = await esbuild.build({
    ...shared,
    entryPoints: ["src/main.js"],
    format: "iife",
    define: { "process.env.NODE_ENV": '"production"' },
});
const style = await esbuild.build({ ...shared, entryPoints: ["src/page.css"] });

// The licences ask for their notices in every copy.
const bundled = new Set();
for (const input of Object.keys(script.metafile.inputs)) {
    const name = input.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1];
    if (name) bundled.add(name);
}
const notices = new Map();
for (const name of [...bundled].sort()) {
    const folder = join(packages, name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    const text = readFileSync(join(folder, file), "utf8").trim();
    const holders = text.match(/^Copyright .*$/gm) ?? [];
    const terms = text
        .replace(/^Copyright .*$/gm, "")
        .replace(/\s+/g, " ")
        .trim();
    const notice = notices.get(terms) ?? { license, of: [] };
    notice.of.push(`${name} ${version}, ${holders.join("; ")}`);
    notices.set(terms, notice);
}
const banner = [...notices].map(([terms, { license, of }]) => `${license}:\n${of.join("\n")}\n${terms}`).join("\n\n");
if (banner.includes("*/")) throw new Error("a licence would end the comment it stands in");

const js = `/*!\n${banner}\n*/\n${script.outputFiles[0].text}`;
const css = style.outputFiles[0].text;
// Either would end the element that the text stands in.
if (/<\/script|<!--/i.test(js) || /<\/style/i.test(css)) throw new Error("a built file cannot stand in HTML");
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

mkdirSync(options.to, { recursive: true });
writeFileSync(join(options.to, "page.js"), js);
writeFileSync(join(options.to, "page.css"), css);
writeFileSync(join(options.to, "page.csp"), `script-src ${hash(js)}; style-src ${hash(css)}\n`);
console.log(`page.js ${js.length} characters, page.css ${css.length} characters`);
