// The same in Node: `SESSION_KEYS=… node server.js`. `PORT` chooses another port than 3000; at 0, the system chooses.

import { createServer } from "node:http";
import { answer, shop } from "./shop.js";

const { read } = await shop(process.env.SESSION_KEYS ?? "");

const server = createServer(async (request, response) => {
  const { headers, body } = answer(await read(request.headers.cookie));
  response.writeHead(200, headers).end(body);
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`The reader is open at http://localhost:${server.address().port}`);
});
