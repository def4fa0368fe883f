import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createUnlockAttempts } from "./unlock-attempts.ts";
import type { UnlockAttempts } from "./unlock-attempts.ts";

const wrongWord = async (): Promise<Result<void>> => err(moltbotError("VAULT_PASSPHRASE_WRONG"));
const rightWord = async (): Promise<Result<void>> => ok(undefined);

const clocked = () => {
  let now = 0;
  const attempts = createUnlockAttempts({ monotonic: () => now });
  return { attempts, pass: (seconds: number) => void (now += seconds * 1000) };
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
const secondsOf = (result: Result<unknown>): unknown => (result.ok ? null : result.error.context["seconds"]);

const wrongTimes = async (attempts: UnlockAttempts, times: number): Promise<readonly string[]> => {
  const codes: string[] = [];
  for (let at = 0; at < times; at += 1) codes.push(codeOf(await attempts.guarded("remote", wrongWord)));
  return codes;
};

describe("attempts to unlock", () => {
  it("are free five times; then each further one waits twice as long, up to an hour", async () => {
    const { attempts, pass } = clocked();
    expect(await wrongTimes(attempts, 6)).toEqual([
      ...Array<string>(5).fill("VAULT_PASSPHRASE_WRONG"),
      "VAULT_UNLOCK_LIMITED",
    ]);
    const waits: unknown[] = [];
    for (let at = 0; at < 14; at += 1) {
      const seconds = secondsOf(await attempts.guarded("remote", wrongWord));
      waits.push(seconds);
      pass(Number(seconds));
      expect(codeOf(await attempts.guarded("remote", wrongWord))).toBe("VAULT_PASSPHRASE_WRONG");
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]);
    expect(attempts.wrong()).toBe(19);
  });

  it("are not run while they have to wait, not even the right one", async () => {
    const { attempts, pass } = clocked();
    await wrongTimes(attempts, 5);
    pass(1.9);
    let ran = false;
    const right = async (): Promise<Result<void>> => {
      ran = true;
      return ok(undefined);
    };
    expect(codeOf(await attempts.guarded("remote", right))).toBe("VAULT_UNLOCK_LIMITED");
    expect(ran).toBe(false);
    pass(0.1);
    expect(codeOf(await attempts.guarded("remote", right))).toBe("ok");
    expect(attempts.wrong()).toBe(0);
    expect(await wrongTimes(attempts, 5)).toEqual(Array<string>(5).fill("VAULT_PASSPHRASE_WRONG"));
  });

  it("are counted apart at the machine and from afar", async () => {
    const { attempts } = clocked();
    await wrongTimes(attempts, 9);
    expect(codeOf(await attempts.guarded("local", wrongWord))).toBe("VAULT_PASSPHRASE_WRONG");
    expect(codeOf(await attempts.guarded("local", rightWord))).toBe("ok");
    expect(attempts.wrong()).toBe(0);
  });

  it("run one at a time, however many come at once", async () => {
    const { attempts } = clocked();
    let running = 0;
    let most = 0;
    const slow = async (): Promise<Result<void>> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return wrongWord();
    };
    const all = await Promise.all(Array.from({ length: 20 }, () => attempts.guarded("remote", slow)));
    expect(most).toBe(1);
    expect(all.filter((one) => codeOf(one) === "VAULT_UNLOCK_LIMITED")).toHaveLength(19);
  });

  it("count only wrong words: a missing key file tells nobody anything", async () => {
    const { attempts } = clocked();
    const missing = async (): Promise<Result<void>> => err(moltbotError("VAULT_LOCKED", { problem: "it is missing" }));
    for (let at = 0; at < 20; at += 1) expect(codeOf(await attempts.guarded("local", missing))).toBe("VAULT_LOCKED");
    await expect(attempts.guarded("local", () => Promise.reject(new Error("a bug")))).rejects.toThrow("a bug");
    expect(codeOf(await attempts.guarded("local", rightWord))).toBe("ok");
  });
});

describe("unplug the limit of attempts", () => {
  it("lets a program that tries every short code open the vault", async () => {
    const secret = "0417";
    const tryAll = async (attempts: Pick<UnlockAttempts, "guarded">): Promise<boolean> => {
      for (let code = 0; code < 1_000; code += 1) {
        const word = String(code).padStart(4, "0");
        const result = await attempts.guarded("remote", async () => (word === secret ? ok(undefined) : wrongWord()));
        if (result.ok) return true;
      }
      return false;
    };
    expect(await tryAll({ guarded: (_place, attempt) => attempt() })).toBe(true);
    expect(await tryAll(clocked().attempts)).toBe(false);
  });
});
