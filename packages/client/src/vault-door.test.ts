import { describe, expect, it } from "vitest";
import type { Result } from "@moltbot/contracts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { unreachable } from "./problem.ts";
import { createVaultDoor } from "./vault-door.ts";

const answering = (status: number, text: string | null) => {
  const asked: TransportRequest[] = [];
  const response: TransportResponse = {
    status,
    text: async () => {
      if (text === null) throw new Error("the connection broke");
      return text;
    },
    chunks: async function* () {
      yield text ?? "";
    },
  };
  const transport: Transport = {
    address: "here",
    send: async (request): Promise<Result<TransportResponse>> => {
      asked.push(request);
      return status === 0 ? { ok: false, error: unreachable("here") } : { ok: true, value: response };
    },
  };
  return { asked, door: createVaultDoor(transport) };
};

describe("the door of a vault", () => {
  it("says whether it is locked, what opens it, and why the last try failed", async () => {
    const { door, asked } = answering(200, '{"locked":true,"openers":["passphrase"],"problem":"DATABASE_DAMAGED"}');
    expect(await door.state()).toEqual({
      ok: true,
      value: { locked: true, openers: ["passphrase"], problem: "DATABASE_DAMAGED" },
    });
    expect(asked).toEqual([{ method: "GET", path: "/v2/vault/state", body: null, accept: "application/json" }]);
    expect(await answering(200, '{"locked":false}').door.state()).toEqual({
      ok: true,
      value: { locked: false, openers: [], problem: null },
    });
  });

  it("takes what opens it in the body, and gives the gateway's own refusal", async () => {
    const { door, asked } = answering(202, "{}");
    expect(await door.unlock({ passphrase: "p" })).toEqual({ ok: true, value: undefined });
    expect(asked[0]).toMatchObject({ method: "POST", path: "/v2/vault/unlock", body: '{"passphrase":"p"}' });
    const problem = JSON.stringify({
      code: "VAULT_PASSPHRASE_WRONG",
      detail: "no",
      next: "again",
      family: "StorageError",
    });
    expect(await answering(403, problem).door.unlock({})).toMatchObject({
      ok: false,
      error: { code: "VAULT_PASSPHRASE_WRONG" },
    });
  });

  it.each([
    ["nobody answers", 0, ""],
    ["the connection breaks", 200, null],
    ["something else answers", 200, "<html>"],
    ["something else answers JSON", 200, "[]"],
  ])("is unreachable when %s", async (_kind, status, text) => {
    expect(await answering(status, text).door.state()).toMatchObject({ error: { code: "GATEWAY_UNREACHABLE" } });
  });
});
