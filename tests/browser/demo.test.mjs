// Every button of the demo, in real browsers: what a visitor sees, what the cookie jar holds, and that the console stays silent.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, launch } from './browsers.mjs';
import { screenshots, startDemo } from './demo.mjs';
import { inaccessibleTexts, overflowing } from './layout.mjs';
import { DemoPage } from './page.mjs';

const SESSION = '__Host-Http-session';
const NOTES = '__Host-Http-notes';
const COPY = '__Host-Http-copy';

for (const name of browsers) {
    describe(name, () => {
        let browser;
        const pressed = new Set();
        before(async () => (browser = await launch(name)));
        after(() => browser.close());

        /** A test with a demo and a visitor of its own, that fails on any complaint of the browser. */
        function visit(what, steps) {
            test(what, { timeout: 120_000 }, async () => {
                const demo = await startDemo();
                try {
                    const visitor = await browser.visitor();
                    const page = new DemoPage(visitor.page, demo.url, pressed);
                    await page.open();
                    await steps(page, { ...visitor, demo, jar: () => jar(visitor.context) });
                    assert.deepEqual(visitor.complaints, []);
                    const elsewhere = visitor.requests.filter(url => new URL(url).origin !== demo.url);
                    assert.deepEqual(elsewhere, [], 'nothing comes from elsewhere');
                    await visitor.context.close();
                } finally {
                    await demo.stop();
                }
            });
        }

        visit('a first visit is new and sets no cookie', async (page, { jar }) => {
            assert.equal(await page.status(), 'New');
            assert.deepEqual(await jar(), {});
            await page.lookAgain();
            assert.equal(await page.status(), 'New');
        });

        visit('signing in renews the session, flashes once, and shows the name escaped', async (page, { jar }) => {
            await page.submit('/cart/add');
            assert.match((await page.claims()).id, /none/);
            await page.signIn('Ada <b>&"Lovelace"');
            assert.equal(await page.status(), 'Restored');
            assert.equal(await page.text('#user'), 'Ada <b>&"Lovelace"');
            assert.deepEqual(await page.flashes(), ['Welcome, Ada <b>&"Lovelace".']);
            assert.match((await page.claims()).flashes, /success: Added to your cart|success: Welcome/);
            assert.match((await page.claims()).id, /^[0-9a-f]{32}$/);
            assert.match(await page.sentBack(), /a new cookie, because this page took the flash messages/);
            assert.deepEqual(Object.keys(await jar()), [SESSION]);

            await page.lookAgain();
            assert.deepEqual(await page.flashes(), []);
            assert.equal((await page.claims()).flashes, 'none');
            assert.match(await page.sentBack(), /no cookie, because nothing changed/);
            assert.deepEqual(await page.cart(), ['1 × Envelopes, red']);
        });

        visit('the cookies are HttpOnly, Secure, SameSite=Lax, and out of reach of scripts', async (page, { page: tab, jar }) => {
            await page.signIn();
            await page.writeNote('milk', 'two pints');
            const cookies = await jar();
            assert.deepEqual(Object.keys(cookies).sort(), [NOTES, SESSION]);
            for (const cookie of Object.values(cookies)) {
                assert.equal(cookie.httpOnly, true);
                assert.equal(cookie.secure, true);
                assert.equal(cookie.sameSite, 'Lax');
                assert.equal(cookie.path, '/');
                assert.equal(cookie.domain, 'localhost');
            }
            assert.equal(await tab.evaluate(() => document.cookie), '');
        });

        visit('signing out ends the session, and the page after its message has no cookie left', async (page, { jar }) => {
            await page.signIn();
            await page.submit('/cart/add');
            await page.submit('/sign-out');
            assert.deepEqual(await page.flashes(), ['You are signed out, and your cart was deleted with the session.']);
            assert.equal(await page.has('#user'), false);
            assert.equal(await page.has('#cart'), false);
            assert.match(await page.sentBack(), /the cookie’s deletion/);
            await page.lookAgain();
            assert.equal(await page.status(), 'New');
            assert.deepEqual(await jar(), {});
        });

        visit('the cart is typed', async (page, { page: tab }) => {
            await tab.select('select[name=article]', 'SealingWax');
            await tab.select('select[name=colour]', 'Blue');
            await page.fill('input[name=count]', '12');
            await page.submit('/cart/add');
            await tab.select('select[name=article]', 'SignetRing');
            await page.submit('/cart/add');
            assert.deepEqual(await page.cart(), ['12 × Sealing wax, blue', '1 × Signet ring']);
            const data = (await page.data()).replaceAll(/\s/g, '');
            assert.match(data, /^Visit\{user:None,cart:\[Line\{article:SealingWax,colour:Some\(Blue,\),count:12,\},/);
            assert.match(data, /Line\{article:SignetRing,colour:None,count:1,\},\],dedication:None,\}$/);
            await page.submit('/cart/remove');
            assert.deepEqual(await page.cart(), ['1 × Signet ring']);
            await page.submit('/cart/remove');
            assert.equal(await page.has('#cart'), false);
        });

        visit('what would not fit is refused with both numbers, and the session stays', async (page, { page: tab }) => {
            await page.fill('textarea', 'To <i>Charles</i>');
            await page.submit('/dedication');
            const size = await page.text('.size');
            await page.press('button[formaction="/too-much"]');
            const [message] = await page.flashes();
            const [, needed, allowed] = /^Not saved: .*?(\d+) bytes of Set-Cookie lines, but the limit is (\d+)/.exec(message);
            assert.equal(Number(allowed), 4093);
            assert.ok(Number(needed) > Number(allowed));
            assert.match(await page.text('.size'), /of 4093 bytes$/);
            await page.lookAgain();
            assert.ok(parseInt(await page.text('.size')) < parseInt(size), 'as before, and without the message that waited then');
            assert.equal(await tab.$eval('textarea', field => field.value), 'To <i>Charles</i>');
            assert.equal(await tab.$('textarea i'), null);
        });

        visit('a session filled to the brim still fits its cookie', async (page, { jar }) => {
            await page.page.$eval('textarea', field => (field.value = '€'.repeat(950)));
            await page.submit('/dedication');
            assert.match(await page.text('.size'), /^39\d\d|^40\d\d/);
            assert.equal(await page.status(), 'Restored');
            assert.ok((await jar())[SESSION].value.length > 3800);
        });

        visit('the notes are a second session in a cookie of their own', async (page, { page: tab, jar }) => {
            await page.writeNote('milk', 'two <pints>');
            await page.writeNote('post', 'the letter', true);
            assert.deepEqual(await page.texts('#note-list li span'), ['milk two <pints>', 'post the letter urgent']);
            assert.equal(await page.status(), 'New', 'the typed session has not begun');
            assert.deepEqual(Object.keys(await jar()), [NOTES]);
            await tab.click('#notes-cookie summary');
            assert.match(await page.text('#notes-cookie'), /__Host-Http-notes/);
            assert.equal((await page.text('#notes-cookie [data-part="key-id"]')).trim(), (await page.ring())[0]);
            assert.match(await page.text('#notes-cookie pre'), /two <pints>/);
            await page.submit('/notes/remove');
            assert.deepEqual(await page.texts('#note-list li span'), ['post the letter urgent']);
            await page.submit('/notes/clear');
            assert.equal(await page.has('#note-list'), false);
            assert.deepEqual(await jar(), {});
        });

        visit('a rotated key takes over at the next refresh, and the session lives on', async page => {
            await page.signIn();
            await page.lookAgain();
            const [old] = await page.ring();
            assert.equal(await page.keyId(), old);
            await page.submit('/keys/rotate');
            assert.match(await page.note(), /A new key seals/);
            const [sealing, opening] = await page.ring();
            assert.equal(opening, old);
            assert.notEqual(sealing, old);
            assert.equal(await page.keyId(), old, 'not due yet');
            await page.advance(1);
            assert.match(await page.sentBack(), /no cookie/);

            const before = await page.claims();
            await page.advance(48);
            assert.equal(await page.keyId(), old, 'the cookie as it came');
            assert.match(await page.sentBack(), /a new cookie, because a refresh is due/);
            await page.lookAgain();
            assert.equal(await page.keyId(), sealing);
            assert.equal(await page.status(), 'Restored');
            assert.equal(await page.text('#user'), 'Ada');
            const since = await page.claims();
            assert.equal(since.id, before.id);
            assert.equal(since.created.split(',')[0], before.created.split(',')[0]);
            assert.notEqual(since.issued.split(',')[0], before.issued.split(',')[0]);

            await page.submit('/keys/retire');
            assert.deepEqual(await page.ring(), [sealing]);
            assert.equal(await page.status(), 'Restored', 'it had moved already');
        });

        visit('a cookie whose key is retired is refused, stays, and yields to the next write', async (page, { jar }) => {
            await page.signIn();
            await page.lookAgain();
            const { value } = (await jar())[SESSION];
            await page.submit('/keys/rotate');
            await page.submit('/keys/retire');
            assert.equal(await page.status(), 'Rejected: unknown-key');
            assert.equal(await page.has('#user'), false);
            assert.equal((await jar())[SESSION].value, value);
            await page.submit('/cart/add');
            assert.equal(await page.status(), 'Restored');
            assert.equal(await page.keyId(), (await page.ring())[0]);
        });

        visit('a flipped bit is refused with its reason, and flipped back it is whole', async page => {
            await page.signIn();
            await page.lookAgain();
            const reasons = {
                version: 'unknown-version', 'key-id': 'unknown-key', nonce: 'bad-seal', ciphertext: 'bad-seal', tag: 'bad-seal',
            };
            for (const [part, reason] of Object.entries(reasons)) {
                const before = await page.bytes(part);
                await page.flip(part);
                assert.equal(await page.status(), `Rejected: ${reason}`);
                assert.equal(BigInt(`0x${await page.bytes(part)}`) ^ BigInt(`0x${before}`), 1n << BigInt(before.length * 4 - 8));
                assert.equal(await page.has('#user'), false);
                await page.flip(part);
                assert.equal(await page.status(), 'Restored');
                assert.equal(await page.text('#user'), 'Ada');
            }
        });

        visit('without a cookie the thief has nothing to take', async page => {
            await page.flip('tag');
            assert.match(await page.note(), /no session cookie/);
            await page.submit('/copy/keep');
            assert.match(await page.note(), /no session cookie/);
            assert.equal(await page.has('form[action="/copy/replay"] button:disabled'), true);
        });

        visit('an old cookie that is replayed is accepted, after signing out too', async (page, { jar }) => {
            await page.signIn();
            await page.submit('/cart/add');
            await page.lookAgain();
            const { value } = (await jar())[SESSION];
            await page.submit('/copy/keep');
            assert.equal((await jar())[COPY].value, value);
            assert.match(await page.text('#copy'), new RegExp(`sealed by ${await page.keyId()}`));
            await page.submit('/sign-out');
            await page.lookAgain();
            assert.equal(await page.status(), 'New');

            await page.submit('/copy/replay');
            assert.equal(await page.status(), 'Restored');
            assert.equal(await page.text('#user'), 'Ada');
            assert.deepEqual(await page.cart(), ['1 × Envelopes, red']);
            assert.match(await page.note(), /stores nothing cannot know/);
            assert.match(await page.text('section[aria-labelledby=thief]'), /accepted.*price of statelessness/s);

            await page.submit('/copy/forget');
            assert.deepEqual(Object.keys(await jar()), [SESSION]);
            assert.equal(await page.has('#copy'), false);
        });

        visit('a replayed cookie does not outlive its end', async page => {
            await page.signIn();
            await page.lookAgain();
            await page.submit('/copy/keep');
            await page.advance(360);
            await page.submit('/copy/replay');
            assert.equal(await page.status(), 'Rejected: expired-idle');
        });

        visit('the clock ends a session that nobody visits, and one that is visited after 30 days', async (page, { jar }) => {
            await page.signIn();
            await page.advance(360);
            assert.equal(await page.status(), 'Rejected: expired-idle');
            assert.ok((await jar())[SESSION], 'browsers still send it: its end is inside the seal');

            await page.signIn('Grace');
            for (let days = 2; days < 30; days += 2) {
                await page.advance(48);
                assert.equal(await page.status(), 'Restored', `after ${days} days`);
            }
            await page.advance(48);
            assert.equal(await page.status(), 'Rejected: expired-absolute');
        });

        visit('a clock that goes back meets a session from the future', async page => {
            await page.advance(48);
            await page.signIn();
            await page.press('form[action="/clock/reset"] button');
            assert.equal(await page.status(), 'Rejected: from-the-future');
            assert.match(await page.text('section[aria-labelledby=operator]'), /the real time/);
        });

        visit('the picture is to scale', async (page, { page: tab }) => {
            await page.signIn();
            const { width, parts } = await tab.$eval('.status .strip', strip => ({
                width: strip.getBoundingClientRect().width,
                parts: [...strip.querySelectorAll('rect')].map(part => [part.getAttribute('class'), part.getBoundingClientRect().width]),
            }));
            const lengths = {};
            for (const [part] of parts) lengths[part] = (await page.bytes(part)).length / 2;
            const total = Object.values(lengths).reduce((sum, length) => sum + length);
            assert.deepEqual([lengths.version, lengths['key-id'], lengths.nonce, lengths.tag], [1, 4, 24, 16]);
            for (const [part, drawn] of parts) assert.ok(Math.abs(drawn - (width * lengths[part]) / total) < 1, `${part} is ${drawn} px wide`);
        });

        visit('a form of another site is refused', async (page, { demo }) => {
            const [key] = await page.ring();
            for (const site of ['cross-site', 'same-site']) assert.equal(await post(`${demo.url}/keys/rotate`, site), 403);
            await page.open();
            assert.deepEqual(await page.ring(), [key]);
            assert.equal(await post(`${demo.url}/keys/rotate`, 'same-origin'), 303);
        });

        visit('the page fits every width, light and dark, and its words can be read', async (page, { page: tab }) => {
            const folder = join(screenshots, name);
            rmSync(folder, { recursive: true, force: true });
            mkdirSync(folder, { recursive: true });
            const show = async state => {
                for (const scheme of name === 'chromium' ? ['light', 'dark'] : ['light']) {
                    if (name === 'chromium') await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
                    for (const width of [1280, 380]) {
                        await tab.setViewport({ width, height: 900 });
                        assert.deepEqual(await tab.evaluate(overflowing), [], `${state}, ${scheme}, ${width} px`);
                        assert.deepEqual(await tab.evaluate(inaccessibleTexts), [], `${state}, ${scheme}, ${width} px`);
                        await tab.screenshot({ path: join(folder, `${state}-${scheme}-${width}.png`), fullPage: true });
                    }
                }
                await tab.setViewport({ width: 1280, height: 900 });
            };
            await show('new');
            await page.signIn('Ada');
            await page.submit('/cart/add');
            await page.writeNote('milk', 'two pints', true);
            await page.submit('/keys/rotate');
            await page.submit('/copy/keep');
            await tab.click('#notes-cookie summary');
            await show('signed-in');
            await page.press('button[formaction="/too-much"]');
            await show('refused');
            await page.flip('ciphertext');
            await show('flipped');
            await page.flip('ciphertext');
            await page.fill('textarea', 'W'.repeat(1900));
            await page.submit('/dedication');
            await page.advance(48);
            await show('full');
        });

        test('every button was pressed', { timeout: 60_000 }, async () => {
            const demo = await startDemo();
            const { page: tab, context } = await browser.visitor();
            const page = new DemoPage(tab, demo.url, new Set());
            await page.open();
            const buttons = new Set(await page.buttons());
            await page.signIn();
            await page.submit('/cart/add');
            await page.writeNote('milk', 'two pints');
            await page.submit('/copy/keep');
            for (const button of await page.buttons()) buttons.add(button);
            await context.close();
            await demo.stop();
            assert.ok(buttons.size >= 20, `${buttons.size} buttons`);
            assert.deepEqual([...buttons].filter(button => !pressed.has(button)), []);
        });

        if (name === 'chromium') {
            test('this test would hear a breach of the policy', async () => {
                const demo = await startDemo();
                const { page: tab, context, complaints } = await browser.visitor();
                await tab.goto(demo.url);
                await tab.evaluate(() => document.body.setAttribute('style', 'color: red'));
                await tab.evaluate(() => new Promise(requestAnimationFrame));
                await context.close();
                await demo.stop();
                assert.match(complaints.join(), /Content Security Policy/);
            });
        }
    });
}

