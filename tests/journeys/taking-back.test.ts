import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse, Call } from "../support/attack-house.ts";

const remind = (text: string): Call => ({ tool: "reminder.create", arguments: { minutes: 10, text } });
const save = (text: string): Call => ({ tool: "memory.save", arguments: { text } });
const search = (query: string): Call => ({ tool: "memory.search", arguments: { query } });

describe("what a card calls undoable can be undone", { timeout: 60_000 }, () => {
  let house: AttackHouse;
  beforeAll(async () => {
    house = await startAttackHouse();
  }, 60_000);
  afterAll(() => house.close());

  it("a reminder is cancelled once, by one who may, and the record says so", async () => {
    const { report } = await house.obey([[remind("water the plants")]]);
    const [question] = report.approvals;
    expect(question?.question.undo).toBe("undoable");
    must(await house.client.call("approvals.answer", { approvalId: question?.id ?? "", answer: "allow" }));
    must(await house.client.call("turns.get", { turnId: report.turnId, wait: "true" }));
    const [reminder] = must(await house.client.call("reminders.list", { state: "scheduled" }));
    const reminderId = reminder?.id ?? "";
    const viewer = house.clientOf(await house.tokenOf("viewer"));
    expect(codeOf(await viewer.call("reminders.cancel", { reminderId }))).toBe("ROLE_INSUFFICIENT");
    expect(must(await house.client.call("reminders.cancel", { reminderId })).state).toBe("cancelled");
    expect(codeOf(await house.client.call("reminders.cancel", { reminderId }))).toBe("CONFLICT");
    expect(must(await house.client.call("reminders.list", { state: "scheduled" }))).toEqual([]);
    const [newest] = must(await house.client.call("audit.list", { limit: 1 }));
    expect(newest).toMatchObject({ event: "reminder:cancelled", fields: { reminderId } });
  });

  it("a memory is forgotten: no list, no search and no model finds it again", async () => {
    await house.obey([[save("the cat is called Xenophon")]]);
    const [memory] = must(await house.client.call("memories.list", {}));
    expect(memory?.text).toBe("the cat is called Xenophon");
    expect((await house.obey([[search("Xenophon")]])).results[0]?.text).toContain("Xenophon");
    const memoryId = memory?.id ?? "";
    const viewer = house.clientOf(await house.tokenOf("viewer"));
    expect(codeOf(await viewer.call("memories.remove", { memoryId }))).toBe("ROLE_INSUFFICIENT");
    must(await house.client.call("memories.remove", { memoryId }));
    expect(must(await house.client.call("memories.list", {}))).toEqual([]);
    expect((await house.obey([[search("the cat")]])).results[0]?.text).not.toContain("Xenophon");
    expect(codeOf(await house.client.call("memories.remove", { memoryId }))).toBe("NOT_FOUND");
    expect(must(await house.client.call("audit.verify", {})).ok).toBe(true);
  });
});
