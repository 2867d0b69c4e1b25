// An application on iron-session 8: POST /sign-in, GET /who. Listens on loopback and prints its port.
import { createServer } from "node:http";
import { getIronSession } from "iron-session";

const passwords = JSON.parse(process.env.PASSWORDS);
const options = { cookieName: "session", password: passwords };

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const now = Date.now;
  Date.now = () => now() - Number(url.searchParams.get("days-ago") ?? 0) * 86_400_000;
  try {
    const session = await getIronSession(request, response, options);
    if (url.pathname === "/sign-in") {
      session.user = 7;
      if (!url.searchParams.has("without-cart")) session.cart = [3, 300];
      await session.save();
    }
    response.end(String(session.user ?? "nobody"));
  } finally {
    Date.now = now;
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
// The test holds the other end: the server ends with it.
process.stdin.on("close", () => process.exit()).resume();
