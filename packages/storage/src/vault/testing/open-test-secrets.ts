import { mkdirSync } from "node:fs";
import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort } from "@moltbot/contracts";
import { createContentSealer, randomBytes } from "../../crypto/index.ts";
import { openSecrets } from "../secrets.ts";
import { realDisk } from "../vault-disk.ts";
import { must, testOptions } from "./open-test-vault.ts";

/** A clock that a test moves, starting in 2026. */
const movedClock = () => {
  const start = Date.UTC(2026, 10, 22, 12);
  let passed = 0;
  const clock: ClockPort = { now: () => instantOf(start + passed), monotonic: () => passed };
  return {
    clock,
    pass: (milliseconds: number) => void (passed += milliseconds),
    at: (after: number) => instantOf(start + after),
  };
};

/** A keyring in memory, which tells whose keys it holds and destroys them for good. */
const memoryKeys = () => {
  const keys = new Map<string, Uint8Array>();
  const gone = new Set<string>();
  const faults = { destroy: false };
  return {
    keys,
    gone,
    faults,
    values: createContentSealer({
      find: (subject) => keys.get(subject) ?? null,
      findOrCreate: (subject) => {
        const key = keys.get(subject) ?? randomBytes(32);
        keys.set(subject, key);
        return ok(key);
      },
    }),
    destroy: async (subjects: readonly string[]) => {
      if (faults.destroy) return err(moltbotError("VAULT_LOCKED", { problem: "the test wants it so" }));
      for (const subject of subjects) {
        keys.delete(subject);
        gone.add(subject);
      }
      return ok(undefined);
    },
  };
};

type Wish = Partial<Parameters<typeof openSecrets>[0]>;

/** A folder with secrets, a clock and keys; `open` opens it again and again. */
export const testSecrets = () => {
  const { directory } = testOptions();
  mkdirSync(directory, { recursive: true });
  const time = movedClock();
  const ring = memoryKeys();
  const key = randomBytes(32);
  const open = async (wish: Wish = {}) =>
    openSecrets({
      directory,
      key,
      disk: realDisk,
      clock: time.clock,
      values: ring.values,
      destroy: ring.destroy,
      ...wish,
    });
  return { ...time, ...ring, directory, key, open, opened: async (wish: Wish = {}) => must(await open(wish)) };
};
