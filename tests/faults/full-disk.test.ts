import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { MessageId } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { newPlace, runCli, startGatewayProcess } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";
import { openStorage } from "../support/storage-house.ts";
import { because, smallDisk, whyNoMount, whyNoPrlimit, writeUntilRefused } from "./bad-disk.ts";
import type { SmallDisk } from "./bad-disk.ts";
import { backUp, fillHome, filesIn, lookAt, newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";
import type { Filled } from "./filled-home.ts";

const NAMED = ["DATABASE_UNAVAILABLE", "AUDIT_UNWRITABLE", "VAULT_LOCKED"];
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

/** Everything that was acknowledged is there, everything verifies, and more can be written. */
const mustGoOn = async (filled: Filled, accepted: readonly string[]): Promise<void> => {
  expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
  const house = must(await openStorage(filled.folder, null));
  const lost: string[] = [];
  for (const id of accepted)
    if (!(await house.database.conversations.message(filled.scope, MessageId.parse(id))).ok) lost.push(id);
  expect(lost).toEqual([]);
  must(await sayAndRecord(house, filled, "and on it goes"));
  await house.close();
};
afterAll(removeFolders);

describe(`a file that may not grow${because(whyNoPrlimit)}`, { timeout: 60_000 }, () => {
  // Above the size of the database: room for so much in the database, its write-ahead log or the audit log, whichever comes first.
  it.skipIf(whyNoPrlimit !== null).each([0, 40_000, 300_000])(
    "ends in named errors with %i bytes of room, loses nothing acknowledged, and goes on with room",
    async (room) => {
      const { house, ...filled } = await fillHome(newFolder());
      await house.close();
      const most = statSync(join(filled.folder, "home", "moltbot.db")).size + room;
      const written = await writeUntilRefused(filled.folder, ["prlimit", `--fsize=${String(most)}`], filled);
      expect([written.code, written.errors]).toEqual([0, ""]);
      expect(written.refused).not.toEqual([]);
      expect(written.refused.filter((code) => !NAMED.includes(code))).toEqual([]);
      await mustGoOn(filled, written.accepted);
    },
  );
});

describe(`a disk that is full${because(whyNoMount)}`, { timeout: 60_000 }, () => {
  const disks: SmallDisk[] = [];
  const disk = (megabytes: number): SmallDisk => {
    const made = smallDisk(megabytes);
    disks.push(made);
    return made;
  };
  afterEach(() => {
    for (const each of disks.splice(0)) each.remove();
  });

  it.skipIf(whyNoMount !== null).each([0, 4_096, 65_536, 400_000])(
    "while it is written to, %i bytes before its end: named errors, nothing acknowledged is lost, and a restart goes on",
    async (left) => {
      const { folder, fill, makeRoom } = disk(12);
      const { house, ...filled } = await fillHome(folder);
      fill(left);
      const accepted: string[] = [];
      const refused: string[] = [];
      for (let n = 0; n < 1_500 && refused.length < 10; n += 1) {
        const kept = await sayAndRecord(house, filled, `${String(n)} `.padEnd(500, "."));
        if (kept.ok) accepted.push(String(n));
        else refused.push(kept.error.code);
      }
      expect(refused).toHaveLength(10);
      expect(refused.filter((code) => !NAMED.includes(code))).toEqual([]);
      await house.close();
      makeRoom();
      await mustGoOn(filled, []);
      const again = must(await openStorage(folder, null));
      const path = must(await again.database.conversations.path(filled.scope, filled.conversation.id, "main", 5_000));
      const texts = new Set(
        path.flatMap(({ parts }) => parts.map((part) => (part.type === "text" ? part.text.split(" ")[0] : ""))),
      );
      expect(accepted.filter((n) => !texts.has(n))).toEqual([]);
      await again.close();
    },
  );

  it.skipIf(whyNoMount !== null)(
    "is named by whoever needs it: backup, attachment, secret and key; none leaves a part behind",
    async () => {
      const { folder, fill, makeRoom } = disk(8);
      const { house, ...filled } = await fillHome(folder);
      fill(0);
      const into = join(folder, "home");
      const before = readdirSync(folder, { recursive: true }).length;
      const backup = await backUp(house, folder, into);
      expect(codeOf(backup)).toBe("BACKUP_PLACE");
      const files = filesIn({ folder, sealer: house.vault.content });
      const owner = { ...filled.owner };
      const content = Buffer.alloc(300_000, 7);
      const address = must(files.addressOf(owner, content));
      expect(codeOf(await files.write(address, owner, content))).toBe("DATABASE_UNAVAILABLE");
      const wish = {
        name: "other",
        value: "v".repeat(60_000),
        hosts: ["b.example.org"],
        ownerId: filled.owner.ownerId,
      };
      expect(codeOf(await house.vault.secrets.set(wish))).toBe("VAULT_LOCKED");
      let sealed: Result<unknown> = house.vault.content.seal(["memory:0"], "r", "x");
      for (let n = 1; n < 200 && sealed.ok; n += 1)
        sealed = house.vault.content.seal([`memory:${String(n)}`], "r", "x");
      expect(codeOf(sealed)).toBe("VAULT_LOCKED");
      const left = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
        /\.(part|new)$|\.new-/.test(name),
      );
      expect(left).toEqual([]);
      expect(existsSync(join(into, "copy.moltbot-backup"))).toBe(false);
      // At most the folder that the attachment's address names.
      expect(readdirSync(folder, { recursive: true }).length - before).toBeLessThanOrEqual(1);
      await house.close();
      makeRoom();
      await mustGoOn(filled, []);
    },
  );

  it.skipIf(whyNoMount !== null)(
    "under a running gateway: requests are refused by name, and after room is made a restart goes on",
    async () => {
      const { folder, fill, makeRoom } = disk(24);
      const place = { ...newPlace(), root: folder, home: join(folder, "home") };
      const environment = {
        ...place.environment,
        MOLTBOT_HOME: place.home,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, "config"),
      };
      const at = { ...place, environment };
      const first = await startGatewayProcess(at);
      const said = await runCli(at, ["chat", "--message", "what is 17 * 3", "--json"]);
      expect(said.code).toBe(0);
      fill(0);
      const codes: string[] = [];
      for (let n = 0; n < 40 && codes.length < 3; n += 1) {
        const [agent] = must(await first.client.call("agents.list", {}));
        if (agent === undefined) throw new Error("no agent");
        const sent = await first.client.call("messages.send", { agentId: agent.id, content: "x".repeat(20_000) });
        if (!sent.ok) codes.push(sent.error.code);
      }
      expect(codes).toHaveLength(3);
      expect(codes.filter((code) => !NAMED.includes(code))).toEqual([]);
      await first.kill("SIGTERM");
      makeRoom();
      const second = await startGatewayProcess(at);
      expect((await runCli(at, ["chat", "--message", "what is 2 + 2", "--json"])).code).toBe(0);
      expect(must(await second.client.call("audit.verify", {})).ok).toBe(true);
      await second.kill("SIGTERM");
      place.remove();
    },
  );
});
