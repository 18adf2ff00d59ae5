// Draws each chart from the table of its numbers, so that both say the same, and again when its width changes.

import { drawAges } from "./charts/ages.js";
import { drawMfa } from "./charts/mfa.js";
import { drawRules } from "./charts/rules.js";
import { drawTrend } from "./charts/trend.js";

const CHARTS = { rules: drawRules, ages: drawAges, mfa: drawMfa, trend: drawTrend };

export function drawCharts() {
    for (const figure of document.querySelectorAll("figure[data-chart]")) {
        const plot = figure.querySelector(".plot");
        const draw = CHARTS[figure.dataset.chart];
        let drawn = 0;
        const redraw = () => {
            const width = Math.floor(plot.clientWidth);
            if (width === drawn || width === 0) return;
            drawn = width;
            const svg = draw(figure, width);
            if (!svg) return;
            svg.setAttribute("role", "img");
            const title = figure.querySelector("h3").textContent;
            svg.setAttribute("aria-label", `${title}, a chart. The numbers are in the table below it.`);
            plot.replaceChildren(svg);
        };
        redraw();
        new ResizeObserver(redraw).observe(plot);
    }
}
