import Sqlite from "better-sqlite3-multiple-ciphers";
import { afterEach, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import { createGates } from "./gate.ts";

const FULL = 2;
const NORMAL = 1;
const handle = new Sqlite(":memory:", { readonly: false, fileMustExist: false, timeout: 0 });
const synchronous = (): unknown => handle.prepare("PRAGMA synchronous").pluck().get();
handle.exec("PRAGMA synchronous = FULL; CREATE TABLE kept (value INTEGER)");
afterEach(() => expect(synchronous()).toBe(FULL));

it("syncs lightly inside a light step alone, also when the step fails", async () => {
  const { outer } = createGates(handle);
  const seen: unknown[] = [];
  const look = () => {
    seen.push(synchronous());
    return ok(null);
  };
  await outer.lightly(look);
  await outer.write(look);
  await expect(
    outer.lightly(() => {
      look();
      throw new Error("a bug");
    }),
  ).rejects.toThrow("a bug");
  await outer.write(look);
  expect(seen).toEqual([NORMAL, FULL, NORMAL, FULL]);
});
