import { describe, expect, it } from "vitest";
import type { Capability, Integrity } from "@moltbot/contracts";
import { decide } from "./decide.ts";
import { originOf } from "./endorse.ts";
import { factsOf } from "./facts.ts";
import { inputOf } from "./testing/decisions.ts";
import { callOf, capabilityOf, manifestOf, OTHER_AGENT } from "./testing/house.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const TO_BOB = { kind: "equals", argument: "to", value: "bob@example.org" } as const;

const origin = (
  argument: string,
  integrity: Integrity,
  stated: readonly string[] = [],
  capabilities: readonly Capability[] = [],
) => {
  const verdict = decide(inputOf(callOf("mail.send", MAIL, integrity), { stated, capabilities }));
  if (verdict.kind === "ask") return verdict.question.arguments.find(({ name }) => name === argument)?.origin;
  const facts = factsOf(manifestOf("mail.send"), inputOf(callOf("mail.send", MAIL, integrity), { stated }));
  return originOf(argument, facts, capabilities);
};

describe("the origin of an argument", () => {
  it("is stated where the person's own words fix it", () => {
    expect(origin("to", "untrusted", ["mail to bob@example.org"])).toBe("stated");
  });

  it("is never stated for an argument without a role, or one that is not critical", () => {
    expect(origin("text", "authority", ["say hi to bob@example.org", "hi"])).toBe("model");
  });

  it("is granted where a capability that covers the call bounds it", () => {
    expect(origin("to", "untrusted", [], [capabilityOf("mail.send", [TO_BOB])])).toBe("granted");
    expect(origin("text", "untrusted", [], [capabilityOf("mail.send", [TO_BOB])])).toBe("untrusted");
  });

  it("is not granted by a capability that does not cover the call", () => {
    expect(origin("to", "untrusted", [], [capabilityOf("mail.send", [TO_BOB], { holder: OTHER_AGENT })])).toBe(
      "untrusted",
    );
  });

  it("is the model's own with nothing untrusted in view, and untrusted otherwise, a participant's words included", () => {
    expect(origin("to", "authority")).toBe("model");
    expect(origin("to", "untrusted")).toBe("untrusted");
    expect(origin("to", "participant")).toBe("untrusted");
  });
});
