// What was measured of each browser, and the table of it in the documentation.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const documents = join(import.meta.dirname, '../../docs');

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
        return [row(['', ...head]), row(['---', ...head.map(() => '---')]), ...rows].join('\n');
    }

    /** Where table and measurement differ, or one has a row that the other lacks. Versions may differ. */
    differences() {
        const { head, rows } = documented();
        const found = [];
        for (const what of new Set([...this.#rows.keys(), ...rows.keys()])) {
            for (const browser of Object.keys(this.#versions)) {
                const said = rows.get(what)?.[head.findIndex(cell => cell.toLowerCase().startsWith(browser))];
                const measured = this.#rows.get(what)?.[browser];
                if (said !== measured) found.push(`${what}, ${browser}: measured “${measured}”, and the documentation says “${said}”`);
            }
        }
        return found;
    }
}

function documented() {
    const pages = readdirSync(documents).filter(name => name.endsWith('.md')).map(name => readFileSync(join(documents, name), 'utf8'));
    const [, table] = pages.map(page => /<!-- browsers -->([^]*?)<!-- \/browsers -->/.exec(page)).find(match => match);
    const [head, , ...rows] = table.trim().split('\n').map(line => line.split('|').slice(1, -1).map(cell => cell.trim()));
    return { head, rows: new Map(rows.map(cells => [cells[0], cells])) };
}
