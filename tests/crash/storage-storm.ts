/** A program for the crash tests: storage under load, until somebody kills it. It says what it acknowledged. */
import { writeSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { ConversationId, Principal, ownScope } from "@moltbot/contracts";
import { must } from "../support/guard-house.ts";
import { openStorage } from "../support/storage-house.ts";
import type { PostgresPlace } from "../support/storage-house.ts";
import { accept, answer, send, work } from "./storage-lanes.ts";
import type { Lanes } from "./storage-lanes.ts";

const [folder = "", place = "null", who = "", where = ""] = process.argv.slice(2);
const house = must(await openStorage(folder, JSON.parse(place) as PostgresPlace | null)); // written by the round
const owner = Principal.parse(JSON.parse(who));
const scope = ownScope(owner);
const conversation = must(await house.database.conversations.find(scope, ConversationId.parse(where)));
const say = (word: string, ...rest: readonly string[]): void => void writeSync(1, `${[word, ...rest].join(" ")}\n`);
const lanes: Lanes = { house, owner, scope, conversation, folder, say };

must(await house.database.turns.recover(house.clock.now()));
say("ready");

const forEver = async (step: () => Promise<unknown>): Promise<void> => {
  for (;;) {
    if ((await step()) === false) await wait(1);
  }
};
let said = 0;
const speak = (): Promise<void> => accept(lanes, `storm ${String((said += 1))}`);
await Promise.all([
  forEver(speak),
  forEver(speak),
  forEver(speak),
  forEver(() => answer(lanes)),
  forEver(() => answer(lanes)),
  forEver(() => work(lanes)),
  forEver(() => send(lanes)),
]);
