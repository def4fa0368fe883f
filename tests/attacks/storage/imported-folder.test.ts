import { existsSync } from "node:fs";
import { ImportBatch } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { batchesOf } from "../../../packages/cli/src/openclaw/batches.ts";
import { readState } from "../../../packages/cli/src/openclaw/read-state.ts";
import { readRelaxedJson } from "../../../packages/cli/src/openclaw/relaxed-json.ts";
import { jsonl, makeFolder } from "../../../packages/cli/src/openclaw/testing/state-folder.ts";
import { readEnvText } from "../../../packages/cli/src/secret-sources/env-text.ts";

const folders: { remove(): void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});
const folderOf = (files: Readonly<Record<string, unknown>>) => {
  const made = makeFolder(files);
  folders.push(made);
  return made;
};

const INHERITED = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
] as const;
const at = "2026-01-02T03:04:05.000Z";

describe("a session of a hostile folder", () => {
  it("whose roles are names that every object has is read without them, and the rest of it is taken", async () => {
    const { root } = folderOf({
      "agents/main/sessions/s1.jsonl": jsonl(
        { type: "session", id: "s1", timestamp: at },
        { type: "message", timestamp: at, message: { role: "user", content: "hello" } },
        ...INHERITED.map((role) => ({ type: "message", timestamp: at, message: { role, content: `as ${role}` } })),
        ...INHERITED.map((role) => ({ role, content: `bare ${role}` })),
        `{"type":"message","timestamp":"${at}","__proto__":{"polluted":true},"message":{"role":"assistant","content":"good day","__proto__":{"polluted":true}}}`,
      ),
    });
    const state = await readState(root);
    const [session] = state.sessions;
    expect(session?.conversation.messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      "user: hello",
      "assistant: good day",
    ]);
    for (const batch of batchesOf(state)) expect(ImportBatch.safeParse(batch).success).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("with any inherited name as agent, key, title or setting changes no object of ours", async () => {
    const named = (text: unknown) => `{${INHERITED.map((name) => `"${name}": ${JSON.stringify(text)}`).join(",")}}`;
    const { root } = folderOf({
      "openclaw.json": `{"agents": {"entries": ${named({ name: "x", polluted: true })}}, "env": ${named("sk-0123456789abcdef")}, ${named({ polluted: true }).slice(1)}`,
      "agents/constructor/sessions/toString.jsonl": jsonl({
        type: "message",
        timestamp: at,
        message: { role: "user", content: "hello" },
      }),
      "agents/constructor/sessions/sessions.json": named({ sessionId: "toString", label: "__proto__" }),
      "agents/constructor/agent/auth-profiles.json": `{"profiles": ${named({ type: "api_key", provider: "constructor", key: "sk-0123456789" })}}`,
    });
    const state = await readState(root);
    for (const batch of batchesOf(state)) expect(ImportBatch.safeParse(batch).success).toBe(true);
    for (const name of ["polluted", "name", "sessionId"]) expect(name in {}).toBe(false);
    for (const { hosts } of state.secrets) expect(hosts.every((host) => typeof host === "string")).toBe(true);
  });
});

describe("a settings file made to break its reader", () => {
  const MEGABYTES = 4_000_000;
  const texts: Readonly<Record<string, string>> = {
    blanks: " ".repeat(MEGABYTES),
    "blanks before a value": `${" \n".repeat(MEGABYTES / 2)}{}`,
    comments: "/**/".repeat(MEGABYTES / 4),
    "line comments": "//\n".repeat(MEGABYTES / 3),
    "an open comment": `/*${"*".repeat(MEGABYTES)}`,
    brackets: "[".repeat(MEGABYTES),
    braces: '{"a":'.repeat(MEGABYTES / 5),
    commas: `[${",".repeat(MEGABYTES)}`,
    digits: "1".repeat(MEGABYTES),
    letters: "a".repeat(MEGABYTES),
    escapes: `"${"\\".repeat(MEGABYTES)}`,
    "an open text": `"${"a".repeat(MEGABYTES)}`,
    "a flat list": `[${"0,".repeat(MEGABYTES / 2)}]`,
  };

  it.each(Object.entries(texts))("of %s is read or refused, in time and without an exception", (_name, text) => {
    const began = performance.now();
    expect(() => readRelaxedJson(text)).not.toThrow();
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("is named and left, and the rest of the folder is taken", async () => {
    const { root } = folderOf({
      "openclaw.json": texts["blanks before a value"] ?? "",
      "agents/main/sessions/s1.jsonl": jsonl({
        type: "message",
        timestamp: at,
        message: { role: "user", content: "hello" },
      }),
    });
    const state = await readState(root);
    expect(state.sessions).toHaveLength(1);
    expect(existsSync(root)).toBe(true);
  });

  it.each([
    ["one long line", "A=".padEnd(MEGABYTES, "x")],
    ["many lines", "A=1\n".repeat(MEGABYTES / 8)],
    ["blanks in a value", `A=y${" ".repeat(100_000)}x`],
    ["blanks before a sign", `A=y${" #".repeat(100_000)}`],
    ["open quotes", 'A="\n'.repeat(4_000)],
    ["blanks before a name", `${" ".repeat(200_000)}x`],
    ["blank lines", "\n".repeat(200_000)],
  ])("of variables as %s is read in time", (_name, text) => {
    const began = performance.now();
    readEnvText(text);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
