// Horizontal bars, each below its label: there is room for long names on narrow screens too.

import { scaleLinear } from "d3-scale";

import { shape } from "../element.js";

const LINE = 35;
const BAR = { top: 20, height: 9 };

/**
 * Lines of `{ tag?, label, value, parts: [{ class, value }] }`, all on one scale. `tag` is a severity, told by its word;
 * `value` is what stands at the right.
 */
export function bars(lines, width) {
    const sum = (line) => line.parts.reduce((all, part) => all + part.value, 0);
    const most = Math.max(1, ...lines.map(sum));
    const scale = scaleLinear([0, most], [0, width]);
    const height = lines.length * LINE;
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    lines.forEach((line, index) => {
        const group = shape("g", { transform: `translate(0 ${index * LINE})` });
        const tag = line.tag ? `${line.tag}  ` : "";
        group.append(
            shape("text", { y: 14 }, [
                ...(tag ? [shape("tspan", { class: `word ${line.tag}` }, [line.tag])] : []),
                shape("tspan", { dx: tag ? 6 : 0 }, [shorten(line.label, width - 8 * (line.value.length + tag.length) - 8)]),
            ]),
            shape("text", { x: width, y: 14, class: "value" }, [line.value]),
            shape("rect", { class: "track", y: BAR.top, width, height: BAR.height, rx: 2 }),
        );
        let x = 0;
        for (const part of line.parts.filter(({ value }) => value > 0)) {
            // What there is, is seen, however little it is.
            const length = Math.max(scale(part.value), 2);
            group.append(shape("rect", { class: part.class, x, y: BAR.top, width: length, height: BAR.height, rx: 2 }));
            x += length;
        }
        svg.append(group);
    });
    return svg;
}

/** A label that fits, by the width that letters have on average. */
function shorten(text, pixels) {
    const letters = Math.max(8, Math.floor(pixels / 6.8));
    return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}
