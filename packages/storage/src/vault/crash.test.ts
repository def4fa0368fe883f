import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Vault } from "./open-vault.ts";
import { must, openCheaply, testOptions } from "./testing/open-test-vault.ts";
import { diskOver, REAL_STEPS } from "./vault-disk.ts";
import type { DiskSteps } from "./vault-disk.ts";
import { stepsUntil } from "./testing/steps-until.ts";

type Options = ReturnType<typeof testOptions>;

const copyOf = (options: Options): Options => {
  const copy = testOptions(options.passphrase);
  cpSync(dirname(options.directory), dirname(copy.directory), { recursive: true });
  if (existsSync(options.keyFile)) cpSync(options.keyFile, copy.keyFile, { recursive: true });
  return copy;
};

const CHANGES: readonly (readonly [string, (vault: Vault) => Promise<unknown>])[] = [
  ["a new passphrase", (vault) => vault.changePassphrase("the first one", "the second one")],
  ["a key file in place of the passphrase", (vault) => vault.changePassphrase("the first one", null)],
  ["a recovery code", (vault) => vault.makeRecoveryCode("the first one")],
  ["a rotation of the wrapping", (vault) => vault.rotate("wrapping", "the first one")],
  ["a rotation of the data keys", (vault) => vault.rotate("data", "the first one")],
  ["an erasure", (vault) => vault.erase(["person:erased"])],
  ["a new key", async (vault) => vault.content.seal(["person:new"], "r", "x")],
];

describe.each(CHANGES)("a power cut during %s", (name, change) => {
  it("leaves a vault at every step that opens by what the person knows, with all that was sealed before", async () => {
    const options = testOptions("the first one");
    const first = must(await openCheaply(options));
    const sealed = ["person:1", "person:erased"].map((subject) => must(first.content.seal([subject], "r", "kept")));
    must(await first.rotate("wrapping", "the first one"));
    await first.close();

    for (let last = 0; ; last += 1) {
      const copy = copyOf(options);
      const opening = stepsUntil(Number.POSITIVE_INFINITY);
      const { steps, done } = stepsUntil(last);
      let fails = false;
      const gate = Object.fromEntries(
        Object.keys(REAL_STEPS).map((key) => [
          key,
          (...given: readonly unknown[]): unknown => {
            const chosen = (fails ? steps : opening.steps)[key as keyof DiskSteps];
            return (chosen as (...values: readonly unknown[]) => unknown)(...given); // each step with its own arguments
          },
        ]),
      ) as unknown as DiskSteps; // the same names, each calling one of the two
      const vault = must(await openCheaply(copy, diskOver(gate)));
      fails = true;
      const changed = await change(vault);
      const finished = done() <= last;
      expect(finished, `step ${String(last)}`).toBe((changed as { ok: boolean }).ok);

      const tries = ["the first one", "the second one", null];
      const results = await Promise.all(tries.map(async (passphrase) => openCheaply({ ...copyOf(copy), passphrase })));
      const opened = results.flatMap((result) => (result.ok ? [result.value] : []));
      expect(opened.length, `${name}, step ${String(last)}`).toBe(1);
      for (const again of opened) {
        expect(again.content.open(["person:1"], "r", sealed[0] ?? new Uint8Array()).ok).toBe(true);
        const isErased = again.erased().some(({ subject }) => subject === "person:erased");
        // On the list means gone, whatever step came last.
        expect(again.content.open(["person:erased"], "r", sealed[1] ?? new Uint8Array()).ok).toBe(!isErased);
        if (finished && name === "an erasure") expect(isErased).toBe(true);
        await again.close();
      }
      if (finished) break;
    }
  });
});

describe("what a crash left of a replaced keyring", () => {
  it("is gone after the next opening", async () => {
    const options = testOptions("the first one");
    const vault = must(await openCheaply(options));
    must(vault.content.seal(["person:1"], "r", "x"));
    const { steps } = stepsUntil(Number.POSITIVE_INFINITY);
    await vault.close();
    const stuck: DiskSteps = {
      ...steps,
      write: () => {
        throw Object.assign(new Error("the power is gone"), { code: "EIO" });
      },
    };
    const cut = must(await openCheaply(options, diskOver(stuck)));
    expect((await cut.erase(["person:1"])).ok).toBe(false);
    expect(readdirSync(options.directory).some((name) => name.endsWith(".old"))).toBe(true);
    expect((await cut.erase(["person:2"])).ok).toBe(false);
    await cut.close();
    await must(await openCheaply(options)).close();
    expect(readdirSync(options.directory).toSorted()).toEqual(["erasures.jsonl", "keyring.jsonl", "vault.json"]);
  });
});

describe("kill -9", () => {
  const child = fileURLToPath(new URL("testing/change-until-killed.ts", import.meta.url));

  /** Lets the child change the vault for a while, kills it, and gives the lines it said. */
  const killAfter = async (options: Options, number: number, milliseconds: number): Promise<readonly string[]> => {
    const process_ = spawn(process.execPath, [child, options.directory, options.keyFile, String(number)]);
    let text = "";
    let complaint = "";
    process_.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
    process_.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    await new Promise<void>((resolve) => process_.stdout.once("data", () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    process_.kill("SIGKILL");
    await new Promise((resolve) => process_.once("close", resolve));
    expect(complaint).toBe("");
    return text.split("\n").slice(0, -1);
  };

  it("at any moment of changes, rotations and erasures leaves a vault that opens, forgets no key and forgives no erasure", async () => {
    const options = testOptions("passphrase 0");
    await must(await openCheaply(options)).close();
    let number = 0;
    for (let round = 0; round < 8; round += 1) {
      const lines = await killAfter(options, number, 7 + round * 23);
      const said = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.split(" "));
      const known = [number, ...said("changing").map(([, one = "0"]) => Number(one))];
      const last = known.at(-1) ?? 0;
      const tried = await Promise.all(
        [...new Set([last - 1, last])].map(async (one) => ({
          one,
          result: await openCheaply({ ...copyOf(options), passphrase: `passphrase ${String(one)}` }),
        })),
      );
      const right = tried.filter(({ result }) => result.ok);
      expect(right.length, `round ${String(round)}`).toBe(1);
      const confirmed = Math.max(number, ...said("changed").map(([, one = "0"]) => Number(one)));
      number = right[0]?.one ?? 0;
      expect(number).toBeGreaterThanOrEqual(confirmed);
      for (const { result } of tried) if (result.ok) await result.value.close();

      const vault = must(await openCheaply({ ...options, passphrase: `passphrase ${String(number)}` }));
      const erased = new Set(said("erased").map(([, subject]) => subject));
      const erasing = new Set(said("erasing").map(([, subject]) => subject));
      for (const [, subject = "", sealed = ""] of said("sealed")) {
        const opens = vault.content.open([subject, "person:kept"], "r", Buffer.from(sealed, "base64url")).ok;
        if (!erasing.has(subject)) expect(opens, subject).toBe(true);
        if (erased.has(subject)) expect(opens, subject).toBe(false);
      }
      await vault.close();
      const names = readdirSync(join(options.directory)).filter((name) => name.startsWith(".keyring"));
      expect(names).toEqual([]);
    }
  }, 60_000);
});
