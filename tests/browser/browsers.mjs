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

export async function launch(name) {
    const home = mkdtempSync(join(tmpdir(), `sealed-session-${name}-`));
    const env = { ...process.env, HOME: home };
    const browser = await puppeteer.launch({ ...settings[name], headless: true, userDataDir: join(home, 'profile'), env });
    return {
        /** A new visitor: a page with cookies of its own. */
        async visitor() {
            const context = await browser.createBrowserContext();
            const page = await context.newPage();
            return { page, context, ...listen(page) };
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
