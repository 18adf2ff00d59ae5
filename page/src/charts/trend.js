// How each severity went over the runs. Each has a scale of its own: one critical finding more is worth seeing beside
// thousands of others.

import { scaleLinear, scaleUtc } from "d3-scale";
import { area, line } from "d3-shape";

import { shape } from "../element.js";
import { grouped, numberOf, rowsOf } from "./numbers.js";

const SEVERITIES = ["critical", "high", "medium", "low"];
const PANEL = 92;
const TOP = 26;

export function drawTrend(figure, width) {
    const runs = rowsOf(figure).map(([time, ...counts]) => ({ time: new Date(time), counts: counts.map(numberOf) }));
    if (runs.length < 2) return null;
    const height = SEVERITIES.length * PANEL;
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    const x = scaleUtc([runs[0].time, runs.at(-1).time], [4, width - 4]);
    SEVERITIES.forEach((severity, index) => {
        const points = runs.map(({ time, counts }) => ({ time, count: counts[index] }));
        svg.append(panel(severity, points, x, width, index * PANEL));
    });
    return svg;
}

function panel(severity, points, x, width, top) {
    const most = Math.max(1, ...points.map(({ count }) => count));
    const [bottom, highest] = [PANEL - 22, TOP];
    const y = scaleLinear([0, most], [bottom, highest]);
    const first = points[0];
    const last = points.at(-1);
    const change = last.count - first.count;
    const words = change === 0 ? "as at first" : `${grouped(Math.abs(change))} ${change > 0 ? "more" : "fewer"} than at first`;
    const at = (point) => x(point.time);
    const day = (time) => time.toISOString().slice(0, 10);
    const group = shape("g", { transform: `translate(0 ${top})` }, [
        shape("text", { y: 15, class: `word ${severity}` }, [severity]),
        shape("text", { x: width, y: 15, class: "value" }, [`${grouped(last.count)} now, ${words}`]),
        shape("line", { class: "axis", x1: 0, x2: width, y1: bottom, y2: bottom }),
        shape("path", { class: `fill area ${severity}`, d: area(at, bottom, (point) => y(point.count))(points) }),
        shape("path", { class: `stroke ${severity}`, d: line(at, (point) => y(point.count))(points) }),
        shape("circle", { class: `fill ${severity}`, cx: at(last), cy: y(last.count), r: 3.5 }),
        shape("text", { class: "muted small", y: bottom + 15 }, [day(first.time)]),
        shape("text", { class: "muted small value", x: width, y: bottom + 15 }, [day(last.time)]),
    ]);
    return group;
}
