// A plain JavaScript Worker that reads the sessions of the shop's servers: `npx wrangler secret put SESSION_KEYS`, `npx wrangler deploy`.

import { answer, shop } from "./shop.js";

let reading;

export default {
  async fetch(request, env) {
    // Once for each isolate, and at the first request: a Worker has no secrets before.
    reading ??= shop(env.SESSION_KEYS ?? "");
    try {
      const { headers, body } = answer(await (await reading).read(request.headers.get("cookie")));
      return new Response(body, { headers });
    } catch (error) {
      reading = undefined;
      console.error(`the secret SESSION_KEYS: ${error.message}`);
      return new Response(null, { status: 500 });
    }
  },
};
