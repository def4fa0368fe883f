import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sha256Hex } from "../../../packages/storage/src/crypto/index.ts";
import { must, openCheaply, testOptions } from "../../../packages/storage/src/vault/testing/open-test-vault.ts";

interface Stored {
  readonly version: number;
  readonly id: string;
  readonly openers: readonly Readonly<Record<string, unknown>>[];
  readonly checksum?: string;
}

const made = async (passphrase: string) => {
  const options = testOptions(passphrase);
  const vault = must(await openCheaply(options));
  const { code } = { code: must(await vault.makeRecoveryCode(passphrase)) };
  const sealed = must(vault.content.seal(["person:a"], "r", "kept"));
  await vault.close();
  const path = join(options.directory, "vault.json");
  return { options, path, code, sealed, stored: JSON.parse(readFileSync(path, "utf8")) as Stored }; // what the vault wrote
};

/** Whoever can write the file can also count its checksum. */
const write = (path: string, { version, id, openers }: Stored): void => {
  const checksum = sha256Hex(JSON.stringify([version, id, openers]));
  writeFileSync(path, `${JSON.stringify({ version, id, openers, checksum }, null, 2)}\n`);
};

const argon2 = (stored: Stored, more: object): Stored => ({
  ...stored,
  openers: stored.openers.map((opener) =>
    opener["kind"] === "passphrase" ? { ...opener, argon2: { ...(opener["argon2"] as object), ...more } } : opener,
  ),
});

describe("a vault.json that somebody changed, checksum and all", () => {
  it("with other costs or another salt opens by no passphrase, and never ends the program", async () => {
    const { options, path, stored } = await made("the first one");
    const costs = [
      { passes: 2 },
      { memory: 16 },
      // Argon2id needs eight KiB for each lane.
      { memory: 8, parallelism: 64 },
      { memory: 8, parallelism: 2 },
      { salt: "AA" },
      { salt: "A" },
      { salt: "AAAAAAAAAAA" },
      { parallelism: 2, memory: 16 },
    ];
    for (const more of costs) {
      write(path, argon2(stored, more));
      const tried = await openCheaply(options).catch((cause: unknown) => ({ thrown: String(cause) }));
      expect(tried, JSON.stringify(more)).toMatchObject({
        ok: false,
        error: { code: expect.stringMatching(/^VAULT_(PASSPHRASE_WRONG|DAMAGED)$/) as unknown }, // the matcher is typed any
      });
    }
    write(path, stored);
    await must(await openCheaply(options)).close();
  });

  it("with the openers of another vault, another id or the wrappings exchanged opens by nothing", async () => {
    const one = await made("the first one");
    const two = await made("the second one");
    const [word, code] = [one.stored.openers[1] ?? {}, one.stored.openers[0] ?? {}];
    const bad: readonly Stored[] = [
      { ...one.stored, id: two.stored.id },
      { ...one.stored, openers: two.stored.openers },
      {
        ...one.stored,
        openers: one.stored.openers.map((opener, at) => ({
          ...opener,
          wrappedRoot: two.stored.openers[at]?.["wrappedRoot"],
        })),
      },
      {
        ...one.stored,
        openers: [
          { ...word, wrappedRoot: code["wrappedRoot"] },
          { ...code, wrappedRoot: word["wrappedRoot"] },
        ],
      },
      {
        ...one.stored,
        openers: [
          { ...code, kind: "key-file" },
          { ...code, kind: "keychain" },
        ],
      },
      { ...one.stored, openers: [word, word] },
      { ...one.stored, openers: [] },
    ];
    for (const [at, changed] of bad.entries()) {
      write(one.path, changed);
      for (const wish of [
        { passphrase: "the first one" },
        { passphrase: "the second one" },
        { passphrase: null },
        { passphrase: null, recoveryCode: one.code },
        { passphrase: null, recoveryCode: two.code },
        { passphrase: one.code },
      ])
        expect((await openCheaply({ ...one.options, ...wish })).ok, `${String(at)} ${JSON.stringify(wish)}`).toBe(
          false,
        );
    }
  });

  it("put back as version 1 still asks for the passphrase", async () => {
    const { options, path, stored } = await made("the first one");
    const word = stored.openers.find(({ kind }) => kind === "passphrase") ?? {};
    for (const kind of ["passphrase", "key-file"]) {
      const content = {
        version: 1,
        id: stored.id,
        kind,
        argon2: kind === "passphrase" ? word["argon2"] : null,
        wrappedRoot: word["wrappedRoot"],
      };
      const checksum = sha256Hex(JSON.stringify(Object.values(content)));
      writeFileSync(path, `${JSON.stringify({ ...content, checksum }, null, 2)}\n`);
      for (const passphrase of ["the first one", null, ""])
        expect((await openCheaply({ ...options, passphrase })).ok, `${kind} ${String(passphrase)}`).toBe(false);
    }
  });
});
