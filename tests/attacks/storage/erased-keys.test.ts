import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Vault, VaultOptions } from "../../../packages/storage/src/vault/index.ts";
import { must, openCheaply, testOptions } from "../../../packages/storage/src/vault/testing/open-test-vault.ts";

const PERSONS = ["person:a", "person:b", "person:c"] as const;
const RING = "keyring.jsonl";
const LIST = "erasures.jsonl";

type Files = Readonly<Record<string, Buffer | null>>;
const filesOf = ({ directory }: VaultOptions): Files =>
  Object.fromEntries(
    [RING, LIST, "vault.json"].map((name) => {
      const path = join(directory, name);
      return [name, existsSync(path) ? readFileSync(path) : null];
    }),
  );
const put = ({ directory }: VaultOptions, files: Files): void => {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(directory, name);
    if (bytes === null) rmSync(path, { force: true });
    else writeFileSync(path, bytes);
  }
};
const opens = (vault: Vault, sealed: readonly Uint8Array[]): readonly boolean[] =>
  sealed.map((bytes, at) => vault.content.open([PERSONS[at] ?? ""], "r", bytes).ok);

/** A history in which one person after the other is erased, with rotations between, and the folder as it was at each moment. */
const history = async (order: readonly number[]) => {
  const options = testOptions();
  const vault = must(await openCheaply(options));
  const sealed = PERSONS.map((subject) => must(vault.content.seal([subject], "r", "kept")));
  const moments: { readonly files: Files; readonly erased: ReadonlySet<string> }[] = [];
  const note = (): void =>
    void moments.push({ files: filesOf(options), erased: new Set(vault.erased().map(({ subject }) => subject)) });
  note();
  for (const at of order) {
    must(await vault.erase([PERSONS[at] ?? ""]));
    note();
    must(await vault.rotate("wrapping", null));
    must(await vault.rotate("data", null));
    note();
  }
  await vault.close();
  return { options, sealed, moments };
};

describe("old copies of the keyring and of the list of erasures", { timeout: 60_000 }, () => {
  it("in every mixture with each other open no key that the list knows as erased", async () => {
    const { options, sealed, moments } = await history([1, 0]);
    for (const ring of moments)
      for (const list of moments) {
        put(options, { ...ring.files, [LIST]: list.files[LIST] ?? null });
        const tried = await openCheaply(options);
        const names = `keyring of ${[...ring.erased].join()}, list of ${[...list.erased].join()}`;
        // A list that is shorter than the keyring saw it was cut.
        if (list.erased.size < ring.erased.size) {
          expect(tried, names).toMatchObject({ ok: false, error: { code: "VAULT_DAMAGED" } });
          continue;
        }
        const vault = must(tried);
        expect(opens(vault, sealed), names).toEqual(PERSONS.map((person) => !list.erased.has(person)));
        await vault.close();
        // What the world holds afterwards: the old keyring is not there any more.
        if (ring.erased.size < list.erased.size)
          expect(readFileSync(join(options.directory, RING)).equals(ring.files[RING] ?? Buffer.alloc(0))).toBe(false);
      }
  });

  it("of another course of events are refused beside the keyring that saw this one", async () => {
    const one = await history([0]);
    const [before, , after] = one.moments;
    // From the copy of before the erasure somebody else is erased: a list as long, of the same vault, with the same keys.
    put(one.options, before?.files ?? {});
    const fork = must(await openCheaply(one.options));
    must(await fork.erase(["person:c"]));
    must(await fork.erase(["person:b"]));
    await fork.close();
    const forked = filesOf(one.options);
    const lines = (forked[LIST]?.toString() ?? "").split("\n");
    for (const list of [forked[LIST] ?? null, Buffer.from(`${lines[0] ?? ""}\n`), Buffer.from(`${lines[1] ?? ""}\n`)]) {
      put(one.options, { ...after?.files, [LIST]: list });
      expect(await openCheaply(one.options)).toMatchObject({ ok: false, error: { code: "VAULT_DAMAGED" } });
    }
  });

  it("left beside the keyring under a temporary name are never taken for it", async () => {
    const { options, sealed, moments } = await history([1]);
    const old = moments[0]?.files[RING] ?? Buffer.alloc(0);
    for (const name of [`.${RING}.x.old`, `.${RING}.x.new`, `.${RING}.0.old`])
      writeFileSync(join(options.directory, name), old);
    const vault = must(await openCheaply(options));
    expect(opens(vault, sealed)).toEqual([true, false, true]);
    await vault.close();
    for (const name of [`.${RING}.x.old`, `.${RING}.x.new`, `.${RING}.0.old`])
      expect(existsSync(join(options.directory, name)), name).toBe(false);
  });
});

describe("making keys while others are erased", () => {
  it("never brings a key back, whatever comes first, in many interleavings", async () => {
    const options = testOptions();
    const vault = must(await openCheaply(options));
    const names = Array.from({ length: 40 }, (_, at) => `person:${String(at)}`);
    must(vault.content.prepare(names));
    const sealed = new Map(names.map((name) => [name, must(vault.content.seal([name], "r", "x"))]));
    const work: Promise<unknown>[] = [];
    for (const [at, name] of names.entries()) {
      if (at % 2 === 0) work.push(vault.erase([name]));
      if (at % 3 === 0) work.push(vault.rotate("data", null));
      if (at % 5 === 0) work.push(vault.rotate("wrapping", null));
      work.push(Promise.resolve().then(() => vault.content.prepare([...names.slice(0, at), `new:${String(at)}`])));
      work.push(Promise.resolve().then(() => vault.content.seal([name, `other:${String(at)}`], "r", "y")));
    }
    await Promise.all(work);
    const check = (of: Vault): void => {
      for (const [at, name] of names.entries())
        expect(of.content.open([name], "r", sealed.get(name) ?? new Uint8Array()).ok, name).toBe(at % 2 === 1);
    };
    check(vault);
    await vault.close();
    const again = must(await openCheaply(options));
    check(again);
    await again.close();
  });
});

describe("the files of two vaults", () => {
  const changed = (options: VaultOptions, from: VaultOptions, names: readonly string[]): void => {
    mkdirSync(options.directory, { recursive: true });
    for (const name of names) copyFileSync(join(from.directory, name), join(options.directory, name));
  };

  it("mixed in any way open nothing", async () => {
    const files = ["vault.json", RING, "secrets.json", LIST] as const;
    const made = await Promise.all(
      ["the first one", "the second one"].map(async (passphrase) => {
        const options = testOptions(passphrase);
        const vault = must(await openCheaply(options));
        must(vault.content.seal(["person:a"], "r", passphrase));
        must(
          await vault.secrets.set({ name: "k", value: `value of ${passphrase}`, hosts: ["a.example"], ownerId: null }),
        );
        must(await vault.erase(["person:z"]));
        await vault.close();
        return options;
      }),
    );
    const [one, two] = made;
    if (one === undefined || two === undefined) throw new Error("two vaults");
    for (let mask = 1; mask < 2 ** files.length - 1; mask += 1) {
      const mixed = testOptions();
      changed(mixed, one, files);
      changed(
        mixed,
        two,
        files.filter((_, at) => (mask & (1 << at)) !== 0),
      );
      for (const passphrase of ["the first one", "the second one"])
        expect((await openCheaply({ ...mixed, passphrase })).ok, `${String(mask)} by ${passphrase}`).toBe(false);
    }
  });
});
