import { chmod, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { label, PrincipalId } from "@moltbot/contracts";
import type { ToolCall } from "@moltbot/contracts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { alwaysOk, buildHouse, callOf, CANARY, person } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";
import { fileAppend } from "./run.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(() => house.close());
const inside = (name: string) => join(house.workspace, name);
const previewOf = async (text: string, more: Partial<ToolCall> = {}, path = "notes.txt"): Promise<string | null> => {
  const preview = await house.tools.preview(callOf("file.append", { path, text }, more));
  if (preview !== null) expect(preview.kind).toBe("diff");
  return preview?.text ?? null;
};

describe("the preview of file.append", () => {
  it("shows the last two lines there are and the added ones, and changes nothing", async () => {
    await writeFile(inside("notes.txt"), "one\ntwo\nthree\n");
    expect(await previewOf("four\n\nfive\n")).toBe(
      "--- notes.txt\n+++ notes.txt\n@@ end of the file @@\n two\n three\n+four\n+\n+five",
    );
    expect(await readFile(inside("notes.txt"), "utf8")).toBe("one\ntwo\nthree\n");
  });

  it("says when there is no file yet, and makes none", async () => {
    expect(await previewOf("hello")).toBe("--- (no file yet)\n+++ notes.txt\n@@ end of the file @@\n+hello");
    expect(await readdir(house.workspace)).toEqual([]);
  });

  it("writes out what nobody would see, in what is there and in what is added", async () => {
    await writeFile(inside("notes.txt"), "safe\u202etxt.exe\r\n");
    const text = await previewOf("a\u200bb\u2028+ c\n\u{e0041}\td\u001b[2J");
    expect(text?.split("\n").slice(3)).toEqual([
      " safe⟨U+202E⟩txt.exe⟨U+000D⟩",
      "+a⟨U+200B⟩b⟨U+2028⟩+ c",
      "+⟨U+E0041⟩\td⟨U+001B⟩[2J",
    ]);
  });

  it("keeps to about 4,000 characters, with the beginning and the end, and says what is missing", async () => {
    await writeFile(inside("notes.txt"), "x".repeat(100_000));
    const text = (await previewOf(`first${"\u200b".repeat(60_000)}last`)) ?? "";
    expect(text.length).toBeLessThan(4_500);
    expect(text).toContain("+first");
    expect(text.endsWith("last")).toBe(true);
    expect(text).toMatch(/\n… \[\d+ characters not shown\] …\n/);
    expect(text).toContain(` …${"x".repeat(200)}\n`);
  });

  it("shows no present line to a group, since whose they are is not known here", async () => {
    await writeFile(inside("notes.txt"), "the locker code is 4812\n");
    const colleague = PrincipalId.parse("01890000-0000-7000-8000-000000000000");
    const shown = await previewOf("hello", { label: label("authority", [person, colleague]) });
    expect(shown).toBe("--- notes.txt\n+++ notes.txt\n@@ end of the file @@\n+hello");
    expect(await previewOf("hello"), "unplug: to its person alone it does").toContain("4812");
  });

  it("follows no link out of the workspace and shows nothing of what lies there", async () => {
    await symlink(join(house.outside, "canary.txt"), inside("notes.txt"));
    expect(await previewOf("x")).toBeNull();
    expect(await previewOf("x", {}, "../canary.txt")).toBeNull();
    expect(await readFile(join(house.outside, "canary.txt"), "utf8")).toBe(CANARY);
  });

  it("shows what is added although the file cannot be read", async () => {
    await writeFile(inside("binary"), Buffer.from([0xff, 0xfe, 0x0a]));
    expect(await previewOf("x", {}, "binary")).toContain("\n+x");
    if (process.getuid?.() === 0) return;
    await writeFile(inside("closed"), "secret");
    await chmod(inside("closed"), 0);
    expect(await previewOf("x", {}, "closed")).toBe("--- closed\n+++ closed\n@@ end of the file @@\n+x");
  });
});

describe("the preview of any other call", () => {
  it("is none where the arguments say it all, do not fit, or name no tool", async () => {
    for (const call of [
      callOf("reminder.create", { minutes: 1, text: "x" }),
      callOf("web.fetch", { url: "https://example.org/" }),
      callOf("file.read", { path: "a" }),
      callOf("memory.save", { text: "x" }),
      callOf("file.append", { path: "a" }),
      callOf("no.such", {}),
    ])
      expect(await house.tools.preview(call)).toBeNull();
  });

  it("is none when making it fails", async () => {
    const failing = { ...fileAppend, preview: () => Promise.reject(new Error("gone")) };
    const tools = createToolExecutor({ ...house.ports, redeemer: alwaysOk }, [failing]);
    expect(await tools.preview(callOf("file.append", { path: "a", text: "b" }))).toBeNull();
  });
});
