import type { OperationName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { copy, firing, gatewayOf, refused, schedule, secret, settle, standIn, VAULT } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { KeysDialog } from "./keys-dialog.ts";

const open = async (table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({
    "vault.status": VAULT,
    "backups.list": [copy("backup"), copy("keyring", { generation: 2 })],
    "backups.create": copy("backup"),
    "secrets.list": [secret("weather", { ownerId: null })],
    "schedules.list": [schedule()],
    "schedules.firings": [firing("done"), firing("missed")],
    ...table,
  });
  const dialog = new KeysDialog();
  const done = standIn(dialog);
  dialog.call = gateway.call;
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show();
  return { dialog, done, read, asked: gateway.asked, answers: gateway.answers };
};

describe("keys and backups", () => {
  it("loads everything: the vault, copies, secrets, and what became of schedules", async () => {
    const { dialog, read, done } = await open();
    expect(done).toEqual(["open dialog"]);
    expect(dialog.status).toEqual(VAULT);
    expect(dialog.secrets).toHaveLength(1);
    for (const part of ["Copy of the keyring older than the keyring", "backup next", "done", "missed"])
      expect(read().words).toContain(part);
  });

  it("makes a backup or a copy of the keyring, and lists it", async () => {
    const { read, asked } = await open();
    read().fire("click", "Back up now");
    await settle();
    expect(read().words).toContain("The backup is made.");
    read().fire("click", "Copy the keyring");
    await settle();
    expect(read().words).toContain("Put it away from the backups.");
    expect(asked.filter(({ name }) => name === "backups.create").map(({ input }) => input)).toEqual([
      { kind: "backup" },
      { kind: "keyring" },
    ]);
    expect(asked.filter(({ name }) => name === "backups.list")).toHaveLength(3);
  });

  it("says why one was not made, and which part could not be loaded, and shows the others", async () => {
    const place = refused("BACKUP_PLACE", { folder: "/copies", problem: "it is full" });
    const { read, done } = await open({ "backups.create": place });
    read().fire("click", "Back up now");
    await settle();
    expect(read().words).toContain("it is full");
    expect(done.at(-1)).toBe("focus #keys-problem");
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    for (const name of ["vault.status", "backups.list", "secrets.list", "schedules.list"] as const)
      expect((await open({ [name]: busy })).read().words).toContain("it is busy");
    expect((await open({ "schedules.firings": busy })).read().words).toContain("It has not come up yet.");
  });

  it("loads secrets anew after a change, takes a new state of the vault, and forgets what was shown once", async () => {
    const { dialog, read, asked, done } = await open();
    const changed = readTemplate((dialog as unknown as { render(): unknown }).render()).handed("changed"); // the vault's comes first
    changed({ ...VAULT, autoLockMinutes: 5 });
    expect(dialog.status?.autoLockMinutes).toBe(5);
    expect(asked.filter(({ name }) => name === "secrets.list")).toHaveLength(1);
    read().fire("close", "Keys and backups");
    expect(done.at(-1)).toBe("forget vault-keys");
  });
});
