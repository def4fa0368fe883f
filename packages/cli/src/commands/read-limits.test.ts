import { Constraint } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { CommandFailure } from "../context.ts";
import { limitText, limitsText, releaseText } from "./limit-text.ts";
import { nameAndValue, parseObject, readExpiry, readLimits } from "./read-limits.ts";

const WRITTEN: readonly (readonly [string, Constraint, string])[] = [
  ["equals:text=stretch", { kind: "equals", argument: "text", value: "stretch" }, "text is “stretch”"],
  ["equals:minutes=20", { kind: "equals", argument: "minutes", value: 20 }, "minutes is 20"],
  ["equals:text=a=b", { kind: "equals", argument: "text", value: "a=b" }, "text is “a=b”"],
  ["one-of:n=1, two", { kind: "one-of", argument: "n", values: [1, "two"] }, "n is one of 1, “two”"],
  ['one-of:n=["a,b"]', { kind: "one-of", argument: "n", values: ["a,b"] }, "n is one of “a,b”"],
  ["at-most:minutes=60", { kind: "at-most", argument: "minutes", limit: 60 }, "minutes is at most 60"],
  [
    "host-in:url=a.example:443,b:80",
    { kind: "host-in", argument: "url", hosts: ["a.example:443", "b:80"] },
    "url leads to a.example:443, b:80",
  ],
  [
    "method-in:method=get,POST",
    { kind: "method-in", argument: "method", methods: ["GET", "POST"] },
    "method is GET or POST",
  ],
  [
    "path-prefix:url=/v1,/v2/a",
    { kind: "path-prefix", argument: "url", prefixes: ["/v1", "/v2/a"] },
    "url has a path under /v1 or /v2/a",
  ],
  ["path-within:path=notes", { kind: "path-within", argument: "path", root: "notes" }, "path lies in notes"],
  ["path-within:path=", { kind: "path-within", argument: "path", root: "" }, "path lies in the workspace"],
  ["matches:text=tea*", { kind: "matches", argument: "text", pattern: "tea*" }, "text reads “tea*”"],
  [
    "recipient-in:to=a@b.example",
    { kind: "recipient-in", argument: "to", recipients: ["a@b.example"] },
    "to is a@b.example",
  ],
  [
    "program-in:argv=git, npm",
    { kind: "program-in", argument: "argv", programs: ["git", "npm"] },
    "argv starts git or npm",
  ],
  ["rate=5/1h", { kind: "rate", limit: 5, seconds: 3600 }, "at most 5 in any hour"],
  ["rate=2/90s", { kind: "rate", limit: 2, seconds: 90 }, "at most 2 in any 90 seconds"],
  ["rate=3/d", { kind: "rate", limit: 3, seconds: 86_400 }, "at most 3 in any day"],
  ["rate=1/10m", { kind: "rate", limit: 1, seconds: 600 }, "at most 1 in any 10 minutes"],
  ["count=10", { kind: "count", limit: 10 }, "at most 10 in all"],
  ["cost:amount=99.5", { kind: "cost", argument: "amount", limit: 99.5 }, "amount sums up to at most 99.5"],
  ["bytes=1000", { kind: "bytes", limit: 1000 }, "at most 1000 bytes in all"],
  ["reversible=undoable", { kind: "reversible", atMost: "undoable" }, "only what can be undone"],
  [
    "time-window=mon-wed,sat 08:00-18:00 Europe/Berlin",
    { kind: "time-window", days: [1, 2, 3, 6], from: "08:00", to: "18:00", zone: "Europe/Berlin" },
    "mon, tue, wed, sat 08:00 to 18:00 (Europe/Berlin)",
  ],
  [
    "time-window=fri-sun 22:00-06:00 UTC",
    { kind: "time-window", days: [5, 6, 0], from: "22:00", to: "06:00", zone: "UTC" },
    "fri, sat, sun 22:00 to 06:00 (UTC)",
  ],
  [
    "time-window=daily 00:00-12:00 UTC",
    { kind: "time-window", days: [0, 1, 2, 3, 4, 5, 6], from: "00:00", to: "12:00", zone: "UTC" },
    "sun, mon, tue, wed, thu, fri, sat 00:00 to 12:00 (UTC)",
  ],
];

