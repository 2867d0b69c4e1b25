// The demo as a process: started on a free port, stopped by Ctrl-C.

import { join } from 'node:path';
import { demo, start, target } from './programs.mjs';

/** Where screenshots go. */
export const screenshots = join(target, 'browser');

/** Starts the demo and waits for the address that it prints. */
export async function startDemo(port = 0) {
    const { match: url, stop } = await start(demo, { env: { PORT: String(port) }, line: /http:\/\/localhost:\d+/ });
    return { url, stop };
}
