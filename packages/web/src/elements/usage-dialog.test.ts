import { instantOf } from "@moltbot/contracts";
import type { OperationName, Usage } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { device, MOLTY, SELF, token } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { UsageDialog } from "./usage-dialog.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const row = (subject: Usage["subject"], used: number, wish: Partial<Usage> = {}): Usage => ({
  day: "2026-11-23",
  subject,
  unit: "tokens",
  used,
  limit: null,
  ...wish,
});
const ROWS = [
  row({ kind: "person", id: ME.id }, 31_400, { limit: 100_000 }),
  row({ kind: "person", id: ME.id }, 280_000, { unit: "money" }),
  row({ kind: "agent", id: MOLTY.id }, 90, { limit: 100 }),
  row({ kind: "token", id: token(1, "").id }, 200, { limit: 100 }),
  row({ kind: "model", id: "claude" }, 31_400),
  row({ kind: "person", id: ME.id }, 10_000, { day: "2026-11-20" }),
];
const report = (rows: readonly Usage[], wish: object = {}) => ({
  rows,
  currency: "EUR",
  unpriced: [],
  renewsAt: instantOf(NOON + 43_200_000),
  ...wish,
});

type Table = { readonly [N in OperationName]?: unknown };
const open = async (table: Table = {}, role: typeof ME.role = "owner") => {
  const gateway = gatewayOf({
    "usage.show": report(ROWS),
    "people.list": [SELF],
    "agents.list": [MOLTY],
    "tokens.list": [token(1, "Feed")],
    "devices.list": [device(1, "Pixel")],
    ...table,
  });
  const dialog = new UsageDialog();
  standIn(dialog);
  Object.assign(dialog, { call: gateway.call, me: { ...ME, role }, now: NOON });
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show();
  return { dialog, read, asked: gateway.asked, answers: gateway.answers };
};

describe("what it costs", () => {
  it("shows today by budget, what is nearly or wholly used up, and the days before", async () => {
    const { words } = (await open()).read();
    for (const part of [
      "You 31,400 of 100,000 tokens",
      "€0.28, without a limit",
      "Molty agent nearly used up 90 of 100 tokens",
      "Feed token used up for today",
      "claude model 31,400 tokens",
      "31,400 tokens and €0.28 in all.",
      "10K",
      "today",
    ])
      expect(words).toContain(part);
  });

  it("shows the house’s sums to whoever keeps the house alone", async () => {
    const { read, asked, answers } = await open();
    answers["usage.show"] = report([row({ kind: "house", id: "house" }, 7)], { unpriced: ["qwen\u202E"] });
    read().fire("change", "house");
    expect(read().words).toContain("Loading…");
    await settle();
    expect(asked.filter(({ name }) => name === "usage.show").map(({ input }) => input)).toEqual([
      { days: 7, of: "me" },
      { days: 7, of: "house" },
    ]);
    expect(read().words).toContain("The house everybody together 7 tokens");
    expect(read().words).toContain("No price is set for qwen U+202E");
    expect((await open({}, "member")).read().words).not.toContain("The house");
  });

  it("keeps an answer that comes late out of what was chosen meanwhile", async () => {
    const { dialog } = await open();
    const late = dialog.load();
    dialog.of = "house";
    dialog.report = null;
    await late;
    expect(dialog.report).toBeNull();
  });

  it("says that nothing was used, and what could not be loaded", async () => {
    expect((await open({ "usage.show": report([]) })).read().words).toContain("Nothing was used yet.");
    const failed = await open({ "usage.show": refused("DATABASE_UNAVAILABLE", { problem: "it is busy" }) });
    expect(failed.read().words).toContain("it is busy");
    expect(failed.read().words).not.toContain("Loading");
  });
});
