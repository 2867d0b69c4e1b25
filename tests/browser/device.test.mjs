// Sessions bound to the device, in a real browser: two processes that share a ring, behind TLS, and Chromium with DBSC. Chromium's own
// reports say what it made of each answer. The clocks of the processes are set; a proof's end in the browser is its deletion.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browsers, launch } from './browsers.mjs';
import { BoundBrowser, DeviceTab } from './device.mjs';
import { Fleet, newKey, timeAt } from './fleet.mjs';
import { BREAK, HANG, startFront } from './front.mjs';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What the browser reports of one refresh. */
const REFRESH = ['challenged', 'refreshed'];
/** And if the server's answer ends its DBSC session. */
const TERMINATED = ['not refreshed: FatalError, ServerRequestedTermination', 'ended: ServerRequested'];

const BOUND = { status: 'Restored', user: 'Ada', notes: '0', binding: 'bound' };
const unproven = why => ({ status: 'Rejected: unproven', user: '', notes: '0', binding: why });
const UNBOUND = { ...BOUND, binding: 'unbound' };
const NEW = { status: 'New', user: '', notes: '0', binding: 'unbound' };

let front;
let sites = 0;
before(async () => (front = await startFront()));
after(() => front.stop());

/** A test with its own fleet, on a site that no other test visits. So all tests share one browser, which is faster. */
function visit(browser, what, steps) {
    test(what, { timeout: 120_000 }, async () => {
        const fleet = await Fleet.start(front, `shop-${++sites}.test`);
        const tabs = [];
        const open = async () => {
            tabs.push(await browser().open(fleet));
            return tabs.at(-1);
        };
        try {
            await steps({ fleet, site: fleet.site, open, tab: await open() });
        } finally {
            await Promise.all(tabs.map(tab => tab.close().catch(() => {})));
            await fleet.stop();
        }
    });
}

/** Follows a link from a page of another name to the site. */
async function followLink(tab, host = 'elsewhere.test') {
    const other = front.open(host);
    const html = `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,"><a href="${tab.site.origin}/">To the shop</a>`;
    other.instead = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: html });
    await tab.page.goto(other.origin);
    await Promise.all([tab.page.waitForNavigation(), tab.page.evaluate(() => document.querySelector('a').click())]);
    return tab.state();
}

/** Holds the requests for one of the endpoints back, until the function that it answers with is called. */
function hold(site, endpoint) {
    let proceed;
    const mayProceed = new Promise(resolve => (proceed = resolve));
    site.instead = ({ path }) => (path.startsWith(endpoint) ? mayProceed : undefined);
    return proceed;
}

/** What a script of the page does to sign out. The browser sends nothing after it. */
const signOutQuietly = () => fetch('/sign-out', { method: 'POST', redirect: 'manual' }).then(() => {});

/** The requests for one of the endpoints, in short. */
const calls = (site, endpoint) => site.to(`/dbsc/${endpoint}`).map(({ node, status }) => `${node} ${status}`);

/** The value of a JSON Web Token's second part. */
const payload = token => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

const lines = ({ answer }) => answer['set-cookie'] ?? [];

// The browsers run at the same time, because most of it is waiting.
describe('sessions bound to the device', { concurrency: true }, () => {
    if (browsers.includes('chromium')) {
        describe('chromium', { concurrency: false }, testsOfChromium);
        // These tests wait for the browser, so they run at the same time too.
        describe('chromium, with its limit on signatures', { concurrency: true }, testsWithLimit);
    }
    if (browsers.includes('firefox')) describe('firefox', testsOfFirefox);
});

