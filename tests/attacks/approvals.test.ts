import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "@moltbot/client";
import type { Approval, ConversationId } from "@moltbot/contracts";
import { codeOf, must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse, Call, Deed } from "../support/attack-house.ts";

const remind = (text: string, minutes: unknown = 10): Call => ({
  tool: "reminder.create",
  arguments: { minutes, text },
});

describe("approvals: one answer, for one exact call, by one who may", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let owner: Client;
  let member: Client;
  let viewer: Client;
  let other: AttackHouse["agent"];

  beforeAll(async () => {
    house = await startAttackHouse();
    owner = house.clientOf(await house.tokenOf("owner"));
    member = house.clientOf(await house.tokenOf("member"));
    viewer = house.clientOf(await house.tokenOf("viewer"));
    other = must(await house.client.call("agents.create", { name: "Other" }));
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  const reminders = async (text: string): Promise<number> =>
    must(await house.client.call("reminders.list", {})).filter((reminder) => reminder.text === text).length;
  const asked = ({ report }: Pick<Deed, "report">): Approval => {
    const [approval] = report.approvals;
    if (approval === undefined) throw new Error(`it must ask, but the turn is ${report.state}`);
    return approval;
  };
  const stateOf = async ({ id }: Approval): Promise<string> =>
    must(await house.client.call("approvals.get", { approvalId: id })).state;
  const allow = (client: Client, { id }: Approval) =>
    client.call("approvals.answer", { approvalId: id, answer: "allow" });
  const end = async ({ report }: Deed): Promise<void> =>
    void must(await house.client.call("turns.stop", { turnId: report.turnId }));

  it("lets one of twelve answers win that come at once from a token and the socket", async () => {
    const approval = asked(await house.obey([[remind("race-allow")]]));
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => allow(index % 2 === 0 ? owner : house.client, approval)),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    expect(new Set(answers.map(codeOf))).toEqual(new Set(["ok", "APPROVAL_ALREADY_ANSWERED"]));
    must(await house.client.call("turns.get", { turnId: approval.turnId, wait: "true" }));
    expect(await reminders("race-allow")).toBe(1);
  });

  it("does what the first answer says when a yes and a no meet", async () => {
    for (let round = 0; round < 6; round += 1) {
      const text = `race-${String(round)}`;
      const approval = asked(await house.obey([[remind(text)]]));
      const order = [
        () => allow(owner, approval),
        () => house.client.call("approvals.answer", { approvalId: approval.id, answer: "deny" }),
      ];
      const answers = await Promise.all((round % 2 === 0 ? order : order.toReversed()).map((answer) => answer()));
      const [winner] = answers.filter(({ ok }) => ok);
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      must(await house.client.call("turns.get", { turnId: approval.turnId, wait: "true" }));
      const yes = winner?.ok === true && (winner.value.state === "allowed" || winner.value.state === "consumed");
      expect(await reminders(text)).toBe(yes ? 1 : 0);
    }
  });

  it.each([
    ["a member's token", () => member, "ROLE_INSUFFICIENT"],
    ["a viewer's token", () => viewer, "ROLE_INSUFFICIENT"],
    ["a token of nobody", () => house.clientOf("mbt_nobody"), "TOOL"],
  ] as const)("takes no answer from %s", async (what, client, code) => {
    const approval = asked(await house.obey([[remind(what)]]));
    for (const answer of ["allow", "deny"] as const) {
      const said = await client().call("approvals.answer", { approvalId: approval.id, answer, scope: "always" });
      expect(codeOf(said)).toBe(code === "TOOL" ? "TOKEN_INVALID" : code);
    }
    expect(await stateOf(approval)).toBe("pending");
    expect(await reminders(what)).toBe(0);
  });

  it("takes no answer in another's name or in a shape of its own", async () => {
    const approval = asked(await house.obey([[remind("shape")]]));
    const headers = { authorization: `Bearer ${await house.tokenOf("owner")}`, "content-type": "application/json" };
    const bodies = [
      { answer: "allow", answeredBy: approval.agentId },
      { answer: "allow", principalId: approval.agentId },
      { answer: "allow", state: "allowed" },
      { answer: "allow", digest: "0".repeat(64) },
      { answer: "ALLOW" },
      { answer: ["allow"] },
      { answer: true },
      { answer: "allow", scope: "forever" },
      { answer: "allow", scope: ["once"] },
      { answer: "allow", approvalId: "x" },
      { scope: "always" },
      {},
      [],
      "allow",
      null,
    ];
    for (const body of bodies) {
      const said = await house.http({
        method: "POST",
        path: `/v2/approvals/${approval.id}/answer`,
        headers,
        body: JSON.stringify(body),
      });
      expect(said.status, JSON.stringify(body)).toBe(400);
    }
    for (const path of [
      `/v2/approvals/${approval.id.toUpperCase()}/answer`,
      `/v2/approvals/${approval.id}%00/answer`,
      `/v2/approvals/../approvals/${approval.id.slice(0, -1)}0/answer`,
      "/v2/approvals/*/answer",
    ]) {
      const said = await house.http({ method: "POST", path, headers, body: '{"answer":"allow"}' });
      expect([400, 404], path).toContain(said.status);
    }
    const get = await house.http({ method: "GET", path: `/v2/approvals/${approval.id}/answer?answer=allow`, headers });
    expect([404, 405]).toContain(get.status);
    expect(await stateOf(approval)).toBe("pending");
    expect(await reminders("shape")).toBe(0);
  });

  it("cancels the question of a stopped turn, and no later answer revives it", async () => {
    const deed = await house.obey([[remind("stopped")]]);
    const approval = asked(deed);
    await end(deed);
    expect(await stateOf(approval)).toBe("cancelled");
    expect(codeOf(await allow(owner, approval))).toBe("APPROVAL_ALREADY_ANSWERED");
    expect(await reminders("stopped")).toBe(0);
  });

  it("lets no yes that meets a stop act after the stop, and never twice", async () => {
    for (let round = 0; round < 6; round += 1) {
      const text = `stop-race-${String(round)}`;
      const approval = asked(await house.obey([[remind(text), remind(text)]]));
      const [said] = await Promise.all([
        allow(owner, approval),
        house.client.call("turns.stop", { turnId: approval.turnId }),
      ]);
      must(await house.client.call("turns.get", { turnId: approval.turnId, wait: "true" }));
      const count = await reminders(text);
      expect(count).toBeLessThanOrEqual(said.ok ? 1 : 0);
      const left = must(await house.client.call("approvals.list", { state: "pending" })).filter(
        ({ turnId }) => turnId === approval.turnId,
      );
      expect(left).toEqual([]);
    }
  });

  it("asks again for a denied call, however often the model repeats it", async () => {
    const deed = await house.obey([[remind("denied")], [remind("denied")], [remind("denied")]]);
    let { report } = deed;
    let questions = 0;
    while (report.approvals.length > 0) {
      questions += 1;
      report = await house.answer(asked({ report }), "deny");
    }
    expect(questions).toBeGreaterThanOrEqual(1);
    expect(await reminders("denied")).toBe(0);
    const results = await house.resultsOf(report);
    expect(results.every(({ status }) => status === "refused")).toBe(true);
  });

  it("spends one yes on one call: the same call again asks again, also beside it in the same answer", async () => {
    const deed = await house.obey([[remind("twin"), remind("twin")], [remind("twin")]]);
    expect(deed.report.approvals.length).toBeGreaterThanOrEqual(1);
    const next = await house.answer(asked(deed), "allow", "once");
    expect(await reminders("twin")).toBe(1);
    expect(next.state).toBe("waiting");
    const third = await house.answer(asked({ report: next }), "allow", "once");
    expect(await reminders("twin")).toBe(2);
    expect(third.state).toBe("waiting");
    await house.answer(asked({ report: third }), "deny");
    expect(await reminders("twin")).toBe(2);
  });

  it("spends one yes in one turn, though ten turns of one conversation wait for the very same call", async () => {
    const first = await house.obey([[remind("crowd")]]);
    const crowd = [first];
    for (let turn = 0; turn < 4; turn += 1)
      crowd.push(await house.obey([[remind("crowd")]], { conversationId: "new" }));
    await house.answer(asked(first), "allow", "once");
    await Promise.all(
      crowd.slice(1).map(({ report }) => house.client.call("turns.get", { turnId: report.turnId, wait: "true" })),
    );
    expect(await reminders("crowd")).toBe(1);
    await Promise.all(crowd.slice(1).map(end));
  });

  it("asks again when the model changes an argument after the yes", async () => {
    const deed = await house.obey([[remind("drift-a")], [remind("drift-b")], [remind("drift-a", 11)]]);
    const second = await house.answer(asked(deed), "allow", "task");
    expect(asked({ report: second }).question.arguments.map(({ value }) => value)).toContain("drift-b");
    const third = await house.answer(asked({ report: second }), "deny");
    expect(asked({ report: third }).question.arguments.map(({ value }) => value)).toContain(11);
    await house.answer(asked({ report: third }), "deny");
    expect([await reminders("drift-a"), await reminders("drift-b")]).toEqual([1, 0]);
  });

  /** Calls that a person would take for the granted one. */
  const lookAlikes: readonly (readonly [string, string | Record<string, unknown>])[] = [
    ["another number", { minutes: 11, text: "stretch" }],
    ["another case", { minutes: 10, text: "Stretch" }],
    ["a space behind", { minutes: 10, text: "stretch " }],
    ["a no-break space", { minutes: 10, text: "stretch\u00a0" }],
    ["a Cyrillic letter", { minutes: 10, text: "str\u0435tch" }],
    ["a full-width letter", { minutes: 10, text: "stret\uff43h" }],
    ["a zero-width space", { minutes: 10, text: "str\u200betch" }],
    ["a soft hyphen", { minutes: 10, text: "stret\u00adch" }],
    ["a combining mark", { minutes: 10, text: "stretch\u0301" }],
    ["a bidi override", { minutes: 10, text: "\u202estretch" }],
    ["a NUL behind", { minutes: 10, text: "stretch\u0000" }],
    ["tag characters", { minutes: 10, text: "stretch\u{e0061}\u{e0062}" }],
    ["a lone surrogate", '{"minutes":10,"text":"stretch\\ud800"}'],
    ["a doubled key", '{"minutes":10,"text":"stretch","minutes":600}'],
    ["a doubled escaped key", '{"minutes":10,"text":"stretch","\\u0074ext":"evil"}'],
  ];
  it("covers under “always” the very same arguments alone, for one agent, until it is revoked", async () => {
    const grantedBefore = new Set(must(await house.client.call("capabilities.list", {})).map(({ id }) => id));
    await house.answer(asked(await house.obey([[remind("stretch")]])), "allow", "always");
    expect(await reminders("stretch")).toBe(1);
    // The same number in other words is the same call.
    for (const [index, written] of [
      '{"minutes":10,"text":"stretch"}',
      '{"text":"stretch","minutes":1e1}',
      '{"minutes":10.0,"text":"\\u0073tretch"}',
    ].entries()) {
      const same = await house.obey([[{ tool: "reminder.create", arguments: written }]]);
      expect(same.report.state, written).toBe("done");
      expect(await reminders("stretch")).toBe(2 + index);
    }
    const all = must(await house.client.call("reminders.list", {})).length;
    for (const [what, args] of lookAlikes) {
      const deed = await house.obey([[{ tool: "reminder.create", arguments: args }]]);
      expect(
        deed.results.some(({ status }) => status === "ok"),
        what,
      ).toBe(false);
      if (deed.report.approvals.length > 0) await end(deed);
    }
    for (const args of [
      '{"minutes":"10","text":"stretch"}',
      '{"minutes":10,"text":"stretch","extra":1}',
      '{"minutes":[10],"text":"stretch"}',
      '{"minutes":10.5,"text":"stretch"}',
      '{"minutes":-10,"text":"stretch"}',
      '{"minutes":1e999,"text":"stretch"}',
      '{"minutes":10,"text":["stretch"]}',
      '{"Minutes":10,"text":"stretch"}',
    ]) {
      const deed = await house.obey([[{ tool: "reminder.create", arguments: args }]]);
      expect(deed.results[0]?.code, args).toBe("TOOL_ARGUMENTS_INVALID");
    }
    const elsewhere = await house.obey([[remind("stretch")]], { agentId: other.id });
    expect(elsewhere.report.approvals).toHaveLength(1);
    expect(must(await house.client.call("reminders.list", {}))).toHaveLength(all);
    for (const { id } of must(await house.client.call("capabilities.list", {})).filter(
      ({ id }) => !grantedBefore.has(id),
    )) {
      expect(codeOf(await member.call("capabilities.revoke", { capabilityId: id }))).toBe("ROLE_INSUFFICIENT");
      must(await house.client.call("capabilities.revoke", { capabilityId: id }));
    }
    expect((await house.obey([[remind("stretch")]])).report.approvals).toHaveLength(1);
    expect(must(await house.client.call("reminders.list", {}))).toHaveLength(all);
  });

  it("covers under “conversation” the same arguments in that conversation alone", async () => {
    const first = await house.obey([[remind("here")]]);
    const { conversationId } = first.report;
    await house.answer(asked(first), "allow", "conversation");
    const again = await house.obey([[remind("here")]], { conversationId });
    expect([again.report.state, await reminders("here")]).toEqual(["done", 2]);
    const tries: readonly (readonly [
      Call,
      { conversationId: ConversationId | "new"; agentId?: AttackHouse["agent"]["id"] },
    ])[] = [
      [remind("here"), { conversationId: "new" }],
      [remind("here"), { conversationId: "new", agentId: other.id }],
      [remind("here", 9), { conversationId }],
      [remind("Here"), { conversationId }],
    ];
    for (const [call, where] of tries) {
      const deed = await house.obey([[call]], where);
      expect(deed.report.approvals).toHaveLength(1);
      await end(deed);
    }
    expect(await reminders("here")).toBe(2);
  });

  it("covers under “task” nothing of the next turn", async () => {
    const first = await house.obey([[remind("task")], [remind("task")]]);
    const after = await house.answer(asked(first), "allow", "task");
    const count = await reminders("task");
    expect(after.state === "done" ? 2 : 1).toBe(count);
    if (after.approvals.length > 0) must(await house.client.call("turns.stop", { turnId: after.turnId }));
    const next = await house.obey([[remind("task")]], { conversationId: first.report.conversationId });
    expect(next.report.approvals).toHaveLength(1);
    expect(await reminders("task")).toBe(count);
  });

  it("sends no message of one agent's conversation to another agent", async () => {
    const first = await house.obey([[{ tool: "clock.now", arguments: {} }]]);
    const said = await house.client.call("messages.send", {
      agentId: other.id,
      conversationId: first.report.conversationId,
      content: "hello",
    });
    expect(said.ok).toBe(false);
  });
});
