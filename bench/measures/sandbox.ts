import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { classifyAddress, parseTarget } from "@moltbot/execution/egress";
import type { EgressAuthority, RequestLimits } from "@moltbot/execution/egress";
import { createWall } from "@moltbot/execution/sandbox";
import type { Wall } from "@moltbot/execution/sandbox";
import { checkAddress } from "../../packages/execution/src/egress/check-address.ts";
import { checkRequest, checkTarget } from "../../packages/execution/src/egress/check-target.ts";
import { SPARE_ID } from "../../packages/execution/src/sandbox/wall/bubblewrap-arguments.ts";
import { startBenchGateway } from "../bench-gateway.ts";
import { median, quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const STARTS = 15;
const CHECKS = 20_000;
const MEGABYTE = 1_000_000;
const LIMITS = {
  wallSeconds: 2,
  cpuSeconds: 60,
  processes: 64,
  openFiles: 128,
  fileBytes: 50 * MEGABYTE,
  outputBytes: 64 * MEGABYTE,
  memoryBytes: 300 * MEGABYTE,
  temporaryBytes: 5 * MEGABYTE,
  diskBytes: 200 * MEGABYTE,
};
/** Messages before and beside each attack, in each of so many rounds; it is begun anew until there were so many. */
const MESSAGES = 60;
const ROUNDS = 5;
const WARM_UP = 40;

/** What never ends by itself, and by when its own limit has ended it, in seconds; 0: as soon as it has used what it may. */
const ENDLESS: readonly { readonly name: string; readonly script: string; readonly seconds: number }[] = [
  { name: "a loop", script: "while :; do :; done", seconds: LIMITS.wallSeconds },
  { name: "a fork bomb", script: "bomb() { bomb | bomb & }; bomb; sleep 60", seconds: LIMITS.wallSeconds },
  { name: "1 GB of memory", script: "python3 -c 'a = bytearray(1 << 30); import time; time.sleep(60)'", seconds: 0.5 },
  { name: "1 GB of output", script: "head -c 1000000000 /dev/zero", seconds: 0 },
  { name: "a file without end", script: "cat /dev/zero > zero", seconds: 0 },
  {
    name: "a full disk",
    script: "i=0; while :; do head -c 40000000 /dev/zero > zero$i; i=$((i+1)); done",
    seconds: 0,
  },
];

const elapsed = async (wall: Wall, workspace: string, argv: readonly string[]): Promise<number> => {
  const began = performance.now();
  const ran = await wall.run({ argv, workspace, limits: LIMITS }, AbortSignal.timeout(30_000));
  if (!ran.ok) throw new Error(ran.error.message);
  return performance.now() - began;
};

/** As long as the same takes that uses no more than it may. */
const within: Readonly<Record<string, string>> = {
  "1 GB of output": `head -c ${String(LIMITS.outputBytes)} /dev/zero`,
  "a file without end": `head -c ${String(LIMITS.fileBytes)} /dev/zero > zero`,
  "a full disk": `for i in 1 2 3 4 5; do head -c 39000000 /dev/zero > zero$i; done`,
};

type Send = () => Promise<number>;

const p95Of = async (send: Send, isOver: (sent: number) => boolean): Promise<number> => {
  const times: number[] = [];
  while (!isOver(times.length)) times.push(await send());
  return quantile(times, 0.95);
};

/** What programs left is taken away when nobody is measured: that is not their doing. */
const emptied = (workspace: string): void => {
  for (const name of readdirSync(workspace)) rmSync(join(workspace, name), { recursive: true, force: true });
};

/** How much slower one message in twenty is while a program attacks: through a whole gateway, beside a quiet time right before. */
const beside = async (send: Send, attack: () => Promise<unknown>): Promise<{ ratio: number; loop: number }> => {
  const quiet = await p95Of(send, (sent) => sent >= MESSAGES);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  let isEnough = false;
  delay.enable();
  const attacking = (async () => {
    do await attack();
    while (!isEnough);
  })();
  const busy = await p95Of(send, (sent) => sent >= MESSAGES);
  isEnough = true;
  delay.disable();
  await attacking;
  process.stderr.write(`  p95 ${quiet.toFixed(1)} ms, beside it ${busy.toFixed(1)} ms\n`);
  return { ratio: busy / quiet, loop: delay.percentile(95) / 1e6 };
};

const measureBeside = async (
  run: (script: string) => Promise<unknown>,
  workspace: string,
): Promise<readonly Figure[]> => {
  const bench = await startBenchGateway();
  try {
    let [conversation, sent, attacks]: [string | null, number, number] = [null, 0, 0];
    const send = async (): Promise<number> => {
      const reply = await bench.send(sent % 20 === 0 ? null : conversation, `message number ${String(sent)}`);
      [conversation, sent] = [reply.conversationId, sent + 1];
      return reply.milliseconds;
    };
    await p95Of(send, (times) => times >= WARM_UP);
    const figures: Figure[] = [];
    for (const { name, script } of ENDLESS) {
      const rounds: Awaited<ReturnType<typeof beside>>[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        rounds.push(
          await beside(send, () => {
            attacks += 1;
            return run(`mkdir ${String(attacks)}; cd ${String(attacks)}; ${script}`);
          }),
        );
        emptied(workspace);
      }
      const ratio = median(rounds.map((one) => one.ratio));
      const loop = median(rounds.map((one) => one.loop));
      const of = { sense: "most", scaled: false } as const;
      figures.push({ name: `messages beside ${name}, p95`, value: ratio, unit: "times", limit: 2, ...of });
      // Whoever runs it reads what it writes: this process does here what the gateway does there.
      if (name === "1 GB of output")
        figures.push({ name: "the loop that reads it is held up, p95", value: loop, unit: "ms", limit: 50, ...of });
    }
    return figures;
  } finally {
    await bench.close();
  }
};

/** What every request goes through before anybody is dialled: its address, host, port, method and path, and where its name leads. */
const measureEgressCheck = (): Figure => {
  const hosts = Array.from({ length: 200 }, (_, at) => `host${String(at)}.example.org:443`);
  const limits: RequestLimits = { methods: [["GET", "POST"]], prefixes: [["/v1/other", "/v1/items"]] };
  const authority: EgressAuthority = { kind: "tool", hosts, granted: [], limits };
  const addresses = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "8.8.8.8"];
  const times: number[] = [];
  for (let at = 0; at < CHECKS; at += 1) {
    const began = performance.now();
    const target = parseTarget(`https://host${String(at % hosts.length)}.example.org/v1/items/${String(at)}?q=1`);
    const allowed =
      target.ok &&
      checkTarget(authority, target.value).ok &&
      checkRequest(authority, target.value, "GET").ok &&
      addresses.every(
        (address) => checkAddress(authority, target.value.host, 443, classifyAddress)(address) === "public",
      );
    times.push(performance.now() - began);
    if (!allowed) throw new Error("the check refuses what was granted");
  }
  const value = quantile(times, 0.99);
  return { name: "an egress check, p99", value, unit: "ms", limit: 0.1, sense: "most", scaled: true };
};