function testsOfChromium() {
    let browser;
    const test = (what, steps) => visit(() => browser, what, steps);
    before(async () => (browser = await BoundBrowser.launch(front)));
    after(() => browser.close());

    test('a session is born bound, registered by one process and signed in by the other', async ({ fleet, site, tab }) => {
        assert.deepEqual(await tab.openSignIn(), ['created']);
        const proof = await tab.cookie('proof');
        assert.deepEqual(
            { httpOnly: proof.httpOnly, secure: proof.secure, sameSite: proof.sameSite, path: proof.path },
            { httpOnly: true, secure: true, sameSite: 'Lax', path: '/' },
        );
        const seconds = proof.expires - Date.now() / 1000;
        assert.ok(seconds > 540 && seconds < 601, `the proof expires in ${seconds} s`);

        site.node = 'b';
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.deepEqual(await tab.state(), { ...BOUND, proven: 0 });
        assert.deepEqual(site.passed.filter(one => one.answer['secure-session-registration']).map(({ path }) => path), ['/sign-in']);
        const sessions = site.passed.filter(one => lines(one).some(line => line.startsWith('__Host-Http-session=')));
        assert.deepEqual(sessions.map(({ method, path }) => [method, path]), [['POST', '/sign-in']], 'no unbound version of it was ever sent');
        assert.match(sessions[0].headers.cookie, /^__Host-session-proof-.{4}=[\w-]+$/);
        assert.deepEqual(await fleet.events(), ['device-registered', 'created', 'restored']);

        await tab.dropProof();
        assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
        site.node = 'a';
        assert.equal((await tab.open('/admin')).user, 'Ada');
        assert.deepEqual(calls(site, 'refresh'), ['b 403', 'b 200']);
        assert.deepEqual(tab.reports(), ['created', ...REFRESH]);
    });

    test('the session’s cookie, copied by another client, is refused at once, and with its proof when that ends', async ({ fleet, tab }) => {
        await tab.signIn();
        const jar = await tab.jar();
        const [session, proof] = await Promise.all([tab.cookie('session'), tab.cookie('proof')]);
        const copied = (...cookies) => Object.fromEntries(cookies.map(({ name, value }) => [name, value]));
        assert.equal(Object.keys(jar).length, 2);

        for (const node of ['a', 'b']) {
            assert.deepEqual(await fleet.stateOf(node, copied(session)), unproven('missing'));
            assert.equal((await fleet.request(node, '/admin', { cookies: copied(session) })).status, 403);
            const write = await fleet.request(node, '/note', { method: 'POST', cookies: copied(session) });
            assert.deepEqual([write.status, lines({ answer: write.headers })], [403, []]);
            assert.deepEqual(await fleet.stateOf(node, copied(session, proof)), { ...BOUND, proven: 0 });
        }
        // Ten minutes, and one for requests that are on their way.
        await fleet.setClock(11 * MINUTE - 1);
        assert.equal((await fleet.stateOf('b', copied(session, proof))).binding, 'bound');
        await fleet.setClock(11 * MINUTE);
        assert.deepEqual(await fleet.stateOf('b', copied(session, proof)), unproven('late'));

        // The browser's own clock did not advance: its proof is deleted with the first answer, and the next request is proven.
        assert.deepEqual(await tab.open(), unproven('late'));
        assert.deepEqual(await tab.open(), { ...BOUND, proven: 11 * MINUTE });
        assert.deepEqual(tab.reports(), ['created', ...REFRESH]);
    });

    test('requests of two tabs at once wait for one refresh, and files that need no session do not wait', async ({ site, open, tab }) => {
        await tab.signIn();
        const other = await open();
        await other.open();
        await tab.dropProof();
        site.take();
        const proceed = hold(site, '/dbsc/refresh');
        const asked = [tab, tab, tab, other, other].map(tab => tab.fetchState());
        const noted = tab.page.evaluate(() => fetch('/note', { method: 'POST' }).then(response => response.status));
        const status = await tab.page.evaluate(() => fetch('/assets/logo.svg', { cache: 'reload' }).then(response => response.status));
        assert.equal(status, 200);
        assert.deepEqual(site.passed.filter(({ path }) => !path.startsWith('/dbsc/')).map(({ path }) => path), ['/assets/logo.svg']);
        proceed();
        for (const state of await Promise.all(asked)) assert.equal(state.binding, 'bound');
        assert.equal(await noted, 200);
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'a 200']);
        assert.equal((await tab.open()).notes, '1');
        assert.deepEqual(tab.reports(), ['created', ...REFRESH]);
    });

    test('a proof that ends within two minutes is replaced, and nothing waits for it', async ({ site, tab }) => {
        site.change = (one, answer) => {
            const old = answer.headers['set-cookie'] ?? [];
            if (one.path === '/dbsc/register') answer.headers['set-cookie'] = old.map(line => line.replace('Max-Age=600', 'Max-Age=100'));
        };
        await tab.openSignIn();
        const proceed = hold(site, '/dbsc/refresh');
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.equal((await tab.state()).binding, 'bound');
        proceed();
        assert.deepEqual(await browser.reported(site, 3), ['created', 'challenged', 'refreshed early']);
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'a 200']);
        site.take();
        assert.equal((await tab.open()).binding, 'bound');
        assert.deepEqual(calls(site, 'refresh'), []);
    });

    test('a link from another site arrives signed in, though its refresh carries no session', async ({ site, tab }) => {
        await tab.signIn();
        await tab.dropProof();
        site.take();
        assert.deepEqual(await followLink(tab), { ...BOUND, proven: 0 });
        const [asked, signed, page] = site.passed;
        for (const one of [asked, signed]) {
            assert.deepEqual(
                { site: one.headers['sec-fetch-site'], mode: one.headers['sec-fetch-mode'], cookie: one.headers.cookie },
                { site: 'same-origin', mode: 'no-cors', cookie: undefined },
            );
        }
        assert.equal(page.headers['sec-fetch-site'], 'cross-site');
        assert.deepEqual(tab.reports(), ['created', ...REFRESH]);
    });

    test('with SameSite=Strict, a link of a subdomain arrives signed in, and one of another site refreshes nothing', async ({ fleet, site, tab }) => {
        await fleet.restart({ settings: { same_site: 'strict' } });
        await tab.signIn();
        await tab.dropProof();
        site.take();
        assert.deepEqual(await followLink(tab), { ...NEW, status: 'CrossSite' });
        assert.deepEqual(calls(site, 'refresh'), []);
        assert.deepEqual(await followLink(tab, `www.${new URL(site.origin).hostname}`), { ...BOUND, proven: 0 });
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'a 200']);
        assert.deepEqual(tab.reports(), ['created', ...REFRESH]);
    });

    test('a scheduled rotation passes under a bound session', async ({ fleet, site, tab }) => {
        const old = newKey();
        const ring = [`${newKey()} seal-from=${timeAt(HOUR)}`, `${old} open-until=${timeAt(30 * DAY)}`];
        await fleet.restart({ ring });
        await tab.signIn();
        // After the version.
        const keyOf = ({ value }) => Buffer.from(value, 'base64url').subarray(1, 5).toString('hex');
        const oldKey = keyOf(await tab.cookie('proof'));

        // The clock of one process is behind, so one seals with the new key and the other with the old one.
        await fleet.setClock(HOUR - 60, ['a']);
        await fleet.setClock(HOUR + 30, ['b']);
        await tab.dropProof();
        site.node = 'b';
        assert.deepEqual(await tab.open('/admin'), { ...BOUND, proven: HOUR + 30 });
        const newKeyId = keyOf(await tab.cookie('proof'));
        assert.notEqual(newKeyId, oldKey);
        site.node = 'a';
        assert.deepEqual(await tab.open('/admin'), { ...BOUND, proven: HOUR + 30 });
        await tab.dropProof();
        assert.equal((await tab.open()).binding, 'bound');
        assert.equal(keyOf(await tab.cookie('proof')), oldKey);

        // Challenged by one, and answered by the other.
        await tab.dropProof();
        site.take();
        site.instead = one => void (one.node = site.passed.length % 2 ? 'a' : 'b');
        assert.equal((await tab.open()).binding, 'bound');
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'b 200']);

        // Long after the old key.
        site.instead = () => undefined;
        await fleet.setClock(5 * DAY);
        await tab.dropProof();
        assert.equal((await tab.open()).binding, 'bound');
        await fleet.setClock(12 * DAY);
        await tab.dropProof();
        assert.equal((await tab.open()).binding, 'bound');
        await fleet.restart({ ring: ring.slice(0, 1).map(line => line.split(' ')[0]) });
        await tab.dropProof();
        assert.deepEqual(await tab.open(), { ...BOUND, proven: 12 * DAY });
        assert.equal(keyOf(await tab.cookie('session')), newKeyId);
        assert.ok(tab.reports().every(report => ['created', ...REFRESH].includes(report)), tab.reports().join('; '));
    });

    test('both processes restart, and so does the browser', async ({ fleet, site, open, tab }) => {
        await tab.signIn();
        await fleet.restart();
        assert.equal((await tab.open()).binding, 'bound');
        await browser.restart();
        assert.deepEqual(await (await open()).open('/admin'), { ...BOUND, proven: 0 });
        await fleet.restart();
        await fleet.setClock(3 * DAY);
        const later = await open();
        await later.dropProof();
        site.take();
        assert.deepEqual(await later.open(), { ...BOUND, proven: 3 * DAY });
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'a 200']);
        assert.deepEqual(later.reports(), ['created', ...REFRESH]);
    });

    test('signing out ends the browser’s key, and the next sign-in registers another', async ({ fleet, site, tab }) => {
        await tab.signIn();
        const proof = await tab.cookie('proof');
        await fleet.events();
        assert.deepEqual(await tab.signOut(), NEW);
        assert.deepEqual(await tab.jar(), {});
        assert.deepEqual(tab.reports(), ['created', ...TERMINATED]);
        assert.deepEqual(await fleet.events(), ['restored', 'ended purge', 'device-ended signed-out']);
        site.take();
        assert.deepEqual(await tab.signIn('Grace'), { ...BOUND, user: 'Grace', proven: 0 });
        assert.deepEqual(calls(site, 'refresh'), []);
        assert.notEqual((await tab.cookie('proof')).name, proof.name);
        assert.deepEqual(tab.reports().slice(3), ['created']);
    });

    for (const [what, away, hasMarker] of [['two days', 2 * DAY, true], ['longer than the key can live', 31 * DAY, false]]) {
        test(`after a sign-out, the browser is closed for ${what}`, async ({ fleet, site, open, tab }) => {
            await tab.signIn();
            await tab.page.evaluate(signOutQuietly);
            const marker = await tab.cookie('ended');
            assert.deepEqual(Object.keys(await tab.jar()), [marker.name]);
            assert.ok(marker.expires - Date.now() / 1000 > 29 * DAY, 'it lives as long as the key');
            await browser.restart();
            await fleet.setClock(away);
            await fleet.events();
            const later = await open();
            if (!hasMarker) await browser.deleteCookie(site, marker.name);
            assert.deepEqual(await later.open(), NEW);
            assert.deepEqual(await fleet.events(), [`device-ended ${hasMarker ? 'signed-out' : 'key'}`]);
            assert.deepEqual(later.reports(), ['created', ...TERMINATED]);
            assert.deepEqual(await later.jar(), {});
            assert.deepEqual(await later.signIn(), { ...BOUND, proven: away });
            assert.deepEqual(later.reports().slice(3), ['created']);
        });
    }

    test('after a sign-out, a link from another site ends the browser’s key too', async ({ fleet, site, tab }) => {
        await tab.signIn();
        await tab.page.evaluate(signOutQuietly);
        await fleet.events();
        assert.deepEqual(await followLink(tab), NEW);
        assert.deepEqual(await fleet.events(), ['device-ended signed-out']);
        assert.deepEqual(tab.reports(), ['created', ...TERMINATED]);
    });

    test('while the refresh fails, the visitor is unproven and not signed out', async ({ fleet, site, tab }) => {
        await tab.signIn();
        const session = await tab.cookie('session');
        const failures = [
            ['skipped-server-error', () => ({ status: 503 }), 'not refreshed: ServerError, TransientHttpError'],
            ['skipped-unreachable', () => BREAK, 'not refreshed: Unreachable, NetError'],
        ];
        for (const [why, answer, report] of failures) {
            const known = tab.reports().length;
            await tab.dropProof();
            site.instead = ({ path }) => (path.startsWith('/dbsc/') ? answer() : undefined);
            await fleet.events();
            assert.deepEqual(await tab.open(), unproven(why));
            assert.deepEqual(await fleet.events(), [`rejected unproven ${why}`]);
            assert.equal((await tab.submit('/note')).status(), 403);
            assert.equal((await tab.cookie('session')).value, session.value);
            assert.deepEqual(tab.reports().slice(known), [report, report]);
            site.instead = () => undefined;
            assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
            assert.deepEqual(tab.reports().slice(known + 2), REFRESH);
        }
    });

    test('a browser that lost its key is bound again at the next sign-in', async ({ site, tab }) => {
        await tab.signIn();
        const lost = await tab.cookie('proof');
        await tab.dropProof();
        // As a rate limiter in front of the server would.
        site.instead = ({ path }) => (path.startsWith('/dbsc/refresh') ? { status: 429 } : undefined);
        assert.deepEqual(await tab.open(), unproven('missing'));
        assert.deepEqual(tab.reports(), ['created', 'not refreshed: FatalError, PersistentHttpError', 'ended: RefreshFatalError']);
        assert.deepEqual(await tab.signIn(), { ...BOUND, proven: 0 });
        assert.notEqual((await tab.cookie('proof')).name, lost.name);
        assert.deepEqual(tab.reports().slice(3), ['created']);
    });

    test('of two keys that a browser registered, the one that binds nothing ends', async ({ fleet, site, open, tab }) => {
        const proceed = hold(site, '/dbsc/register');
        for (const each of [tab, await open()]) await each.open('/sign-in');
        proceed();
        assert.deepEqual(await browser.reported(site, 2), ['created', 'created']);
        await tab.page.bringToFront();
        await tab.submit('/sign-in', { name: 'Ada' });
        const proofs = async () => Object.keys(await tab.jar()).filter(name => name.includes('-proof-'));
        const openWithout = async name => {
            await browser.deleteCookie(site, name);
            await fleet.events();
            assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
            return (await fleet.events()).sort();
        };
        const both = await proofs();
        assert.equal(both.length, 2);
        const ends = [];
        for (const name of both) ends.push(await openWithout(name));
        assert.deepEqual(ends.sort(), [['device-ended other-key', 'restored'], ['device-refreshed', 'restored']]);
        assert.deepEqual(tab.reports().slice(2).sort(), [...REFRESH, ...TERMINATED].sort());
        site.take();
        const [left, ...more] = await proofs();
        assert.deepEqual(more, []);
        await openWithout(left);
        assert.deepEqual(calls(site, 'refresh'), ['a 403', 'a 200']);
    });

    test('a page of another site cannot make the browser register keys', async ({ site, tab }) => {
        const embedding = front.open('embeds.test');
        const address = `${tab.site.origin}/sign-in`;
        const html = `<!doctype html><link rel="icon" href="data:,"><img src="${address}?1"><img src="${address}?2"><iframe src="${address}?3"></iframe>`;
        embedding.instead = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: html });
        await tab.page.goto(embedding.origin);
        await tab.page.evaluate(url => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(() => {}), `${address}?4`);
        const answers = site.to('/sign-in').map(({ headers, status, answer }) => [
            headers['sec-fetch-site'], headers['sec-fetch-dest'], status, 'secure-session-registration' in answer,
        ]);
        assert.deepEqual(answers.sort(), ['empty', 'iframe', 'image', 'image'].map(dest => ['cross-site', dest, 200, false]));
        assert.deepEqual(await tab.openSignIn(), ['created']);
        assert.deepEqual(calls(site, 'register'), ['a 200'], 'that of the site’s own page');
    });

    test('a key that is registered after the sign-in binds at the next one', async ({ site, tab }) => {
        const proceed = hold(site, '/dbsc/register');
        await tab.open('/sign-in');
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.deepEqual(await tab.state(), UNBOUND);
        proceed();
        assert.deepEqual(await browser.reported(site, 1), ['created']);
        assert.deepEqual(await tab.open(), UNBOUND);
        assert.equal((await tab.page.goto(`${site.origin}/admin`)).status(), 403);
        await tab.open('/sign-in');
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.deepEqual(await tab.state(), { ...BOUND, proven: 0 });
        assert.deepEqual(tab.reports(), ['created']);
    });

    test('a proxy that strips the protocol’s fields leaves sessions unbound', async ({ fleet, site, tab }) => {
        site.change = (one, answer) => delete answer.headers['secure-session-registration'];
        await tab.open('/sign-in');
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.deepEqual(await tab.state(), UNBOUND);
        assert.deepEqual(tab.reports(), []);

        site.change = () => {};
        site.instead = ({ headers }) => void delete headers['secure-session-response'];
        await fleet.events();
        assert.deepEqual(await tab.openSignIn(), ['not created: RegistrationAttemptedChallenge']);
        await tab.submit('/sign-in', { name: 'Ada' });
        assert.deepEqual(await tab.state(), UNBOUND);
        assert.deepEqual(await fleet.events(), ['restored', 'device-refused no-token', 'restored', 'renewed', 'restored']);
    });

    test('a key whose ring is gone is kept while it may come back, and then it ends', async ({ fleet, site, tab }) => {
        await tab.signIn();
        await fleet.restart({ ring: [newKey()] });
        await tab.dropProof();
        assert.equal((await tab.open()).status, 'Rejected: unknown-key');
        assert.deepEqual(calls(site, 'refresh'), ['a 503']);
        assert.deepEqual(tab.reports(), ['created', 'not refreshed: ServerError, TransientHttpError']);
        await fleet.setClock(31 * DAY);
        await fleet.events();
        assert.equal((await tab.open()).status, 'Rejected: unknown-key');
        assert.deepEqual(calls(site, 'refresh'), ['a 503', 'a 200']);
        assert.deepEqual((await fleet.events())[0], 'device-ended key');
        assert.deepEqual(tab.reports().slice(2), TERMINATED);
        assert.deepEqual(await tab.signIn(), { ...BOUND, proven: 31 * DAY });
    });

    test('a key that was away for longer than the ring keeps keys ends at once', async ({ fleet, tab }) => {
        const ring = [`${newKey()} seal-from=${timeAt(HOUR)}`, `${newKey()} open-until=${timeAt(DAY)}`];
        await fleet.restart({ ring });
        await tab.signIn();
        await fleet.setClock(DAY + 1);
        await fleet.events();
        await tab.dropProof();
        assert.equal((await tab.open()).status, 'Rejected: key-ended');
        assert.deepEqual(await fleet.events(), ['device-ended key', 'rejected key-ended']);
        assert.deepEqual(tab.reports(), ['created', ...TERMINATED]);
        assert.deepEqual(await tab.signIn(), { ...BOUND, proven: DAY + 1 });
    });

    for (const [off, state] of [['readable', UNBOUND], ['ended', { ...NEW, status: 'Rejected: refused' }]]) {
        test(`the binding is switched off, and bound sessions are ${off}`, async ({ fleet, tab }) => {
            await tab.signIn();
            await fleet.restart({ settings: { off } });
            assert.deepEqual(await tab.open(), state);
            await fleet.events();
            await tab.dropProof();
            assert.deepEqual(await tab.open(), state);
            assert.equal((await fleet.events())[0], 'device-ended off');
            assert.deepEqual(tab.reports(), ['created', ...TERMINATED]);
            assert.deepEqual(await tab.open('/sign-in'), state);
            await tab.submit('/sign-in', { name: 'Grace' });
            assert.deepEqual(await tab.state(), { ...UNBOUND, user: 'Grace' });
            assert.equal(tab.reports().length, 3);
        });
    }

    test('a script of the page cannot register a key of its own', async ({ fleet, site, tab }) => {
        site.change = (one, answer) => {
            // The browser registers none, and the script reads the offer.
            if (!answer.headers['secure-session-registration']) return;
            answer.headers['x-offer'] = answer.headers['secure-session-registration'];
            delete answer.headers['secure-session-registration'];
        };
        await tab.open('/sign-in');
        site.take();
        await fleet.events();
        assert.deepEqual(await tab.page.evaluate(registerByScript), {
            cors: [403, 'device binding: fetch-metadata\n'],
            'same-origin': [403, 'device binding: fetch-metadata\n'],
            'no-cors': [403, 'device binding: no-token\n'],
        });
        const sent = site.to('/dbsc/register').map(({ headers }) => headers);
        const token = 'secure-session-response';
        assert.deepEqual(sent.map(headers => [headers['sec-fetch-mode'], token in headers]), [
            ['cors', true], ['same-origin', true], ['no-cors', false],
        ]);
        const headers = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'no-cors', [token]: sent[0][token] };
        const { status } = await fleet.request('a', '/dbsc/register', { method: 'POST', headers });
        assert.equal(status, 200, 'nothing else is wrong with it');
    });
}

