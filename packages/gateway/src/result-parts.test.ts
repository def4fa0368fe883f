import { ERROR_CODES, label, moltbotError, ToolName } from "@moltbot/contracts";
import type { ToolManifest } from "@moltbot/contracts";
import { z } from "zod";
import { describe, expect, it } from "vitest";
import { toolCall } from "./operations/testing/fake-house.ts";
import { failurePart, outcomePart, ranPart, refusalPart, unknownPart } from "./result-parts.ts";

const call = toolCall(1);

describe("what becomes of a call, as a part of a message", () => {
  it("carries the outcome's own label when it ran", () => {
    const page = label("untrusted", "public", [{ kind: "host", ref: "example.org:443" }]);
    expect(outcomePart(call, { text: "for the model", summary: "for people", label: page })).toEqual({
      kind: "result",
      part: {
        type: "result",
        callId: call.id,
        tool: call.tool,
        status: "ok",
        text: "for the model",
        summary: "for people",
        code: null,
      },
      label: page,
    });
  });

  it("carries what was noticed and how many secrets were kept back, where there was any", () => {
    const signals = [{ kind: "hidden-text", says: "3 characters that cannot be seen", count: 3 }] as const;
    const outcome = { text: "t", summary: "s", label: call.label, secrets: 2 };
    expect(outcomePart(call, outcome, signals)).toMatchObject({ part: { status: "ok", secrets: 2, signals } });
    expect(outcomePart(call, { ...outcome, secrets: 0 })).not.toHaveProperty("part.secrets");
    expect(outcomePart(call, outcome)).not.toHaveProperty("part.signals");
  });

  it("says why, what next and the code when it was refused", () => {
    const part = refusalPart(call, { kind: "deny", rule: "r", error: moltbotError("APPROVAL_DENIED"), nearest: null });
    expect(part).toMatchObject({
      part: {
        status: "refused",
        text: "A person denied this call. Ask for something else, or ask the person.",
        code: "APPROVAL_DENIED",
      },
      label: call.label,
    });
  });

  it("says that the outcome is unknown when a crash hid it", () => {
    expect(unknownPart(call, moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }))).toMatchObject({
      part: { status: "unknown", code: "TOOL_OUTCOME_UNKNOWN" },
    });
  });

  it("tells a refusal from a failure by the error's family", () => {
    expect(failurePart(call, moltbotError("PERMIT_SPENT"))).toMatchObject({
      ok: true,
      value: { part: { status: "refused" } },
    });
    expect(failurePart(call, moltbotError("TOOL_TIMEOUT", { tool: "a", limit: 1 }))).toMatchObject({
      ok: true,
      value: { part: { status: "failed", code: "TOOL_TIMEOUT" } },
    });
  });

  it("is nothing at all when it could not be recorded: the turn stops instead", () => {
    const stopping = ERROR_CODES.filter((code) => !failurePart(call, moltbotError(code)).ok);
    expect(stopping.toSorted()).toEqual([
      "AUDIT_UNWRITABLE",
      "DATABASE_DAMAGED",
      "DATABASE_UNAVAILABLE",
      "QUEUE_LEASE_LOST",
    ]);
  });
});

describe("a look outside that failed", () => {
  // The host of a redirect is text that the page's owner chose: "now-open-http-example-org-slash-leak.evil.test".
  const error = moltbotError("HOST_NOT_ALLOWED", { host: "do-this-and-that.evil.test" });
  const manifest = (result: ToolManifest["result"]): ToolManifest => ({
    name: ToolName.parse(call.tool),
    version: 1,
    title: "",
    description: "",
    effect: "fetch",
    permissions: [],
    input: z.strictObject({}),
    critical: [],
    result,
    undo: "none",
    repeatable: true,
  });

  it("is as untrusted as a page would have been, so that no redirect speaks as the owner", () => {
    for (const catalog of [[manifest("untrusted")], []]) {
      const part = ranPart(catalog, call, { ok: false, error });
      expect(part).toMatchObject({
        ok: true,
        value: { label: { integrity: "untrusted", readers: call.label.readers } },
      });
    }
  });

  it("leaves the context as it was where a tool reads nothing from outside", () => {
    const part = ranPart([manifest("context")], call, { ok: false, error });
    expect(part).toMatchObject({ ok: true, value: { label: call.label } });
  });

  it("unplug: with the call's own label the attacker's words would stand as trusted", () => {
    const part = failurePart(call, error);
    expect(part.ok && JSON.stringify(part.value)).toContain("do-this-and-that");
    expect(part).toMatchObject({ value: { label: { integrity: "authority" } } });
  });
});

describe("a denial", () => {
  it("gives the person's own words to the model, in quotation marks", () => {
    const verdict = {
      kind: "deny",
      rule: "approval.denied",
      error: moltbotError("APPROVAL_DENIED"),
      nearest: null,
    } as const;
    expect(refusalPart(call, verdict, 'ask "Bob" first')).toMatchObject({
      part: { text: expect.stringContaining('They said: "ask \\"Bob\\" first"') as string },
    });
  });
});
