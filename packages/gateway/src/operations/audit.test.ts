import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditHead, Result } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { auditOperations } from "./audit.ts";
import type { OperationPorts } from "./ports.ts";
import { OWNER, at, fakeHouse } from "./testing/fake-house.ts";

const head = (size: number): AuditHead => ({ size, root: "0".repeat(64), at: at(0), publicKey: "k", signature: "s" });
const context = { principal: OWNER, traceId: "t", surface: "local" as const, signal: new AbortController().signal };

/** The export operation over a log whose export is this text, while further records come in. */
const exporting = (jsonl: Result<string>) => {
  const { house } = fakeHouse();
  const queries: unknown[] = [];
  const audit = {
    ...house.audit,
    export: async () => jsonl,
    head: async () => ok(head(9)),
    list: async () => ok([]),
    verify: async () => err(moltbotError("AUDIT_UNWRITABLE")),
    query: async (...asked: unknown[]) => {
      queries.push(asked);
      return ok([]);
    },
    proveRecord: async (record: number) => err(moltbotError("NOT_FOUND", { kind: `record ${String(record)}` })),
    proveSize: async (size: number) => err(moltbotError("AUDIT_HEAD_MISMATCH", { size })),
  };
  const handlers = auditOperations({ house: { ...house, audit } } as unknown as OperationPorts); // only the house is reached
  return {
    export: () => handlers["audit.export"](context, {}),
    head: () => handlers["audit.head"](context, {}),
    list: (wish: object = {}) => handlers["audit.list"](context, { limit: 1, ...wish }),
    proof: (wish: object) => handlers["audit.proof"](context, wish),
    queries,
    verify: () => handlers["audit.verify"](context, {}),
  };
};

describe("exporting the audit log", () => {
  it("gives the head that the export ends with, not one that covers later records", async () => {
    const jsonl = `{"record":{}}\n${JSON.stringify({ head: head(1) })}\n`;
    expect(await exporting(ok(jsonl)).export()).toEqual(ok({ jsonl, head: head(1) }));
  });

  it.each(["", "{", '{"record":{}}\n', '{"head":{"size":1}}\n', "null"])(
    "refuses an export without a head at its end: %j",
    async (text) => {
      expect(await exporting(ok(text)).export()).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    },
  );

  it("passes a log that cannot be read on", async () => {
    expect(await exporting(err(moltbotError("AUDIT_UNWRITABLE"))).export()).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
  });
});

describe("the other questions to the log", () => {
  it("are its own answers", async () => {
    const log = exporting(ok(""));
    expect(await log.head()).toEqual(ok(head(9)));
    expect(await log.list()).toEqual(ok([]));
    expect(await log.list({ before: 5 })).toEqual(ok([]));
    expect(log.queries).toEqual([]);
    expect(await log.verify()).toMatchObject({ ok: false });
  });

  it("searches when there is a word to search for", async () => {
    const log = exporting(ok(""));
    expect(await log.list({ before: 5, tool: "calc" })).toEqual(ok([]));
    expect(log.queries).toEqual([[{ tool: "calc" }, 1, 5]]);
  });

  it("proves a record or a size, and not both or neither", async () => {
    const log = exporting(ok(""));
    expect(await log.proof({ record: 3 })).toMatchObject({ error: { context: { kind: "record 3" } } });
    expect(await log.proof({ size: 0 })).toMatchObject({
      error: { code: "AUDIT_HEAD_MISMATCH", context: { size: 0 } },
    });
    expect(await log.proof({})).toMatchObject({ error: { code: "REQUEST_INVALID" } });
    expect(await log.proof({ record: 1, size: 1 })).toMatchObject({ error: { code: "REQUEST_INVALID" } });
  });
});
