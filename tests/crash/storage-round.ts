import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { JobId, MessageId, TurnId } from "@moltbot/contracts";
import type { AccessScope, Conversation, Principal } from "@moltbot/contracts";
import { must } from "../support/guard-house.ts";
import { openStorage, settleIn, somebody } from "../support/storage-house.ts";
import type { PostgresPlace, StorageHouse } from "../support/storage-house.ts";
import { WORLD } from "./storage-lanes.ts";

/** Half of the time of a round is the start of its program. */
const MODULES = join(tmpdir(), "moltbot-storm-modules");
const STORM = fileURLToPath(new URL("./storage-storm.ts", import.meta.url));

/** One home that is killed again and again. */
export interface StormPlace {
  readonly folder: string;
  readonly postgres: PostgresPlace | null;
  readonly owner: Principal;
  readonly scope: AccessScope;
  readonly conversation: Conversation;
  /** Everything that was ever acknowledged there, by word: accepted → [message, turn, job, outbox]. */
  readonly accepted: Map<string, readonly string[]>;
  readonly ended: Set<string>;
  remove(): void;
}

export const newStormPlace = async (postgres: PostgresPlace | null): Promise<StormPlace> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-storm-"));
  const house = must(await openStorage(folder, postgres));
  const owner = somebody();
  const { scope, conversation } = await settleIn(house, owner);
  await house.close();
  return {
    folder,
    postgres,
    owner,
    scope,
    conversation,
    accepted: new Map(),
    ended: new Set(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** When the storm is killed: so many microseconds after it acknowledged so many things. */
export interface Moment {
  readonly said: number;
  readonly microseconds: number;
}

const storm = async (place: StormPlace, { said, microseconds }: Moment): Promise<void> => {
  const child = spawn(
    process.execPath,
    [STORM, place.folder, JSON.stringify(place.postgres), JSON.stringify(place.owner), place.conversation.id],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_COMPILE_CACHE: MODULES } },
  );
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  let heard = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, id = "", ...rest] = line.split(" ");
    heard += 1;
    if (heard === said) {
      const until = performance.now() + microseconds / 1_000;
      while (performance.now() < until); // shorter than any timer
      child.kill("SIGKILL");
    }
    if (word === "accepted") place.accepted.set(id, rest);
    if (word === "ended") place.ended.add(id);
  }
  const signal = await gone;
  if (signal !== "SIGKILL") throw new Error(`the storm ended by itself (${String(signal)})`);
};

/** What one kill left. */
export interface StormRound {
  /** Messages acknowledged in this round. */
  readonly accepted: number;
  /** Turns that were acknowledged as ended. */
  readonly ended: number;
  /** Acknowledged messages, turns or jobs that are not there any more. */
  readonly lost: readonly string[];
  /** Effects that happened more than once. */
  readonly twice: readonly string[];
  /** Turns with another number of replies than their state says. */
  readonly torn: readonly string[];
  /** Effects that a crash hid: shown, never repeated. */
  readonly unknown: number;
  readonly audit: boolean;
  readonly database: boolean;
}

const linesOf = (place: StormPlace): readonly string[] => {
  const file = join(place.folder, WORLD);
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
};

const lookFor = async (place: StormPlace, { database }: StorageHouse, newest: number): Promise<readonly string[]> => {
  const lost: string[] = [];
  for (const [message, [turn = "", job = ""]] of [...place.accepted].slice(-newest)) {
    const found = await Promise.all([
      database.conversations.message(place.scope, MessageId.parse(message)),
      database.turns.find(place.scope, TurnId.parse(turn)),
      database.jobs.find(place.scope, JobId.parse(job)),
    ]);
    if (found.some(({ ok }) => !ok)) lost.push(message);
  }
  return lost;
};

const tornTurns = async (place: StormPlace, { database }: StorageHouse, newest: number): Promise<readonly string[]> => {
  const path = must(await database.conversations.path(place.scope, place.conversation.id, "main", newest));
  const replies = new Map<string, number>();
  for (const { turnId } of path) if (turnId !== null) replies.set(turnId, (replies.get(turnId) ?? 0) + 1);
  const torn: string[] = [...replies].filter(([, count]) => count !== 1).map(([id]) => id);
  for (const id of replies.keys()) {
    const turn = await database.turns.find(place.scope, TurnId.parse(id));
    if (!turn.ok || turn.value.state !== "done") torn.push(id);
  }
  for (const id of [...place.ended].slice(-newest)) {
    const turn = await database.turns.find(place.scope, TurnId.parse(id));
    if (!turn.ok || turn.value.state !== "done") torn.push(id);
  }
  return torn;
};

/** One kill -9, and then a look at everything that was acknowledged lately and at every effect. */
export const runStormRound = async (place: StormPlace, moment: Moment): Promise<StormRound> => {
  const before = { accepted: place.accepted.size, ended: place.ended.size };
  await storm(place, moment);
  const house = must(await openStorage(place.folder, place.postgres));
  try {
    const hidden = must(await house.database.outbox.recover(house.clock.now()));
    const lines = linesOf(place);
    const audit = must(await house.audit.verify());
    return {
      accepted: place.accepted.size - before.accepted,
      ended: place.ended.size - before.ended,
      lost: await lookFor(place, house, 400),
      twice: lines.filter((line, at) => lines.indexOf(line) !== at),
      torn: await tornTurns(place, house, 400),
      unknown: hidden.length,
      audit: audit.ok,
      database: must(await house.database.check()).length === 0,
    };
  } finally {
    await house.close();
  }
};

/** Whether every promise was kept. */
export const stormHeld = ({ lost, twice, torn, audit, database }: StormRound): boolean =>
  lost.length === 0 && twice.length === 0 && torn.length === 0 && audit && database;
