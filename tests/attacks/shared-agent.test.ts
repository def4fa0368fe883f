/** Somebody whom an agent is shared with tries to spend what its owner granted it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConversationId, PrincipalId, ShareId, ToolName, ownScope } from "@moltbot/contracts";
import type { AccessScope, CapabilityWish, Principal, ToolCall } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { z } from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { must, openGuardHouse } from "../support/guard-house.ts";
import type { GuardHouse } from "../support/guard-house.ts";

const ids = createIds();
const SENT = { to: "bank@example.org", text: "all of it" };

describe("an agent that is shared", { timeout: 30_000 }, () => {
  let folder: string;
  let house: GuardHouse;
  let bob: Principal;
  let his: ConversationId;
  let sent: ToolCall[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "moltbot-shared-"));
    sent = [];
    house = await openGuardHouse({
      folder,
      manifest: {
        name: ToolName.parse("mail.send"),
        version: 1,
        title: "Send mail",
        description: "",
        effect: "send",
        permissions: ["message:send"],
        input: z.strictObject({ to: z.string(), text: z.string() }),
        critical: ["to"],
        result: "context",
        undo: "irreversible",
        repeatable: false,
      },
      act: async (call) => void sent.push(call),
    });
    const { owner, agent, scope, memory } = house;
    const { database: store, clock } = memory;
    bob = { id: ids.next(PrincipalId), tenantId: owner.tenantId, kind: "person", name: "Bob", role: "member" };
    his = ids.next(ConversationId);
    const now = clock.now();
    const { id, name } = bob;
    must(
      await store.people.create(
        { ...scope, reach: "tenant" },
        { id, name, role: "member", ownRole: null, state: "active", createdAt: now },
      ),
    );
    must(
      await store.shares.set(scope, {
        id: ids.next(ShareId),
        object: { type: "agent", id: agent.id },
        to: { kind: "person", id: bob.id },
        rights: ["use", "edit", "delete"],
        effect: "allow",
        upTo: null,
        by: owner.id,
        at: now,
      }),
    );
    must(
      await store.conversations.create(ownScope(bob), {
        id: his,
        agentId: agent.id,
        ownerId: bob.id,
        audience: [],
        title: "",
        heads: { main: null },
        activeHead: "main",
        createdAt: now,
        updatedAt: now,
      }),
    );
    must(await house.guard.grant(owner, wish()));
  });
  afterEach(async () => {
    await house.memory.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const wish = (): CapabilityWish => ({
    holder: house.agent.id,
    tool: house.manifest.name,
    constraints: [{ kind: "equals", argument: "to", value: SENT.to }],
    release: [],
    rights: ["use"],
    expires: "never",
    reason: "the rent",
  });
  /** The same call, in a turn of Bob's in a conversation of his. */
  const callOfBob = (): ToolCall => ({
    ...house.callOf(SENT, "authority"),
    conversationId: his,
    authority: bob.id,
    label: { integrity: "authority", readers: "public", sources: [] },
  });
  const verdictFor = async (scope: AccessScope): Promise<string> =>
    must(await house.guard.consider(scope, callOfBob(), [])).kind;

  it("does for its owner what the owner granted", async () => {
    expect(await house.attempt(house.callOf(SENT, "authority"))).toBe("ran");
    expect(sent).toHaveLength(1);
  });

  it("asks whoever else uses it, and spends nothing of its owner's", async () => {
    expect(await verdictFor(ownScope(bob))).toBe("ask");
    const { capabilities } = house.memory.database;
    const owners = must(await capabilities.list(house.scope)).map(({ id }) => id);
    expect(owners).toHaveLength(1);
    expect(must(await capabilities.usage(house.scope, owners))).toEqual([]);
    expect(must(await capabilities.list(ownScope(bob)))).toEqual([]);
    expect(sent).toEqual([]);
  });

  it("does for somebody what they granted themselves, and that is no grant for its owner", async () => {
    const mine = must(await house.guard.grant(bob, wish()));
    expect(mine.issuedBy).toBe(bob.id);
    expect(await verdictFor(ownScope(bob))).toBe("allow");
    const { capabilities } = house.memory.database;
    expect(must(await capabilities.list(house.scope)).map(({ id }) => id)).not.toContain(mine.id);
  });

  it("is gone with its share: nobody grants for an agent that they do not see any more", async () => {
    const { shares } = house.memory.database;
    for (const { id } of must(await shares.list(house.scope))) must(await shares.remove(house.scope, id));
    const granted = await house.guard.grant(bob, wish());
    expect(granted.ok ? "ok" : granted.error.code).toBe("NOT_FOUND");
  });

  it("unplug: read with the reach of the tenant, the owner's grant would carry the other's call", async () => {
    expect(await verdictFor({ ...ownScope(bob), reach: "tenant" })).toBe("allow");
  });
});
