// Chromium as a browser that supports DBSC, with keys in software, and what a visitor of the device server does in it.

import { EventEmitter, once } from 'node:events';
import { launch } from './browsers.mjs';
import { readState } from './fleet.mjs';

const FEATURES = ['DeviceBoundSessions', 'EnableBoundSessionCredentialsSoftwareKeysForManualTesting'];

/** An error of the certificate turns DBSC off, even if it is ignored. So the front's certificate is named. */
const switches = (front, features) => [
    `--enable-features=${features.join(',')}`,
    `--ignore-certificate-errors-spki-list=${front.digest}`,
    '--host-resolver-rules=MAP *.test 127.0.0.1',
];

export class BoundBrowser {
    #browser;
    #watch;
    #news = new EventEmitter();
    #reports = [];

    /** `quota` leaves the limit on signatures as it is. `features` are further ones. */
    static async launch(front, { quota = false, features = [] } = {}) {
        const bound = new BoundBrowser();
        const [sessions, ...others] = FEATURES;
        const all = [quota ? sessions : `${sessions}:RefreshQuota/false`, ...others, ...features];
        bound.#browser = await launch('chromium', { args: switches(front, all) });
        await bound.#listen();
        return bound;
    }

    get version() {
        return this.#browser.version;
    }

    /** The reports come through one tab, and are of all. */
    async #listen() {
        const { page } = await this.#browser.owner();
        this.#watch = await page.createCDPSession();
        this.#watch.on('Network.deviceBoundSessionEventOccurred', event => {
            this.#reports.push(event);
            this.#news.emit('report');
        });
        await this.#watch.send('Network.enable');
        await this.#watch.send('Network.enableDeviceBoundSessions', { enable: true });
    }

    /** A new tab for the site of a fleet. */
    async open(fleet) {
        const { page } = await this.#browser.owner();
        return new DeviceTab(this, page, fleet);
    }

    /** Closes the browser and opens it again, with the same profile. */
    async restart() {
        await this.#browser.restart();
        await this.#listen();
    }

    close() {
        return this.#browser.close();
    }

    /** What the browser reported of a site's DBSC sessions, in short. */
    reports({ origin }) {
        const { protocol, hostname } = new URL(origin);
        return this.#reports.filter(({ site }) => site === `${protocol}//${hostname}`).map(inShort);
    }

    /** Waits until the browser has reported so many times of a site. Answers with the reports after the first `known`. */
    async reported(site, count, known = 0) {
        while (this.reports(site).length < count) await once(this.#news, 'report');
        return this.reports(site).slice(known);
    }

    /** The cookies of a site by name, those that scripts cannot read too. */
    async jar({ origin }) {
        const { cookies } = await this.#watch.send('Network.getCookies', { urls: [origin] });
        return Object.fromEntries(cookies.map(cookie => [cookie.name, cookie]));
    }

    /** Deletes a cookie, as the browser does at its end. */
    async deleteCookie({ origin }, name) {
        await this.#watch.send('Network.deleteCookies', { name, url: origin });
    }

    /** Makes the browser forget the key with this id. */
    async forget({ origin }, id) {
        const { protocol, hostname } = new URL(origin);
        await this.#watch.send('Network.deleteDeviceBoundSession', { key: { site: `${protocol}//${hostname}`, id } });
    }
}

function inShort({ succeeded, ...of }) {
    const { creationEventDetails: created, challengeEventDetails: challenged, refreshEventDetails: refreshed } = of;
    if (created) return succeeded ? 'created' : `not created: ${created.fetchResult}`;
    if (challenged) return succeeded ? 'challenged' : `not challenged: ${challenged.challengeResult}`;
    if (!refreshed) return `ended: ${of.terminationEventDetails.deletionReason}`;
    if (!succeeded) return `not refreshed: ${refreshed.refreshResult}, ${refreshed.fetchResult}`;
    return refreshed.wasFullyProactiveRefresh ? 'refreshed early' : 'refreshed';
}

/** A tab, and the site that it visits. */
export class DeviceTab {
    constructor(browser, page, fleet) {
        Object.assign(this, { browser, page, fleet, site: fleet.site });
    }

    /** Requests a page of the site, and answers with what it shows of the session. */
    async open(path = '/') {
        await this.page.goto(this.site.origin + path);
        return this.state();
    }

    async state() {
        return readState(await this.page.$eval('#state', element => element.textContent));
    }

    /** Sends the form of this action, and answers with the response. */
    async submit(action, fields = {}) {
        const fillIn = (action, fields) => {
            const form = document.querySelector(`form[action="${action}"]`);
            for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
            form.requestSubmit();
        };
        const [response] = await Promise.all([this.page.waitForNavigation(), this.page.evaluate(fillIn, action, fields)]);
        return response;
    }

    /** Opens the sign-in page, and waits until the browser has registered a key. */
    async openSignIn() {
        const known = this.browser.reports(this.site).length;
        await this.open('/sign-in');
        return this.browser.reported(this.site, known + 1, known);
    }

    async signIn(name = 'Ada') {
        await this.openSignIn();
        await this.submit('/sign-in', { name });
        return this.state();
    }

    async signOut() {
        await this.submit('/sign-out');
        return this.state();
    }

    /** What a script of the page gets that requests the state. */
    async fetchState() {
        return readState(await this.page.evaluate(() => fetch('/state').then(response => response.text())));
    }

    reports() {
        return this.browser.reports(this.site);
    }

    jar() {
        return this.browser.jar(this.site);
    }

    /** The one cookie whose name has this part: `session`, `proof` or `ended`. */
    async cookie(part) {
        const found = Object.values(await this.jar()).filter(({ name }) => KINDS[part].test(name));
        if (found.length > 1) throw new Error(`several cookies: ${found.map(({ name }) => name)}`);
        return found[0];
    }

    /** Ends the proof in the browser, as its `Max-Age` does. */
    async dropProof() {
        const { name } = await this.cookie('proof');
        await this.browser.deleteCookie(this.site, name);
    }

    close() {
        return this.page.close();
    }
}

const KINDS = {
    session: /^__Host-Http-session$/,
    proof: /^__Host-session-proof-.{4}$/,
    ended: /^__Host-session-ended-.{4}$/,
};
