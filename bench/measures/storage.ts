import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { AccessScope, Conversation, Principal } from "@moltbot/contracts";
import { must } from "../../tests/support/guard-house.ts";
import { openStorage, settleIn, somebody, spoken } from "../../tests/support/storage-house.ts";
import type { StorageHouse } from "../../tests/support/storage-house.ts";
import { median, quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const LANES = 48;
const APPENDS = 6_000;
const LONG = 100_000;
const PAGE = 500;

/** Common words, and one in a thousand messages that is rare: what a search for two words has to tell apart. */
const WORDS = "the house by the sea has a garden where we met ann and talked about rent boats dinner trains".split(" ");
const textOf = (n: number): string =>
  `${Array.from({ length: 12 }, (_unused, at) => WORDS[(n * 7 + at * 5) % WORDS.length] ?? "").join(" ")} ${n % 1_000 === 7 ? "lighthouse" : ""} number ${String(n)}`;

interface Ground {
  readonly house: StorageHouse;
  readonly owner: Principal;
  readonly scope: AccessScope;
  readonly conversation: Conversation;
}

/** Recorded, sealed, appended, durable: many callers at once, whose writes share a commit. */
const measureAppends = async ({ house, owner, scope, conversation }: Ground): Promise<readonly Figure[]> => {
  const times: number[] = [];
  let next = 0;
  const append = async (): Promise<void> => {
    const at = next;
    next += 1;
    const began = performance.now();
    const message = spoken(conversation, textOf(at));
    must(
      await house.audit.record({
        event: "message:accepted",
        actor: owner.id,
        fields: { messageId: message.id, conversationId: conversation.id },
        details: { text: "as it was said" },
        subject: `conversation:${conversation.id}`,
      }),
    );
    must(await house.database.conversations.append(scope, "main", message));
    times.push(performance.now() - began);
  };
  const lane = async (): Promise<void> => {
    while (next < APPENDS) await append();
  };
  for (let warm = 0; warm < 200; warm += 1) await append();
  times.length = 0;
  const before = next;
  const began = performance.now();
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - began) / 1_000;
  return [
    {
      name: "guarded appends with audit and encryption",
      value: (next - before) / seconds,
      unit: "a second",
      limit: 3_000,
      sense: "least",
      scaled: true,
    },
    { name: "a guarded append, p99", value: quantile(times, 0.99), unit: "ms", limit: 20, sense: "most", scaled: true },
  ];
};

/** Fills a conversation up to so many messages. */
const fill = async ({ house, scope, conversation }: Ground, from: number, to: number): Promise<void> => {
  for (let begin = from; begin < to; begin += PAGE) {
    must(
      await house.database.atomically(async (inside) => {
        for (let at = begin; at < Math.min(begin + PAGE, to); at += 1) {
          const appended = await inside.conversations.append(scope, "main", spoken(conversation, textOf(at)));
          if (!appended.ok) return appended;
        }
        return ok(undefined);
      }),
    );
    if (begin % 20_000 === 0) process.stderr.write(`\r  ${String(begin)} messages `);
  }
  process.stderr.write("\r");
};

const timed = async (work: () => Promise<unknown>, times: number): Promise<readonly number[]> => {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  }
  return took;
};

const QUERIES = ["lighthouse sea", "ann rent", "boats dinner", "lighthouse", "number 4711", "trains garden"];

/** What is asked of a long conversation, in milliseconds. */
const look = async ({ house, scope, conversation }: Ground) => {
  const path = await timed(
    async () => must(await house.database.conversations.path(scope, conversation.id, "main", 50)),
    40,
  );
  const search: number[] = [];
  for (const query of QUERIES)
    search.push(
      ...(await timed(async () => must(await house.database.conversations.search(scope, query, { limit: 20 })), 10)),
    );
  const append = await timed(
    async () => must(await house.database.conversations.append(scope, "main", spoken(conversation, "one more"))),
    40,
  );
  let branches = 0;
  const branch = await timed(async () => {
    branches += 1;
    must(
      await house.database.conversations.branch(
        scope,
        conversation.id,
        `try ${String(performance.now())} ${String(branches)}`,
        null,
      ),
    );
  }, 20);
  return { path: median(path), search: quantile(search, 0.95), append: median(append), branch: median(branch) };
};

const settled = async (folder: string): Promise<Ground> => {
  const house = must(await openStorage(folder, null));
  const owner = somebody();
  return { house, owner, ...(await settleIn(house, owner)) };
};

/** Closes and opens again; milliseconds. */
const reopen = async (ground: Ground, folder: string): Promise<{ readonly ground: Ground; readonly took: number }> => {
  await ground.house.close();
  const began = performance.now();
  const house = must(await openStorage(folder, null));
  return { ground: { ...ground, house }, took: performance.now() - began };
};

const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const most = (name: string, value: number, limit: number, unit = "ms"): Figure => ({
  name,
  value,
  unit,
  limit,
  sense: "most",
  scaled: true,
});

/** Appends under load, and a conversation of 100,000 messages. */
export const measureStorage = async (): Promise<readonly Figure[]> => {
  const appends = await inFolder(async (folder) => {
    const ground = await settled(folder);
    const figures = await measureAppends(ground);
    await ground.house.close();
    return figures;
  });
  const long = await inFolder(async (folder) => {
    const filled = await settled(folder);
    await fill(filled, 0, LONG);
    const { ground, took } = await reopen(filled, folder);
    const found = await look(ground);
    await ground.house.close();
    return [
      most("the last 50 of 100,000 messages, p50", found.path, 5),
      most("a search over 100,000 messages, p95", found.search, 30),
      most("a branch of 100,000 messages, p50", found.branch, 2),
      most("opening storage with 100,000 messages", took, 200),
    ];
  });
  return [...appends, ...long];
};

/** The same from 1,000 to 1,000,000 messages in one conversation; takes minutes. */
export const measureGrowth = async (): Promise<readonly Figure[]> =>
  inFolder(async (folder) => {
    const figures: Figure[] = [];
    let ground = await settled(folder);
    let filled = 0;
    for (const size of [1_000, 10_000, 100_000, 1_000_000]) {
      await fill(ground, filled, size);
      filled = size;
      const opened = await reopen(ground, folder);
      ground = opened.ground;
      const found = await look(ground);
      const of = `of ${size.toLocaleString("en")} messages`;
      figures.push(
        most(`the last 50 ${of}, p50`, found.path, 5),
        most(`a search ${of}, p95`, found.search, 30),
        most(`one more ${of}, p50`, found.append, 5),
        most(`a branch ${of}, p50`, found.branch, 2),
        most(`opening storage ${of}`, opened.took, 200),
      );
    }
    await ground.house.close();
    return figures;
  });
