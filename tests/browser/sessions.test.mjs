// Sessions in real browsers: what scripts, other sites and siblings can do to the cookie, what the browser does to it, and what the visitor
// and the server see of it. What the browsers accept is measured, and compared with the table in the documentation.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { browsers, launch } from './browsers.mjs';
import { Measured } from './measured.mjs';
import { startNeighbour } from './neighbour.mjs';
import { ShopPage, startShop } from './shop.mjs';

const SESSION = '__Host-Http-session';
const PIECES = [SESSION, `${SESSION}.1`, `${SESSION}.2`, `${SESSION}.3`];
/** Twelve kilobytes in four cookies. */
const LARGE = { max_cookies: 4, max_cookie_bytes: 14_000 };

const measured = new Measured();

// The browsers run at the same time, because most of it is waiting; the tests of one browser run one after the other.
describe('sessions', { concurrency: true }, () => {
    for (const name of browsers) {
        describe(name, { concurrency: false }, () => testsOf(name));
    }
});

function testsOf(name) {
    let browser, neighbour, first;
    let sites = 0;
    const measure = (what, value) => measured.add(name, what, value);
    before(async () => {
        [browser, neighbour] = await Promise.all([launch(name), startNeighbour()]);
        measured.version(name, browser.version);
        first = await browser.visitor();
    });
    after(async () => {
        neighbour.stop();
        await browser.close();
    });

    /** A test with its own shop, on a site that no other test visits. So all tests can share one visitor, which is faster. */
    function visit(what, settings, steps) {
        const host = `shop-${++sites}.localhost`;
        test(what, { timeout: 60_000 }, async () => {
            let shop = await startShop(settings);
            const { page: tab, context } = first;
            const page = new ShopPage(tab, shop, host);
            const others = [];
            const another = async () => {
                const { page: tab, context } = await browser.visitor();
                others.push(context);
                const page = new ShopPage(tab, shop, host);
                await page.open();
                return { page, jar: () => jar(context, host) };
            };
            const redeploy = async settings => {
                await shop.stop();
                page.shop = shop = await startShop(settings);
                return page.open();
            };
            try {
                await page.open();
                await steps({ page, tab, host, context, another, redeploy, jar: () => jar(context, host), advance: hours => shop.advance(hours) });
                const tabs = (await context.pages()).filter(other => other !== tab);
                await Promise.all(tabs.map(other => other.close()));
            } catch (error) {
                // A new visitor, so that what the failure left in the tab cannot disturb the tests that follow.
                first = await browser.visitor();
                throw error;
            } finally {
                await Promise.all(others.map(context => context.close()));
                await shop.stop();
            }
        });
    }

    visit('a script cannot plant the session, replace it or delete it', {}, async ({ page, tab, jar }) => {
        const attack = async () => {
            const kept = await tab.evaluate(plantByScript, SESSION, '__Host-other');
            assert.deepEqual(kept, ['__Host-other'], 'it can plant other names');
        };
        await attack();
        assert.equal((await page.open()).status, 'New');
        await page.signIn();
        const { [SESSION]: before } = await jar();
        await attack();
        assert.equal((await page.open()).user, 'Ada');
        assert.equal((await jar())[SESSION].value, before.value);
        measure('a script plants, replaces or deletes `__Host-Http-session`', 'refused');
    });

    visit('a form of another site writes nothing, and the session survives', {}, async ({ page, tab, host, jar }) => {
        await page.signIn();
        await page.add('Wax');
        const { [SESSION]: before } = await jar();
        const html = `<form method="post" action="${page.shop.url(host, '/cart')}"><input name="article" value="Mallory's"><button>Win</button></form>
            <a href="${page.shop.url(host)}">To the shop</a>`;
        await neighbour.open(tab, 'other.localhost', { html });
        const [refused] = await Promise.all([tab.waitForNavigation(), tab.click('button')]);
        assert.equal(refused.status(), 403);
        assert.equal(refused.url(), page.shop.url(host, '/cart'));
        assert.equal((await jar())[SESSION].value, before.value);

        await neighbour.open(tab, 'other.localhost', { html });
        await Promise.all([tab.waitForNavigation(), tab.click('a')]);
        assert.deepEqual(pick(await page.state(), 'status', 'user', 'cart'), { status: 'Restored', user: 'Ada', cart: ['Wax'] });
        assert.deepEqual((await page.add('Ring')).cart, ['Wax', 'Ring']);
    });

    visit('signing in, a cart, a refresh and signing out', {}, async ({ page, host, jar, advance }) => {
        await page.add('Wax');
        const { [SESSION]: anonymous } = await jar();
        assert.deepEqual(pick(await page.signIn(), 'user', 'cart'), { user: 'Ada', cart: ['Wax'] });
        const { [SESSION]: signedIn } = await jar();
        assert.notEqual(signedIn.value, anonymous.value);
        assert.deepEqual(pick(signedIn, 'path', 'httpOnly', 'secure', 'sameSite', 'domain'), {
            path: '/', httpOnly: true, secure: true, sameSite: 'Lax', domain: host,
        });
        const days = (signedIn.expires - Date.now() / 1000) / 86_400;
        assert.ok(days > 13.9 && days < 14.1, `expires in ${days} days`);

        await page.reload();
        assert.equal((await jar())[SESSION].value, signedIn.value, 'no refresh is due');
        await advance(48);
        assert.deepEqual(pick(await page.reload(), 'user', 'cart'), { user: 'Ada', cart: ['Wax'] });
        const { [SESSION]: refreshed } = await jar();
        assert.notEqual(refreshed.value, signedIn.value);

        await advance(13 * 24);
        assert.equal((await page.reload()).user, 'Ada', 'without the refresh it would have ended');
        assert.deepEqual(pick(await page.signOut(), 'status', 'user', 'cart'), { status: 'New', user: '', cart: [] });
        assert.deepEqual(await jar(), {});
    });

    for (const [cookies, settings, length] of [['one cookie', {}, 1000], ['four cookies', LARGE, 9300]]) {
        visit(`tabs that write at once leave one session, in ${cookies}`, settings, async ({ page, host, context, jar }) => {
            await page.signIn();
            const tabs = [page];
            while (tabs.length < 4) {
                tabs.push(new ShopPage(await context.newPage(), page.shop, host));
                await tabs.at(-1).open();
            }
            for (let round = 0; round < 3; round++) {
                const notes = tabs.map((_, index) => String.fromCharCode(97 + 4 * round + index).repeat(length));
                await Promise.all(tabs.map((tab, index) => tab.send('/note', { text: notes[index] })));
                assert.deepEqual(Object.keys(await jar()).sort(), PIECES.slice(0, settings.max_cookies ?? 1));
                const states = await Promise.all(tabs.map(tab => tab.send('/')));
                for (const { status, user, note } of states) {
                    assert.deepEqual({ status, user }, { status: 'Restored', user: 'Ada' });
                    assert.ok(notes.includes(note), 'one of the notes, whole');
                    same(note, states[0].note, 'the same in every tab');
                }
            }
            await tabs[1].open();
            await tabs[1].signOut();
            for (const tab of tabs) assert.equal((await tab.send('/')).status, 'New');
        });
    }

    visit('the back button shows what no-store does not forbid', {}, async ({ page, host, context }) => {
        for (const [path, header] of [['/account', 'private'], ['/account/no-store', 'no-store']]) {
            // After this step back, Firefox reports nothing more about the tab to its driver, so each case has a tab of its own.
            const back = new ShopPage(await context.newPage(), page.shop, host);
            await back.open();
            await back.signIn();
            assert.equal((await back.open(path)).user, 'Ada');
            assert.equal((await back.signOut()).user, '');
            await back.tab.evaluate(() => void history.back());
            await back.tab.waitForFunction(path => location.pathname === path && document.readyState === 'complete', {}, path);
            const { user } = await back.state();
            measure(`Back to a page with \`Cache-Control: ${header}\`, after signing out`, user ? 'the page as it was' : 'asks the server again');
            assert.deepEqual(pick(await back.send(path), 'status', 'user'), { status: 'New', user: '' }, 'the server knows better');
        }
    });

    visit('siblings plant a plain name', { cookie_name: 'session' }, async ({ page, tab, host, another, advance }) => {
        await page.signIn();
        await neighbour.fetch(tab, `evil.${host}`, { setCookie: [`session=junk; Domain=${host}; Path=/`] });
        await neighbour.fetch(tab, host, { path: '/blog', setCookie: ['session=AQjunk; Path=/cart'] });
        const sent = await neighbour.fetch(tab, host, { path: '/cart' });
        assert.equal(sent.split('; ').filter(cookie => cookie.startsWith('session=')).length, 3);
        await page.open();
        assert.deepEqual(pick(await page.add('Wax'), 'user', 'cart'), { user: 'Ada', cart: ['Wax'] }, 'found beside what does not open');

        await advance(1);
        const mallory = await another();
        await mallory.page.signIn('Mallory');
        const { session } = await mallory.jar();
        await neighbour.fetch(tab, `evil.${host}`, { setCookie: [`session=${session.value}; Domain=${host}; Path=/`] });
        assert.equal((await page.open()).user, 'Mallory', 'a session of the attacker’s own opens, and is newer');
        measure('a sibling domain or path plants a name without a prefix', 'accepted');
    });

    visit('siblings cannot plant the default name', {}, async ({ page, tab, host, another, advance }) => {
        await page.signIn();
        await advance(1);
        const mallory = await another();
        await mallory.page.signIn('Mallory');
        const { [SESSION]: { value } } = await mallory.jar();
        for (const planted of [SESSION, SESSION.toLowerCase(), SESSION.toUpperCase()]) {
            const secure = `${planted}=${value}; Secure; HttpOnly`;
            await neighbour.fetch(tab, `evil.${host}`, { setCookie: [`${secure}; Path=/; Domain=${host}`, `${secure}; Path=/`] });
            await neighbour.fetch(tab, host, { path: '/blog', setCookie: [`${secure}; Path=/cart`, `${secure}; Path=/; Domain=${host}`] });
        }
        assert.match(await neighbour.fetch(tab, `evil.${host}`), /^__host-http-session=[^;]*; /i, 'it can give itself one, in its own jar');
        const sent = await neighbour.fetch(tab, host, { path: '/cart' });
        assert.match(sent, /^__Host-Http-session=[^;]*$/);
        await page.open();
        assert.deepEqual(pick(await page.add('Wax'), 'user', 'cart'), { user: 'Ada', cart: ['Wax'] });
        measure('a sibling domain or path plants `__Host-Http-session`', 'refused');
    });

    visit('partitioned is switched on and off, and no old copy stays', {}, async ({ page, tab, host, redeploy, advance }) => {
        const copies = async () => (await neighbour.fetch(tab, host)).split('; ').length;
        const set = (value, attributes) => neighbour.fetch(tab, host, { setCookie: [`${SESSION}=${value}; Path=/; Secure; HttpOnly${attributes}`] });
        /** Whether a cookie with these attributes is kept beside the session, and so in another jar. */
        const isBesideOne = async attributes => {
            await set('probe', attributes);
            const count = await copies();
            await set('', `${attributes}; Max-Age=0`);
            return count === 2;
        };
        await page.signIn();
        assert.equal(await copies(), 1);
        assert.ok(await isBesideOne('; Partitioned'));

        assert.equal((await redeploy({ partitioned: true })).user, 'Ada');
        await advance(48);
        await page.open();
        assert.equal(await copies(), 2, 'a refresh deletes nothing');
        assert.deepEqual(pick(await page.add('Wax'), 'user', 'cart'), { user: 'Ada', cart: ['Wax'] });
        assert.equal(await copies(), 1);
        assert.ok(await isBesideOne(''), 'the one that is left is partitioned');

        await redeploy({ partitioned: false, delete_partitioned_copy: true });
        await advance(49);
        assert.deepEqual((await page.open()).cart, ['Wax']);
        assert.deepEqual((await page.add('Ring')).cart, ['Wax', 'Ring']);
        assert.equal(await copies(), 1);
        assert.ok(await isBesideOne('; Partitioned'));
    });

    visit('a session grows and shrinks over 1, 4, 2 and 1 cookies', LARGE, async ({ page, jar, redeploy }) => {
        await page.signIn();
        for (const [length, cookies] of [[1000, 1], [9300, 4], [9000, 4], [5000, 2], [900, 1], [9300, 4]]) {
            const note = text(length);
            const seen = await page.write(note);
            assert.deepEqual(pick(seen, 'status', 'user'), { status: 'Restored', user: 'Ada' });
            same(seen.note, note);
            const kept = await jar();
            assert.deepEqual(Object.keys(kept).sort(), PIECES.slice(0, cookies));
            for (const { name, value } of Object.values(kept)) assert.ok(name.length + value.length <= 4096);
            if (length === 9300) assert.ok(seen.size > 12 * 1024, `${seen.size} bytes`);
        }
        // Back to a release whose limit is one cookie: nobody is signed out, and what is written must fit again.
        const rolledBack = await redeploy({});
        assert.equal(rolledBack.user, 'Ada');
        same(rolledBack.note, text(9300));
        same((await page.write(text(900))).note, text(900));
        assert.deepEqual(Object.keys(await jar()), [SESSION]);
        assert.deepEqual(pick(await page.signOut(), 'status', 'note'), { status: 'New', note: '' });
        assert.deepEqual(await jar(), {});
    });

    visit('a piece that is lost or of another write leaves no half session', LARGE, async ({ page, tab, host, jar }) => {
        await page.signIn();
        const set = setCookie => neighbour.fetch(tab, host, { setCookie: [`${setCookie}; Path=/; Secure; HttpOnly`] });
        await page.write(text(9300, 1));
        const old = await jar();
        for (const name of PIECES) {
            for (const change of ['=; Max-Age=0', `=${old[name].value}`]) {
                await page.send('/sign-in', { name: 'Ada', remember: 'on' });
                same((await page.send('/note', { text: text(9300, 2) })).note, text(9300, 2));
                await set(name + change);
                const { status, user, note } = await page.send('/');
                const lost = name === SESSION && change.startsWith('=;');
                assert.deepEqual({ status, user, note }, { status: lost ? 'New' : 'Rejected: pieces-mixed', user: '', note: '' });
            }
        }
        await page.open();
        assert.equal((await page.signOut()).status, 'New');
        assert.deepEqual(await jar(), {}, 'what was left is deleted');
    });

    visit('a cookie at the limit is kept, and one byte over it the old one stays', {}, async ({ page, tab, host }) => {
        const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000';
        const set = async bytes => {
            await neighbour.fetch(tab, host, { setCookie: [`${SESSION}=${'v'.repeat(bytes - SESSION.length)}; ${attributes}`] });
            return (await neighbour.fetch(tab, host)).length - '='.length;
        };
        assert.equal(await set(4095), 4095);
        assert.equal(await set(4096), 4096);
        measure('largest cookie, name and value', '4,096 bytes');
        assert.equal(await set(4097), 4096);
        await page.signIn();
        const kept = await neighbour.fetch(tab, host);
        assert.equal(await set(4097), kept.length - 1);
        assert.equal((await page.reload()).user, 'Ada');
        measure('a cookie that is one byte larger', 'ignored, the old cookie stays');
    });

    for (const [cookies, settings] of [['one cookie', {}], ['four cookies', LARGE]]) {
        visit(`the largest session that the library accepts is kept, in ${cookies}`, settings, async ({ page, tab, host, jar }) => {
            const length = await writeLargest(page);
            const { note, error } = await page.send('/note', { text: text(length + 1) });
            assert.match(error, /^needs \d+ bytes of \d+$/);
            assert.equal(note, undefined);
            same((await page.open()).note, text(length));
            assert.equal(Object.keys(await jar()).length, settings.max_cookies ?? 1);
            assert.ok((await neighbour.fetch(tab, host)).length <= (settings.max_cookie_bytes ?? 4093));
        });
    }

    visit('a jar of one partition is full at ten kilobytes', {}, async ({ tab, page }) => {
        const set = async (host, cookies) => {
            await tab.goto(page.shop.url(host));
            const values = cookies.map((bytes, index) => `p${index}=${'v'.repeat(bytes - 2)}`);
            await neighbour.fetch(tab, host, { setCookie: values.map(value => `${value}; Path=/; Secure; SameSite=None; Partitioned`) });
            const kept = (await neighbour.fetch(tab, host)).split('; ');
            return { kept: kept.length, bytes: kept.reduce((sum, cookie) => sum + cookie.length - '='.length, 0) };
        };
        const limit = { chromium: 10_240, firefox: 12_288 }[name];
        const last = limit - 3 * 3000;
        assert.deepEqual(await set('full.localhost', [3000, 3000, 3000, last]), { kept: 4, bytes: limit });
        const { kept, bytes } = await set('over.localhost', [3000, 3000, 3000, last + 1]);
        assert.ok(kept < 4 && bytes <= 10_240, `${kept} cookies of ${bytes} bytes`);
        measure('all `Partitioned` cookies of one site on one embedding site, names and values', `${thousands(limit)} bytes`);
        measure('one byte more of them', 'the oldest are deleted, down to 10,240 bytes');
    });

    visit('a partitioned session of three pieces is kept', { max_cookies: 4, max_cookie_bytes: 10_240, partitioned: true }, async ({ page, tab, host }) => {
        const length = await writeLargest(page);
        for (const note of [text(length, 1), text(length, 2)]) {
            same((await page.write(note)).note, note);
            same((await page.open()).note, note);
            assert.deepEqual(names(await neighbour.fetch(tab, host)).sort(), PIECES.slice(0, 3));
        }
    });

    visit('a full jar loses the session whole or not at all', LARGE, async ({ page, tab }) => {
        const others = (count, first = 0) => Array.from({ length: count }, (_, index) => `c${first + index}=1`);
        const add = cookies => neighbour.fetch(tab, page.host, { setCookie: cookies.map(cookie => `${cookie}; Path=/; Secure`) });
        const kept = async () => names(await neighbour.fetch(tab, page.host));
        const write = text => page.send('/note', { text });
        const goTo = host => {
            page.host = host;
            return page.open();
        };

        await goTo('limit.localhost');
        await add(others(180));
        assert.equal((await kept()).length, 180);
        await add(others(1, 180));
        assert.deepEqual((await kept()).sort(), names(others(150, 31).join('; ')).sort());
        measure('cookies of one site', '180');
        measure('the next cookie of the site', 'the 31 oldest are deleted');

        for (let older = 27; older <= 31; older++) {
            await goTo(`eviction-${older}.localhost`);
            await add(others(older));
            same((await write(text(9300))).note, text(9300));
            await add(others(177 - older, older));
            const left = (await kept()).filter(name => PIECES.includes(name));
            assert.equal(left.length, older - 27, 'the boundary lies between two pieces');
            const { status, note } = await page.send('/');
            assert.equal(status, left.length === 4 ? 'Restored' : 'New');
            same(note, left.length === 4 ? text(9300) : '');
            assert.equal((await write('again')).note, 'again');
            assert.deepEqual((await kept()).filter(name => PIECES.includes(name)), [SESSION], 'what was left is deleted');
        }
        measure('a session in four cookies, some of them among the 31', 'lost whole');

        await goTo('young.localhost');
        await write(text(9300));
        await add(others(176));
        await write(text(9300, 1));
        await add(others(1, 176));
        assert.equal((await kept()).length, 150);
        same((await page.send('/')).note, text(9300, 1), 'a session that was written again is among the youngest');

        await goTo('growing.localhost');
        await write('short');
        await add(others(179));
        same((await write(text(9300))).note, text(9300), 'a session that grows in a full jar is written whole');
    });

    test('the browser is closed and opened again', { timeout: 60_000 }, async () => {
        const shop = await startShop(LARGE);
        const open = async host => {
            const page = new ShopPage((await browser.owner()).page, shop, host);
            return { page, ...(await page.open()) };
        };
        const isBack = ({ status, user }) => (status === 'Restored' && user === 'Ada' ? 'kept' : 'gone');
        try {
            for (const [host, remember] of [['closing.localhost', false], ['lasting.localhost', true]]) {
                const { page } = await open(host);
                await page.signIn('Ada', { remember });
                await page.write(text(9300));
            }
            await browser.restart();
            const lasting = await open('lasting.localhost');
            same(lasting.note, text(9300));
            measure('a session with `Expiry::Default`, after the browser was closed and opened', isBack(lasting));
            const closing = await open('closing.localhost');
            measure('a session with `Expiry::BrowserSession`, after the same', isBack(closing));
            assert.equal(closing.status, 'New');

            await closing.page.signIn('Ada', { remember: false });
            await closing.page.write(text(9300, 1));
            await browser.restart({ restore: true });
            const restored = await open('closing.localhost');
            same(restored.note, text(9300, 1));
            measure('the same, if the browser reopens its last windows and tabs', isBack(restored));

            await shop.advance(14 * 24);
            assert.deepEqual(pick(await restored.page.open(), 'status', 'user'), { status: 'Rejected: expired-idle', user: '' });
        } finally {
            await shop.stop();
        }
    });
}

