// Active access keys by age, and from which age on they are to be rotated.

import { scaleBand, scaleLinear } from "d3-scale";

import { shape } from "../element.js";
import { grouped, numberOf, rowsOf } from "./numbers.js";

const HEIGHT = 300;
const TOP = 44;
const BOTTOM = 40;

export function drawAges(figure, width) {
    const bars = rowsOf(figure).map(([days, keys]) => ({ days, keys: numberOf(keys) }));
    const threshold = Number(figure.dataset.threshold);
    const x = scaleBand(
        bars.map(({ days }) => days),
        [0, width],
    ).padding(0.18);
    const y = scaleLinear([0, Math.max(1, ...bars.map(({ keys }) => keys))], [HEIGHT - BOTTOM, TOP]);
    const svg = shape("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
    const mark = position(bars, x, threshold);
    for (const { days, keys } of bars) {
        const middle = x(days) + x.bandwidth() / 2;
        svg.append(
            shape("rect", {
                class: x(days) >= mark - 1 ? "fill medium" : "fill neutral",
                x: x(days),
                y: y(keys),
                width: x.bandwidth(),
                height: y(0) - y(keys),
                rx: 2,
            }),
            shape("text", { class: "middle value-above", x: middle, y: y(keys) - 6 }, [grouped(keys)]),
            shape("text", { class: "middle small", x: middle, y: HEIGHT - BOTTOM + 18 }, [
                // A narrow bar has no room for a word.
                x.step() < 64 ? days.replace("over ", ">") : days,
            ]),
        );
    }
    svg.append(
        shape("line", { class: "axis", x1: 0, x2: width, y1: y(0), y2: y(0) }),
        shape("text", { class: "middle muted", x: width / 2, y: HEIGHT - 4 }, ["days since rotation"]),
        shape("line", { class: "mark", x1: mark, x2: mark, y1: 18, y2: y(0) }),
        shape("text", { class: mark > width / 2 ? "end" : "", x: mark > width / 2 ? mark - 6 : mark + 6, y: 14 }, [
            `rotate after ${threshold} days`,
        ]),
    );
    return svg;
}

/** Where an age stands among the bars: between two where one ends at it, else within the bar that it is in. */
function position(bars, x, threshold) {
    const gap = x.step() - x.bandwidth();
    let start = 0;
    for (const { days } of bars) {
        const end = Number(days.split("–")[1]);
        // The last bar has no end: what is beyond stands in its middle.
        if (Number.isNaN(end)) break;
        if (threshold === end) return x(days) + x.bandwidth() + gap / 2;
        if (threshold < end) return x(days) + (x.bandwidth() * (threshold - start)) / (end - start);
        start = end;
    }
    return x(bars.at(-1).days) + x.bandwidth() / 2;
}
