import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeLock, lockedName, parseLock, readLock } from "../../scripts/supply-chain/lockfile.ts";
import type { Lockfile } from "../../scripts/supply-chain/lockfile.ts";
import { readReviewed } from "../../scripts/supply-chain/reviewed.ts";

const root = join(import.meta.dirname, "..", "..");
const reviewed = readReviewed(root);

/** The repository's own lock with one entry changed. */
const changed = (folder: string, change: Readonly<Record<string, unknown>>): Lockfile => {
  const lock = readLock(root);
  expect(lock.packages[folder]).toBeDefined();
  return parseLock(
    JSON.stringify({ ...lock, packages: { ...lock.packages, [folder]: { ...lock.packages[folder], ...change } } }),
  );
};

describe("package-lock.json", () => {
  it("resolves everything exactly, by hash, from the default registry, with nothing to run", () => {
    expect(judgeLock(readLock(root), reviewed)).toEqual([]);
    expect(Object.keys(readLock(root).packages).length).toBeGreaterThan(300);
  });

  it.each([
    ["loses the hash of a package", { integrity: undefined }, "has no SHA-512 integrity"],
    ["holds a weaker hash", { integrity: "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }, "has no SHA-512 integrity"],
    [
      "names another registry",
      { resolved: "https://registry.attacker.example/zod.tgz" },
      "not from the default registry",
    ],
    [
      "names a host that begins like the registry",
      { resolved: "https://registry.npmjs.org.attacker.example/z.tgz" },
      "not from the default",
    ],
    [
      "takes a package from a repository",
      { version: "git+ssh://git@host.example/zod.git#0123" },
      "has no exact version",
    ],
    ["brings an install script", { hasInstallScript: true }, "wants to run a script"],
  ])("is refused when it %s", (_what, change, says) => {
    expect(judgeLock(changed("node_modules/zod", change), reviewed).join()).toContain(says);
  });

  it("is refused when a manifest asks for a range", () => {
    expect(judgeLock(changed("packages/contracts", { dependencies: { zod: "^4.0.0" } }), reviewed).join()).toContain(
      "say one exact version",
    );
  });

  it("lets no package that ships stand without its hash, whatever exception is written down", () => {
    const generous = {
      ...reviewed,
      withoutIntegrity: { ...reviewed.withoutIntegrity, zod: "a reason of some length" },
    };
    expect(judgeLock(changed("node_modules/zod", { integrity: undefined }), generous).join()).toContain(
      "node_modules/zod has no SHA-512",
    );
  });

  it("is refused when an exception is no longer needed", () => {
    const more = { ...reviewed, installScripts: { ...reviewed.installScripts, zod: "a reason of some length" } };
    expect(judgeLock(readLock(root), more).join()).toContain("zod no longer wants an install script");
  });

  it("belongs to an installation that runs no script and trusts no release of this week", () => {
    const settings = readFileSync(join(root, ".npmrc"), "utf8");
    expect(settings).toMatch(/^ignore-scripts=true$/m);
    expect(settings).toMatch(/^min-release-age=7$/m);
    expect(settings).not.toMatch(/registry=/);
  });

  it("unplug: with every exception granted, a package with an install script passes", () => {
    const lock = changed("node_modules/zod", { hasInstallScript: true });
    const everything = Object.fromEntries(
      Object.entries(lock.packages)
        .filter(([, entry]) => entry.hasInstallScript)
        .map(([folder, entry]) => [lockedName(folder, entry), "unplugged for this test"]),
    );
    expect(judgeLock(lock, { ...reviewed, installScripts: everything })).toEqual([]);
  });
});
