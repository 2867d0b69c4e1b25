// The shop of server/ as a process, and what a visitor sees and does on its page.

import { randomBytes } from 'node:crypto';
import { server, start } from './programs.mjs';

/** One ring for every server, so that a restart with other settings loses no session. */
const env = { SESSION_KEYS: `ssk1.xaes256gcm.${randomBytes(32).toString('base64url')}` };

/** Starts the shop, which answers to every name under `localhost`. */
export async function startShop(settings = {}) {
    const words = Object.entries(settings).map(([setting, value]) => `${setting}=${value}`);
    const { match: port, stop } = await start(server, { words, env, line: /^\d+$/ });
    return {
        stop,
        url: (host = 'shop.localhost', path = '/') => `http://${host}:${port}${path}`,
        /** Advances the clock that every session is judged by. */
        async advance(hours) {
            const { ok } = await fetch(`http://localhost:${port}/clock/${hours}`, { method: 'POST' });
            if (!ok) throw new Error('the clock did not advance');
        },
    };
}

export class ShopPage {
    constructor(tab, shop, host) {
        this.tab = tab;
        this.shop = shop;
        this.host = host;
    }

    /** Requests a page, and answers with what it shows. */
    async open(path) {
        await this.tab.goto(this.shop.url(this.host, path));
        return this.state();
    }

    async reload() {
        await this.tab.reload();
        return this.state();
    }

    /** What the page shows. */
    state() {
        return this.tab.evaluate(read);
    }

    /** Fills in the form of this action and sends it. Answers with what the page shows that follows the redirect. */
    async submit(action, fields = {}) {
        const fillIn = (action, fields) => {
            const form = document.querySelector(`form[action="${action}"]`);
            for (const [name, value] of Object.entries(fields)) {
                const field = form.elements[name];
                if (field.type === 'checkbox') field.checked = value;
                else field.value = value;
            }
            form.requestSubmit();
        };
        await Promise.all([this.tab.waitForNavigation(), this.tab.evaluate(fillIn, action, fields)]);
        return this.state();
    }

    signIn(name = 'Ada', { remember = true } = {}) {
        return this.submit('/sign-in', { name, remember });
    }

    add(article) {
        return this.submit('/cart', { article });
    }

    write(text) {
        return this.submit('/note', { text });
    }

    signOut() {
        return this.submit('/sign-out');
    }

    /** The same as `submit`, by a script of the page, which is faster. Without fields: requests the page. */
    send(action, fields) {
        return this.tab.evaluate(read, action, fields);
    }
}

/** What a page of the shop says: the present one, or the answer to a request. Runs in the page. */
async function read(action, fields) {
    let page = document;
    if (action) {
        const response = await fetch(action, fields && { method: 'POST', body: new URLSearchParams(fields) });
        page = new DOMParser().parseFromString(await response.text(), 'text/html');
    }
    const text = id => page.getElementById(id)?.textContent;
    if (text('status') === undefined) return { error: page.body.textContent };
    const cart = [...page.querySelectorAll('#cart li')].map(article => article.textContent);
    const note = page.querySelector('textarea').value;
    return { status: text('status'), size: Number(text('size')), user: text('user'), cart, note };
}
