import { describe, expect, it } from "vitest";
import { EVENT_KINDS } from "./index.ts";

describe("every kind of event", () => {
  it.each(Object.entries(EVENT_KINDS))(
    "%s has a noun:verb name, a version and a strict schema",
    (name, { version, schema }) => {
      expect(name).toMatch(/^[a-z]+:[a-z]+$/);
      expect(Number.isInteger(version) && version >= 1).toBe(true);
      expect(schema.safeParse({}).success).toBe(false);
      const issues = schema.safeParse({ stowaway: 1 }).error?.issues ?? [];
      expect(issues.some(({ code }) => code === "unrecognized_keys")).toBe(true);
    },
  );
});
