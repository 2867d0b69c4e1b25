// What a handler answers who only reads the shop's session: who is signed in, and how much of each article is in the cart.

import { reader, shapeOf } from "./session.js";

const ARTICLES = ["WritingPaper", "SealingWax", "SignetRing"];
const SHAPE = `postcard Visit{user:option str,cart:[Line{article:Article<${ARTICLES}>,count:u32}]}`;

export async function shop(ringText) {
  const shape = await shapeOf(SHAPE);
  const decode = (data) => ({
    user: data.option(() => data.string()),
    cart: data.sequence(() => ({ article: data.variant(ARTICLES), count: data.u32() })),
  });
  return reader(ringText, { shape, decode });
}

/** What was touched is for one visitor alone (SPEC §10.4), whether or not there was a session. */
export function answer({ session, status }) {
  const headers = { "content-type": "application/json", vary: "Cookie", "cache-control": "private" };
  return { headers, body: JSON.stringify({ status, user: session?.data.user ?? null, cart: session?.data.cart ?? [] }) };
}
