import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { policyFileOf } from "./index.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "moltbot-policy-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const until = async (so: () => boolean): Promise<void> => {
  for (let round = 0; round < 400 && !so(); round += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!so()) throw new Error("it did not happen");
};

describe("the file of the policy", () => {
  it("is null when there is none, and holds exactly what was written, for its owner alone", async () => {
    const file = policyFileOf(home);
    expect(file.read()).toEqual({ ok: true, value: null });
    expect(await file.write("forbid(principal, action, resource);\n")).toMatchObject({ ok: true });
    expect(readFileSync(join(home, "policy.cedar"), "utf8")).toBe("forbid(principal, action, resource);\n");
    expect(statSync(join(home, "policy.cedar")).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(["policy.cedar"]);
    expect(file.read()).toEqual({ ok: true, value: "forbid(principal, action, resource);\n" });
  });

  it("goes away with an empty text", async () => {
    const file = policyFileOf(home);
    await file.write("// one");
    expect(await file.write(" \n")).toMatchObject({ ok: true });
    expect(readdirSync(home)).toEqual([]);
    expect(await file.write("")).toMatchObject({ ok: true });
  });

  it("that is empty is not the same as none", () => {
    writeFileSync(join(home, "policy.cedar"), "");
    expect(policyFileOf(home).read()).toEqual({ ok: true, value: "" });
  });

  it("that is a link to nowhere cannot be read", () => {
    symlinkSync(join(home, "gone"), join(home, "policy.cedar"));
    expect(policyFileOf(home).read()).toMatchObject({ ok: false, error: { code: "CONFIG_UNREADABLE" } });
  });

  it("that cannot be read is not the same as none, and one that cannot be written says so", async () => {
    mkdirSync(join(home, "policy.cedar"));
    expect(policyFileOf(home).read()).toMatchObject({ ok: false, error: { code: "CONFIG_UNREADABLE" } });
    expect(await policyFileOf(join(home, "missing")).write("// one")).toMatchObject({
      ok: false,
      error: { code: "HOME_NOT_WRITABLE" },
    });
  });

  it("is watched, until nobody wants to know", async () => {
    const file = policyFileOf(home);
    let changes = 0;
    const end = file.watch((fault) => {
      expect(fault).toBeNull();
      changes += 1;
    });
    writeFileSync(join(home, "something-else"), "x");
    writeFileSync(join(home, "policy.cedar"), "// by hand");
    await until(() => changes === 1);
    end();
    writeFileSync(join(home, "policy.cedar"), "// again");
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(changes).toBe(1);
  });

  it("that cannot be watched is reported once", () => {
    const faults: string[] = [];
    policyFileOf(join(home, "missing")).watch((fault) => void faults.push(fault?.code ?? "changed"))();
    expect(faults).toEqual(["CONFIG_UNREADABLE"]);
  });
});
