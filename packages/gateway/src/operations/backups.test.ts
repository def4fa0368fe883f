import { describe, expect, it } from "vitest";
import { PrincipalId, TenantId, ok, ownScope } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import type { BackupDesk } from "../backup/backup-desk.ts";
import { backupOperations } from "./backups.ts";
import { LOOSENING } from "./loosening.ts";

const principal = {
  id: PrincipalId.parse("01930000-0000-7000-8000-000000000001"),
  tenantId: TenantId.parse("01930000-0000-7000-8000-000000000002"),
  kind: "person",
  name: "Ada",
  role: "owner",
} as const;
const context: RequestContext = { principal, surface: "local", traceId: "t", signal: AbortSignal.timeout(60_000) };

describe("backups as operations", () => {
  it("hand the person's own scope and wish to the desk, and list those of the house", async () => {
    const asked: unknown[] = [];
    const note =
      (name: string) =>
      async (...given: readonly unknown[]) => {
        asked.push([name, ...given]);
        return ok([] as never);
      };
    const backups: BackupDesk = {
      create: note("create"),
      list: note("list"),
      verify: note("verify"),
      thinOut: note("thinOut"),
    };
    const handlers = backupOperations({ backups });
    await handlers["backups.create"](context, { kind: "keyring", folder: "/copies" });
    await handlers["backups.create"](context, { kind: "backup" });
    await handlers["backups.list"](context, {});
    await handlers["backups.verify"](context, { file: "/x" });
    const scope = ownScope(principal);
    expect(asked).toEqual([
      ["create", scope, { kind: "keyring", folder: "/copies" }],
      ["create", scope, { kind: "backup", folder: null }],
      ["list", { ...scope, reach: "tenant" }],
      ["verify", "/x"],
    ]);
  });

  it("loosen when they copy keys, and not when they copy what is sealed", () => {
    const judged = LOOSENING["backups.create"]?.loosens;
    if (typeof judged !== "function") throw new Error("it is not judged by its input");
    expect([judged({ kind: "keyring" }), judged({ kind: "backup" })]).toEqual([true, false]);
  });
});
