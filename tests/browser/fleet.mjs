// Two processes of the device server that share the file of a ring, and nothing else. They stand behind one name of the TLS front.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from './front.mjs';
import { deviceServer, start } from './programs.mjs';

/** Where the clocks of the processes stand at first, in seconds since 1970. They do not run. */
const START = 1_800_000_000;

/** The time so many seconds after the start, as a ring's file has it. */
export const timeAt = seconds => new Date((START + seconds) * 1000).toISOString().replace('.000', '');

export const newKey = () => `ssk1.xaes256gcm.${randomBytes(32).toString('base64url')}`;

export class Fleet {
    /** The name of the front: what passed, and what answers in a process's place. */
    site;
    /** The seconds that the clocks have been advanced. */
    now = 0;
    #nodes = {};

    static async start(front, host) {
        const fleet = new Fleet();
        fleet.site = front.open(host);
        fleet.folder = mkdtempSync(join(tmpdir(), 'sealed-session-ring-'));
        await fleet.#startNodes({}, [newKey()]);
        return fleet;
    }

    /** `ring` are the lines of the ring's file. */
    async #startNodes(settings, ring) {
        [this.settings, this.ring] = [settings, ring];
        const file = join(this.folder, 'ring');
        writeFileSync(file, `${ring.join('\n')}\n`, { mode: 0o600 });
        const all = { origin: this.site.origin, ...settings, now: START + this.now };
        const words = [file, ...Object.entries(all).map(([setting, value]) => `${setting}=${value}`)];
        await Promise.all(['a', 'b'].map(async name => {
            this.#nodes[name] = await start(deviceServer, { words, line: /^\d+$/ });
            this.site.ports[name] = Number(this.#nodes[name].match);
        }));
    }

    /** Stops both processes, and starts them again with other settings or another ring. */
    async restart({ settings = this.settings, ring = this.ring } = {}) {
        await this.#stopNodes();
        await this.#startNodes(settings, ring);
    }

    #stopNodes() {
        return Promise.all(Object.values(this.#nodes).map(node => node.stop()));
    }

    async stop() {
        await this.#stopNodes();
        rmSync(this.folder, { recursive: true });
    }

    /** Sets the clock of one process, or of both, to so many seconds after the start. */
    async setClock(seconds, nodes = ['a', 'b']) {
        for (const node of nodes) await this.#control(node, `clock/${START + seconds}`, { method: 'POST' });
        if (nodes.length === 2) this.now = seconds;
    }

    /** The events of both processes since the last call. */
    async events() {
        const all = await Promise.all(['a', 'b'].map(node => this.#control(node, 'events')));
        return all.flatMap(text => text.split('\n').filter(line => line));
    }

    async #control(node, path, { method = 'GET' } = {}) {
        const { status, body } = await ask(this.site.ports[node], { method, path: `/control/${path}` });
        if (status !== 200) throw new Error(`${path}: ${status}`);
        return body.toString();
    }

    /** A request of a client that is no browser, straight to a process. */
    request(node, path, { method = 'GET', cookies = {}, headers = {} } = {}) {
        const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; ');
        return ask(this.site.ports[node], { method, path, headers: { ...(cookie && { cookie }), ...headers } });
    }

    /** What such a client is shown of the session. */
    async stateOf(node, cookies) {
        return readState((await this.request(node, '/state', { cookies })).body.toString());
    }
}

/** The `name: value` lines of the server. */
export function readState(text) {
    const { proven_at: provenAt, ...state } = Object.fromEntries(text.trim().split('\n').map(line => /^(\w+): ?(.*)$/.exec(line).slice(1)));
    return provenAt ? { ...state, proven: Number(provenAt) - START } : state;
}
