import { describe, expect, it } from "vitest";
import { handleOf } from "../conversation/index.ts";
import { runTurn } from "./index.ts";
import { MOST_CARRIED } from "./most-carried.ts";
import { MAIL, PAGE, callsIn, commit, earlier, planWorld, step } from "./testing/plans.ts";
import { resultOf } from "./testing/turn.ts";
import type { Answer, Doing, WorldWish } from "./testing/turn.ts";

const letter = earlier(1, { label: MAIL, parts: [{ type: "text", text: "x".repeat(1_000) }] });
const TOKEN = `⟦${handleOf(letter.id)}⟧`;
const does: Doing = (call) => resultOf(call);
const house = (answers: readonly Answer[], wish: WorldWish = {}) =>
  planWorld(answers, does, { before: [letter], reading: "quarantined", ...wish });
const madeBy = async (one: ReturnType<typeof planWorld>) => {
  await runTurn(one.run());
  return one.calls.map(({ call }) => call);
};

describe("calls that carry what is kept aside", () => {
  it("run in the order in which the model asked for them, with those that carry nothing", async () => {
    const write = ["file.append", JSON.stringify({ text: TOKEN })] as const;
    const one = house([{ text: "I will.", calls: [["mail.search", "{}"], write, ["mail.send", "{}"], write] }]);
    const made = await madeBy(one);
    expect(made.map(({ tool }) => tool)).toEqual(["mail.search", "file.append", "mail.send", "file.append"]);
    expect(made.map(({ label }) => label.integrity)).toEqual(["authority", "untrusted", "authority", "untrusted"]);
    expect(one.said().filter((line) => line.startsWith("assistant: I will."))).toEqual([
      "assistant: I will. + call mail.search",
    ]);
  });

  it("keep the label of a reader's answer in the name of a field", async () => {
    const asks = ["quarantine.ask", JSON.stringify({ from: [handleOf(letter.id)], ask: "?", as: "date" })] as const;
    const named = (args: object) => [{ calls: [asks] }, { calls: [["mail.send", JSON.stringify(args)] as const] }];
    const reader = () => '{"answer":"2026-12-01"}';
    const [call] = await madeBy(house(named({ on: { "2026-12-01": "please" }, to: "please" }), { reader }));
    expect(call?.values?.["on"]?.integrity).toBe("untrusted");
    expect(call?.values?.["to"]?.integrity).toBe("authority");
    const planned = [{ calls: [asks] }, { calls: [commit(step("mail.send", { on: [{ "2026-12-01": 1 }] }))] }];
    const [issued] = await madeBy(house(planned, { reader }));
    expect(issued?.values?.["on"]?.integrity).toBe("untrusted");
  });
});

describe("how much a call may carry", () => {
  const most = Math.floor(MOST_CARRIED / 1_000);

  it("is bounded where a model repeats a handle without end; up to the bound it runs", async () => {
    const [fits] = await madeBy(house([{ calls: [["mail.send", JSON.stringify({ text: TOKEN.repeat(most) })]] }]));
    expect(fits?.arguments["text"]).toHaveLength(MOST_CARRIED);
    const one = house([{ calls: [["mail.send", JSON.stringify({ text: TOKEN.repeat(most + 1) })]] }, { text: "no" }]);
    expect(await madeBy(one)).toEqual([]);
    expect(one.said().join("\n")).toContain(`is longer than ${String(MOST_CARRIED)} characters`);
    expect(JSON.stringify(callsIn(one.messages)).length).toBeLessThan(MOST_CARRIED);
  });

  it("is bounded over all references of a step, which is then over as failed while the rest of the plan goes on", async () => {
    const many = Array.from({ length: 40 }, () => ({ $from: Array.from({ length: 20 }, () => 1) }));
    const steps = [step("web.fetch"), step("mail.send", { to: many }), step("file.append", { path: "other" })];
    const one = planWorld([{ calls: [commit(...steps)] }, { text: "ok" }], (call) =>
      call.tool === "web.fetch" ? resultOf(call, "x".repeat(200_000), PAGE) : resultOf(call),
    );
    expect((await madeBy(one)).map(({ tool }) => tool)).toEqual(["web.fetch", "file.append"]);
    expect(one.said().find((line) => line.startsWith("assistant: call mail.send"))).toContain("failed");
    expect(JSON.stringify(one.messages).length).toBeLessThan(MOST_CARRIED);
  });
});
