import { spawn } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConversationId, MessageId, PrincipalId, TenantId, TurnId } from "@moltbot/contracts";
import type { AccessScope } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { killOptions } from "./testing/kill-options.ts";
import { AT, later, must, openTest, removeFolders, temporaryFile } from "./testing/world.ts";

const WRITER = fileURLToPath(new URL("./testing/kill-writer.ts", import.meta.url));
afterAll(removeFolders);

/** Runs the writer until it acknowledged this many lines, kills it at once, and returns what it said. */
const killAfter = async (file: string, lines: number): Promise<readonly (readonly string[])[]> => {
  const child = spawn(process.execPath, [WRITER, file], { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line.split(" "));
    if (said.length === lines) child.kill("SIGKILL");
  }
  return said;
};

describe("a process killed while it writes", () => {
  it.each([40, 133])("loses nothing it acknowledged, and nothing is half done (%i lines)", async (lines) => {
    const file = temporaryFile();
    const said = await killAfter(file, lines);
    expect(said.length).toBeGreaterThanOrEqual(lines);
    expect(existsSync(`${file}-wal`)).toBe(true);
    copyFileSync(file, `${file}.copy`);

    const db = await openTest(killOptions(file));
    const [, home = "", ada = "", tenant = ""] = said[0] ?? [];
    const me: AccessScope = { tenantId: TenantId.parse(tenant), principalId: PrincipalId.parse(ada), reach: "own" };
    const path = must(await db.conversations.path(me, ConversationId.parse(home), "main", 10_000));
    const known = new Set<string>(path.map((message) => message.id));
    for (const [word, id = "", reply = ""] of said.slice(1)) {
      if (word === "message") expect(known.has(MessageId.parse(id))).toBe(true);
      if (word === "turn") must(await db.turns.find(me, TurnId.parse(id)));
      if (word === "finished")
        expect([must(await db.turns.find(me, TurnId.parse(id))).state, known.has(reply)]).toEqual(["done", true]);
    }

    // One transaction held both: a reply without an end, or an end without its reply, cannot be.
    const turns = must(await db.turns.ofConversation(me, ConversationId.parse(home), 10_000));
    const ended = turns.filter((turn) => turn.state === "done");
    expect(path.filter((message) => message.turnId !== null)).toHaveLength(ended.length);
    expect(ended.every((turn) => known.has(turn.end?.messageId ?? "none"))).toBe(true);

    // What ran when it died comes back, whatever its lease says.
    const running = turns.filter((turn) => turn.state === "running").map((turn) => turn.id);
    expect(must(await db.turns.recover(AT))).toEqual(running);
    expect(must(await db.check())).toEqual([]);
    const again = must(await db.turns.claim(AT, later(1)));
    const leftovers = turns.filter((turn) => turn.state === "running" || turn.state === "queued");
    expect(again === null).toBe(leftovers.length === 0);
    await db.close();
  });
});