function testsWithLimit() {
    let browser;
    const test = (what, steps) => visit(() => browser, what, steps);
    before(async () => (browser = await BoundBrowser.launch(front, { quota: true, features: ['DeviceBoundSessionsIncludeAudienceClaim'] })));
    after(() => browser.close());

    test('the refresh never answers', async ({ site, tab }) => {
        await tab.signIn();
        await tab.dropProof();
        site.instead = ({ path }) => (path.startsWith('/dbsc/') ? HANG : undefined);
        assert.deepEqual(await tab.open(), unproven('skipped-unreachable'));
        assert.deepEqual(tab.reports(), ['created', 'not refreshed: Unreachable, NetError']);
        site.instead = () => undefined;
        assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
    });

    test('six signatures in nine minutes are the limit, and the session stays', async ({ fleet, site, tab }) => {
        await tab.signIn();
        for (let signatures = 1; signatures < 6; signatures++) {
            await tab.dropProof();
            assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
        }
        const session = await tab.cookie('session');
        await tab.dropProof();
        await fleet.events();
        const known = tab.reports().length;
        assert.deepEqual(await tab.open(), unproven('skipped-quota-exceeded'));
        assert.deepEqual(await fleet.events(), ['rejected unproven skipped-quota-exceeded']);
        assert.deepEqual(tab.reports().slice(known), ['challenged', 'not refreshed: SigningQuotaExceeded, SigningQuotaExceeded']);
        assert.equal((await tab.cookie('session')).value, session.value);
    });

    test('what the browser signs for one address is not for another', async ({ fleet, site, tab }) => {
        await tab.signIn();
        await tab.dropProof();
        assert.deepEqual(await tab.open(), { ...BOUND, proven: 0 });
        const audiences = site.passed.filter(one => one.headers['secure-session-response']);
        assert.deepEqual(audiences.map(({ headers }) => payload(headers['secure-session-response']).aud), [
            `${site.origin}/dbsc/register`, `${site.origin}/dbsc/refresh`,
        ]);

        await fleet.restart({ settings: { origin: 'https://elsewhere.test' } });
        await tab.dropProof();
        assert.deepEqual(await tab.open(), unproven('missing'));
        assert.deepEqual([...new Set(await fleet.events())], ['device-refused audience', 'rejected unproven missing']);
        assert.ok(tab.reports().includes('not refreshed: FatalError, TooManyChallenges'), tab.reports().join('; '));
    });
}

