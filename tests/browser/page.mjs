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

    /** Presses the button that the selector finds, and waits for the page that follows the redirect. */
    async press(selector) {
        const button = await this.page.$(selector);
        if (!button) throw new Error(`there is no ${selector} on the page`);
        this.pressed.add(await button.evaluate(nameOfButton));
        await this.click(button);
    }

    /** Clicks what leads to another page. It is first scrolled to the middle: the bar may cover what is at the top. */
    async click(element) {
        await element.evaluate(element => element.scrollIntoView({ block: 'center' }));
        await Promise.all([this.page.waitForNavigation(), element.click()]);
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

    /** Writes the letter without typing it key by key. */
    async writeLetter(text) {
        await this.page.$eval('textarea', (field, text) => (field.value = text), text);
        await this.submit('/letter');
    }

    /** Makes the server write all sessions in another way. */
    async write(way) {
        await this.press(`form[action="/writing"] button[value="${way}"]`);
    }

    async writeNote(key, text, urgent = false) {
        await this.fill('form[action="/notes/write"] input[name=key]', key);
        await this.fill('input[name=text]', text);
        if (urgent) await this.page.click('input[name=urgent]');
        await this.submit('/notes/write');
    }

    /** Requests the page anew, as the link on it does. */
    async lookAgain() {
        await this.click(await this.page.$('.sent-back a'));
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
        return this.text('.messages .note');
    }

    sentBack() {
        return this.text('.sent-back');
    }

    flashes() {
        return this.texts('.messages .flash');
    }

    cart() {
        return this.texts('#cart li span');
    }

    /** The part's bytes in hexadecimal digits. */
    async bytes(part) {
        return (await this.text(`#envelope [data-part="${part}"]`)).replaceAll(/\s/g, '');
    }

    keyId() {
        return this.bytes('key-id');
    }

    ring() {
        return this.texts('#ring code');
    }

    /** The claims of the typed session, by name. */
    claims() {
        return this.page.$eval('dl.claims', list =>
            Object.fromEntries([...list.querySelectorAll('dt')].map(name => [name.innerText, name.nextElementSibling.innerText])));
    }

    /** What the page says of the session's size. */
    async size() {
        const number = text => Number(/\d+/.exec(text)[0]);
        const [needed, allowed] = (await this.text('#total')).match(/\d+/g).map(Number);
        const rows = await this.page.$$eval('#size tbody tr', rows => rows.map(row => [...row.children].map(cell => cell.innerText.trim())));
        const ways = await this.page.$$eval('#size [data-writing]', items => items.map(item => [
            item.dataset.writing, item.querySelector('.numbers').innerText, item.querySelector('.chosen') !== null,
        ]));
        return {
            needed,
            allowed,
            remains: number(await this.text('#remains')),
            cookies: number(await this.text('#cookies')),
            parts: Object.fromEntries(rows.map(([name, bytes, characters]) => [name, { bytes: Number(bytes), characters: Number(characters) }])),
            ways: Object.fromEntries(ways.map(([way, numbers, chosen]) => [way, { needed: number(numbers), cookies: numbers.split(', ')[1], chosen }])),
        };
    }

    data() {
        return this.text('#seal pre');
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
