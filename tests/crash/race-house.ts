/**
 * A program of its own, made to be killed: the guard over a real vault, database and audit log. It asks, lets eight answerers answer
 * at once while two runners try to run the call and a stop or the end of the question's time comes in between, and writes what ran
 * into a file, which is the world. Started again, it first takes up what the kill left behind.
 *
 *   node race-house.ts FOLDER RACES SEED [finish]
 */
import { mkdirSync } from "node:fs";
import { ToolName } from "@moltbot/contracts";
import type { Approval, ToolCall } from "@moltbot/contracts";
import { z } from "zod";
import { must, note, notes, openGuardHouse } from "../support/guard-house.ts";

const [, , folder = "", racesText = "0", seedText = "1", mode = "race"] = process.argv;
mkdirSync(folder, { recursive: true });

/** Mulberry32: small and seeded, so that a round can be repeated. */
const createChance = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};
const chance = createChance(Number(seedText));
const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const house = await openGuardHouse({
  folder,
  manifest: {
    name: ToolName.parse("world.write"),
    version: 1,
    title: "Write into the world",
    description: "",
    effect: "commit",
    permissions: ["world:write"],
    input: z.strictObject({ text: z.string() }),
    critical: ["text"],
    result: "context",
    undo: "irreversible",
    repeatable: false,
  },
  act: async (call) => {
    note(folder, "world.jsonl", { callId: call.id, at: house.memory.clock.now(), text: call.arguments["text"] });
    await sleep(chance() * 2);
  },
});
const { guard, memory, owner, scope, dials } = house;
const { database: store, audit } = memory;

const ANSWERERS = 8;
const RUNNERS = 2;

const answerOnce = async (approval: Approval): Promise<boolean> => {
  await sleep(chance() * 4);
  const draw = chance();
  const given = await guard.answer(
    owner,
    approval.id,
    {
      answer: draw < 0.3 ? "deny" : "allow",
      scope: "once",
      ...(draw > 0.8 ? { arguments: { text: "as the person changed it" } } : {}),
    },
    "session",
  );
  return given.ok;
};

const runUntilDecided = async (call: ToolCall): Promise<number> => {
  let ran = 0;
  for (let tries = 0; tries < 12; tries += 1) {
    const happened = await house.attempt(call);
    if (happened === "ran") ran += 1;
    if (happened !== "asked") return ran;
    await sleep(chance() * 2);
  }
  return ran;
};

const resume = async (): Promise<void> => {
  const resumed = await guard.resume(owner, "none");
  if (resumed.ok) note(folder, "stops.jsonl", resumed.value.stop);
};

/** Stops everything for a moment. */
const stopForAMoment = async (): Promise<void> => {
  await sleep(chance() * 6);
  const stopped = await guard.stop(owner, { surface: "command", reason: null });
  if (!stopped.ok) return;
  await sleep(chance() * 8);
  await resume();
};

const race = async (): Promise<void> => {
  const draw = chance();
  // A few milliseconds: the time of the question ends among the answers.
  const approvalMinutes = draw > 0.8 ? (2 + chance() * 6) / 60_000 : 15;
  dials.settings = { ...dials.settings, approvalMinutes };
  const call = house.callOf({ text: "as the model asked" }, "untrusted");
  note(folder, "calls.jsonl", call);
  await house.queueTurn(call);
  const verdict = must(await guard.consider(scope, call, []));
  if (verdict.kind !== "ask") throw new Error(`it does not ask: ${verdict.rule}`);
  const approval = must(await guard.ask(scope, call, verdict));
  const [answers, runs] = await Promise.all([
    Promise.all(Array.from({ length: ANSWERERS }, () => answerOnce(approval))),
    Promise.all(Array.from({ length: RUNNERS }, () => runUntilDecided(call))),
    draw < 0.15 ? stopForAMoment() : Promise.resolve(),
    draw > 0.8 ? sleep(chance() * 10).then(() => guard.expire()) : Promise.resolve(),
  ]);
  note(folder, "races.jsonl", {
    callId: call.id,
    accepted: answers.filter(Boolean).length,
    ran: runs.reduce((sum, count) => sum + count, 0),
  });
};

/** What a kill left behind: as the spine does, a call that was admitted is settled as unknown, any other may go on. */
const takeUp = async (): Promise<void> => {
  await resume();
  const raced = new Set(notes<{ readonly callId: string }>(folder, "races.jsonl").map(({ callId }) => callId));
  for (const call of notes<ToolCall>(folder, "calls.jsonl").filter(({ id }) => !raced.has(id))) {
    const answered = must(await guard.asAnswered(scope, call));
    const known = must(await store.calls.find(scope, call.id));
    if (known?.state === "admitted") await guard.settle(scope, answered, "unknown", "TOOL_OUTCOME_UNKNOWN");
    else if (known?.state === "asked") await house.attempt(call);
    note(folder, "races.jsonl", { callId: call.id, accepted: 0, ran: 0 });
  }
};

const tellWhatIsWritten = async (): Promise<void> => {
  const approvals = must(await store.approvals.list(scope, "all", 1_000_000));
  for (const { callId, state, expiresAt, answeredBy, edited } of approvals)
    note(folder, "approvals.jsonl", { callId, state, expiresAt, answeredBy, edited: edited !== null });
  for (const call of notes<ToolCall>(folder, "calls.jsonl")) {
    const decisions = must(await store.decisions.ofCall(scope, call.id));
    for (const { kind, at, rule } of decisions) note(folder, "decisions.jsonl", { callId: call.id, kind, at, rule });
  }
  note(folder, "audit.jsonl", { ok: must(await audit.verify()).ok });
};

await takeUp();
if (mode === "race") for (let at = 0; at < Number(racesText); at += 1) await race();
if (mode === "finish") await tellWhatIsWritten();
await memory.close();
