import { must } from "../../tests/support/must.ts";
import { signedPackage } from "../../tests/support/packages.ts";
import { startBenchGateway } from "../bench-gateway.ts";
import { median, quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const MESSAGES = 60;
const WARM_UP = 40;

type Send = () => Promise<number>;

const p95Of = async (send: Send, isOver: (sent: number) => boolean): Promise<number> => {
  const times: number[] = [];
  while (!isOver(times.length)) times.push(await send());
  return quantile(times, 0.95);
};

const archiveOf = (body: string, limits: { readonly cpuMs: number; readonly memoryMiB: number }): string =>
  signedPackage({
    kind: "plugin",
    manifest: {
      manifest: 1,
      name: "hostile",
      version: "1.0.0",
      title: "Hostile",
      description: "Takes what it can.",
      tools: [{ name: "run", title: "Run", description: "Runs.", input: { type: "object", properties: {} } }],
      limits: { cpuMs: limits.cpuMs, memoryMiB: limits.memoryMiB },
    },
    files: { "main.js": `export default { tools: { run() { ${body} } } };` },
    key: null,
  }).archive;

/** How much slower one message in twenty is while a gateway runs such a plugin, begun anew for as long as messages come; right before, it is quiet. */
const beside = async (send: Send, attack: () => Promise<void>): Promise<number> => {
  const quiet = await p95Of(send, (sent) => sent >= MESSAGES);
  let isEnough = false;
  const attacking = (async () => {
    do await attack();
    while (!isEnough);
  })();
  const busy = await p95Of(send, (sent) => sent >= MESSAGES);
  isEnough = true;
  await attacking;
  process.stderr.write(`  p95 ${quiet.toFixed(1)} ms, beside it ${busy.toFixed(1)} ms\n`);
  return busy / quiet;
};

/** What people who write to the same gateway notice of plugins that take what they can. */
export const besidePlugins = async (
  endless: readonly { readonly name: string; readonly body: string }[],
  limits: { readonly cpuMs: number; readonly memoryMiB: number },
  rounds: number,
): Promise<readonly Figure[]> => {
  const bench = await startBenchGateway();
  try {
    let [conversation, sent]: [string | null, number] = [null, 0];
    const send = async (): Promise<number> => {
      const reply = await bench.send(sent % 20 === 0 ? null : conversation, `message number ${String(sent)}`);
      [conversation, sent] = [reply.conversationId, sent + 1];
      return reply.milliseconds;
    };
    await p95Of(send, (times) => times >= WARM_UP);
    const figures: Figure[] = [];
    for (const { name, body } of endless) {
      const archive = archiveOf(body, limits);
      const attack = async (): Promise<void> => {
        const report = must(await bench.gateway.client.call("plugins.try", { archive, tool: "run" }));
        const code = report.problem?.code ?? "nothing";
        if (code !== "PLUGIN_LIMIT" && code !== "PLUGIN_FAILED") throw new Error(`it was not ended, but ${code}`);
      };
      const ratios: number[] = [];
      for (let round = 0; round < rounds; round += 1) ratios.push(await beside(send, attack));
      const value = median(ratios);
      figures.push({
        name: `messages beside ${name}, p95`,
        value,
        unit: "times",
        limit: 2,
        sense: "most",
        scaled: false,
      });
    }
    return figures;
  } finally {
    await bench.close();
  }
};
