import { beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

beforeAll(() => void vi.stubEnv("NO_COLOR", "1"));

const ADA = "01930000-0000-7000-8000-000000000001";
const FOX = "01930000-0000-7000-8000-000000000002";
const KEY = "01930000-0000-7000-8000-000000000003";
const AT = "2026-11-23T00:00:00.000Z";
const row = (kind: string, id: string, unit: "tokens" | "money", used: number, limit: number | null) => ({
  day: "2026-11-23",
  subject: { kind, id },
  unit,
  used,
  limit,
});
const report = (rows: readonly unknown[], unpriced: readonly string[] = []) => ({
  json: { rows, currency: "EUR", unpriced, renewsAt: "2026-11-24T00:00:00.000Z" },
});
const token = {
  id: KEY,
  name: "script",
  role: "member",
  scopes: null,
  integrity: "authority",
  thumbprint: null,
  tokensPerDay: 1_500,
  moneyPerDay: 2.5,
  createdAt: AT,
  expiresAt: AT,
  revokedAt: null,
  lastUsedAt: null,
};

describe("usage", () => {
  it("says what one used of what one may, by name, and what has no price", async () => {
    const told = await run(["usage", "--days", "2"], {
      "GET /v2/usage?of=me&days=2": report(
        [
          row("person", ADA, "tokens", 12_345, 12_000),
          row("person", ADA, "money", 1_500_000, null),
          row("token", KEY, "money", 1, 2_500_000),
          row("agent", FOX, "tokens", 5, 10),
        ],
        ["claude"],
      ),
      "GET /v2/agents": { status: 403, json: { code: "SCOPE_INSUFFICIENT", title: "no", status: 403 } },
      "GET /v2/tokens": { json: [token] },
      "GET /v2/devices": { json: [] },
    });
    expect(told.out).toMatch(/you +12,345 tokens +12,000 tokens +used up/);
    expect(told.out).toMatch(/you +1\.50 EUR +no limit/);
    expect(told.out).toMatch(/token script +0\.000001 EUR +2\.50 EUR/);
    expect(told.out).toContain(`agent ${FOX}`);
    expect(told.out).toContain("No price is known of claude");
  });

  it("says everybody's sums to whoever keeps the house, and all of it to a program", async () => {
    const routes = {
      "GET /v2/usage?of=house&days=7": report([
        row("house", ADA, "money", 0, 1_000_000),
        row("person", ADA, "tokens", 7, null),
      ]),
      "GET /v2/people": {
        json: [{ id: ADA, name: "Ada", role: "owner", ownRole: null, state: "active", createdAt: AT }],
      },
    };
    const told = await run(["usage", "--house"], routes);
    expect(told.out).toMatch(/everybody +0\.00 EUR +1\.00 EUR/);
    expect(told.out).toMatch(/Ada +7 tokens +no limit/);
    expect(told.out).not.toContain("No price");
    const json = await run(["usage", "--house", "--json"], routes);
    expect(JSON.parse(json.out)).toMatchObject({ currency: "EUR", rows: [{ used: 0 }, { used: 7 }] });
    expect(json.asked).toHaveLength(1);
  });
});

describe("token create", () => {
  it("says what a token may use in a day, and the list shows it", async () => {
    const made = { id: KEY, token: "mb_1", role: "member", expiresAt: AT };
    const routes = { "POST /v2/tokens": { status: 201, json: made }, "GET /v2/tokens": { json: [token] } };
    const { asked, out } = await run(["token", "create", "--tokens-per-day", "1500", "--money-per-day", "2.5"], routes);
    expect(asked[0]).toMatchObject({ body: { tokensPerDay: 1_500, moneyPerDay: 2.5 } });
    expect(out).toContain("1,500 model tokens and 2.5 of money a day");
    expect((await run(["token"], routes)).out).toContain("1,500 model tokens and 2.5 of money");
    expect((await run(["token", "create"], routes)).asked[0]).toMatchObject({
      body: { tokensPerDay: null, moneyPerDay: null },
    });
    for (const wrong of ["many", "0", "1.5", "-1"])
      expect(await run(["token", "create", "--tokens-per-day", wrong], routes)).toMatchObject({ code: "USAGE" });
    expect(await run(["token", "create", "--money-per-day", "0"], routes)).toMatchObject({ code: "USAGE" });
  });
});
