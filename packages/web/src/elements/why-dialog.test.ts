import { label, moltbotError } from "@moltbot/contracts";
import type { Explanation, Result } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, approval, CALL, HERE, ME, TURN } from "../testing/samples.ts";
import { WhyDialog } from "./why-dialog.ts";

const EXPLANATION: Explanation = {
  id: "00000000-0000-7000-8000-000000000400" as Explanation["id"], // a brand on a constant
  at: approval(1).createdAt,
  callId: CALL,
  turnId: TURN,
  conversationId: HERE,
  agentId: AGENT,
  tool: "reminder.create",
  effect: "commit",
  verdict: "deny",
  rule: "policy.forbids",
  says: "The operator forbids it.",
  code: "POLICY_FORBIDS",
  context: label("untrusted", [ME.id], [{ kind: "host", ref: "example.org" }]),
  arguments: [{ name: "text", value: "a\u202Eb", critical: true, origin: "untrusted" }],
  capabilities: [
    { id: "00000000-0000-7000-8000-000000000401" as never, reason: "for stretching", keptFrom: "minutes is too much" },
    { id: "00000000-0000-7000-8000-000000000402" as never, reason: "for all", keptFrom: null },
  ],
  approvals: [{ id: approval(1).id, state: "denied" }],
  forbiddenBy: ["no-reminders"],
  nearest: {
    tool: "reminder.create",
    permissions: [],
    constraints: [{ kind: "at-most", argument: "minutes", limit: 3 }],
  },
};

const ask = async (answer: Result<readonly Explanation[]> | null) => {
  const dialog = new WhyDialog();
  const opened: string[] = [];
  Object.assign(dialog, {
    querySelector: () => ({ showModal: () => opened.push("opened"), close: () => opened.push("closed") }),
  });
  dialog.explain = () => Promise.resolve(answer);
  await dialog.show(CALL);
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  return { dialog, opened, read };
};

describe("why", () => {
  it("gives the verdict, the rule, what was in view, each argument, each permission and the nearest one", async () => {
    const { opened, read } = await ask({ ok: true, value: [EXPLANATION] });
    for (const part of [
      "Refused",
      "The operator forbids it.",
      "rule policy.forbids",
      "POLICY_FORBIDS",
      "Untrusted content was in view: a page of example.org.",
      "U+202E",
      "chosen with untrusted content in view",
      "minutes is too much",
      "it covers this call",
      "no-reminders",
      "reminder.create when minutes is at most 3",
    ])
      expect(read().words).toContain(part);
    expect(read().markup).not.toContain("\u202E");
    read().fire("click", "Close");
    expect(opened).toEqual(["opened", "closed"]);
  });

  it("leaves out what there is not, and says when nothing was decided or nothing could be found", async () => {
    const bare: Explanation = {
      ...EXPLANATION,
      verdict: "allow",
      code: null,
      context: label("authority", [ME.id]),
      arguments: [],
      capabilities: [],
      approvals: [],
      forbiddenBy: [],
      nearest: null,
    };
    const { words } = (await ask({ ok: true, value: [bare] })).read();
    expect(words).toContain("Only your own words");
    expect(words).not.toMatch(/Arguments|looked at|would have allowed|policy’s/);
    expect((await ask({ ok: true, value: [] })).read().words).toContain("Nothing was decided");
    const failed = await ask({ ok: false, error: moltbotError("NOT_FOUND", { kind: "decision" }) });
    expect(failed.read().words).toContain(moltbotError("NOT_FOUND", { kind: "decision" }).message);
    expect((await ask(null)).read().words).toContain("Looking it up…");
  });
});