describe('the server', () => {
    test('takes the next port where one is taken, answers on both loopback addresses, and ends at Ctrl-C', async () => {
        const first = await startDemo();
        const port = Number(new URL(first.url).port);
        const second = await startDemo(port);
        assert.ok(Number(new URL(second.url).port) > port);
        for (const host of ['127.0.0.1', 'localhost']) assert.equal((await fetch(`http://${host}:${port}/`)).status, 200);
        assert.equal(await second.stop(), 0);
        assert.equal(await first.stop(), 0);
    });

    test('refuses a ring of more keys than a ring may have, and retires the old ones', async () => {
        const demo = await startDemo();
        const keys = async () => (await (await fetch(demo.url)).text()).match(/<li><code>[0-9a-f]{8}<\/code>/g).length;
        for (let count = 1; count < 64; count++) assert.equal(await post(`${demo.url}/keys/rotate`, 'same-origin'), 303);
        assert.equal(await keys(), 64);
        assert.match(await (await fetch(`${demo.url}/keys/rotate`, { method: 'POST' })).text(), /The ring was not changed/);
        assert.equal(await keys(), 64);
        assert.equal(await post(`${demo.url}/keys/retire`, 'same-origin'), 303);
        assert.equal(await keys(), 1);
        await demo.stop();
    });

    test('sends a strict policy', async () => {
        const demo = await startDemo();
        for (const path of ['/', '/style.css', '/favicon.svg', '/nowhere']) {
            const { headers } = await fetch(demo.url + path);
            const policy = headers.get('content-security-policy').split('; ').sort();
            assert.deepEqual(policy, [
                "base-uri 'none'", "default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "img-src 'self'", "style-src 'self'",
            ]);
            assert.equal(headers.get('x-content-type-options'), 'nosniff');
        }
        const page = await (await fetch(demo.url)).text();
        assert.doesNotMatch(page, /<script|style="|\son\w+=/);
        await demo.stop();
    });
});

async function jar(context) {
    const cookies = await context.cookies();
    return Object.fromEntries(cookies.map(cookie => [cookie.name, cookie]));
}

/** A POST as a browser would send it; `fetch` lets nobody set `Sec-Fetch-Site`. Answers with the status. */
function post(url, site) {
    return new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', headers: { 'sec-fetch-site': site } }, response => {
            response.resume();
            resolve(response.statusCode);
        });
        sent.on('error', reject).end();
    });
}
