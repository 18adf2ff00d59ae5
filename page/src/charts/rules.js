// Findings that need action, by rule.

import { bars } from "./bars.js";
import { grouped, numberOf, rowsOf } from "./numbers.js";

export function drawRules(figure, width) {
    const lines = rowsOf(figure).map(([rule, severity, , added, open]) => {
        const [news, olds] = [numberOf(added), numberOf(open)];
        const all = grouped(news + olds);
        return {
            tag: severity,
            label: rule,
            value: news > 0 && olds > 0 ? `${all} (${added} new)` : all,
            parts: [
                { class: `fill ${severity}`, value: news },
                { class: `fill faint ${severity}`, value: olds },
            ],
        };
    });
    return bars(lines, width);
}
