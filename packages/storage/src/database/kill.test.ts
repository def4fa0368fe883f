import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CallId, CapabilityId, ConversationId, MessageId, PrincipalId, TenantId, TurnId } from "@moltbot/contracts";
import type { AccessScope } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { onEveryEngine } from "./testing/engines.ts";
import { killOptions } from "./testing/kill-options.ts";
import type { KillPlace } from "./testing/kill-options.ts";
import { AT, codeOf, later, must, openTest, removeFolders } from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

const WRITER = fileURLToPath(new URL("./testing/kill-writer.ts", import.meta.url));
afterAll(removeFolders);

/** Runs the writer until it acknowledged this many lines, kills it at once, and returns what it said. */
const killAfter = async (place: KillPlace, lines: number): Promise<readonly (readonly string[])[]> => {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(place)], { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line.split(" "));
    if (said.length === lines) child.kill("SIGKILL");
  }
  return said;
};
const placeOf = (options: TestOptions): KillPlace =>
  "file" in options ? { file: options.file } : { connection: options.connection, schema: options.schema ?? "moltbot" };

onEveryEngine((engine) => {
  describe("a process killed while it writes", () => {
    it.each([40, 133])("loses nothing it acknowledged, and nothing is half done (%i lines)", async (lines) => {
      const place = placeOf(engine.options());
      const said = await killAfter(place, lines);
      expect(said.length).toBeGreaterThanOrEqual(lines);
      if ("file" in place) expect(existsSync(`${place.file}-wal`)).toBe(true);

      const db = await openTest(killOptions(place));
      const [, home = "", ada = "", tenant = ""] = said[0] ?? [];
      const me: AccessScope = { tenantId: TenantId.parse(tenant), principalId: PrincipalId.parse(ada), reach: "own" };
      const path = must(await db.conversations.path(me, ConversationId.parse(home), "main", 10_000));
      const known = new Set<string>(path.map((message) => message.id));
      for (const [word, id = "", reply = ""] of said.slice(2)) {
        if (word === "message") expect(known.has(MessageId.parse(id))).toBe(true);
        if (word === "turn") must(await db.turns.find(me, TurnId.parse(id)));
        if (word === "finished")
          expect([must(await db.turns.find(me, TurnId.parse(id))).state, known.has(reply)]).toEqual(["done", true]);
      }

      // One transaction held both: a reply without an end, or an end without its reply, cannot be.
      const turns = must(await db.turns.ofConversation(me, ConversationId.parse(home), 10_000));
      const ended = turns.filter((turn) => turn.state === "done");
      expect(path.filter((message) => message.turnId !== null)).toHaveLength(ended.length);
      expect(ended.every((turn) => known.has(turn.end?.messageId ?? "none"))).toBe(true);

      // A use belongs to its call: as many of one as of the other, and none twice, not even when the call is taken up again.
      const [, stopId = "", bea = "", hers = "", grant = ""] = said[1] ?? [];
      const grantId = CapabilityId.parse(grant);
      const used = said.filter(([word]) => word === "used").map(([, id = ""]) => CallId.parse(id));
      expect(used.length).toBeGreaterThan(0);
      for (const callId of used) {
        const [decision] = must(await db.decisions.ofCall(me, callId));
        expect(decision?.kind).toBe("allow");
        must(
          await db.capabilities.addUse(me, { capabilityId: grantId, callId, at: AT, bytes: 10, amounts: { price: 2 } }),
        );
      }
      const decisions = must(await db.decisions.page(me, {}, null, 10_000));
      const usage = must(await db.capabilities.usage(me, [grantId]))[0];
      expect(decisions.length).toBeGreaterThanOrEqual(used.length);
      expect(usage).toMatchObject({ count: decisions.length, amounts: { price: 2 * decisions.length } });
      for (const { callId } of decisions) expect(must(await db.calls.find(me, callId))?.state).toBe("admitted");

      // A call that was admitted for a step of a plan has taken it, and after the crash nobody else does.
      for (const callId of used) {
        const turnId = must(await db.calls.find(me, callId))?.turnId;
        const [plan] = turnId === undefined ? [] : must(await db.plans.ofTurn(me, turnId));
        if (plan === undefined) throw new Error("the plan of an admitted call is lost");
        expect(must(await db.plans.takenBy(me, plan.id, 1))).toBe(callId);
        expect(codeOf(await db.plans.take(me, plan.id, 1, CallId.parse(stopId)))).toBe("CONFLICT");
      }

      // A stop outlives the process that was asked for it.
      const tenantId = TenantId.parse(hers);
      const stopped: AccessScope = { tenantId, principalId: PrincipalId.parse(bea), reach: "own" };
      expect(must(await db.stops.current(stopped))).toMatchObject({
        id: stopId,
        reason: "stopped before the power went",
      });
      expect(must(await db.capabilities.epoch(stopped))).toBe(1);

      // What ran when it died comes back, whatever its lease says.
      const running = turns.filter((turn) => turn.state === "running").map((turn) => turn.id);
      expect(must(await db.turns.recover(AT))).toEqual(running);
      expect(must(await db.check())).toEqual([]);
      const again = must(await db.turns.claim(AT, later(1)));
      const leftovers = turns.filter((turn) => turn.state === "running" || turn.state === "queued");
      expect(again === null).toBe(leftovers.length === 0);
      await db.close();
    });
  });
});
