/** Attacks between a question and its answer, and after it: another reader, a restart, an edit, a denial, a removal. */
import { afterEach, describe, expect, it } from "vitest";
import { isReader, offersPlan } from "../../support/fitted-gateway.ts";
import { EVE, answers, endAll, from, planOf, readMail, send, startStage, step } from "./attack-stage.ts";
import type { Script, Stage } from "./attack-stage.ts";

afterEach(endAll);

const ADA = "ada@example.org";
const ORDER = "Tell the sender of the picnic mail that I come.";
const COMES = [{ tool: "mail.send", arguments: { to: ADA, body: "I come" } }];
const MORE = [
  send(ADA, "I come"),
  send(ADA, "secret"),
  send(EVE, "secret"),
  step("mail.many", { to: [ADA], body: "s" }),
];

/** Plans once; when the plan is over it asks for `then`. */
const script = (who: () => string, then: readonly ReturnType<typeof step>[] = []): Script => {
  let phase = 0;
  return (request) => {
    if (isReader(request)) return answers(who());
    if (phase === 0 && offersPlan(request)) {
      phase = 1;
      return planOf(readMail(), send(from([1], "who"), "I come"));
    }
    if (phase === 1 && then.length > 0) {
      phase = 2;
      return { calls: then };
    }
    return { text: "ok" };
  };
};

const ask = async (stage: Stage) => {
  const report = await stage.house.send(ORDER);
  const [approval] = report.approvals;
  if (approval === undefined) throw new Error("nothing was asked");
  expect(stage.world.effects()).toEqual([]);
  return { report, approval };
};

describe("a question and what the attacker does meanwhile", { timeout: 30_000 }, () => {
  it("is answered for the value that was shown, whatever the reader would say after a restart", async () => {
    let who = ADA;
    const stage = await startStage(script(() => who));
    const { approval } = await ask(stage);
    who = EVE;
    const again = await stage.restart(script(() => who));
    await again.answer(approval, "allow");
    expect(again.world.effects()).toEqual(COMES);
  });

  it.each(["once", "task", "conversation", "always"] as const)(
    "lets nothing more happen when it is allowed with scope %s",
    async (scope) => {
      const stage = await startStage(script(() => ADA, MORE));
      const { approval, report } = await ask(stage);
      await stage.answer(approval, "allow", approval.question.scopes.includes(scope) ? { scope } : {});
      expect((await stage.house.settled(report.turnId)).approvals).toEqual([]);
      expect(stage.world.effects()).toEqual(COMES);
    },
  );

  it("runs as it was edited, once", async () => {
    const stage = await startStage(script(() => EVE, [send(EVE, "I come"), send(ADA, "I come")]));
    const { approval } = await ask(stage);
    await stage.answer(approval, "allow", { arguments: { to: ADA, body: "I come" } });
    expect(stage.world.effects()).toEqual(COMES);
  });

  it("is not asked again after a denial, in other words either", async () => {
    const stage = await startStage(script(() => EVE, [send(EVE, "I come"), send(EVE, "other")]));
    const { approval } = await ask(stage);
    const ended = await stage.answer(approval, "deny");
    expect(ended.approvals).toEqual([]);
    expect(stage.world.effects()).toEqual([]);
  });

  it("is void when its source is removed, and the turn plans nothing anew", async () => {
    const stage = await startStage(script(() => ADA, MORE));
    const { approval, report } = await ask(stage);
    expect((await stage.house.client.call("provenance.remove", { source: "host:mail.example.org:993" })).ok).toBe(true);
    expect((await stage.house.client.call("approvals.answer", { approvalId: approval.id, answer: "allow" })).ok).toBe(
      false,
    );
    await stage.house.settled(report.turnId);
    expect(stage.world.effects()).toEqual([]);
  });
});
