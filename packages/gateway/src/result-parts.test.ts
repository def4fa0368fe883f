import { ERROR_CODES, label, moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { toolCall } from "./operations/testing/fake-house.ts";
import { failurePart, outcomePart, refusalPart, unknownPart } from "./result-parts.ts";

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
