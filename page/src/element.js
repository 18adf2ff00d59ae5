// Elements are made here and nowhere else: texts become text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(made, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(name, value);
    made.append(...children);
    return made;
}

export function element(name, attributes = {}, children = []) {
    return fill(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, children = []) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}
