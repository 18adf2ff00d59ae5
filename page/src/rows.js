// Reads the rows that lie in the page: base64 of gzip of lines, each line a JSON object. The first line says what the
// numbers of the others stand for; each other is a block of rows as columns.

/** The lines' objects, one after the other, while the bytes are inflated. */
export async function* readLines(base64) {
    const bytes = fromBase64(base64.trim());
    const text = new Blob([bytes])
        .stream()
        .pipeThrough(new DecompressionStream("gzip"))
        .pipeThrough(new TextDecoderStream());
    const reader = text.getReader();
    let begun = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = value.split("\n");
        lines[0] = begun + lines[0];
        begun = lines.pop();
        for (const line of lines) yield JSON.parse(line);
    }
}

function fromBase64(text) {
    // Chromium since 140, Firefox since 133, Safari since 18.2; the other way works everywhere and takes longer.
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** A column of numbers that grows. */
export class Codes {
    #items = new Uint32Array(4096);
    length = 0;

    push(code) {
        if (this.length === this.#items.length) {
            const larger = new Uint32Array(this.length * 2);
            larger.set(this.#items);
            this.#items = larger;
        }
        this.#items[this.length++] = code;
    }

    /** What was pushed. */
    items() {
        return this.#items.subarray(0, this.length);
    }
}

/** Gives equal values the same number, counted from 0. */
export class Dictionary {
    #codes = new Map();
    values = [];

    code(key, value = key) {
        let code = this.#codes.get(key);
        if (code === undefined) {
            code = this.values.push(value) - 1;
            this.#codes.set(key, code);
        }
        return code;
    }
}