const problemOf = (work: () => unknown): string => {
  try {
    work();
    return "none";
  } catch (cause) {
    return cause instanceof CommandFailure ? `${cause.failure.code} ${cause.failure.message}` : String(cause);
  }
};

describe("a limit", () => {
  it.each(WRITTEN)("%s is read, fits its schema, and is said in words", (text, limit, words) => {
    expect(readLimits({ limit: [text] })).toEqual([limit]);
    expect(Constraint.parse(limit)).toEqual(limit);
    expect(limitText(limit)).toBe(words);
  });

  it("covers every kind there is", () => {
    const kinds = Constraint.options.map((option) => option.shape.kind.value);
    expect(new Set(WRITTEN.map(([, { kind }]) => kind))).toEqual(new Set(kinds));
  });

  it("may be written as JSON too, beside the others", () => {
    const json = '{"kind":"count","limit":3}';
    expect(readLimits({ limit: ["bytes=9"], constraint: [json] })).toEqual([
      { kind: "bytes", limit: 9 },
      { kind: "count", limit: 3 },
    ]);
    expect(readLimits({})).toBeUndefined();
    expect(problemOf(() => readLimits({ constraint: ["[1]"] }))).toContain("--constraint takes a JSON object");
    expect(problemOf(() => parseObject("--grant", "nonsense"))).toContain("--grant takes a JSON object");
  });

  it.each([
    ["text=stretch", "KIND:ARGUMENT=VALUE"],
    ["equals:text", "KIND:ARGUMENT=VALUE"],
    ["equals:=x", "KIND:ARGUMENT=VALUE"],
    ["constructor:text=x", "KIND:ARGUMENT=VALUE"],
    ["toString=x", "KIND:ARGUMENT=VALUE"],
    ["at-most:minutes=soon", "needs a number"],
    ["at-most:minutes=", "needs a number"],
    ["rate=5", "rate=5/1h"],
    ["reversible=never", "reversible=undoable"],
    ["time-window=mon 08:00-18:00", "time-window=mon-fri"],
    ["time-window=mon 08:00 UTC", "time-window=mon-fri"],
    ["time-window=someday 08:00-18:00 UTC", "names days"],
  ])("%s is refused with how to write it", (text, says) => {
    const problem = problemOf(() => readLimits({ limit: [text] }));
    expect(problem).toContain("USAGE");
    expect(problem).toContain(says);
  });

  it("of a gateway that knows more kinds is shown as it came", () => {
    const newer = { kind: "moon-phase", phase: "full" } as unknown as Constraint; // a gateway of tomorrow
    expect(limitText(newer)).toBe('{"kind":"moon-phase","phase":"full"}');
  });

  it("left out is said too", () => {
    expect(limitsText([])).toBe("no limits");
    expect(limitText({ kind: "host-in", argument: "network", hosts: [] })).toBe("without network");
    expect(limitText({ kind: "host-in", argument: "url", hosts: [] })).toBe("url leads nowhere");
    expect(limitText({ kind: "reversible", atMost: "none" })).toContain("no undoing");
    expect(limitText({ kind: "reversible", atMost: "irreversible" })).toContain("cannot be undone");
    expect(releaseText({})).toBe("");
    expect(
      releaseText({
        release: [
          { source: "any", to: "public" },
          { source: { kind: "file", ref: "a" }, to: "b:1" },
        ],
      }),
    ).toBe("lets out anything to public; lets out file a to b:1");
  });
});

describe("an expiry", () => {
  it("is days or never", () => {
    expect([readExpiry(undefined), readExpiry("never"), readExpiry("30")]).toEqual([undefined, "never", 30]);
    for (const text of ["", "soon", "-1", "1.5", "99999"])
      expect(problemOf(() => readExpiry(text))).toContain("--for takes");
  });
});

describe("a name and a value", () => {
  it("are parted at the first equals sign", () => {
    expect(nameAndValue("--set", "a=b=c")).toEqual(["a", "b=c"]);
    for (const text of ["a", "=b"]) expect(problemOf(() => nameAndValue("--set", text))).toContain("NAME=VALUE");
  });
});
