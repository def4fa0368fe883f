import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";

type House = Awaited<ReturnType<typeof openRealHouse>>;

const open: House[] = [];
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

const start = async () => {
  const fails = { audit: false, database: false };
  const state = { locks: 0 };
  const house = await openRealHouse({
    catalog: [manifest("clock.now", "read")],
    run: () => Promise.reject(new Error("nothing runs here")),
    fails,
    onLock: () => (state.locks += 1),
  });
  open.push(house);
  const records = async () => {
    const listed = await house.operations["audit.list"](house.context(), { limit: 50 });
    if (!listed.ok) throw new Error(listed.error.code);
    return listed.value;
  };
  return { house, operations: house.operations, fails, state, records };
};

describe("operations on the vault", () => {
  it("tell how it is sealed, and change nothing that cannot be recorded", async () => {
    const { house, operations, fails, state } = await start();
    const status = () => operations["vault.status"](house.context(), {});
    expect(await status()).toMatchObject({ value: { openers: ["key-file"], argon2: null, autoLockMinutes: 0 } });
    fails.audit = true;
    const tried = [
      await operations["vault.lock"](house.context(), {}),
      await operations["vault.passphrase"](house.context(), { current: null, next: "a passphrase" }),
      await operations["vault.recovery"](house.context(), { current: null }),
      await operations["vault.rotate"](house.context(), { keys: "data", current: null }),
    ];
    expect(tried.map((result) => (result.ok ? "ok" : result.error.code))).toEqual(tried.map(() => "AUDIT_UNWRITABLE"));
    expect(state.locks).toBe(0);
    expect(await status()).toMatchObject({ value: { openers: ["key-file"], keyring: { epoch: 0, generation: 0 } } });
  });

  it("record what was wished and how it ended, never a word of what opens the vault", async () => {
    const { house, operations, state, records } = await start();
    const context = house.context();
    expect(await operations["vault.passphrase"](context, { current: null, next: "violet canary" })).toMatchObject({
      ok: true,
    });
    expect(await operations["vault.rotate"](context, { keys: "data", current: "wrong canary" })).toMatchObject({
      error: { code: "VAULT_PASSPHRASE_WRONG" },
    });
    expect(await operations["vault.rotate"](context, { keys: "data", current: "violet canary" })).toMatchObject({
      value: { keyring: { epoch: 1 } },
    });
    const made = await operations["vault.recovery"](context, { current: "violet canary" });
    expect(await operations["vault.lock"](context, {})).toMatchObject({ ok: true });
    expect(state.locks).toBe(1);
    const told = await records();
    expect(
      told
        .map(({ event, fields }) => [event, fields["outcome"] ?? fields["reason"] ?? null])
        .toReversed()
        .slice(-9),
    ).toEqual([
      ["vault:passphrase-changed-intended", null],
      ["vault:passphrase-changed", "done"],
      ["vault:rotated-intended", null],
      ["vault:rotated", "refused"],
      ["vault:rotated-intended", null],
      ["vault:rotated", "done"],
      ["vault:recovery-made-intended", null],
      ["vault:recovery-made", "done"],
      ["vault:locked", "person"],
    ]);
    expect(JSON.stringify(told)).not.toContain("canary");
    expect(JSON.stringify(told)).not.toContain(made.ok ? made.value.code.slice(0, 9) : "none");
  });

  it("count wrong passphrases of a token apart from those at the machine", async () => {
    const { house, operations } = await start();
    await operations["vault.passphrase"](house.context(), { current: null, next: "a passphrase" });
    const guess = (surface: "token" | "local") =>
      operations["vault.recovery"](house.context({ surface }), { current: "a guess" });
    const codes: string[] = [];
    for (let at = 0; at < 6; at += 1) {
      const result = await guess("token");
      codes.push(result.ok ? "ok" : result.error.code);
    }
    expect(codes).toEqual([...Array<string>(5).fill("VAULT_PASSPHRASE_WRONG"), "VAULT_UNLOCK_LIMITED"]);
    expect(await guess("local")).toMatchObject({ error: { code: "VAULT_PASSPHRASE_WRONG" } });
  });
});
