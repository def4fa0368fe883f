import { covers, OPERATION_NAMES } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { areasIn, operationsText, PERSON_AREAS } from "./operation-choice.ts";

describe("operations by area", () => {
  it("name operations that there are, every one of them", () => {
    for (const [, , patterns] of PERSON_AREAS)
      for (const pattern of patterns)
        expect([
          pattern,
          pattern === "events.stream" || OPERATION_NAMES.some((name) => covers([pattern], name)),
        ]).toEqual([pattern, true]);
  });

  it("find whole areas in patterns, and leave nothing out that is over", () => {
    expect(areasIn(PERSON_AREAS, ["approvals.*", "contacts.list"])).toEqual({
      keys: ["answer"],
      more: ["contacts.list"],
    });
    expect(areasIn(PERSON_AREAS, ["*"])).toEqual({ keys: PERSON_AREAS.map(([key]) => key), more: ["*"] });
    expect(operationsText(["reminders.*", "memories.*", "policy.get"])).toBe("Reminders and memories; policy.get");
  });
});
