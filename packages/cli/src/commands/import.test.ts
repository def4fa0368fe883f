import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CANARY, clawdbotFolder, keepFolders, makeFolder, openclawFolder } from "../openclaw/testing/state-folder.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { run } from "../testing/run.ts";

const kept = keepFolders();

/** Every file of a folder with its bytes and times. */
const photograph = (root: string): unknown =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      return [file, readFileSync(file, "hex"), statSync(file).mtimeMs];
    });

const taken = { dryRun: false, agents: 1, conversations: 1, messages: 2, memories: 1, known: 3 };
const ANSWERS: Record<string, Answer> = {
  "POST /v2/imports": { json: taken },
  "GET /v2/secrets": { json: [] },
};
const withSecrets = (...names: readonly string[]): Record<string, Answer> => ({
  ...ANSWERS,
  ...Object.fromEntries(names.map((name) => [`PUT /v2/secrets/${name}`, { json: { name, hosts: [] } }])),
});
const values = Object.values(CANARY);

describe("import openclaw", () => {
  it("only shows what there is, without --yes; no value, no question to the gateway, no change", async () => {
    const { root } = kept(openclawFolder());
    const before = photograph(root);
    for (const argv of [[], ["--dry-run"], ["--yes", "--dry-run"]]) {
      const shown = await run(["import", "openclaw", root, ...argv], {});
      expect(shown).toMatchObject({ exit: 0, asked: [] });
      expect(shown.out).toMatch(/agents +2 +2/);
      expect(shown.out).toMatch(/conversations +2 +2/);
      expect(shown.out).toMatch(/messages +5 +4 +1 of other branches/);
      expect(shown.out).toMatch(/memories +3 +3/);
      expect(shown.out).toMatch(/credentials +7 +3 +4 see below/);
      expect(shown.out).toContain("Nothing was taken. --yes takes it.");
      for (const value of values) expect(shown.out + shown.err).not.toContain(value);
    }
    const json = await run(["import", "openclaw", root, "--json"], {});
    expect(JSON.parse(json.out)).toMatchObject({ dryRun: true, conversations: 2, messages: 4, memories: 3 });
    for (const value of values) expect(json.out).not.toContain(value);
    expect(photograph(root)).toEqual(before);
  });

  it("takes it with --yes: words in batches, credentials with their hosts, and names what to delete", async () => {
    const { root } = kept(openclawFolder());
    const before = photograph(root);
    const names = ["telegram-bot-token", "anthropic-api-key", "models.providers.mine.api-key"];
    const done = await run(["import", "openclaw", root, "--yes"], withSecrets(...names));
    expect(done).toMatchObject({ exit: 0 });
    const posts = done.asked.filter(({ route }) => route === "POST /v2/imports");
    expect(posts.map(({ body }) => body)).toMatchObject([
      { from: "openclaw", dryRun: false, agents: [{ key: "main", name: "Molty" }, { key: "work" }] },
      { conversations: [{ key: "main/s1" }, { key: "work/s2-topic-7" }], memories: [{}, {}, {}] },
    ]);
    const puts = done.asked.filter(({ route }) => route.startsWith("PUT"));
    expect(puts.map(({ route }): string => route.split("/").at(-1) ?? "").toSorted()).toEqual(names.toSorted());
    expect(puts.map(({ body }) => body)).toContainEqual({
      value: CANARY.anthropic,
      hosts: ["api.anthropic.com"],
      kind: "api-key",
    });
    // What opens the old assistant, or renews itself, is stored nowhere.
    for (const left of [CANARY.gateway, CANARY.signing, CANARY.access])
      expect(JSON.stringify(done.asked)).not.toContain(left);
    for (const path of [".env", "openclaw.json", "agents/main/agent/auth-profiles.json", "credentials/whatsapp"])
      expect(done.out).toContain(`  ${path}  (`);
    expect(done.out).toContain(`rm -r '${root}'`);
    for (const value of values) expect(done.out + done.err).not.toContain(value);
    expect(photograph(root)).toEqual(before);
  });

  it("overwrites no secret that is there, takes a host by hand, and none with --no-credentials", async () => {
    const { root } = kept(openclawFolder());
    const answers = {
      ...withSecrets("github-copilot-x", "models.providers.mine.api-key", "anthropic-api-key"),
      "GET /v2/secrets": { json: [{ name: "telegram-bot-token", ownerId: null }] },
    };
    const done = await run(
      ["import", "openclaw", root, "--yes", "--json", "--host", "github-copilot-x=api.githubcopilot.com"],
      answers,
    );
    expect(JSON.parse(done.out)).toMatchObject({
      secrets: ["models.providers.mine.api-key", "anthropic-api-key", "github-copilot-x"],
      messages: 4,
      known: 6,
    });
    const bare = await run(["import", "openclaw", root, "--yes", "--no-credentials"], ANSWERS);
    expect(bare.asked.map(({ route }) => route).filter((route) => route.startsWith("PUT"))).toEqual([]);
  });

  it("is refused with words when it is asked for what is not there", async () => {
    const { root } = kept(clawdbotFolder());
    const problem = async (...argv: readonly string[]) => {
      const refused = await run(["import", "openclaw", ...argv], {});
      return "problem" in refused ? refused.problem : undefined;
    };
    expect(await problem(join(root, "nowhere"))).toContain("cannot be read as a state folder (ENOENT)");
    expect(await problem(root, "--host", "x")).toContain("NAME=HOST");
    expect(await problem(root, "--host", "nobody=a.example")).toContain("no credential has that name");
    expect(await problem(root, "--workspace", "main=/nowhere")).toContain("cannot be read");
    expect(await problem(join(root, "clawdbot.json"))).toContain("(ENOTDIR)");
  });

  it("stops where the gateway does, and says so", async () => {
    const { root } = kept(openclawFolder());
    const problem = { type: "about:blank", title: "stopped", status: 409, code: "EVERYTHING_STOPPED" };
    const stopped = { status: 409, json: { ...problem, detail: "d", next: "n", recoverable: true } };
    const done = await run(["import", "openclaw", root, "--yes"], { ...ANSWERS, "POST /v2/imports": stopped });
    expect(done).toMatchObject({ code: "EVERYTHING_STOPPED" });
    expect(done.asked).toHaveLength(1);
  });

  it("shows hostile names as they are written, never as they would act on a terminal", async () => {
    const { root } = kept(makeFolder({ "openclaw.json": "{}", "sessions/a\u001b[2Jb.jsonl": "{}" }));
    const shown = await run(["import", "openclaw", root], {});
    expect(shown.out).not.toContain("\u001b");
    expect(shown.out).toContain("a\\u001b[2Jb.jsonl");
  });

  it("has nothing to take from an empty folder", async () => {
    const { root } = kept(makeFolder());
    const shown = await run(["import", "openclaw", root, "--yes"], ANSWERS);
    expect(shown).toMatchObject({ exit: 0 });
    expect(shown.out).toContain("taken: 0 agents, 0 conversations");
    expect(shown.asked.map(({ route }) => route)).toEqual(["GET /v2/secrets"]);
  });
});
