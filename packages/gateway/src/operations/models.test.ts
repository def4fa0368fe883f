import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { instantOf, ok } from "@moltbot/contracts";
import type { AuditEvent, ModelDescription, RequestContext } from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import { describe, expect, it } from "vitest";
import type { ModelConnections } from "../models/index.ts";
import { modelOperations } from "./models.ts";
import type { OperationPorts } from "./ports.ts";
import { OWNER } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

const description = (name: string): ModelDescription => ({
  name,
  says: name,
  demonstration: false,
  local: true,
  tools: true,
});
const context: RequestContext = {
  principal: OWNER,
  traceId: "t",
  surface: "local",
  signal: new AbortController().signal,
};

const set = (wish: { default: string | null; fails?: boolean }) => {
  const recorded: AuditEvent[] = [];
  const calls: unknown[] = [];
  const all = ["demo", "b", "c"].map(description);
  const connections: ModelConnections = {
    begin: (...given) => {
      calls.push(given);
      return { state: "s".repeat(43), url: "https://openrouter.ai/auth", expiresAt: instantOf(0) };
    },
    complete: async (...given) => {
      calls.push(given.slice(0, 3));
      return { ok: false, error: { code: "CONNECTION_INVALID" } } as Awaited<ReturnType<ModelConnections["complete"]>>; // only the code is looked at
    },
  };
  const house = {
    models: {
      list: () => all,
      find: () => (wish.default === null ? { ok: false } : ok({ describe: () => description(wish.default ?? "") })),
    },
    audit: {
      record: async (event: AuditEvent) => {
        recorded.push(event);
        return wish.fails === true ? { ok: false, error: { code: "AUDIT_UNWRITABLE" } } : ok({});
      },
    },
  };
  const operations = modelOperations({ house, connections } as unknown as OperationPorts); // no more is reached
  return { operations, recorded, calls };
};

describe("the operations on models", () => {
  it("list the default first", async () => {
    const { operations } = set({ default: "c" });
    const listed = await operations["models.list"](context, {});
    expect(listed.ok && listed.value.map(({ name }) => name)).toEqual(["c", "demo", "b"]);
    const none = await set({ default: null }).operations["models.list"](context, {});
    expect(none.ok && none.value.map(({ name }) => name)).toEqual(["demo", "b", "c"]);
  });

  it("begin and end a connection in the name of whoever asks, on record first", async () => {
    const { operations, recorded, calls } = set({ default: "c" });
    const begun = await operations["models.connect"](context, { vendor: "openrouter", secret: "router" });
    expect(begun).toMatchObject({ ok: true, value: { url: "https://openrouter.ai/auth" } });
    expect(recorded).toMatchObject([{ event: "model:connecting", actor: OWNER.id, details: { name: "router" } }]);
    const ended = await operations["models.connected"](context, { state: "s".repeat(43), code: "c" });
    expect(ended).toMatchObject({ error: { code: "CONNECTION_INVALID" } });
    expect(calls).toEqual([
      [OWNER.id, "router"],
      [OWNER, "s".repeat(43), "c"],
    ]);
    const silent = set({ default: "c", fails: true });
    expect(
      await silent.operations["models.connect"](context, { vendor: "openrouter", secret: "router" }),
    ).toMatchObject({
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(silent.calls).toEqual([]);
  });
});

describe("a key that came by OAuth", () => {
  it("lies in the vault as any other, and in no file, list, record or line of the log", async () => {
    const key = "sk-or-v1-canary-443322";
    const sent: unknown[] = [];
    const send: Egress["send"] = async (authority, { url, body }) => {
      sent.push(authority, url, JSON.parse(String(body)));
      const answer = Buffer.from(JSON.stringify({ key, user_id: "user_1" }));
      return ok({ status: 200, headers: {}, url, body: answer, redirects: 0 });
    };
    const {
      operations,
      context: by,
      root,
      house,
      said,
      close,
    } = await openRealHouse({
      catalog: [],
      vendor: { egress: { send } },
    });
    try {
      const begun = await operations["models.connect"](by(), { vendor: "openrouter", secret: "router" });
      if (!begun.ok) throw new Error(begun.error.code);
      const done = await operations["models.connected"](by(), { state: begun.value.state, code: "code-1" });
      expect(done).toMatchObject({ ok: true, value: { name: "router", hosts: ["openrouter.ai"], kind: "api-key" } });
      expect(sent).toMatchObject([
        { kind: "provider", origin: "https://openrouter.ai" },
        "https://openrouter.ai/api/v1/auth/keys",
        { code: "code-1", code_challenge_method: "S256" },
      ]);
      const listed = await operations["secrets.list"](by(), {});
      expect(listed.ok && listed.value.map(({ name }) => name)).toEqual(["router"]);
      const records = await house.audit.list(5);
      expect(records.ok && records.value.slice(0, 2).map(({ event }) => event)).toEqual([
        "secret:set",
        "model:connecting",
      ]);
      expect(JSON.stringify([done, listed, records, said])).not.toContain("canary");
      const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      for (const { parentPath, name } of files)
        expect(readFileSync(join(parentPath, name), "latin1").includes("canary"), name).toBe(false);
    } finally {
      await close();
    }
  });
});
