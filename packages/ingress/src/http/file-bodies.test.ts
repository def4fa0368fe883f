import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATION_NAMES, err, moltbotError } from "@moltbot/contracts";
import { LARGEST_BODY, largestBody } from "./framework-errors.ts";
import { nextId } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { Answer, TestServer } from "./testing/start-server.ts";

let running: TestServer;
beforeAll(async () => {
  running = await startServer({
    handlers: { "attachments.create": async () => err(moltbotError("ATTACHMENTS_FULL", { bytes: 1, most: 1 })) },
  });
});
afterAll(async () => running.server.close());

const put = (content: string, token = "owner-token"): Promise<Answer> =>
  ask({
    port: running.port,
    method: "POST",
    path: `/v2/conversations/${nextId()}/attachments`,
    headers: bearer(token),
    body: JSON.stringify({ name: "a.bin", content }),
  });

describe("a file in a body", () => {
  it("may be larger than any other body, and reaches its operation whole", async () => {
    const content = Buffer.alloc(20_000_000, 7).toString("base64");
    expect((await put(content)).json).toMatchObject({ code: "ATTACHMENTS_FULL" });
    expect(running.called.at(-1)).toMatchObject({ name: "attachments.create", input: { name: "a.bin", content } });
  });

  it("is not even read of somebody whom nobody knows", async () => {
    const before = running.called.length;
    expect((await put("AAAA".repeat(1_000_000), "no-token")).status).toBe(401);
    expect(running.called).toHaveLength(before);
  });

  it("has to be base64", async () => {
    const before = running.called.length;
    expect((await put("not base64!")).json).toMatchObject({ code: "REQUEST_INVALID" });
    expect(running.called).toHaveLength(before);
  });

  it("is the only large thing: every other operation keeps its mebibyte", () => {
    expect(OPERATION_NAMES.filter((name) => largestBody(name) !== LARGEST_BODY)).toEqual(["attachments.create"]);
    expect(largestBody("attachments.create")).toBeLessThan(150_000_000);
  });
});
