import { given } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { aPluginManifest, aSkillManifest, signedPackage, testSigner } from "../../support/packages.ts";
import type { TestPackage, TestSigner } from "../../support/packages.ts";

/** What the house has, installed by its owner; an update of the plugin waits, because it may do more. */
export const KEPT_PLUGIN = "kept";
export const KEPT_SKILL = "kept-notes";

const aPlugin = (name: string, key: TestSigner, change: Readonly<Record<string, unknown>> = {}): TestPackage =>
  signedPackage({ kind: "plugin", manifest: aPluginManifest({ name, ...change }), files: { "main.js": "" }, key });
const aSkill = (name: string, key: TestSigner): TestPackage =>
  signedPackage({
    kind: "skill",
    manifest: aSkillManifest({ name }),
    files: { "SKILL.md": `---\nname: ${name}\ndescription: How notes are kept tidy.\n---\n` },
    key,
  });

/** Somebody whom nobody in the house trusts: past the door, what they signed is refused for that reason. */
const stranger = testSigner();
export const STRANGE_PLUGIN = aPlugin("probe", stranger);
export const STRANGE_SKILL = aSkill("probe", stranger);
/** Whose packages the house has. */
const known = testSigner();
/** An update of the plugin that the house has; it may do more, and so it waits. */
export const KEPT_UPDATE = aPlugin(KEPT_PLUGIN, known, {
  version: "1.1.0",
  permissions: [{ kind: "storage", bytes: 1_000, why: "It remembers the last town." }],
});
/** What they are called where a command finds them. */
export const STRANGE_PLUGIN_FILE = "probe.moltpackage";
export const KEPT_UPDATE_FILE = "kept.moltpackage";
export const STRANGE_SKILL_FILE = "probe-skill.moltpackage";
/** A key that is trusted and that nothing is signed with. */
export const SPARE_KEY = testSigner().key;

/** Installs what the house has, as its owner. */
export const installKept = async (owner: Caller): Promise<void> => {
  given(await owner("signers.trust", { key: known.key, name: "somebody known" }));
  const [plugin, skill] = [aPlugin(KEPT_PLUGIN, known), aSkill(KEPT_SKILL, known)];
  given(await owner("plugins.install", { archive: plugin.archive, digest: plugin.digest, agents: [] }));
  given(await owner("skills.install", { archive: skill.archive, digest: skill.digest, agents: [] }));
  given(await owner("plugins.update", { name: KEPT_PLUGIN, archive: KEPT_UPDATE.archive }));
};
