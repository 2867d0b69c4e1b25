// What was measured of each browser, and the table of it in the documentation.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCUMENT = 'docs/size-browsers.draft.md';
const path = join(import.meta.dirname, '../..', DOCUMENT);

export class Measured {
    #versions = {};
    #rows = new Map();

    version(browser, version) {
        this.#versions[browser] = version.replace(/^.*\//, '');
    }

    add(browser, what, value) {
        if (!this.#rows.has(what)) this.#rows.set(what, {});
        this.#rows.get(what)[browser] = value;
    }

    /** The table as the documentation has it. */
    table() {
        const browsers = Object.keys(this.#versions);
        const row = cells => `| ${cells.join(' | ')} |`;
        const head = browsers.map(browser => `${browser[0].toUpperCase()}${browser.slice(1)} ${this.#versions[browser]}`);
        const rows = [...this.#rows].map(([what, values]) => row([what, ...browsers.map(browser => values[browser] ?? 'not measured')]));
        return [row(['', ...head]), row(['', ...head].map(() => '---')), ...rows].join('\n');
    }

    /** What the documentation says otherwise, or does not say. Versions may differ. */
    differences() {
        const table = readFileSync(path, 'utf8').split('\n').filter(line => line.startsWith('| ')).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()));
        const [head] = table;
        const found = [];
        for (const [what, values] of this.#rows) {
            const row = table.find(([label]) => label === what);
            for (const [browser, value] of Object.entries(values)) {
                const said = row?.[head.findIndex(cell => cell.toLowerCase().startsWith(browser))];
                if (said !== value) found.push(`${DOCUMENT}: “${what}” is “${value}” in ${browser}, not “${said}”`);
            }
        }
        return found;
    }
}
