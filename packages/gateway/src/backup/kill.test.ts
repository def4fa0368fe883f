import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { verifyBackup } from "@moltbot/storage/backup";
import type { Home } from "../home.ts";
import {
  deskOf,
  homeIn,
  must,
  newConversation,
  newPerson,
  openHome,
  record,
  remember,
  removeFolders,
  say,
  temporaryFolder,
} from "./testing/rich-home.ts";

afterEach(removeFolders);

const PROGRAM = fileURLToPath(new URL("./testing/restore-until-killed.ts", import.meta.url));

/** Runs the program and kills it so many milliseconds after it began; what it had said by then. */
const killAfter = (milliseconds: number, ...words: readonly string[]): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString("utf8");
      timer ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
    });
    child.on("close", () => {
      clearTimeout(timer);
      resolve(said);
    });
  });

/** The words of the one conversation, in a home that opens whole. */
const wordsIn = async (home: Home, ada: Awaited<ReturnType<typeof newPerson>>): Promise<readonly string[]> => {
  const memory = await openHome(home);
  expect(must(await memory.database.check())).toEqual([]);
  expect(must(await memory.audit.verify())).toMatchObject({ ok: true });
  const [only] = must(await memory.database.conversations.list(ada.scope, 9));
  const path = only === undefined ? [] : must(await memory.database.conversations.path(ada.scope, only.id, "main", 99));
  await memory.close();
  return path.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
};

describe("kill -9", () => {
  it("at any moment of a restore leaves the old home or the new one, whole", async () => {
    const folder = temporaryFolder();
    const home = homeIn(folder);
    const memory = await openHome(home);
    const ada = await newPerson(memory);
    const conversation = await newConversation(memory, ada);
    await say(memory, ada, conversation, "then");
    for (let n = 0; n < 200; n += 1) await remember(memory, ada, `a memory with the number ${String(n)}`);
    for (let n = 0; n < 50; n += 1) await record(memory, ada, "a detail");
    const { file } = must(await deskOf(home, memory).create(ada.scope, { kind: "backup", folder: null }));
    await say(memory, ada, conversation, "now");
    await memory.close();

    const outcomes = new Set<string>();
    for (const milliseconds of [0, 60, 120, 180, 240, 300, 380, 460, 560, 700]) {
      expect(await killAfter(milliseconds, "restore", folder, file)).toContain("began");
      const words = (await wordsIn(home, ada)).join(" ");
      expect(["then now", "then"]).toContain(words);
      outcomes.add(words);
      if (words === "then") {
        const again = await openHome(home);
        const [only] = must(await again.database.conversations.list(ada.scope, 9));
        if (only !== undefined) await say(again, ada, only, "now");
        await again.close();
      }
    }
    // The last one had time enough, or the times are wrong for this machine: then let it end.
    if (!outcomes.has("then")) {
      await killAfter(20_000, "restore", folder, file);
      expect(await wordsIn(home, ada)).toEqual(["then"]);
    }
    expect(existsSync(join(home.root, "restoring.json"))).toBe(false);
  }, 90_000);

  it("while backups are made leaves only whole ones under their names", async () => {
    const folder = temporaryFolder();
    const home = homeIn(folder);
    const memory = await openHome(home);
    const ada = await newPerson(memory);
    const conversation = await newConversation(memory, ada);
    for (let n = 0; n < 200; n += 1) await say(memory, ada, conversation, "words ".repeat(50));
    const key = memory.vault.key("backup");
    await memory.close();
    const copies = join(folder, "copies");
    mkdirSync(copies);
    for (const milliseconds of [200, 330, 410]) await killAfter(milliseconds, "create", folder, copies);
    const made = readdirSync(copies).filter((name) => name.endsWith(".backup"));
    for (const name of made) expect(must(await verifyBackup(join(copies, name), key))).toMatchObject({ ok: true });
    const again = await openHome(home);
    const listed = must(await again.database.copies.list({ ...ada.scope, reach: "system" })).map(({ file }) => file);
    // What lies there is on the list: an erasure names it.
    for (const name of made) expect(listed).toContain(join(copies, name));
    await again.close();
  }, 60_000);
});
