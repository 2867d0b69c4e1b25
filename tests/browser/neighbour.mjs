// A web server of somebody else, on every name under `localhost`: an attacker's site, or another application of the shop's site.
// It sends `Set-Cookie` lines as they are given, and tells which `Cookie` field came.

import { once } from 'node:events';
import { createServer } from 'node:http';

export async function startNeighbour() {
    const answers = new Map();
    const server = createServer({ maxHeaderSize: 2 ** 20 }, (request, response) => {
        const { pathname } = new URL(request.url, 'http://localhost');
        const answer = answers.get(pathname);
        answers.delete(pathname);
        if (!answer) return response.writeHead(404).end();
        response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store', 'set-cookie': answer.setCookie });
        response.end(`<!doctype html><meta charset="utf-8"><title>Neighbour</title><link rel="icon" href="data:,">${answer.html}`);
        answer.came(request.headers.cookie ?? '');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();

    /** What the page must request, and the `Cookie` field that it will have sent. */
    function expect(host, { path = '/neighbour', setCookie = [], html = '' } = {}) {
        const cookie = new Promise(came => answers.set(path, { setCookie, html, came }));
        return { url: `http://${host}:${port}${path}`, cookie };
    }

    return {
        /** Opens a page of the neighbour in the tab, and answers with the `Cookie` field that was sent. */
        async open(tab, host, answer) {
            const { url, cookie } = expect(host, answer);
            await tab.goto(url);
            return cookie;
        },
        /** The same by a script of the present page, which must be of the same site. */
        async fetch(tab, host, answer) {
            const { url, cookie } = expect(host, answer);
            await tab.evaluate(url => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(() => {}), url);
            return cookie;
        },
        stop() {
            server.close();
            server.closeAllConnections();
        },
    };
}
