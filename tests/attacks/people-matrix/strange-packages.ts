import { aPluginManifest, aSkillManifest, signedPackage, testSigner } from "../../support/packages.ts";

/** Somebody whom nobody in the house trusts: past the door, what they signed is refused for that reason. */
const stranger = testSigner();

export const STRANGE_PLUGIN = signedPackage({
  kind: "plugin",
  manifest: aPluginManifest({ name: "probe" }),
  files: { "main.js": "" },
  key: stranger,
});
export const STRANGE_SKILL = signedPackage({
  kind: "skill",
  manifest: aSkillManifest({ name: "probe" }),
  files: { "SKILL.md": "---\nname: probe\ndescription: How notes are kept tidy.\n---\n" },
  key: stranger,
});
/** A key that is trusted and that nothing is signed with. */
export const SPARE_KEY = testSigner().key;
