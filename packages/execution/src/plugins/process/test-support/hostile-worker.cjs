// A worker whose engine was broken: it says at once that it is ready, and at each call does what the name of the tool says.
const fs = require("node:fs");
const say = (words) => fs.writeSync(1, `${JSON.stringify(words)}\n`);
const tries = (act) => {
  try {
    return String(act());
  } catch {
    return "";
  }
};
const acts = {
  look: ({ file }) =>
    tries(() => fs.readFileSync(file, "utf8")) +
    tries(() => process.env.MOLTBOT_CANARY ?? "") +
    tries(() => fs.readdirSync("/home").join()) +
    tries(() => {
      fs.writeFileSync("/workspace/x", "x");
      return "wrote";
    }),
  reach: () => ({
    read: tries(() => fs.readFileSync("/proc/self/status", "utf8")),
    spawn: tries(() => {
      const { status } = require("node:child_process").spawnSync("/moltbot/node", ["--version"]);
      return status === 0 ? "spawned" : "";
    }),
    thread: tries(() => {
      new (require("node:worker_threads").Worker)("0", { eval: true }).unref();
      return "threaded";
    }),
    inspector: tries(() => {
      const session = new (require("node:inspector").Session)();
      session.connect();
      return "inspected";
    }),
  }),
  flood: () => {
    for (;;) fs.writeSync(1, "x".repeat(65_536));
  },
  later: () => {
    setTimeout(() => acts.stare(), 500);
    return "later";
  },
  stare: () => {
    for (;;);
  },
  hoard: () => {
    const kept = [];
    for (;;) kept.push(Buffer.alloc(16_000_000, 1));
  },
};
let rest = "";
process.stdin.on("data", (bytes) => {
  const lines = (rest + bytes).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const words = JSON.parse(line);
    if (words.type === "start") say({ type: "ready", tools: [], events: [] });
    if (words.type === "call")
      say({
        type: "done",
        token: words.token,
        end: "value",
        text: JSON.stringify(acts[words.name](JSON.parse(words.args))),
      });
  }
});
