import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrincipalId, err, moltbotError, ok } from "@moltbot/contracts";
import { createCrypto } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AGENT, OWNER, at, idOf } from "./operations/testing/fake-house.ts";
import { sweepWorkspaces, workspaceFinder, workspacesOf } from "./workspaces.ts";

const crypto = createCrypto(Buffer.alloc(32, 1));
const hash = (text: string) => crypto.hash(text);
let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "moltbot-workspaces-"));
  folder = join(root, "workspaces", AGENT.id);
  mkdirSync(join(folder, "notes"), { recursive: true });
  writeFileSync(join(folder, "a.txt"), "one");
  writeFileSync(join(folder, "notes", "b.txt"), "two");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const opened = () =>
  workspacesOf({
    home: {
      root,
      workspaceOf: (agent, guest = null) => join(root, "workspaces", guest === null ? agent : `${agent}~${guest}`),
    },
    hash: (bytes) => crypto.hash(bytes),
    clock: { now: () => at(0) },
    log: { warn: () => undefined },
  });

describe("the workspaces of a home", () => {
  it("tell every file by the hash of its content, and follow no link out", async () => {
    writeFileSync(join(root, "secret.txt"), "secret");
    symlinkSync(join(root, "secret.txt"), join(folder, "link.txt"));
    const files = await opened().files(AGENT, OWNER.id);
    expect(files.ok && files.value.map(({ path, content, bytes }) => [path, content, bytes])).toEqual([
      ["a.txt", hash("one"), 3],
      ["notes/b.txt", hash("two"), 3],
    ]);
  });

  it("set a file aside into a folder of the day that is the owner's alone", async () => {
    expect(await opened().setAside(AGENT, OWNER.id, "notes/b.txt", hash("two"))).toMatchObject({ ok: true });
    expect(existsSync(join(folder, "notes", "b.txt"))).toBe(false);
    const aside = join(root, "removed", "2026-11-22", AGENT.id);
    const [name = ""] = readdirSync(aside);
    expect(readFileSync(join(aside, name), "utf8")).toBe("two");
    expect(statSync(aside).mode & 0o077).toBe(0);
  });

  it("leave a file that was written anew since, one that is gone, and one outside", async () => {
    expect(await opened().setAside(AGENT, OWNER.id, "a.txt", hash("older"))).toMatchObject({
      error: { code: "CONFLICT" },
    });
    expect(await opened().setAside(AGENT, OWNER.id, "c.txt", hash("one"))).toMatchObject({
      error: { code: "FILE_NOT_FOUND" },
    });
    expect(await opened().setAside(AGENT, OWNER.id, "../../secret.txt", hash("one"))).toMatchObject({ ok: false });
    expect(readFileSync(join(folder, "a.txt"), "utf8")).toBe("one");
    expect(existsSync(join(root, "removed"))).toBe(false);
  });
});

describe("an agent that is shared", () => {
  const GUEST = idOf(PrincipalId, 77);
  const home = {
    root: "",
    workspaceOf: (agent: string, guest: string | null = null) =>
      join(root, "workspaces", guest === null ? agent : `${agent}~${guest}`),
  };

  it("has a folder of its own for everybody who uses it, and nobody sees the owner's files", async () => {
    expect(await opened().files(AGENT, GUEST)).toEqual(ok([]));
    const theirs = `${folder}~${GUEST}`;
    mkdirSync(theirs);
    writeFileSync(join(theirs, "mine.txt"), "three");
    const files = await opened().files(AGENT, GUEST);
    expect(files.ok && files.value.map(({ path }) => path)).toEqual(["mine.txt"]);
    const own = await opened().files(AGENT, OWNER.id);
    expect(own.ok && own.value.map(({ path }) => path)).toEqual(["a.txt", "notes/b.txt"]);
    expect(await opened().setAside(AGENT, GUEST, "a.txt", hash("one"))).toMatchObject({
      error: { code: "FILE_NOT_FOUND" },
    });
    expect(await opened().setAside(AGENT, GUEST, "mine.txt", hash("three"))).toMatchObject({ ok: true });
    expect(existsSync(join(root, "removed", "2026-11-22", `${AGENT.id}~${GUEST}`))).toBe(true);
  });

  it("is found for a call by the person for whom the turn runs, while they may use it", async () => {
    let may = true;
    const find = workspaceFinder({
      home,
      tenant: () => OWNER.tenantId,
      agents: { find: async () => (may ? ok(AGENT) : err(moltbotError("NOT_FOUND", { kind: "agent" }))) },
    });
    expect(await find({ agentId: AGENT.id, authority: OWNER.id })).toEqual(ok(folder));
    expect(await find({ agentId: AGENT.id, authority: GUEST })).toEqual(ok(`${folder}~${GUEST}`));
    expect(statSync(`${folder}~${GUEST}`).mode & 0o077).toBe(0);
    may = false;
    expect(await find({ agentId: AGENT.id, authority: GUEST })).toMatchObject({ error: { code: "NOT_FOUND" } });
  });

  it("unplug: one folder for all shows the owner's files to everybody", async () => {
    const careless = workspacesOf({
      home: { root, workspaceOf: (agent) => join(root, "workspaces", agent) },
      hash: (bytes) => crypto.hash(bytes),
      clock: { now: () => at(0) },
      log: { warn: () => undefined },
    });
    const files = await careless.files(AGENT, GUEST);
    expect(files.ok && files.value.map(({ path }) => path)).toEqual(["a.txt", "notes/b.txt"]);
  });
});

describe("what a crash left unfinished", () => {
  it("is removed from every workspace at the start, and it is said how much", async () => {
    const left = ".moltbot-01930000-0000-7000-8000-000000000001.part";
    for (const place of [folder, join(folder, "notes")]) {
      writeFileSync(join(place, left), "half");
      utimesSync(join(place, left), 1, 1);
    }
    writeFileSync(join(root, left), "not in a workspace");
    const said: unknown[] = [];
    const log = { warn: (...words: readonly unknown[]) => void said.push(words) };
    await sweepWorkspaces({ home: { root }, log }, at(10_000), new AbortController().signal);
    expect(readdirSync(folder).toSorted()).toEqual(["a.txt", "notes"]);
    expect(readdirSync(join(folder, "notes"))).toEqual(["b.txt"]);
    expect(existsSync(join(root, left))).toBe(true);
    expect(said).toEqual([["files that a crash left unfinished are removed", { files: 2 }]]);
    await sweepWorkspaces({ home: { root: join(root, "nowhere") }, log }, at(0), new AbortController().signal);
    expect(said).toHaveLength(1);
  });
});