function testsOfFirefox() {
    test('a browser without DBSC ignores all of it', { timeout: 120_000 }, async () => {
        const host = 'shop-firefox.test';
        const browser = await launch('firefox', { acceptInsecureCerts: true, extraPrefsFirefox: { 'network.dns.localDomains': host } });
        const fleet = await Fleet.start(front, host);
        try {
            const { page } = await browser.owner();
            const tab = new DeviceTab(undefined, page, fleet);
            assert.deepEqual(await tab.open('/sign-in'), NEW);
            await tab.submit('/sign-in', { name: 'Ada' });
            assert.deepEqual(await tab.state(), UNBOUND);
            assert.equal((await tab.page.goto(`${fleet.site.origin}/admin`)).status(), 403);
            await tab.open();
            assert.deepEqual((await tab.signOut()), NEW);
            assert.deepEqual(fleet.site.passed.filter(({ path }) => path.startsWith('/dbsc')), []);
        } finally {
            await Promise.all([browser.close(), fleet.stop()]);
        }
    });
}

/** Registers a key of the script in every mode that it can ask for. Answers with the status and the text of each. Runs in the page. */
async function registerByScript() {
    const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)));
    const base64url = bytes => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    const bytes = text => new TextEncoder().encode(text);
    const part = value => base64url(bytes(JSON.stringify(value)));
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign']);
    const { x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const [, jti] = /challenge="(.*?)"/.exec((await fetch('/sign-in')).headers.get('x-offer'));
    const signed = `${part({ alg: 'ES256', jwk: { crv: 'P-256', kty: 'EC', x, y }, typ: 'dbsc+jwt' })}.${part({ jti })}`;
    const signature = await crypto.subtle.sign(algorithm, privateKey, bytes(signed));
    const headers = { 'Secure-Session-Response': `${signed}.${base64url(signature)}` };
    const answers = {};
    for (const mode of ['cors', 'same-origin', 'no-cors']) {
        const response = await fetch('/dbsc/register', { method: 'POST', mode, headers });
        answers[mode] = [response.status, await response.text()];
    }
    return answers;
}
