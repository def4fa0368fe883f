import fc from "fast-check";
import { CallId } from "@moltbot/contracts";
import type { JsonObject } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { parseCall } from "./parse-call.ts";
import { idOf } from "./testing/turn.ts";

const ids = { next: <T>(kind: { parse(text: string): T }): T => kind.parse(idOf(CallId, 9)) };
const parsed = (json: string): JsonObject =>
  parseCall({ ids }, { id: "m", tool: "file.write", arguments: json }).arguments;
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const UNREADABLE = { "(unreadable)": true };

describe("a call as the model wrote it", () => {
  it("keeps arguments that are a JSON object, and takes silence for none", () => {
    expect(parsed('{"path":"a","deep":{"list":[1,null,true]}}')).toEqual({
      path: "a",
      deep: { list: [1, null, true] },
    });
    expect(parsed("")).toEqual({});
    expect(parsed(" \n")).toEqual({});
  });

  it.each(
    [
      '{"path":"a"',
      "{path:'a'}",
      "null",
      "7",
      '"text"',
      '[{"path":"a"}]',
      '{"path":"a"} {"path":"b"}',
      "undefined",
      '{"n":NaN}',
      `{"a":"${"x".repeat(200_000)}"}`,
    ].map((json) => [json.slice(0, 30), json] as const),
  )("never lets malformed arguments through as usable ones: %s", (_shown, json) => {
    expect(parsed(json)).toEqual(UNREADABLE);
  });

  it("survives arguments that are nested without measure", () => {
    const deep = `{"a":${"[".repeat(90_000)}${"]".repeat(90_000)}}`;
    expect(() => parsed(deep)).not.toThrow();
  });

  it("cannot reach an object's prototype", () => {
    expect(parsed('{"__proto__":{"polluted":true},"a":1}')).toEqual(UNREADABLE);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });

  it("is either exactly what was written or unreadable, whatever was written", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()).filter((text) => !text.includes("__proto__")),
        (json) => {
          const read = parsed(json);
          if (json.trim() === "") return Object.keys(read).length === 0;
          const truth = jsonOf(json);
          const isObject = typeof truth === "object" && truth !== null && !Array.isArray(truth);
          return JSON.stringify(read) === JSON.stringify(isObject ? truth : UNREADABLE);
        },
      ),
    );
  });

  it("cuts a name that is too long, and keeps the rest of the call", () => {
    const call = parseCall({ ids }, { id: "m", tool: "x".repeat(300), arguments: "{}" });
    expect(call.tool).toHaveLength(200);
    expect(call.callId).toBe(idOf(CallId, 9));
  });
});
