// Console users with and without MFA: all, then the accounts with the most that have none.

import { bars } from "./bars.js";
import { numberOf, rowsOf } from "./numbers.js";

export function drawMfa(figure, width) {
    const line = ([account, users, withMfa, without]) => ({
        label: account,
        value: `${withMfa} of ${users}`,
        // As shares: accounts differ much in size.
        parts: [
            { class: "fill covered", value: numberOf(withMfa) / numberOf(users) },
            { class: "fill uncovered", value: numberOf(without) / numberOf(users) },
        ],
    });
    const accounts = rowsOf(figure);
    if (accounts.length === 0) return null;
    return bars([...rowsOf(figure, "tfoot"), ...accounts].map(line), width);
}
