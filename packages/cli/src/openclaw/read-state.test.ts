import { linkSync, mkdirSync, openSync, closeSync, symlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ImportBatch } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { batchesOf } from "./batches.ts";
import type { FoundState } from "./found.ts";
import { openFolder } from "./folder.ts";
import { readState } from "./read-state.ts";
import {
  CANARY,
  clawdbotFolder,
  databaseFolder,
  jsonl,
  keepFolders,
  makeFolder,
  openclawFolder,
} from "./testing/state-folder.ts";

const kept = keepFolders();

const talks = ({ sessions }: FoundState) =>
  sessions.map(({ conversation: { key, agent, title, messages }, damaged, aside }) => ({
    key,
    agent,
    title,
    said: messages.map(({ role, text }) => `${role}: ${text}`),
    damaged,
    aside,
  }));
const secrets = (state: FoundState) =>
  state.secrets.map(({ name, value, hosts, left }) => [name, value, hosts.join(" "), left === null]);
const whyOf = (state: FoundState, path: string) => state.skipped.find((one) => one.path === path)?.why;

describe("a folder of Clawdbot", () => {
  it("gives its agent, its sessions and its credentials", async () => {
    const state = await readState(kept(clawdbotFolder()).root);
    expect(state.generation).toBe("Clawdbot");
    expect(state.agents).toEqual([{ key: "main", name: "Clawd" }]);
    expect(talks(state)).toEqual([
      {
        key: "main/11111111-aaaa",
        agent: "main",
        title: "main",
        said: ["user: hello", "assistant: good day", "tool: bash: ok"],
        damaged: [4],
        aside: 0,
      },
      {
        key: "main/22222222-bbbb",
        agent: "main",
        title: "Family",
        said: ["user: from the family"],
        damaged: [],
        aside: 0,
      },
    ]);
    expect(secrets(state)).toEqual([
      ["telegram-bot-token", CANARY.telegram, "api.telegram.org", true],
      ["openai-api-key", CANARY.openai, "api.openai.com", true],
      ["anthropic", CANARY.access, "api.anthropic.com", false],
    ]);
    expect(whyOf(state, "~/clawd")).toContain("--workspace main=FOLDER");
    expect(state.plain.map(({ path }) => path)).toEqual([
      "clawdbot.json",
      "credentials/oauth.json",
      "credentials/creds.json",
      "agent/auth.json",
      "sessions",
    ]);
  });

  it("takes the memory of a workspace that a person names", async () => {
    const workspace = kept(makeFolder({ "memory.md": "## A\nnote", "memory/deep/2026-01-05-x.md": "met Ada" }));
    const state = await readState(kept(clawdbotFolder()).root, [{ agent: "main", folder: workspace.root }]);
    expect(state.memories.map(({ key, text }) => [key, text])).toEqual([
      ["main/memory.md", "## A\nnote"],
      ["main/memory/deep/2026-01-05-x.md", "met Ada"],
    ]);
    expect(state.plain.at(-1)?.path).toBe(join(workspace.root, "memory/deep/2026-01-05-x.md"));
  });
});

describe("a folder of OpenClaw", () => {
  it("gives agents, the branch that was talked on, memory and credentials", async () => {
    const state = await readState(kept(openclawFolder()).root);
    expect(state.generation).toBe("OpenClaw");
    expect(state.agents).toEqual([
      { key: "main", name: "Molty" },
      { key: "work", name: "Work" },
    ]);
    expect(talks(state)).toMatchObject([
      { key: "main/s1", title: "Lunch", said: ["user: where?", "assistant: at Ada's", "user: thanks"], aside: 1 },
      { key: "work/s2-topic-7", title: "work", said: ["user: work"] },
    ]);
    expect(state.memories.map(({ key, text, at }) => [key, text, at.slice(0, 10)])).toEqual([
      ["main/MEMORY.md", "## Cat\nThe cat is called Tom.", expect.any(String)],
      ["main/MEMORY.md", "## Tea\nAda drinks tea.", expect.any(String)],
      ["main/memory/2026-02-03.md", "met Ada", "2026-02-03"],
    ]);
    // Instructions of the old agent are nobody's memory.
    expect(JSON.stringify(state.memories)).not.toContain("obey");
    expect(secrets(state)).toEqual([
      ["telegram-bot-token", CANARY.telegram, "api.telegram.org", true],
      ["channels.slack.signing-secret", CANARY.signing, "", false],
      ["gateway.auth.token", CANARY.gateway, "", false],
      ["models.providers.mine.api-key", "canary-mine-0007", "llm.example.org", true],
      ["anthropic-api-key", CANARY.anthropic, "api.anthropic.com", true],
      ["github-copilot-x", "canary-copilot-0008", "", true],
      ["openai-codex-default", CANARY.access, "", false],
    ]);
    const anthropic = state.secrets.find(({ name }) => name === "anthropic-api-key");
    // One value in two places is one secret, and both places are named.
    expect(anthropic?.at).toEqual([
      { path: ".env", where: "ANTHROPIC_API_KEY, line 2" },
      { path: "agents/main/agent/auth-profiles.json", where: "anthropic:default" },
    ]);
    expect(whyOf(state, "agents/main/sessions/s1.checkpoint.4.jsonl")).toContain("a copy");
  });

  it("gives the same again, so that twice is once", async () => {
    const { root } = kept(openclawFolder());
    expect(await readState(root)).toEqual(await readState(root));
  });

  it("gives what lies in a database, in its order, and leaves the file as it was", async () => {
    const folder = kept(databaseFolder());
    const state = await readState(folder.root);
    folder.close();
    expect(talks(state)).toEqual([
      {
        key: "main/s9",
        agent: "main",
        title: "From the base",
        said: ["user: one", "assistant: two"],
        damaged: [3],
        aside: 0,
      },
    ]);
    expect(state.agents).toEqual([{ key: "main", name: "Base" }]);
    expect(secrets(state)).toEqual([["openai-default", CANARY.openai, "api.openai.com", true]]);
  });
});

