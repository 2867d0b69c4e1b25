// Chromium (over CDP) and Firefox (over WebDriver BiDi), headless, each page with an ear on its console and its requests.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

const settings = {
    chromium: {
        browser: 'chrome',
        executablePath: '/usr/bin/chromium',
        // As root, and with no traffic of the browser's own.
        args: [
            '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync',
        ],
    },
    firefox: { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' },
};

export const browsers = (process.env.BROWSERS ?? 'chromium firefox').split(' ');

/** What makes the browser reopen the tabs of its last run. */
const restoring = {
    chromium: { args: ['--restore-last-session'] },
    firefox: { extraPrefsFirefox: { 'browser.startup.page': 3 } },
};

/** `more` are switches of Chromium, or the like for Firefox: `{ args, extraPrefsFirefox, acceptInsecureCerts }`. */
export async function launch(name, more = {}) {
    const home = mkdtempSync(join(tmpdir(), `sealed-session-${name}-`));
    const env = { ...process.env, HOME: home };
    const common = { ...settings[name], ...more, headless: true, userDataDir: join(home, 'profile'), env };
    // In a new array, because puppeteer takes `--enable-features` out of the one it is given.
    const start = ({ args = [], ...others } = {}) => puppeteer.launch({
        ...common, ...others, args: [...(settings[name].args ?? []), ...(more.args ?? []), ...args],
    });
    let browser = await start();
    const open = async context => {
        const page = await context.newPage();
        return { page, context, ...listen(page) };
    };
    return {
        version: await browser.version(),
        /** A new visitor: a page with cookies of its own. */
        async visitor() {
            return open(await browser.createBrowserContext());
        },
        /** The visitor whose cookies are kept in the browser's profile. */
        owner: () => open(browser.defaultBrowserContext()),
        /** Closes the browser and opens it again, as its user would. */
        async restart({ restore = false } = {}) {
            await browser.close();
            browser = await start(restore ? restoring[name] : {});
        },
        async close() {
            await browser.close();
            rmSync(home, { recursive: true, force: true });
        },
    };
}

function listen(page) {
    const complaints = [];
    const requests = [];
    page.on('console', message => complaints.push(`console ${message.type()}: ${message.text()}`));
    page.on('pageerror', error => complaints.push(`page error: ${error.message}`));
    page.on('requestfailed', request => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on('response', response => {
        // Firefox counts a font of its own, as a `data:` address.
        if (!response.url().startsWith('data:')) requests.push(response.url());
        if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
    });
    return { complaints, requests };
}
