"use strict";

const element = (id) => document.getElementById(id);

async function post(path, fields = {}) {
  const response = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
  const text = await response.text();
  if (!response.ok) throw new Error(text || `${path} answered ${response.status}`);
  return text;
}

async function show() {
  element("basket").textContent = await (await fetch("/basket")).text();
}

// What a socket or a job came back with goes to a handler that can set the cookie.
async function accept(value) {
  element("said").textContent = await post("/accept", { value });
  await show();
}

async function throughSocket() {
  const ticket = await post("/ticket");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/socket?ticket=${ticket}`);
  socket.onopen = () => socket.send("quote");
  socket.onmessage = (event) => {
    socket.close();
    reporting(() => accept(event.data))();
  };
}

async function byJob() {
  const id = await post("/jobs");
  for (;;) {
    const response = await fetch(`/jobs/${id}`);
    if (response.status === 200) return accept(await response.text());
    if (response.status !== 202) throw new Error("the job came to nothing");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function reporting(action) {
  return (event) => {
    event?.preventDefault();
    action().catch((error) => { element("said").textContent = error.message; });
  };
}

element("add").onsubmit = reporting(async () => {
  await post("/basket", { article: element("add").article.value });
  await show();
});
element("socket").onclick = reporting(throughSocket);
element("job").onclick = reporting(byJob);
reporting(show)();
