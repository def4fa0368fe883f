/** A program of the fault tests: keeps messages, new people's keys and records, until something is refused; then tries some more, and ends in order. */
import { writeSync } from "node:fs";
import type { AccessScope, Conversation, Result } from "@moltbot/contracts";
import { openStorage, settleIn, somebody, spoken } from "../support/storage-house.ts";

const AFTERWARDS = 20;
const [folder = "", text = ""] = process.argv.slice(2);
interface Wish {
  readonly scope: AccessScope;
  readonly conversation: Conversation;
  readonly most?: number;
  /** Whether it also makes keys for somebody new. */
  readonly newKeys?: boolean;
}
const { scope, conversation, most = 2_000, newKeys = false } = JSON.parse(text) as Wish; // written by the test
const say = (word: string, what: string): void => void writeSync(1, `${word} ${what}\n`);

const opened = await openStorage(folder, null);
if (!opened.ok) say("refused", opened.error.code);
else {
  const house = opened.value;
  const message = (n: number) => spoken(conversation, `${String(n)} `.padEnd(600, "."));
  const one = async (n: number): Promise<Result<unknown>> => {
    // Recorded before it is kept, as the gateway does; what was kept is acknowledged.
    const recorded = await house.audit.record({
      event: "message:accepted",
      actor: conversation.ownerId,
      fields: { n },
    });
    if (!recorded.ok) return recorded;
    const kept = message(n);
    const appended = await house.database.conversations.append(scope, "main", kept);
    if (appended.ok) say("accepted", kept.id);
    return appended;
  };
  if (newKeys) await settleIn(house, somebody());
  let refusals = 0;
  for (let n = 0; n < most && refusals < AFTERWARDS; n += 1) {
    const result = await one(n);
    if (!result.ok) {
      refusals += 1;
      say("refused", result.error.code);
    }
  }
  await house.close();
  say("closed", "");
}
