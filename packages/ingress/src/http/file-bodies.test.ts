import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOST_PACKAGE_BYTES, OPERATIONS, OPERATION_NAMES, err, moltbotError } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import { LARGEST_BODY, largestBody } from "./framework-errors.ts";
import { nextId } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { Answer, TestServer } from "./testing/start-server.ts";

/** What takes a package. */
const WITH_PACKAGE = [
  "packages.inspect",
  "plugins.install",
  "plugins.update",
  "plugins.try",
  "skills.install",
] as const;
const noPackage = async () => err(moltbotError("PACKAGE_INVALID", { problem: "it is only large" }));

let running: TestServer;
beforeAll(async () => {
  running = await startServer({
    handlers: {
      "attachments.create": async () => err(moltbotError("ATTACHMENTS_FULL", { bytes: 1, most: 1 })),
      ...Object.fromEntries(WITH_PACKAGE.map((name) => [name, noPackage])),
    },
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

  it("is the only large thing beside packages: every other operation keeps its mebibyte", () => {
    const larger = OPERATION_NAMES.filter((name) => largestBody(name) !== LARGEST_BODY);
    expect(larger.toSorted()).toEqual(["attachments.create", ...WITH_PACKAGE].toSorted());
    expect(largestBody("attachments.create")).toBeLessThan(150_000_000);
    for (const name of WITH_PACKAGE) expect(largestBody(name)).toBeLessThan(4_000_000);
  });
});

describe("a package in a body", () => {
  const digest = "ab".repeat(32);
  const BESIDE: Readonly<Record<(typeof WITH_PACKAGE)[number], Readonly<Record<string, unknown>>>> = {
    "packages.inspect": {},
    "plugins.install": { digest, agents: [] },
    "plugins.update": {},
    "plugins.try": { tool: "now" },
    "skills.install": { digest, agents: [] },
  };
  const send = (name: OperationName, input: unknown): Promise<Answer> =>
    ask({
      port: running.port,
      method: OPERATIONS[name].method,
      path: OPERATIONS[name].path.replace("{name}", "weather"),
      headers: bearer("owner-token"),
      body: JSON.stringify(input),
    });

  it.each(WITH_PACKAGE)("reaches %s whole, as large as a package may be", async (name) => {
    const archive = Buffer.alloc(MOST_PACKAGE_BYTES, 7).toString("base64");
    expect((await send(name, { archive, ...BESIDE[name] })).json).toMatchObject({ code: "PACKAGE_INVALID" });
    expect(running.called.at(-1)).toMatchObject({ name, input: { archive } });
  });

  it.each(WITH_PACKAGE)("is refused by %s where it is larger", async (name) => {
    const before = running.called.length;
    const larger = Buffer.alloc(MOST_PACKAGE_BYTES + 9, 7).toString("base64");
    expect((await send(name, { archive: larger, ...BESIDE[name] })).json).toMatchObject({ code: "REQUEST_INVALID" });
    const far = Buffer.alloc(3_000_000, 7).toString("base64");
    expect((await send(name, { archive: far, ...BESIDE[name] })).json).toMatchObject({ code: "REQUEST_TOO_LARGE" });
    expect(running.called).toHaveLength(before);
  });

  it.each(["plugins.accept", "policy.set"] as const)("is no reason to read as much for %s", async (name) => {
    const before = running.called.length;
    const archive = Buffer.alloc(1_000_000, 7).toString("base64");
    expect((await send(name, { archive })).json).toMatchObject({ code: "REQUEST_TOO_LARGE" });
    expect(running.called).toHaveLength(before);
  });
});
