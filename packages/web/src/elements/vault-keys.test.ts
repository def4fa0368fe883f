import type { OperationName, VaultStatus } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, propertiesOf, refused, settle, standIn, stubForms, VAULT } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { VaultKeys } from "./vault-keys.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const open = (status: VaultStatus | null = VAULT, table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({
    "vault.status": VAULT,
    "vault.passphrase": { ...VAULT, keyring: { ...VAULT.keyring, generation: 4 } },
    "vault.rotate": VAULT,
    "vault.recovery": { code: "MB1-7KQ2" },
    "vault.lock": {},
    ...table,
  });
  const keys = new VaultKeys();
  const done = standIn(keys);
  keys.call = gateway.call;
  keys.status = status;
  keys.changed = (next) => done.push(`generation ${next.keyring.generation}`);
  const read = () => readTemplate((keys as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>> = {}): Promise<FakeForm> => {
    const form = new FakeForm(fields);
    read().fire("submit", "", { target: form, preventDefault: () => undefined });
    await settle();
    return form;
  };
  const properties = (): string => propertiesOf(keys);
  return { keys, done, read, submit, properties, asked: gateway.asked };
};

describe("the vault", () => {
  it("says in words how it is sealed, with its generation, and the rest for experts", () => {
    const { words } = open().read();
    for (const part of [
      "passphrase (Argon2id)",
      "your passphrase",
      "after 30 quiet minutes",
      "generation 3",
      "41 keys",
      "64 MB and 3 passes",
    ])
      expect(words).toContain(part);
    const other = open({ ...VAULT, openers: ["key-file"], argon2: null, autoLockMinutes: 0 }).read().words;
    for (const part of ["a key file on its machine", "does not lock by itself", "Seal it by a passphrase…"])
      expect(other).toContain(part);
    expect(open(null).read().words).toBe("Loading…");
  });

  it("locks at once, or says why not", async () => {
    const { read, asked } = open(VAULT, { "vault.lock": refused("STEP_UP_REQUIRED", { problem: "not from here" }) });
    read().fire("click", "Lock now");
    await settle();
    expect(asked).toEqual([{ name: "vault.lock", input: {} }]);
    expect(read().words).toContain("not from here");
  });

  it("sends a new passphrase once, and keeps no letter of it", async () => {
    const { read, submit, asked, done, properties } = open();
    read().fire("click", "Change the passphrase…");
    const form = await submit({ current: "old canary", next: "new canary", again: "new canary" });
    expect(asked).toEqual([{ name: "vault.passphrase", input: { current: "old canary", next: "new canary" } }]);
    expect(form.fields).toEqual({});
    expect(properties()).not.toContain("canary");
    expect(read().markup).not.toContain("canary");
    expect(read().words).toContain("The passphrase was changed.");
    expect(done.slice(-2)).toEqual(["generation 4", "focus [data-form=passphrase]"]);
  });

  it("sends nothing when the two new ones differ, and says why one was refused", async () => {
    const { read, submit, asked } = open(VAULT, { "vault.passphrase": refused("VAULT_PASSPHRASE_WRONG") });
    read().fire("click", "Change the passphrase…");
    const form = await submit({ current: "old", next: "new canary", again: "new finch" });
    expect(form.fields).toEqual({});
    expect(read().words).toContain("Type the same one twice.");
    expect(asked).toEqual([]);
    await submit({ current: "wrong", next: "new canary", again: "new canary" });
    expect(read().words).toContain("does not open the vault");
  });

  it("shows a recovery code once, and forgets it", async () => {
    const { keys, read, submit, asked, done } = open();
    read().fire("click", "Make a recovery code…");
    await submit({ current: "old" });
    expect(asked.map(({ name }) => name)).toEqual(["vault.recovery", "vault.status"]);
    expect(read().words).toContain("MB1-7KQ2");
    expect(read().words).toContain("Keep it elsewhere");
    expect(done.at(-1)).toBe("focus .recovery-code");
    read().fire("click", "I have put it away");
    expect(read().markup).not.toContain("MB1-7KQ2");
    read().fire("click", "Make a recovery code…");
    await submit({ current: "old" });
    keys.forget();
    expect(read().markup).not.toContain("MB1-7KQ2");
    expect(keys.code).toBeNull();
  });

  it("rotates, and asks for no passphrase where none seals it", async () => {
    const { read, submit, asked } = open({ ...VAULT, openers: ["key-file"] });
    read().fire("click", "Seal the keys anew…");
    expect(read().markup).not.toContain('type="password"');
    await submit();
    read().fire("click", "Begin new data keys…");
    await submit();
    expect(asked.map(({ input }) => input)).toEqual([
      { keys: "wrapping", current: null },
      { keys: "data", current: null },
    ]);
  });

  it("closes a form by Escape without closing the page", () => {
    const { read } = open();
    read().fire("click", "Change the passphrase…");
    const key = (name: string): Event => Object.assign(new Event("keydown", { cancelable: true }), { key: name });
    const [letter, escape] = [key("a"), key("Escape")];
    read().fire("keydown", "", letter);
    expect(letter.defaultPrevented).toBe(false);
    read().fire("keydown", "", escape);
    expect(escape.defaultPrevented).toBe(true);
    expect(read().markup).not.toContain("<form");
  });
});
