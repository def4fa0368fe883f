import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CapabilityId, ToolName } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { z } from "zod";
import { must, openGuardHouse } from "../../tests/support/guard-house.ts";
import type { GuardHouse } from "../../tests/support/guard-house.ts";
import { quantile } from "../result.ts";
import type { Figure } from "../result.ts";

const WARM_UP = 100;
const CALLS = 400;
const CAPABILITIES = 200;
const TOOLS = 20;

/** As an owner gathers them: of twenty tools, those of this one for a note each. */
const grantMany = async ({ memory, owner, agent, manifest, scope }: GuardHouse): Promise<void> => {
  const ids = createIds();
  const epoch = must(await memory.database.capabilities.epoch(scope));
  for (let at = 0; at < CAPABILITIES; at += 1) {
    must(
      await memory.database.capabilities.create(scope, {
        id: ids.next(CapabilityId),
        tenantId: owner.tenantId,
        holder: agent.id,
        tool: at % TOOLS === 0 ? manifest.name : ToolName.parse(`other.tool${String(at % TOOLS)}`),
        permissions: manifest.permissions,
        constraints: [{ kind: "equals", argument: "path", value: `note-${String(at)}.txt` }],
        rights: ["use"],
        reach: { kind: "always" },
        expiresAt: "never",
        parent: null,
        epoch,
        issuedBy: owner.id,
        issuedAt: memory.clock.now(),
        revokedAt: null,
        reason: "bench",
      }),
    );
  }
};

/** consider → admit (approval, ledger, use, decision, intent: durable) → run nothing → settle (durable): all that the guard adds. */
const timeCalls = async (house: GuardHouse): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let at = 0; at < WARM_UP + CALLS; at += 1) {
    const call = house.callOf(
      { path: `note-${String((at * TOOLS) % CAPABILITIES)}.txt`, text: "buy milk" },
      "authority",
    );
    const began = performance.now();
    const happened = await house.attempt(call);
    const took = performance.now() - began;
    if (happened !== "ran") throw new Error(`the call did not run: ${happened}`);
    if (at >= WARM_UP) times.push(took);
  }
  return times;
};

export const measureGuardedCalls = async (): Promise<readonly Figure[]> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-"));
  const house = await openGuardHouse({
    folder,
    manifest: {
      name: ToolName.parse("note.write"),
      version: 1,
      title: "Write a note",
      description: "",
      effect: "write",
      permissions: ["fs:write"],
      input: z.strictObject({ path: z.string(), text: z.string() }),
      critical: ["path"],
      result: "context",
      undo: "undoable",
      repeatable: false,
    },
    act: () => Promise.resolve(),
  });
  try {
    await grantMany(house);
    const times = await timeCalls(house);
    const figure = (name: string, share: number, limit: number): Figure => ({
      name: `a guarded call, durable, over its effect, ${name}`,
      value: quantile(times, share),
      unit: "ms",
      limit,
      sense: "most",
      scaled: true,
    });
    return [figure("p50", 0.5, 2), figure("p95", 0.95, 8)];
  } finally {
    await house.memory.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
