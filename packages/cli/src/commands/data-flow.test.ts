import { beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

beforeAll(() => void vi.stubEnv("NO_COLOR", "1"));

const AT = "2026-11-23T08:00:00.000Z";
const flow = (change: object) => ({
  host: "api.example:443",
  way: "tool",
  tool: "http.get",
  data: "own",
  connections: 3,
  failed: 1,
  writing: 0,
  bytesOut: 1_500,
  bytesIn: 3_000_000,
  firstAt: AT,
  lastAt: AT,
  withSecret: 0,
  secrets: [],
  ...change,
});
const report = (flows: readonly unknown[], complete = true) => ({
  json: { since: "2026-11-17T00:00:00.000Z", flows, complete },
});

describe("data-flow", () => {
  it.each(["0", "soon"])("takes no report of %j days, and asks nobody", async (days) => {
    expect(await run(["data-flow", "--days", days], {})).toMatchObject({
      code: "USAGE",
      problem: expect.stringContaining("--days takes a whole number from 1") as unknown,
      asked: [],
    });
  });

  it("says which host got what kind of data, by whom and how much", async () => {
    const told = await run(["data-flow"], {
      "GET /v2/data-flow?of=me&days=7": report([
        flow({ withSecret: 1, secrets: ["weather"] }),
        flow({ way: "model", tool: null, host: "api.vendor.example:443", data: "group", failed: 0 }),
        flow({ way: "gate", tool: "exec.run", host: "evil.example\u202e:443", data: "public" }),
        flow({ host: null, withSecret: 2 }),
      ]),
    });
    expect(told.out).toMatch(/api\.example:443 +http\.get +yours +3 \(1 failed\) +1\.5 KiB +2\.9 MiB +weather/);
    expect(told.out).toMatch(/api\.vendor\.example:443 +a model +a group's +3 +/);
    expect(told.out).toMatch(/programs of exec\.run +public/);
    expect(told.out).toMatch(/erased .*a secret/);
    expect(told.out).not.toContain("\u202e");
  });

  it("says everybody's together to whoever keeps the house, all of it to a program, and when it is cut", async () => {
    const routes = { "GET /v2/data-flow?of=house&days=30": report([flow({})], false) };
    const told = await run(["data-flow", "--house", "--days", "30"], routes);
    expect(told.out).toContain("one person's");
    expect(told.out).toContain("There is more than one report counts");
    const asJson = await run(["data-flow", "--house", "--days", "30", "--json"], routes);
    expect(JSON.parse(asJson.out)).toEqual(routes["GET /v2/data-flow?of=house&days=30"].json);
  });

  it("says that nothing was sent", async () => {
    expect((await run(["data-flow"], { "GET /v2/data-flow?of=me&days=7": report([]) })).out).toContain(
      "Nothing was sent",
    );
  });
});
