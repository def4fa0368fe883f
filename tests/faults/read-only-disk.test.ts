import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "@moltbot/contracts";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { newPlace, startGatewayProcess } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";
import { openStorage } from "../support/storage-house.ts";
import { because, lieReadOnlyOver, smallDisk, whyNoMount } from "./bad-disk.ts";
import type { SmallDisk } from "./bad-disk.ts";
import { backUp, fillHome, filesIn, lookAt, newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";

const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

describe(`a disk that can only be read${because(whyNoMount)}`, { timeout: 60_000 }, () => {
  const disks: SmallDisk[] = [];
  afterEach(() => {
    for (const each of disks.splice(0)) each.remove();
  });
  afterAll(removeFolders);

  it.skipIf(whyNoMount !== null)(
    "at the start of the storage: a named error, and everything is there when it is writable again",
    async () => {
      const disk = smallDisk(12);
      disks.push(disk);
      const { house, ...filled } = await fillHome(disk.folder);
      await house.close();
      disk.readOnly();
      expect(await lookAt(filled)).toMatchObject({ opened: false, codes: ["VAULT_LOCKED"] });
      disk.writable();
      expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
    },
  );

  it.skipIf(whyNoMount !== null)(
    "at the start of the gateway, before and after its home was made: HOME_NOT_WRITABLE with the folder and the reason",
    async () => {
      const disk = smallDisk(24);
      disks.push(disk);
      const place = newPlace();
      const home = join(disk.folder, "home");
      const environment = { ...place.environment, MOLTBOT_HOME: home };
      const at = { ...place, home, environment };
      const start = async (): Promise<string> => {
        try {
          await (await startGatewayProcess(at)).kill("SIGTERM");
          return "started";
        } catch (cause) {
          return String(cause);
        }
      };
      disk.readOnly();
      expect(await start()).toMatch(/\[HOME_NOT_WRITABLE\]/);
      disk.writable();
      expect(await start()).toBe("started");
      disk.readOnly();
      const refused = await start();
      expect(refused).toMatch(/EROFS[^]*\[HOME_NOT_WRITABLE\]/);
      expect(refused).toContain(home);
      disk.writable();
      expect(await start()).toBe("started");
      place.remove();
    },
  );

  it.skipIf(whyNoMount !== null)(
    "while the house is open: whatever makes a file is refused by name, and nothing is half done",
    async () => {
      const { house, ...filled } = await fillHome(newFolder());
      const into = newFolder();
      const back = [join(filled.folder, "home"), into].map(lieReadOnlyOver);
      expect(codeOf(await backUp(house, filled.folder, into))).toBe("BACKUP_PLACE");
      const files = filesIn({ folder: filled.folder, sealer: house.vault.content });
      const content = Buffer.alloc(1_000, 7);
      expect(codeOf(await files.write(must(files.addressOf(filled.owner, content)), filled.owner, content))).toBe(
        "DATABASE_UNAVAILABLE",
      );
      const wish = { name: "other", value: "v", hosts: ["b.example.org"], ownerId: filled.owner.ownerId };
      expect(codeOf(await house.vault.secrets.set(wish))).toBe("VAULT_LOCKED");
      expect(codeOf(await house.vault.rotate("wrapping", null))).toBe("VAULT_LOCKED");
      await house.close();
      for (const writable of back) writable();
      expect(readdirSync(into)).toEqual([]);
      expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
      const again = must(await openStorage(filled.folder, null));
      must(await sayAndRecord(again, filled, "and on it goes"));
      await again.close();
    },
  );
});
