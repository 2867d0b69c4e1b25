// The demo as a process: built by cargo, started on a free port, stopped by Ctrl-C.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const repository = join(import.meta.dirname, '../..');

/** What cargo prints on standard output; its complaints go to ours. */
function cargo(...words) {
    const ended = spawnSync('cargo', words, { cwd: repository, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] });
    if (ended.error || ended.status !== 0) {
        console.error(`cargo ${words[0]} failed: ${ended.error ?? `status ${ended.status}`}`);
        process.exit(1);
    }
    return ended.stdout;
}

/** Builds the demo and answers with the program's path and cargo's target folder. */
function build() {
    const messages = cargo('build', '--example', 'demo', '--message-format=json-render-diagnostics').trim().split('\n').map(line => JSON.parse(line));
    const demo = messages.find(({ target, executable }) => executable && target.name === 'demo' && target.kind.includes('example'));
    return { program: demo.executable, target: JSON.parse(cargo('metadata', '--no-deps', '--format-version=1')).target_directory };
}

const { program, target } = build();

/** Where screenshots go. */
export const screenshots = join(target, 'browser');

/** What still runs when this process ends, by a signal or with a test that did not come to its end: it ends too, as the browsers do. */
const running = new Set();
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')));

/** Starts the demo and waits for the address that it prints. */
export async function startDemo(port = 0) {
    const child = spawn(program, { env: { ...process.env, PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const ended = once(child, 'exit').finally(() => running.delete(child));
    let errors = '';
    child.stderr.on('data', data => (errors += data));
    for await (const line of createInterface({ input: child.stdout })) {
        const url = /http:\/\/localhost:\d+/.exec(line)?.[0];
        if (url) {
            child.stdout.resume();
            return { url, stop: () => stop(child, ended) };
        }
    }
    throw new Error(`the demo ended before it printed an address: ${errors}`);
}

async function stop(child, ended) {
    child.kill('SIGINT');
    const [code] = await ended;
    return code;
}
