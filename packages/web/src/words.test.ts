import { describe, expect, it } from "vitest";
import { approval, ME } from "./testing/samples.ts";
import {
  argumentsText,
  constraintsText,
  constraintText,
  countdownText,
  endText,
  momentText,
  sourceText,
  valueText,
} from "./words.ts";

describe("what a limit means", () => {
  it("shows hidden characters in it", () => {
    expect(constraintText({ kind: "equals", argument: "a\u200B", value: "b\u202E" })).toBe(
      "a⟨U+200B⟩ is exactly “b⟨U+202E⟩”",
    );
  });

  it("says every kind of limit", () => {
    expect(constraintText({ kind: "one-of", argument: "to", values: ["a", 1] })).toBe("to is one of “a”, 1");
    expect(constraintText({ kind: "at-most", argument: "n", limit: 3 })).toBe("n is at most 3");
    expect(constraintText({ kind: "host-in", argument: "url", hosts: ["a:443", "b:443"] })).toBe(
      "url leads to “a:443” or “b:443”",
    );
    expect(constraintText({ kind: "host-in", argument: "network", hosts: [] })).toBe("without network");
    expect(constraintText({ kind: "host-in", argument: "url", hosts: [] })).toBe("url leads nowhere");
    expect(constraintText({ kind: "method-in", argument: "m", methods: ["GET", "HEAD"] })).toBe("m is “GET” or “HEAD”");
    expect(constraintText({ kind: "path-prefix", argument: "url", prefixes: ["/v1"] })).toBe(
      "url has a path under “/v1”",
    );
    expect(constraintText({ kind: "path-within", argument: "p", root: "" })).toBe("p lies in the workspace");
    expect(constraintText({ kind: "path-within", argument: "p", root: "notes" })).toBe("p lies in “notes”");
    expect(constraintText({ kind: "matches", argument: "p", pattern: "a/*" })).toBe("p starts with “a/”");
    expect(constraintText({ kind: "matches", argument: "p", pattern: "a*b*" })).toContain("where * is anything");
    expect(constraintText({ kind: "matches", argument: "p", pattern: "ab" })).toContain("reads like “ab”");
    expect(constraintText({ kind: "recipient-in", argument: "to", recipients: ["a", "b"] })).toBe(
      "to goes to “a” or “b” and nobody else",
    );
    expect(constraintText({ kind: "program-in", argument: "argv", programs: ["git", "/bin/ls"] })).toBe(
      "argv starts “git” or “/bin/ls” and no other program",
    );
    expect(constraintText({ kind: "rate", limit: 1, seconds: 86_400 })).toBe("at most once in any day");
    expect(constraintText({ kind: "rate", limit: 3, seconds: 7 })).toBe("at most 3 times in any 7 seconds");
    expect(constraintText({ kind: "count", limit: 2 })).toBe("at most 2 times in all");
    expect(constraintText({ kind: "cost", argument: "amount", limit: 5 })).toBe("amount adds up to at most 5");
    expect(constraintText({ kind: "bytes", limit: 5 })).toBe("at most 5 bytes in all");
    const window = { kind: "time-window", from: "08:00", to: "18:00", zone: "Europe/Berlin" } as const;
    expect(constraintText({ ...window, days: [1, 2] })).toBe(
      "only between 08:00 and 18:00 on Mon, Tue (Europe/Berlin)",
    );
    expect(constraintText({ ...window, days: [0, 1, 2, 3, 4, 5, 6] })).not.toContain("Mon");
    expect(constraintText({ kind: "reversible", atMost: "undoable" })).toBe("only what can be undone");
  });

  it("says all limits behind the name of a tool", () => {
    const none = { kind: "host-in", argument: "network", hosts: [] } as const;
    const most = { kind: "at-most", argument: "n", limit: 3 } as const;
    const count = { kind: "count", limit: 2 } as const;
    expect(constraintsText([])).toBe("with any arguments");
    expect(constraintsText([none])).toBe("without network");
    expect(constraintsText([most, count])).toBe("when n is at most 3; at most 2 times in all");
    expect(constraintsText([most, none])).toBe("without network, when n is at most 3");
  });

  it("names arguments on one line, and sources without ids that tell nothing", () => {
    expect(argumentsText({ to: "a\u202E", n: 1 })).toBe("to: “a⟨U+202E⟩”, n: 1");
    expect(sourceText({ kind: "host", ref: "a\u200B.org" })).toBe("a page of a⟨U+200B⟩.org");
    expect(sourceText({ kind: "message", ref: "0190" })).toBe("a message");
  });
});

describe("countdownText", () => {
  const at = (seconds: number): string => countdownText(new Date(seconds * 1000).toISOString(), 0);

  it("says in words how long a question waits, and what silence means", () => {
    expect([10, 90, 900, 7200, 200_000, 0, -5].map(at).map((text) => text.split(":")[0])).toEqual([
      "Ends in less than a minute",
      "Ends in 1 minute",
      "Ends in 15 minutes",
      "Ends in 2 hours",
      "Ends in 2 days",
      "Time is up",
      "Time is up",
    ]);
    expect(at(900)).toContain("no answer means no");
  });
});

describe("endText", () => {
  it("says who answered, and how", () => {
    expect(endText(approval(1, { state: "consumed", answeredBy: ME.id, scope: "conversation" }), ME.id)).toBe(
      "You allowed this for this conversation",
    );
    expect(endText(approval(1, { state: "denied", answeredBy: ME.id }), "another")).toBe("Somebody else denied this");
    expect(endText(approval(1, { state: "denied", answeredBy: ME.id, reason: "no\u202E" }), ME.id)).toBe(
      "You denied this: “no⟨U+202E⟩”",
    );
    expect(endText(approval(1, { state: "expired" }), ME.id)).toContain("Nobody answered in time");
    const mine = { state: "consumed", answeredBy: ME.id, scope: "once" } as const;
    expect(endText(approval(1, mine), ME.id, true)).toBe("You allowed this once on another screen");
    expect(endText(approval(1, { ...mine, edited: { minutes: 5 } }), ME.id)).toBe(
      "You allowed this once, with changes",
    );
    for (const state of ["pending", "cancelled", "superseded"] as const)
      expect(endText(approval(1, { state }), ME.id)).not.toBe("");
  });
});

describe("values and moments", () => {
  it("shows text as it is and anything else as JSON", () => {
    expect(valueText("a b")).toBe("a b");
    expect(valueText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it("names the day only when it is another one", () => {
    const instant = "2026-11-22T12:00:00.000Z";
    const noon = Date.parse(instant);
    expect(momentText(instant, noon)).not.toContain(",");
    expect(momentText(instant, noon + 3 * 86_400_000)).toContain(",");
  });
});
