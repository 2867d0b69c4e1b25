// Checks of a page's layout. The functions run inside the page.

/** Elements that reach over the right edge, and the page itself where it scrolls sideways. */
export function overflowing() {
    const width = document.documentElement.clientWidth;
    const wide = [...document.body.querySelectorAll('*')].filter(element => element.getBoundingClientRect().right > width + 0.5);
    const found = wide.map(element => `<${element.localName} class="${element.getAttribute('class') ?? ''}">`);
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    return found;
}

/**
 * What WCAG 2 AA forbids: texts whose contrast with their background is below 4.5 : 1, parts of a picture with less than 3 : 1, and fields
 * without a label.
 */
export function inaccessible() {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgba = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const background = element => {
        for (let at = element; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            if (colour[3] === 255) return colour;
        }
        return [255, 255, 255];
    };
    const light = ([r, g, b]) => {
        const linear = value => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    };
    const contrast = (element, colour) => {
        const [a, b] = [light(rgba(colour)), light(background(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const words = texts.currentNode.data.trim();
        const element = texts.currentNode.parentElement;
        if (!words || !element.checkVisibility()) continue;
        const ratio = contrast(element, getComputedStyle(element).color);
        if (ratio < 4.5) found.push(`${ratio.toFixed(2)} : 1 for “${words.slice(0, 40)}”`);
    }
    for (const rect of document.querySelectorAll('rect')) {
        const ratio = contrast(rect.ownerSVGElement, getComputedStyle(rect).fill);
        if (ratio < 3) found.push(`${ratio.toFixed(2)} : 1 for the part ${rect.getAttribute('class')}`);
    }
    for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
        if (!field.labels.length) found.push(`no label for ${field.name}`);
    }
    return found;
}

/** The buttons that stand out: those with a background of their own. */
export function primaryButtons() {
    const transparent = 'rgba(0, 0, 0, 0)';
    const filled = [...document.querySelectorAll('button')].filter(button => getComputedStyle(button).backgroundColor !== transparent);
    return filled.map(button => button.innerText.trim());
}

/** How wide the parts of a picture are drawn, in pixels, without their outline. */
export function widths(picture) {
    return [...picture.querySelectorAll('rect')].map(rect => rect.getBBox().width * rect.getScreenCTM().a);
}

/** Whether the beginning of an element can be seen: inside the window, and not behind what stays in view. */
export function isInView(element) {
    const { left, top, width } = element.getBoundingClientRect();
    const seen = document.elementFromPoint(left + Math.min(width, innerWidth - left) / 2, Math.max(top, 0) + 3);
    return seen !== null && (element.contains(seen) || seen.contains(element));
}
