import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ToolName } from "@moltbot/contracts";
import { fromVendorName, toVendorName } from "./tool-names.ts";

describe("a tool's name at a vendor", () => {
  it("comes back as it went and holds only what vendors allow", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
    const name = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => ToolName.parse(words.join(".")));
    fc.assert(
      fc.property(name, (tool) => {
        expect(toVendorName(tool)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(fromVendorName(toVendorName(tool))).toBe(tool);
      }),
    );
  });
});
