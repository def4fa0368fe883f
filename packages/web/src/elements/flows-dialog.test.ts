import { instantOf, PrincipalId } from "@moltbot/contracts";
import type { DataFlow, OperationName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { FlowsDialog } from "./flows-dialog.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const flow = (host: string | null, wish: Partial<DataFlow> = {}): DataFlow => ({
  host,
  way: "tool",
  tool: "http.get",
  data: "own",
  connections: 3,
  failed: 0,
  writing: 0,
  bytesOut: 1536,
  bytesIn: 3_145_728,
  firstAt: instantOf(NOON),
  lastAt: instantOf(NOON),
  withSecret: 0,
  secrets: [],
  ...wish,
});
const report = (flows: readonly DataFlow[], complete = true) => ({ since: instantOf(NOON), flows, complete });
const FLOWS = [
  flow("api.example:443", { withSecret: 1, secrets: ["we\u200Bather"] }),
  flow("api.example:443", { way: "model", tool: null, data: "nobody", bytesOut: 10 }),
  flow("ev\u202Eil.example:443", { way: "gate", tool: "exec.run", data: "public", bytesOut: 0, failed: 3 }),
  flow(null, { data: "unknown", bytesOut: 5 }),
];

type Table = { readonly [N in OperationName]?: unknown };
const dialogOf = (table: Table = {}, role: typeof ME.role = "owner") => {
  const gateway = gatewayOf({ "flows.report": report(FLOWS), ...table });
  const dialog = new FlowsDialog();
  const done = standIn(dialog);
  Object.assign(dialog, { call: gateway.call, me: { ...ME, role }, now: NOON });
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  return { dialog, read, done, ...gateway };
};
const open = async (...given: Parameters<typeof dialogOf>) => {
  const opened = dialogOf(...given);
  await opened.dialog.show();
  return opened;
};
/** What Lit calls of an element: before it draws what changed, and when its dialog closed. */
const lit = (dialog: FlowsDialog): { willUpdate(changed: Map<string, unknown>): void; closed(): void } =>
  dialog as unknown as ReturnType<typeof lit>; // both are protected

describe("where data went", () => {
  it("says which host was sent what kind of data, by whom, how much, and with which secret", async () => {
    const { read, asked, dialog } = await open();
    const { words, markup } = read();
    for (const part of [
      "Not yours what not even you may see to 1 host",
      "Yours alone what only you may see to 1 host",
      "api.example:443 1.5 KB sent, 6 MB received in all",
      "Ask a web service 3 connections with the secret “we U+200B ather” Yours alone Sent 1.5 KB Received 3 MB",
      "A model 3 connections Not yours Sent 10 bytes",
      "ev U+202E il.example:443 unusual letters",
      "was sent nothing",
      "A program 3 connections, all failed or refused Public Sent nothing",
      "No longer known",
    ])
      expect(words).toContain(part);
    expect(words).not.toContain("Public what");
    expect(markup).not.toMatch(/[\u200B\u202E]/);
    expect(dialog.said).toBe("1.5 KB went to 1 host and others no longer known, and 12 MB came back.");
    expect(asked).toEqual([{ name: "flows.report", input: { of: "me", days: 7 } }]);
  });

  it("asks for other days, and of the house for whoever keeps it alone", async () => {
    const { read, asked, answers } = await open();
    answers["flows.report"] = report([flow("h", { data: "own" })]);
    read().fire("change", "value=house");
    expect(read().words).toContain("Loading…");
    await settle();
    read().fire("change", "value=30");
    await settle();
    expect(asked.map(({ input }) => input)).toEqual([
      { of: "me", days: 7 },
      { of: "house", days: 7 },
      { of: "house", days: 30 },
    ]);
    expect(read().words).toContain("One person’s alone");
    expect(read().words).toContain("It does not tell whose data it was");
    expect((await open({}, "member")).read().words).not.toContain("The house");
  });

  it("keeps an answer out that comes after another choice, after the page was left, or to somebody else", async () => {
    const { dialog, read, answers } = await open();
    const late = dialog.load();
    answers["flows.report"] = report([]);
    read().fire("change", "value=90");
    await late;
    await settle();
    expect(dialog.report?.flows).toEqual([]);

    const left = dialog.load();
    lit(dialog).closed();
    await left;
    expect([dialog.report, dialog.said]).toEqual([null, ""]);

    const mine = dialog.load();
    dialog.me = { ...ME, id: PrincipalId.parse("00000000-0000-7000-8000-000000000078") };
    await mine;
    expect(dialog.report).toBeNull();
  });

  it("forgets what it shows when somebody else signs in, and only then", async () => {
    const { dialog } = await open();
    lit(dialog).willUpdate(new Map([["me", { ...ME }]]));
    expect(dialog.report).not.toBeNull();
    dialog.me = null;
    lit(dialog).willUpdate(new Map([["me", ME]]));
    expect(dialog.report).toBeNull();
  });

  it("says what could not be loaded, and tries again", async () => {
    const { read, answers, done, asked } = await open({
      "flows.report": refused("DATABASE_UNAVAILABLE", { problem: "it is busy" }),
    });
    expect(read().words).toContain("it is busy");
    expect(read().words).not.toContain("Loading");
    read().fire("click", "Try again");
    await settle();
    expect(done).toContain("focus #flows-problem");
    answers["flows.report"] = report([]);
    read().fire("click", "Try again");
    await settle();
    expect(read().words).toContain("Nothing was sent to anybody.");
    expect(read().words).not.toContain("it is busy");
    expect(done).toContain("focus #flows-came");
    expect(asked).toHaveLength(3);
  });

  it("says when there is more than one report counts, and shows many hosts in parts", async () => {
    const many = Array.from({ length: 30 }, (_, n) => flow(`h${n}.example:443`, { bytesOut: 1000 - n }));
    const { read, done } = await open({ "flows.report": report(many, false) });
    expect(read().words).toContain("more connections than one report counts");
    expect(read().words).not.toContain("h25.example");
    read().fire("click", "more of");
    await settle();
    expect(read().words).toContain("h29.example:443");
    expect(done).toContain("focus #flow-host-25");
    expect(() => read().fire("click", "more of")).toThrow("nothing called");
  });
});
