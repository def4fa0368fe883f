/** A program for the kill test: it writes transactions and says which were acknowledged, until somebody kills it. */
import { writeSync } from "node:fs";
import { ok } from "@moltbot/contracts";
import {
  AT,
  aCall,
  aCapability,
  aConversation,
  aDecision,
  aMemory,
  aMessage,
  aPlan,
  aStop,
  aTurn,
  aUse,
  later,
  must,
  openTest,
  person,
  scopeOf,
} from "./world.ts";
import { killOptions } from "./kill-options.ts";
import type { KillPlace } from "./kill-options.ts";

const place = process.argv[2];
if (place === undefined) throw new Error("name the place");
const db = await openTest(killOptions(JSON.parse(place) as KillPlace)); // written by the test
const ada = person();
const me = scopeOf(ada);
const say = (word: string, ...rest: readonly string[]): void => void writeSync(1, `${[word, ...rest].join(" ")}\n`);

const home = aConversation(ada);
must(await db.conversations.create(me, home));
const grant = aCapability(ada, home.agentId);
must(await db.capabilities.create(me, grant));
const bea = person();
const stop = aStop(bea, { reason: "stopped before the power went" });
must(await db.stops.begin(scopeOf(bea), stop));
must(await db.capabilities.raiseEpoch(scopeOf(bea)));

say("home", home.id, ada.id, ada.tenantId);
say("stopped", stop.id, bea.id, bea.tenantId, grant.id);

const lane = async (): Promise<void> => {
  for (;;) {
    const message = must(await db.conversations.append(me, "main", aMessage(home)));
    say("message", message.id);
    const turn = aTurn(ada, home);
    must(await db.turns.enqueue(me, turn, turn.id));
    say("turn", turn.id);
    const lease = must(await db.turns.claim(AT, later(60_000)));
    if (lease !== null) {
      const reply = aMessage(home, "reply", { turnId: lease.turn.id });
      const done = await db.atomically(async (inside) => {
        const appended = must(await inside.conversations.append(me, "main", reply));
        must(await inside.turns.finish(lease, { state: "done", messageId: appended.id, code: null }));
        return ok(null);
      });
      must(done);
      say("finished", lease.turn.id, reply.id);
    }
    const call = aCall(home, { state: "admitted" });
    const plan = aPlan(home, { turnId: call.turnId });
    const admit = () =>
      db.atomically(async (inside) => {
        must(await inside.calls.put(me, call));
        must(await inside.capabilities.addUse(me, aUse(grant, { callId: call.callId, amounts: { price: 2 } })));
        must(await inside.plans.create(me, plan));
        must(await inside.plans.take(me, plan.id, 1, call.callId));
        must(await inside.decisions.record(me, aDecision(home, { callId: call.callId, kind: "allow" })));
        return ok(null);
      });
    must(await admit());
    say("used", call.callId);
    must(await db.capabilities.addUse(me, aUse(grant, { callId: call.callId, amounts: { price: 2 } })));
    must(await db.memories.create(me, aMemory(ada, "a word to remember")));
  }
};
await Promise.all([lane(), lane(), lane()]);
