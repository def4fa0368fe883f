import { startBenchGateway } from "../bench-gateway.ts";
import type { BenchGateway } from "../bench-gateway.ts";
import { quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const WARM_UP = 60;
const SEQUENTIAL = 300;
const SECONDS = 5;

/** One message after the other, in a fresh conversation every 20: its time minus the model's own. */
const sequential = async (bench: BenchGateway): Promise<readonly Figure[]> => {
  let conversation: string | null = null;
  for (let at = 0; at < WARM_UP; at += 1)
    conversation = (await bench.send(conversation, `warm up ${String(at)}`)).conversationId;
  const over: number[] = [];
  for (let at = 0; at < SEQUENTIAL; at += 1) {
    const sent = await bench.send(at % 20 === 0 ? null : conversation, `message number ${String(at)}`);
    conversation = sent.conversationId;
    over.push(sent.milliseconds - (bench.model.times.at(-1) ?? 0));
  }
  return [
    {
      name: "one message over the model's time, p50",
      value: quantile(over, 0.5),
      unit: "ms",
      limit: 8,
      sense: "most",
      scaled: true,
    },
    {
      name: "one message over the model's time, p95",
      value: quantile(over, 0.95),
      unit: "ms",
      limit: 25,
      sense: "most",
      scaled: true,
    },
  ];
};

/** `conversations` people write at once, each the next message when the reply is there. */
const atOnce = async (bench: BenchGateway, conversations: number): Promise<readonly Figure[]> => {
  const end = performance.now() + SECONDS * 1000;
  let replies = 0;
  let errors = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: conversations }, async (_unused, person) => {
      let conversation: string | null = null;
      for (let at = 0; performance.now() < end; at += 1) {
        try {
          conversation = (
            await bench.send(at % 20 === 0 ? null : conversation, `person ${String(person)} says ${String(at)}`)
          ).conversationId;
          replies += 1;
        } catch {
          errors += 1;
        }
      }
    }),
  );
  const rate = replies / ((performance.now() - began) / 1000);
  return [
    {
      name: `${String(conversations)} conversations at once`,
      value: rate,
      unit: "messages/s",
      limit: 150,
      sense: "least",
      scaled: true,
    },
    {
      name: `${String(conversations)} conversations at once, errors`,
      value: errors,
      unit: "errors",
      limit: 0,
      sense: "most",
      scaled: false,
    },
  ];
};

/** Messages through a whole gateway process: HTTP, token, guard, audit, encryption, durable queue, model call. */
export const measureMessages = async (): Promise<readonly Figure[]> => {
  const bench = await startBenchGateway();
  try {
    await bench.send(null, "hello");
    const prompt = bench.model.sizes.at(-1) ?? Number.NaN;
    return [
      {
        name: "prompt of a one-line message",
        value: prompt,
        unit: "bytes",
        limit: 8_000,
        sense: "most",
        scaled: false,
      },
      ...(await sequential(bench)),
      ...(await atOnce(bench, 8)),
      ...(await atOnce(bench, 32)),
    ];
  } finally {
    await bench.close();
  }
};
