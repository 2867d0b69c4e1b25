// Every button of the demo, in real browsers: what a visitor sees, what the cookie jar holds, and that the console stays silent.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browsers, launch } from './browsers.mjs';
import { screenshots, startDemo } from './demo.mjs';
import { BoundBrowser } from './device.mjs';
import { startFront } from './front.mjs';
import { inaccessible, isInView, overflowing, primaryButtons, widths } from './layout.mjs';
import { DemoPage } from './page.mjs';

const SESSION = '__Host-Http-session';
const NOTES = '__Host-Http-notes';
const COPY = '__Host-Http-copy';
const REPLAYED = '__Host-Http-replayed';
const SOURCE = join(import.meta.dirname, '../../examples/demo');

// The browsers run at the same time, because most of it is waiting; the tests of one browser run one after the other.
describe('the demo', { concurrency: true }, () => {
    for (const name of browsers) {
        describe(name, { concurrency: false }, () => testsOf(name));
    }
});

function testsOf(name) {
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

    visit('the head says what this is and why, and leads to README, documentation and source', async (page, { page: tab }) => {
        const words = await page.text('header');
        assert.match(words, /your own Rust struct, sealed .* in the visitor’s cookie\./);
        assert.match(words, /Any server that has the keys can serve any visitor/);
        const { repository, name, version } = manifest();
        const links = await tab.$$eval('header a', links => links.map(link => [link.innerText, link.href]));
        assert.deepEqual(links, [
            ['README', `${repository}#readme`], ['Documentation', `https://docs.rs/${name}/${version}`], ['Source', repository],
        ]);
        await tab.setViewport({ width: 1280, height: 900 });
        for (const seen of ['header a', '#sign-in-title', 'button.primary', '#code pre']) assert.ok(await tab.$eval(seen, isInView), seen);
    });

    visit('the code beside the shop is the source of the demo', async page => {
        const [struct, handler] = await page.texts('#code pre');
        assert.match(struct, /^#\[derive\(.*Serialize.*\)\]\npub struct Visit \{\n.*\n\}$/s);
        assert.match(handler, /^async fn add\(session: Session<Visit>.*session\.update\(.*\n\}$/s);
        assert.ok(readFileSync(join(SOURCE, 'visit.rs'), 'utf8').includes(`\n${struct}\n`));
        assert.ok(readFileSync(join(SOURCE, 'shop.rs'), 'utf8').includes(`\n${handler}\n`));
    });

    visit('before there is a session, an example is taken apart, and nothing of it is set', async (page, { page: tab, jar }) => {
        assert.equal(await page.text('#envelope h3'), 'An example cookie');
        assert.equal(await page.text('#seal h3'), 'Under the seal of the example');
        assert.match(await page.text('#size'), /The example takes/);
        assert.equal(await page.keyId(), (await page.ring())[0]);
        assert.match(await page.data(), /"Grace"/);
        assert.match(await page.text('.stages'), /seal, claims, .*validation\.$/);
        assert.equal(await page.has('#user'), false);
        assert.deepEqual(await jar(), {});
        const enabled = await tab.$$eval('form[action="/bit/flip"] button:enabled', buttons => buttons.length);
        assert.equal(enabled, 0);
        await page.signIn();
        assert.equal(await page.text('#envelope h3'), 'Your cookie');
        assert.match(await page.text('#size'), /Your session takes/);
        assert.match(await page.data(), /"Ada"/);
    });

    visit('the three steps lead from a first visit to the end, by the one primary button', async (page, { page: tab, jar }) => {
        await tab.setViewport({ width: 380, height: 800 });
        const current = () => page.texts('.bar [aria-current=step]');
        const step = async (label, number, selector = 'button.primary') => {
            assert.deepEqual(await tab.evaluate(primaryButtons), [label]);
            assert.deepEqual((await current()).map(text => parseInt(text)), [number]);
            if (label === 'Sign in') await page.fill('input[name=name]', 'Ada');
            await page.press(selector);
            assert.ok(await tab.$eval('.bar', isInView), `after ${label}`);
        };
        await step('Sign in', 1);
        assert.equal(await page.text('#user'), 'Ada');
        assert.ok(await tab.$eval('#steal-title', isInView), 'the next step');
        const key = await page.keyId();
        await step('Save a copy', 2);
        await step('Sign out', 2);
        assert.equal(await page.has('#user'), false);
        await step('Replay the copy', 2);
        assert.equal(await page.text('#user'), 'Ada');
        await step('Rotate the key', 3);
        await step('2 days forward', 3);
        assert.equal(await page.keyId(), key, 'the cookie as it came');
        await step('Retire the old keys', 3);
        assert.notEqual(await page.keyId(), key);
        assert.equal(await page.status(), 'Restored');

        await page.submit('/copy/replay');
        assert.equal(await page.status(), 'Rejected: unknown-key', 'the copy’s key is gone');
        assert.match(await page.text('.bar'), /key was retired/);
        await step('Start over', 3);
        assert.equal(await page.status(), 'New');
        assert.deepEqual(await jar(), {});
        assert.deepEqual(await tab.evaluate(primaryButtons), ['Sign in']);
    });

    visit('at 380 px each action ends where its effect can be seen', async (page, { page: tab }) => {
        await tab.setViewport({ width: 380, height: 800 });
        const ends = async (press, ...seen) => {
            await press();
            for (const selector of ['#status', ...seen]) assert.ok(await tab.$eval(selector, isInView), `${selector} after ${press}`);
        };
        await page.signIn();
        await ends(() => page.submit('/cart/add'), '.messages', '#cart li');
        await ends(() => page.press('button[formaction="/letter/long"]'), '.messages', '#total', '#shares');
        await ends(() => page.press('button[formaction="/letter/too-long"]'), '.messages', '#total', '#shares');
        await ends(() => page.write('compressed'), '.messages', '#total', '#shares');
        await ends(() => page.flip('tag'), '.messages', '#envelope h3');
        await ends(() => page.flip('tag'), '.messages', '#envelope h3');
        await ends(() => page.submit('/copy/keep'), '.messages', '#copy');
        await ends(() => page.submit('/keys/rotate'), '.messages', '#ring li');
        await ends(() => page.writeNote('milk', 'two pints'), '#note-list li');
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
        assert.match(data, /Line\{article:SignetRing,colour:None,count:1,\},\],letter:None,\}$/);
        await page.submit('/cart/remove');
        assert.deepEqual(await page.cart(), ['1 × Signet ring']);
        await page.submit('/cart/remove');
        assert.equal(await page.has('#cart'), false);
    });

    visit('what would not fit is refused with both numbers and the largest field, and the session stays', async (page, { page: tab, jar }) => {
        await page.writeLetter('To <i>Charles</i>');
        await page.lookAgain();
        const { needed } = await page.size();
        for (const way of ['plain', 'compressed']) {
            if (way !== 'plain') await page.write(way);
            await page.press('button[formaction="/letter/too-long"]');
            const [message] = await page.flashes();
            const [, needs, allowed, bytes] = /^Not saved: .*?(\d+) bytes.*? limit is (\d+),.* largest field, "letter", takes (\d+) bytes/.exec(message).map(Number);
            assert.equal(allowed, (await page.size()).allowed);
            assert.ok(needs > allowed, `${way}: ${needs}`);
            assert.ok(bytes > 10_000);
        }
        await page.write('plain');
        await page.lookAgain();
        assert.equal((await page.size()).needed, needed, 'as before');
        assert.equal(await tab.$eval('textarea', field => field.value), 'To <i>Charles</i>');
        assert.equal(await tab.$('textarea i'), null);
        assert.deepEqual(Object.keys(await jar()), [SESSION]);
    });

    visit('a session filled to the brim fits its two cookies, and one byte more does not', async (page, { jar }) => {
        await page.writeLetter('W');
        await page.lookAgain();
        const room = (await page.size()).remains;
        // A second cookie has a name and attributes of its own.
        let length = Math.floor(((room - 120) * 3) / 4);
        await page.writeLetter('W'.repeat(length));
        await page.lookAgain();
        while ((await page.size()).remains > 3) {
            length += Math.max(1, Math.floor(((await page.size()).remains * 3) / 4));
            await page.writeLetter('W'.repeat(length));
            await page.lookAgain();
        }
        assert.equal(await page.status(), 'Restored');
        const full = await jar();
        assert.deepEqual(Object.keys(full).sort(), [SESSION, `${SESSION}.1`]);
        for (const { name, value } of Object.values(full)) assert.ok(name.length + value.length > 3800 && name.length + value.length <= 4096);
        assert.equal((await page.size()).cookies, 2);

        await page.writeLetter('W'.repeat(length + 4));
        assert.match(`${await page.note()}`, /^Not saved: the session would have become too large/, 'there is no room for a message');
        assert.deepEqual(await jar(), full);
        await page.submit('/cart/add');
        assert.match(await page.note(), /^Not saved/);
    });

    visit('the parts of the bar add up to the session’s size', async (page, { page: tab, jar }) => {
        const check = async state => {
            const { needed, allowed, remains, parts } = await page.size();
            const sum = Object.values(parts).reduce((sum, { characters }) => sum + characters, 0);
            assert.equal(sum, needed, state);
            assert.equal(needed + remains, allowed, state);
            const width = await tab.$eval('#shares', bar => bar.getBoundingClientRect().width);
            const toScale = (drawn, part, whole) => assert.ok(Math.abs(drawn - (width * part) / whole) < 0.1, `${state}: ${drawn} px for ${part} of ${whole}`);
            const drawn = await tab.$eval('#shares', widths);
            assert.equal(drawn.length, Object.keys(parts).length, state);
            Object.values(parts).forEach(({ characters }, index) => toScale(drawn[index], characters, needed));
            const [used] = await tab.$eval('#size .room', widths);
            toScale(used, needed, allowed);
            return parts;
        };
        const names = parts => Object.keys(parts).sort();
        const always = ['cart', 'claims', 'cookie names and attributes', 'letter', 'user', 'version, key id, nonce, tag'];
        assert.deepEqual(names(await check('example')), always);
        await page.signIn('Ada');
        assert.deepEqual(names(await check('signed in')), [...always, 'flash messages'].sort());
        await page.lookAgain();
        assert.equal((await check('after the message')).user.bytes, 'Ada'.length + 2);
        await page.press('button[formaction="/letter/long"]');
        const long = await check('letter');
        assert.equal(Object.keys(long)[0], 'letter', 'the largest first');
        for (const way of ['compressed', 'padded', 'both']) {
            await page.write(way);
            const parts = await check(way);
            assert.equal('padding' in parts, way !== 'compressed');
            assert.equal(parts.letter.bytes, long.letter.bytes);
            assert.equal(parts.letter.characters < long.letter.characters, way !== 'padded');
        }
        assert.ok((await jar())[SESSION]);
    });

    visit('a letter that one cookie cannot hold is in two, and a short one in one again', async (page, { jar }) => {
        await page.signIn();
        await page.press('button[formaction="/letter/long"]');
        await page.lookAgain();
        const cookies = await jar();
        assert.deepEqual(Object.keys(cookies).sort(), [SESSION, `${SESSION}.1`]);
        const [first, second] = [cookies[SESSION].value, cookies[`${SESSION}.1`].value];
        assert.match(first, /^2\./);
        assert.equal(second.slice(0, 7), `${first.slice(2).slice(8, 14)}.`, 'the tie');
        assert.deepEqual(await page.texts('#envelope .jar li'), [
            `${SESSION}\n${first.length} characters`, `${SESSION}.1\n${second.length} characters`,
        ]);
        assert.match(await page.text('.facts'), new RegExp(`^2 cookies, ${first.length - 2 + second.length - 7} characters`));
        assert.equal((await page.size()).cookies, 2);
        assert.ok(within(await page.size(), cookies));

        await page.writeLetter('In short: yes.');
        await page.lookAgain();
        assert.deepEqual(Object.keys(await jar()), [SESSION]);
        assert.equal((await page.size()).cookies, 1);
        assert.match(await page.data(), /In short: yes\./);
    });

    visit('two cookies are stolen, changed and replayed as one', async (page, { jar }) => {
        await page.signIn();
        await page.press('button[formaction="/letter/long"]');
        await page.lookAgain();
        const before = await jar();
        for (const part of ['nonce', 'tag']) {
            await page.flip(part);
            assert.equal(await page.status(), 'Rejected: bad-seal', part);
            await page.flip(part);
            assert.equal(await page.status(), 'Restored');
            assert.deepEqual(values(await jar()), values(before));
        }
        await page.submit('/copy/keep');
        assert.deepEqual(Object.keys(await jar()).sort(), [COPY, `${COPY}.1`, SESSION, `${SESSION}.1`]);
        await page.submit('/sign-out');
        await page.lookAgain();
        assert.deepEqual(Object.keys(await jar()).sort(), [COPY, `${COPY}.1`]);
        await page.submit('/copy/replay');
        assert.equal(await page.status(), 'Restored');
        assert.match(await page.data(), /Be not alarmed, madam/);
        await page.submit('/copy/forget');
        assert.deepEqual(values(await jar()), values(before));
    });

    visit('compression and padding change the size as the page says', async (page, { jar }) => {
        await page.signIn();
        await page.press('button[formaction="/letter/long"]');
        await page.lookAgain();
        const sizes = {};
        for (const way of ['compressed', 'padded', 'both', 'plain']) {
            await page.write(way);
            assert.match((await page.flashes()).join(), /your session was written again/);
            await page.lookAgain();
            const size = await page.size();
            assert.deepEqual(Object.entries(size.ways).filter(([, { chosen }]) => chosen).map(([way]) => way), [way]);
            assert.equal(size.needed, size.ways[way].needed, way);
            assert.equal(size.ways[way].cookies, size.cookies === 1 ? '1 cookie' : `${size.cookies} cookies`);
            const cookies = await jar();
            assert.equal(Object.keys(cookies).length, size.cookies, way);
            const sealed = (await page.bytes('ciphertext')).length / 2;
            if (['padded', 'both'].includes(way)) assert.equal(sealed % 256, 0);
            else assert.ok(within(size, cookies), way);
            assert.match(await page.data(), /Be not alarmed, madam/, 'every build reads it');
            sizes[way] = size;
        }
        const [plain, compressed, padded, both] = ['plain', 'compressed', 'padded', 'both'].map(way => sizes[way].needed);
        assert.ok(compressed < plain * 0.6 && padded > plain && both > compressed && both < plain, JSON.stringify(sizes));
        for (const { ways } of Object.values(sizes)) {
            assert.deepEqual(Object.values(ways).map(({ needed }) => needed), [plain, compressed, padded, both], 'said in each state');
        }
        assert.deepEqual(Object.values(sizes).map(({ cookies }) => cookies), [1, 2, 1, 2]);
    });

    visit('a session that fits only if it is compressed can be read without, and not written', async (page, { jar }) => {
        await page.write('compressed');
        assert.match(await page.note(), /From now on/);
        const letter = 'All is well, and the kettle is on. '.repeat(200);
        await page.writeLetter(letter);
        await page.lookAgain();
        const before = await jar();
        assert.deepEqual(Object.keys(before), [SESSION]);
        assert.equal((await page.size()).ways.plain.cookies, 'too large');
        await page.write('plain');
        assert.match(await page.note(), /would not fit/);
        assert.equal(await page.status(), 'Restored');
        assert.match(await page.data(), /the kettle is on/);
        await page.submit('/cart/add');
        assert.match(await page.flashes().then(flashes => flashes.join()) || await page.note(), /^Not saved/);
        await page.lookAgain();
        assert.equal(await page.has('#cart'), false);
        await page.writeLetter('Short.');
        assert.match(await page.data(), /Short\./);
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

    visit('without a cookie the thief has nothing to take', async (page, { demo }) => {
        for (const action of ['/copy/keep', '/sign-out', '/copy/replay']) assert.ok(await page.has(`#steal form[action="${action}"] button:disabled`), action);
        const answer = async (path, form = {}) => (await fetch(demo.url + path, { method: 'POST', body: new URLSearchParams(form) })).text();
        assert.match(await answer('/copy/keep'), /no session cookie/);
        assert.match(await answer('/bit/flip', { part: 'tag' }), /no session cookie/);
        assert.match(await answer('/copy/replay'), /no copy to replay/);
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
        assert.deepEqual(Object.keys(await jar()).sort(), [COPY, REPLAYED, SESSION]);
        assert.equal(await page.status(), 'Restored');
        assert.equal(await page.text('#user'), 'Ada');
        assert.deepEqual(await page.cart(), ['1 × Envelopes, red']);
        assert.match(await page.note(), /stores nothing cannot know/);
        assert.match(await page.text('#steal'), /accepted.*price of statelessness/s);

        await page.submit('/copy/forget');
        assert.deepEqual(Object.keys(await jar()), [SESSION]);
        assert.equal(await page.has('#copy'), false);
    });

    visit('what the copy is worth on another computer, and why it is not refused over plain http', async (page, { demo, page: tab, jar }) => {
        await page.signIn();
        assert.equal((await page.claims()).binding, 'none');
        assert.equal(await page.has('#elsewhere'), false);
        await page.submit('/copy/keep');
        assert.equal(await page.text('#elsewhere .verdict'), 'Restored');
        assert.match(await page.text('#elsewhere'), /not bound to your device.*only over TLS.*plain http/s);
        await tab.click('#elsewhere summary');
        const [front, browser] = await page.texts('#elsewhere pre');
        assert.ok(front.includes(`reverse_proxy ${new URL(demo.url).host}\n`), front);
        assert.match(browser, /^chromium --enable-features=DeviceBoundSessions,/);
        assert.deepEqual(Object.keys(await jar()).sort(), [COPY, SESSION], 'the question changes nothing');

        await page.advance(360);
        assert.equal(await page.text('#elsewhere .verdict'), 'Rejected: expired-idle');
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
        assert.match(await page.text('#rotate'), /the real time/);
    });

    visit('the picture is to scale', async (page, { page: tab }) => {
        await page.signIn();
        const names = ['version', 'key-id', 'nonce', 'ciphertext', 'tag'];
        const lengths = [];
        for (const part of names) lengths.push((await page.bytes(part)).length / 2);
        const total = lengths.reduce((sum, length) => sum + length);
        assert.deepEqual([...lengths.slice(0, 3), lengths[4]], [1, 4, 24, 16]);
        const width = await tab.$eval('#envelope .strip', strip => strip.getBoundingClientRect().width);
        const drawn = await tab.$eval('#envelope .strip', widths);
        names.forEach((part, index) => assert.ok(Math.abs(drawn[index] - (width * lengths[index]) / total) < 0.1, `${part} is ${drawn[index]} px wide`));
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
                    assert.deepEqual(await tab.evaluate(inaccessible), [], `${state}, ${scheme}, ${width} px`);
                    assert.equal((await tab.evaluate(primaryButtons)).length, 1, `${state}, ${scheme}, ${width} px`);
                    await tab.evaluate(() => scrollTo(0, 0));
                    await tab.screenshot({ path: join(folder, `${state}-${scheme}-${width}.png`), fullPage: true });
                }
            }
            await tab.setViewport({ width: 1280, height: 900 });
        };
        await show('new');
        await page.signIn('Ada');
        await page.submit('/cart/add');
        await page.writeNote('milk', 'two pints', true);
        await page.submit('/copy/keep');
        await page.submit('/copy/replay');
        await page.submit('/keys/rotate');
        await tab.click('#notes-cookie summary');
        await tab.click('#elsewhere summary');
        await show('signed-in');
        await page.press('button[formaction="/letter/too-long"]');
        await show('refused');
        await page.flip('ciphertext');
        await show('flipped');
        await page.flip('ciphertext');
        await page.press('button[formaction="/letter/long"]');
        await page.write('both');
        await page.writeLetter('W'.repeat(4500));
        await page.write('padded');
        await page.advance(48);
        await show('two-cookies');
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
        await page.write('both');
        await page.submit('/keys/rotate');
        await page.submit('/keys/retire');
        for (const button of await page.buttons()) buttons.add(button);
        await context.close();
        await demo.stop();
        assert.ok(buttons.size >= 25, `${buttons.size} buttons`);
        assert.deepEqual([...buttons].filter(button => !pressed.has(button)), []);
    });

    if (name === 'chromium') {
        test('over TLS the session is bound to the device, and the thief is refused', { timeout: 120_000 }, async () => {
            const [front, demo] = await Promise.all([startFront(), startDemo()]);
            const site = front.open('demo.test');
            site.ports.a = Number(new URL(demo.url).port);
            const bound = await BoundBrowser.launch(front);
            try {
                const { page: tab } = await bound.open({ site });
                await tab.setViewport({ width: 380, height: 800 });
                const page = new DemoPage(tab, site.origin, new Set());
                await page.open();
                assert.deepEqual(await bound.reported(site, 1), ['created']);
                await page.signIn();
                assert.match((await page.claims()).binding, /^a device’s key, proven /);
                const { needed, parts } = await page.size();
                assert.equal(Object.values(parts).reduce((sum, { characters }) => sum + characters, 0), needed);
                await page.submit('/copy/keep');
                assert.equal(await page.text('#elsewhere .verdict'), 'Rejected: unproven');
                assert.match(await page.text('#elsewhere'), /bound to your device.*a cookie that lives 10 minutes/s);
                assert.match(await page.text('#steal'), /Signing out ends the device’s key.*refused/s);
                assert.deepEqual(await tab.evaluate(overflowing), []);
                assert.deepEqual(await tab.evaluate(inaccessible), []);

                // The thief, with another client.
                const { value } = (await bound.jar(site))[SESSION];
                const theft = await (await fetch(demo.url, { headers: { cookie: `${SESSION}=${value}` } })).text();
                assert.match(theft, /<strong id="status">Rejected: <code>unproven<\/code>/);
                assert.doesNotMatch(theft, /Ada/);

                // The thief, with the visitor's browser.
                await page.submit('/sign-out');
                const ended = ['not refreshed: FatalError, ServerRequestedTermination', 'ended: ServerRequested'];
                assert.deepEqual(await bound.reported(site, 4, 1), [...ended, 'created']);
                await page.submit('/copy/replay');
                assert.equal(await page.status(), 'Rejected: unproven');
                assert.match(await page.text('.messages'), /bound to a device, and this request came without a fresh proof/);
                assert.equal(await page.has('#user'), false);

                // The steps go on, and a clock that is moved leaves the visitor signed in.
                await page.signIn();
                await page.submit('/keys/rotate');
                await page.advance(48);
                assert.equal(await page.status(), 'Restored');
                await page.submit('/keys/retire');
                assert.equal(await page.status(), 'Restored');
                assert.deepEqual(await bound.reported(site, 6, 4), ['challenged', 'refreshed']);
            } finally {
                await bound.close();
                await demo.stop();
                front.stop();
            }
        });

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

    test('shows a message that it cannot take, in a session that no longer fits', async () => {
        const demo = await startDemo();
        const send = (path, form, cookie = '') => fetch(demo.url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(form), headers: { cookie } });
        const written = await send('/letter', { text: 'W'.repeat(5650) });
        const cookie = written.headers.getSetCookie().map(line => line.split(';')[0]).join('; ');
        await send('/writing', { writing: 'padded' });
        const page = await fetch(demo.url, { headers: { cookie } });
        assert.equal(page.status, 200);
        assert.match(await page.text(), /Your letter is in your session/);
        await demo.stop();
    });

    test('offers to bind the session on the page that has the form to sign in, and on no other', async () => {
        const demo = await startDemo();
        const offer = async cookie => (await fetch(demo.url, { headers: { cookie } })).headers.get('secure-session-registration');
        assert.match(await offer(''), /^\(ES256\);path="\/dbsc\/register";challenge="/);
        const signedIn = await fetch(`${demo.url}/sign-in`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ name: 'Ada' }) });
        const session = signedIn.headers.getSetCookie()[0].split(';')[0];
        assert.equal(await offer(session), null);

        // Behind a proxy with TLS, another reason is left.
        const copy = session.replace(SESSION, COPY);
        const page = await fetch(demo.url, { headers: { cookie: `${session}; ${copy}`, 'x-forwarded-proto': 'https' } });
        const [panel] = /<div class="card" id="elsewhere">.*?<div class="card" id="envelope">/s.exec(await page.text());
        assert.match(panel, /Either your browser cannot bind sessions/);
        assert.doesNotMatch(panel, /caddy|plain http/);
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

/** The package of the demo. */
function manifest() {
    const text = readFileSync(join(SOURCE, '../../Cargo.toml'), 'utf8');
    const field = name => new RegExp(`^${name} = "(.*)"$`, 'm').exec(text)[1];
    return { name: field('name'), version: field('version'), repository: field('repository') };
}

/** Whether these cookies, as lines of `Set-Cookie`, are as long as the page says, less what a refresh may add to the claims. */
function within({ needed }, cookies) {
    const line = ({ name, value }) => `${name}=${value}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=1209600`.length;
    const lines = Object.values(cookies).reduce((sum, cookie) => sum + line(cookie), 0);
    return lines <= needed && needed - lines <= 16;
}

function values(cookies) {
    return Object.fromEntries(Object.values(cookies).map(({ name, value }) => [name, value]));
}

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
