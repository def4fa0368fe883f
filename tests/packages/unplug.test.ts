import { PluginChoices, PluginName } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aPluginManifest, asPackage, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage, TestSigner } from "../support/packages.ts";
import { houseScope } from "../../packages/gateway/src/keep-house.ts";
import { must, openRealHouse } from "../../packages/gateway/src/operations/testing/real-house.ts";
import { loadPackages } from "../../packages/gateway/src/packages/load-packages.ts";
import { createPackageDesk } from "../../packages/gateway/src/packages/package-desk.ts";
import type { SkillParts } from "../../packages/gateway/src/packages/skills-desk.ts";

let house: Awaited<ReturnType<typeof openRealHouse>>;
let parts: SkillParts;
let ann: TestSigner;
beforeEach(async () => {
  house = await openRealHouse({ catalog: [] });
  const { hash, signatures } = house.packageParts;
  parts = { house: house.house, host: house.plugins.host, signatures, hash, shelf: house.shelf };
  ann = testSigner();
  must(await house.ports.packages.trust(house.owner, { key: ann.key, name: "Ann", own: false }));
});
afterEach(() => house.close());

const plugin = (version: string, source: string, key: TestSigner | null = ann): TestPackage =>
  signedPackage({ kind: "plugin", manifest: aPluginManifest({ version }), files: { "main.js": source }, key });

/** The same file with other words in its program, under the signature that it had. */
const alteredOf = (given: TestPackage): TestPackage =>
  asPackage(Buffer.from(Buffer.from(given.bytes).toString("utf8").replace("good()", "evil()")));

const install = (with_: SkillParts, given: TestPackage, digest = given.digest) =>
  createPackageDesk(with_).install(house.owner, {
    archive: given.archive,
    digest,
    agents: [],
    choices: PluginChoices.parse({}),
    anyway: false,
  });

const runs = (): string | undefined => house.plugins.loaded.get("weather")?.source;

describe("unplugged, an attack with a package succeeds", () => {
  it("without the check of signatures: a program that was changed on its way runs", async () => {
    const altered = alteredOf(plugin("1.0.0", "good()"));
    expect((await install(parts, altered)).ok).toBe(false);
    expect(runs()).toBeUndefined();
    const believing = { ...parts, signatures: { isKey: () => true, verify: () => true } };
    must(await install(believing, altered));
    expect(runs()).toBe("evil()");
  });

  it("without digests: another file than the one that was looked at runs", async () => {
    const looked = plugin("1.0.0", "good()");
    const swapped = plugin("1.0.0", "evil()");
    expect((await install(parts, swapped, looked.digest)).ok).toBe(false);
    const blind = { ...parts, hash: () => looked.digest };
    must(await install(blind, swapped, looked.digest));
    expect(runs()).toBe("evil()");
  });

  it("without the pinned signer: a key that is trusted for something else takes a plugin over", async () => {
    must(await install(parts, plugin("1.0.0", "good()")));
    const eve = testSigner();
    must(await house.ports.packages.trust(house.owner, { key: eve.key, name: "Eve", own: false }));
    const taken = plugin("1.0.1", "evil()", eve);
    const wish = { name: PluginName.parse("weather"), archive: taken.archive };
    expect((await createPackageDesk(parts).update(house.owner, wish)).ok).toBe(false);
    expect(runs()).toBe("good()");
    // Where the row does not say who signed it, whoever is trusted may have.
    const scope = houseScope(house.owner);
    const stored = must(await house.memory.database.packages.find(scope, "plugin", "weather"));
    const ours = plugin("1.0.0", "good()", eve);
    must(
      await house.memory.database.packages.put(scope, {
        ...stored,
        archive: ours.bytes,
        digest: ours.digest,
        signer: eve.key,
      }),
    );
    must(await createPackageDesk(parts).update(house.owner, wish));
    expect(runs()).toBe("evil()");
  });

  it("without the check at the start: what somebody put into the database runs", async () => {
    const good = plugin("1.0.0", "good()");
    must(await install(parts, good));
    const scope = houseScope(house.owner);
    const stored = must(await house.memory.database.packages.find(scope, "plugin", "weather"));
    must(await house.memory.database.packages.put(scope, { ...stored, archive: alteredOf(good).bytes }));
    await house.plugins.host.unload("weather");
    await loadPackages(parts, house.owner);
    expect(runs()).toBeUndefined();
    const believing = {
      ...parts,
      hash: () => good.digest,
      signatures: { isKey: () => true, verify: () => true },
    };
    await loadPackages(believing, house.owner);
    expect(runs()).toBe("evil()");
  });
});
