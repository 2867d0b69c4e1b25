// What a visitor sees and does on the demo's page.

export class DemoPage {
    constructor(page, url, pressed) {
        this.page = page;
        this.url = url;
        this.pressed = pressed;
    }

    async open() {
        await this.page.goto(this.url);
    }

    /** Clicks what the selector finds, and waits for the page that follows the redirect. */
    async press(selector) {
        const button = await this.page.$(selector);
        if (!button) throw new Error(`there is no ${selector} on the page`);
        this.pressed.add(await button.evaluate(nameOfButton));
        await Promise.all([this.page.waitForNavigation(), button.click()]);
    }

    /** Presses the button of the form with this action. */
    async submit(action) {
        await this.press(`form[action="${action}"] button:not([formaction])`);
    }

    async fill(selector, text) {
        await this.page.$eval(selector, field => (field.value = ''));
        await this.page.type(selector, text);
    }

    async signIn(name = 'Ada') {
        await this.fill('input[name=name]', name);
        await this.submit('/sign-in');
    }

    async advance(hours) {
        await this.press(`form[action="/clock/advance"] button[value="${hours}"]`);
    }

    async flip(part) {
        await this.press(`form[action="/bit/flip"] button[value="${part}"]`);
    }

    async writeNote(key, text, urgent = false) {
        await this.fill('form[action="/notes/write"] input[name=key]', key);
        await this.fill('input[name=text]', text);
        if (urgent) await this.page.click('input[name=urgent]');
        await this.submit('/notes/write');
    }

    /** Requests the page anew, as the link on it does. */
    async lookAgain() {
        await Promise.all([this.page.waitForNavigation(), this.page.click('.sent-back a')]);
    }

    text(selector) {
        return this.page.$eval(selector, element => element.innerText.trim());
    }

    texts(selector) {
        return this.page.$$eval(selector, elements => elements.map(element => element.innerText.trim()));
    }

    async has(selector) {
        return (await this.page.$(selector)) !== null;
    }

    status() {
        return this.text('#status');
    }

    note() {
        return this.text('.note');
    }

    sentBack() {
        return this.text('.sent-back');
    }

    flashes() {
        return this.texts('.flashes li');
    }

    cart() {
        return this.texts('#cart li span');
    }

    /** The part's bytes in hexadecimal digits. */
    async bytes(part) {
        return (await this.text(`.status [data-part="${part}"]`)).replaceAll(/\s/g, '');
    }

    keyId() {
        return this.bytes('key-id');
    }

    ring() {
        return this.texts('#ring code');
    }

    /** The claims of the typed session, by name. */
    claims() {
        return this.page.$eval('.claims', list =>
            Object.fromEntries([...list.querySelectorAll('dt')].map(name => [name.innerText, name.nextElementSibling.innerText])));
    }

    data() {
        return this.text('section pre');
    }

    buttons() {
        return this.page.$$eval('button', (buttons, source) => {
            const nameOfButton = new Function(`return ${source}`)();
            return buttons.map(nameOfButton);
        }, nameOfButton.toString());
    }
}

/** Where a button leads, and with which value. Runs in the page. */
function nameOfButton(button) {
    const action = new URL(button.getAttribute('formaction') ?? button.form.getAttribute('action'), location.origin).pathname;
    return button.value ? `${action} ${button.value}` : action;
}
