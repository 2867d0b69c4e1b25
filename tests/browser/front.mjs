// A TLS proxy in front of several servers, for names under `test`. It records what passes, and a test can answer in a server's place.

import { spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new certificate with its key, and the digest of its public key that Chromium's switches name. */
function certify() {
    const folder = mkdtempSync(join(tmpdir(), 'sealed-session-certificate-'));
    try {
        const [keyFile, certificateFile] = ['key', 'certificate'].map(name => join(folder, name));
        const words = [
            'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=test',
            '-addext', 'subjectAltName=DNS:*.test', '-keyout', keyFile, '-out', certificateFile,
        ];
        const { status, stderr, error } = spawnSync('openssl', words, { encoding: 'utf8' });
        if (status !== 0) throw new Error(`openssl made no certificate: ${error ?? stderr}`);
        const [key, cert] = [keyFile, certificateFile].map(file => readFileSync(file));
        const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
        return { key, cert, digest: createHash('sha256').update(spki).digest('base64') };
    } finally {
        rmSync(folder, { recursive: true });
    }
}

export async function startFront() {
    const { key, cert, digest } = certify();
    const sites = new Map();
    const server = createServer({ key, cert }, async (request, response) => {
        const site = sites.get(request.headers.host?.split(':')[0]);
        if (!site) return response.writeHead(421).end();
        await site.pass(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address();
    return {
        port,
        digest,
        /** The requests for this name are recorded, and go to a node once `site.ports` has one. */
        open(host) {
            const site = new Site(`https://${host}:${port}`);
            sites.set(host, site);
            return site;
        },
        stop() {
            server.close();
            server.closeAllConnections();
        },
    };
}

/** One name, and the servers behind it. */
class Site {
    /** The ports of the servers, by the names of the nodes. */
    ports = {};
    /** The node that requests go to. */
    node = 'a';
    /** What passed: `{ method, path, headers, node, status, answer }`, in the order of the requests. */
    passed = [];
    /**
     * Called with each request before it is passed on. What it returns is the answer (`{ status, headers, body }`), or `HANG`, or `BREAK`;
     * `undefined` passes the request to the node that it has then.
     */
    instead = () => undefined;
    /** Called with each answer of a node, whose headers it may change. */
    change = () => {};

    constructor(origin) {
        this.origin = origin;
    }

    /** What passed to this path, whatever its query. */
    to(path) {
        return this.passed.filter(one => one.path.split('?')[0] === path);
    }

    /** Forgets what passed, and answers with it. */
    take() {
        return this.passed.splice(0);
    }

    async pass(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const one = { method: request.method, path: request.url, headers: request.headers, node: this.node };
        this.passed.push(one);
        let answer = await this.instead(one);
        if (answer === HANG) return;
        if (answer === BREAK) return void request.socket.destroy();
        answer ??= await ask(this.ports[one.node], one, Buffer.concat(chunks));
        this.change(one, answer);
        [one.status, one.answer, one.body] = [answer.status, answer.headers ?? {}, String(answer.body ?? '')];
        response.writeHead(answer.status, answer.headers).end(answer.body);
    }
}

/** No answer, ever. */
export const HANG = Symbol('hang');
/** The connection breaks. */
export const BREAK = Symbol('break');

/** Sends a request to a node as it is, and answers with the whole response. */
export async function ask(port, { method, path, headers }, body) {
    const request = forward({ host: '127.0.0.1', port, method, path, headers });
    request.end(body);
    const [response] = await once(request, 'response');
    const chunks = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}
