// The demo and the servers of server/, built by cargo together. Those that still run end with this process.

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

/** Builds them and answers with their paths and cargo's target folder. */
function build() {
    const packages = ['-p', 'sealed-session', '-p', 'sealed-session-browser-server'];
    const programs = ['--example', 'demo', '--bin', 'browser-server', '--bin', 'device-server'];
    const output = cargo('build', ...packages, ...programs, '--message-format=json-render-diagnostics');
    const built = output.trim().split('\n').map(line => JSON.parse(line)).filter(({ executable }) => executable);
    const path = name => built.find(({ target }) => target.name === name).executable;
    const { target_directory: target } = JSON.parse(cargo('metadata', '--no-deps', '--format-version=1'));
    return { demo: path('demo'), server: path('browser-server'), deviceServer: path('device-server'), target };
}

export const { demo, server, deviceServer, target } = build();

/** What still runs when this process ends, by a signal or with a test that did not come to its end: it ends too, as the browsers do. */
const running = new Set();
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')));

/**
 * Starts a program and waits for a line that the expression matches. Answers with the match, and with a function that stops the program by
 * Ctrl-C and answers with its exit status.
 */
export async function start(program, { words = [], env = {}, line: expected }) {
    const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    running.add(child);
    const ended = once(child, 'exit').finally(() => running.delete(child));
    let errors = '';
    child.stderr.on('data', data => (errors += data));
    for await (const line of createInterface({ input: child.stdout })) {
        const match = expected.exec(line)?.[0];
        if (match) {
            child.stdout.resume();
            return { match, stop: () => stop(child, ended) };
        }
    }
    throw new Error(`${program} ended before it printed ${expected}: ${errors}`);
}

async function stop(child, ended) {
    child.kill('SIGINT');
    const [code] = await ended;
    return code;
}