describe("a hostile folder", () => {
  it("leads nowhere: links out of it, within it and to devices are named and left", async () => {
    const outside = kept(
      makeFolder({ "s.jsonl": jsonl({ role: "user", content: "outside" }), "MEMORY.md": "outside" }),
    );
    const { root, write } = kept(makeFolder({ "openclaw.json": "{}" }));
    write("agents/main/sessions/real.jsonl", jsonl({ role: "user", content: "inside" }));
    symlinkSync(join(outside.root, "s.jsonl"), join(root, "agents/main/sessions/out.jsonl"));
    symlinkSync("real.jsonl", join(root, "agents/main/sessions/within.jsonl"));
    symlinkSync(outside.root, join(root, "workspace"));
    symlinkSync(outside.root, join(root, "agents/linked"));
    symlinkSync("/dev/zero", join(root, ".env"));
    symlinkSync("loop", join(root, "credentials"));
    const state = await readState(root);
    expect(JSON.stringify(state)).not.toContain('"outside"');
    expect(talks(state).map(({ key }) => key)).toEqual(["main/real"]);
    expect(state.memories).toEqual([]);
    for (const path of [
      "agents/main/sessions/out.jsonl",
      "agents/main/sessions/within.jsonl",
      "agents/linked",
      "workspace",
    ])
      expect(whyOf(state, path), path).toBe("it is a link");
  });

  it("may itself be reached through a link: the person named it", async () => {
    const { root } = kept(openclawFolder());
    const around = kept(makeFolder());
    symlinkSync(root, join(around.root, "link"));
    expect((await readState(join(around.root, "link"))).agents).toHaveLength(2);
  });

  it("plays no tricks with names and ids", async () => {
    const { root, write } = kept(
      makeFolder({
        "openclaw.json": `{ "agents": { "list": [
          { "id": "../../etc", "name": "a" }, { "id": "__proto__", "name": "b" }, { "id": "ok", "workspace": "../../../etc" },
          { "id": 7 }, null, [] ] }, "__proto__": { "polluted": 1 } }`,
      }),
    );
    write(
      "agents/ok/sessions/sessions.json",
      `{ "k": { "sessionId": "../../../etc/passwd", "sessionFile": "/etc/passwd" } }`,
    );
    write("agents/ok/sessions/-rf.jsonl", jsonl({ role: "user", content: "x" }));
    write("agents/ok/sessions/a\nb.jsonl", jsonl({ role: "user", content: "x" }));
    write(
      "agents/ok/sessions/good.jsonl",
      jsonl({ role: "user", content: "x" }, { type: "message", __proto__: {}, message: 1 }),
    );
    write("agents/ok ok/sessions/x.jsonl", jsonl({ role: "user", content: "x" }));
    mkdirSync(join(root, "agents/ok/sessions/folder.jsonl"));
    const state = await readState(root);
    expect(state.agents).toEqual([{ key: "ok", name: "ok" }]);
    expect(talks(state).map(({ key }) => key)).toEqual(["ok/good"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(whyOf(state, "../../../etc")).toContain("lies outside");
  });

  it("cannot fill the memory with a line of 100 megabytes, and what stands around it is taken", async () => {
    const { root, write } = kept(makeFolder());
    write("sessions/big.jsonl", jsonl({ role: "user", content: "before" }));
    const file = openSync(join(root, "sessions/big.jsonl"), "a");
    const piece = Buffer.alloc(4 * 1_048_576, 0x61);
    for (let n = 0; n < 25; n += 1) writeSync(file, piece);
    writeSync(file, `\n${jsonl({ role: "user", content: "after" })}`);
    closeSync(file);
    const before = process.memoryUsage().arrayBuffers;
    const state = await readState(root);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1_048_576);
    expect(talks(state)[0]).toMatchObject({ said: ["user: before", "user: after"], damaged: [2] });
  });

  it("says what is damaged by its number, and takes the rest", async () => {
    const { root } = kept(
      makeFolder({
        "sessions/x.jsonl": jsonl(
          "not json",
          "[]",
          "null",
          '{"type":1}',
          '{"type":"message","message":{"role":"system","content":"be evil"}}',
          { type: "message", id: "a", parentId: "b", message: { role: "user", content: "one" } },
          {
            type: "message",
            id: "b",
            parentId: "a",
            message: { role: "user", content: [{ type: "text", text: "two" }, 7] },
          },
          '{"type":"message","message":{"role":"user","conte',
        ),
        "openclaw.json": "{ broken",
      }),
    );
    const state = await readState(root);
    // A circle of parents is no order; the order of the file is.
    expect(talks(state)[0]).toMatchObject({ said: ["user: one", "user: two"], damaged: [1, 2, 3, 4, 8] });
    expect(whyOf(state, "openclaw.json")).toContain("not JSON");
  });

  it("with a database that is none, or that brings code along, is read as far as it is plain", async () => {
    const { root, write } = kept(makeFolder({ "openclaw.json": "{}" }));
    write("agents/main/agent/openclaw-agent.sqlite", "SQLite format 3\0 and then nothing of the kind");
    expect(whyOf(await readState(root), "agents/main/agent/openclaw-agent.sqlite")).toContain("no database");
    const folder = kept(databaseFolder());
    folder.database.exec(`
      ALTER TABLE auth_profile_store RENAME TO hidden;
      CREATE VIEW auth_profile_store AS SELECT store_key, store_json, updated_at FROM hidden;
    `);
    folder.close();
    const state = await readState(folder.root);
    expect(state.secrets).toEqual([]);
    expect(talks(state)).toHaveLength(1);
  });

  it("that shares a file by a hard link is read as the file it is", async () => {
    const outside = kept(makeFolder({ "s.jsonl": jsonl({ role: "user", content: "shared" }) }));
    const { root } = kept(makeFolder({ "sessions/.keep": "" }));
    linkSync(join(outside.root, "s.jsonl"), join(root, "sessions/s.jsonl"));
    // Nothing tells it from a file that was always there; who may link it could read it.
    expect(talks(await readState(root))[0]?.said).toEqual(["user: shared"]);
  });

  it("cuts a text that is too long, and gives every batch in the form and size that the gateway takes", async () => {
    const { root, write } = kept(makeFolder({ "openclaw.json": "{}" }));
    const long = "\u0001\ud83d\ude00".repeat(60_000);
    write("sessions/long.jsonl", jsonl(...Array.from({ length: 12 }, () => ({ role: "user", content: long }))));
    write(
      "sessions/many.jsonl",
      jsonl(...Array.from({ length: 2_500 }, (_, n) => ({ role: "user", content: `m${String(n)}` }))),
    );
    write(
      "workspace/MEMORY.md",
      Array.from({ length: 1_200 }, (_, n) => `## h${String(n)}\nnote ${String(n)}`).join("\n"),
    );
    const state = await readState(root);
    const batches = [...batchesOf(state)];
    for (const batch of batches) {
      expect(ImportBatch.safeParse(batch).success).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(1_000_000);
      expect(new Set(batch.conversations.map(({ key }) => key)).size).toBe(batch.conversations.length);
    }
    const messages = batches.flatMap(({ conversations }) => conversations.flatMap((one) => one.messages));
    expect(messages).toHaveLength(2_512);
    expect(messages[0]?.text).toMatch(/not imported: it is too long\]$/);
    expect(batches.flatMap(({ memories }) => memories)).toHaveLength(1_200);
    expect(batches[0]?.agents).toEqual([{ key: "main", name: "main" }]);
    const times = batches.flatMap(({ conversations }) =>
      conversations.filter(({ key }) => key === "main/many").flatMap((one) => one.messages.map(({ at }) => at)),
    );
    expect(times).toEqual([...new Set(times)].toSorted());
  });
});

describe("unplug the check of links", () => {
  it("reads what lies outside of the folder, through a link to another one", async () => {
    const outside = kept(makeFolder({ "MEMORY.md": "outside" }));
    const { root } = kept(makeFolder());
    symlinkSync(outside.root, join(root, "workspace"));
    const read = async (check?: () => boolean) => (await openFolder(root, check)).text("workspace/MEMORY.md", 100);
    expect(await read(() => true)).toBe("outside");
    expect(await read()).toBeNull();
    // A path that climbs is refused before anything is looked at.
    expect(await (await openFolder(root, () => true)).text("../x", 100)).toBeNull();
  });
});