/** What the wall costs, how soon it ends what would never end, and what others notice. Nothing where there is no wall: then nothing runs there at all. */
export const measureSandbox = async (): Promise<readonly Figure[]> => {
  const wall = createWall();
  const state = await wall.check();
  if (state.kind === "missing") {
    process.stderr.write(`sandbox is not measured: ${state.problem}\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-wall-"));
  try {
    const workspace = join(folder, "workspace");
    mkdirSync(workspace);
    if (process.getuid?.() === 0) chownSync(workspace, SPARE_ID, SPARE_ID);
    const run = (script: string): Promise<number> => elapsed(wall, workspace, ["/bin/sh", "-c", script]);
    const runAlone = async (script: string): Promise<number> => {
      const took = await run(script);
      emptied(workspace);
      return took;
    };
    const starts: number[] = [];
    for (let at = 0; at < STARTS; at += 1) starts.push(await elapsed(wall, workspace, ["true"]));
    const figures: Figure[] = [
      { name: "true behind the wall, p50", value: median(starts), unit: "ms", limit: 60, sense: "most", scaled: true },
    ];
    for (const { name, script, seconds } of ENDLESS) {
      const allowed = within[name];
      const usual = allowed === undefined ? 0 : await runAlone(allowed);
      figures.push({
        name: `${name}, ended after its limit by`,
        value: Math.max(0, ((await runAlone(script)) - usual) / 1_000 - seconds),
        unit: "s",
        limit: 0.5,
        sense: "most",
        scaled: true,
      });
    }
    return [...figures, measureEgressCheck(), ...(await measureBeside(run, workspace))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
