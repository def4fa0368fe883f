import type { SkillInfo } from "@moltbot/contracts";
import type { CommandContext } from "../context.ts";
import { textOption } from "../usage.ts";
import { ownAuthorKey } from "./author-key.ts";
import { packSkill } from "./pack-skill.ts";
import { archiveOf, digestOf, readArchive } from "./sign-package.ts";
import type { Archive } from "./sign-package.ts";
import { isFolder } from "./source.ts";

/** The version of a skill that names none and is not installed. */
export const FIRST_VERSION = "1.0.0";

/** The version that a skill gets which names none: the next after the installed one. */
export const nextVersion = async (context: CommandContext, name: string): Promise<string> => {
  const installed = (await context.call("skills.list", {})).find((skill) => skill.name === name);
  return installed === undefined ? FIRST_VERSION : nextAfter(installed.version);
};

const nextAfter = (version: string): string => {
  const [major, minor, patch] = version.split(".").map(Number);
  return [major, minor, (patch ?? 0) + 1].map(String).join(".");
};

/** A skill that was named, and the installed one where it is exactly that. */
export interface SkillSource {
  readonly archive: Archive;
  readonly installed: SkillInfo | undefined;
}

/**
 * The skill in a file, or of a folder, packed and signed. A folder that names no version is the installed one where nothing of it
 * changed since, and the next after it otherwise.
 */
export const skillAt = async (
  context: CommandContext,
  path: string,
  options: Readonly<Record<string, unknown>>,
): Promise<SkillSource> => {
  const all = await context.call("skills.list", {});
  const withInstalled = async (archive: Archive): Promise<SkillSource> => {
    const digest = await digestOf(archive);
    return { archive, installed: all.find((skill) => skill.digest === digest) };
  };
  if (!(await isFolder(path))) return withInstalled(await readArchive(path));
  const versionOf = (name: string): string | undefined => all.find((skill) => skill.name === name)?.version;
  const packed = (otherwise: (name: string) => string) =>
    packSkill(path, { mine: options["mine"] === true, otherwise: (name) => Promise.resolve(otherwise(name)) });
  const content = await packed((name) => versionOf(name) ?? FIRST_VERSION);
  const key = await ownAuthorKey(textOption(options["key"]), context.output);
  const same = await withInstalled(await archiveOf(content, key));
  if (same.installed !== undefined) return same;
  const next = await packed((name) => nextAfter(versionOf(name) ?? FIRST_VERSION));
  const isNamed = next.manifest.version === content.manifest.version;
  if (isNamed || versionOf(content.manifest.name) === undefined) return same;
  return withInstalled(await archiveOf(next, key));
};
