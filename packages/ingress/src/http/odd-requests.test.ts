import { afterEach, describe, expect, it } from "vitest";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { TestServer } from "./testing/start-server.ts";

let started: TestServer | undefined;
const start = async (): Promise<TestServer> => (started = await startServer());
afterEach(async () => {
  await started?.server.close();
  started = undefined;
});
const codeOf = ({ json }: { readonly json: unknown }): unknown => (json as { readonly code?: unknown }).code; // a problem

describe("requests that generated ones found", () => {
  it("answers a method that no path takes as such, with and without a media type, and logs no failure", async () => {
    const { port, logged } = await start();
    for (const wish of [{}, { body: "{}" }]) {
      const answer = await ask({ port, path: "/v2/agents", method: "QUERY", ...wish });
      expect([answer.status, codeOf(answer)]).toEqual([405, "METHOD_NOT_ALLOWED"]);
      expect(answer.headers["allow"]).toContain("GET");
    }
    expect(codeOf(await ask({ port, path: "/v2/nowhere", method: "QUERY" }))).toBe("ROUTE_NOT_FOUND");
    expect(logged.filter((line) => line.includes("does not know"))).toEqual([]);
  });

  it("takes null for no object, also where every field may be left out, and runs nothing", async () => {
    const { port, called } = await start();
    const send = (body?: string) =>
      ask({
        port,
        path: "/v2/stop",
        method: "POST",
        headers: bearer("owner-token"),
        ...(body === undefined ? {} : { body }),
      });
    const refused = await send("null");
    expect([refused.status, codeOf(refused)]).toEqual([400, "REQUEST_INVALID"]);
    expect(called).toEqual([]);
    expect((await send("{}")).status).toBe(200);
    expect((await send()).status).toBe(200);
    expect(called.map(({ name }) => name)).toEqual(["system.stop", "system.stop"]);
  });
});