test('the documentation says what was measured', t => {
    t.diagnostic(`\n${measured.table()}`);
    assert.deepEqual(measured.differences(), []);
});

async function jar(context, host) {
    const cookies = (await context.cookies()).filter(({ domain }) => domain === host);
    return Object.fromEntries(cookies.map(cookie => [cookie.name, cookie]));
}

/** The names in a `Cookie` field. */
function names(cookie) {
    return cookie.split('; ').map(pair => pair.split('=')[0]);
}

/** A text of numbers in ascending order, so that no part of it equals another. */
function text(length, first = 0) {
    let text = '';
    for (let number = first; text.length < length; number++) text += `${number} `;
    return text.slice(0, length);
}

/** The same as `assert.equal`, for texts that nobody wants to see in full. */
function same(actual, expected, what = 'the whole text') {
    assert.ok(actual === expected, `${what}: ${actual?.length} characters, and not the ${expected.length} expected`);
}

/** Writes the longest note that the server accepts, and answers with its length. */
async function writeLargest(page) {
    // Three bytes take four characters, so this comes near the limit from above; the last steps are of one byte.
    for (let length = 20_000; ;) {
        const { error } = await page.send('/note', { text: text(length) });
        if (!error) return length;
        const [, needed, allowed] = /(\d+) bytes of (\d+)/.exec(error).map(Number);
        length -= Math.max(1, Math.floor(((needed - allowed) * 3) / 4) - 4);
    }
}

function pick(object, ...keys) {
    return Object.fromEntries(keys.map(key => [key, object[key]]));
}

function thousands(number) {
    return number.toLocaleString('en-US');
}

/** Tries both ways in which a script writes cookies. Answers with the names that it can read then. Runs in the page. */
async function plantByScript(...names) {
    for (const name of names) {
        for (const end of ['', '; Max-Age=1000', '; Max-Age=0']) document.cookie = `${name}=planted; Path=/; Secure; SameSite=Lax${end}`;
        document.cookie = `${name}=planted; Path=/; Secure; HttpOnly`;
        await cookieStore.delete(name).catch(() => {});
        await cookieStore.set(name, 'planted').catch(() => {});
    }
    return document.cookie.split('; ').map(cookie => cookie.split('=')[0]);
}
