import type { PackageContent, PackageDifference, PackageFile } from "@moltbot/contracts";
import { comparePowers } from "./power.ts";
import type { Power } from "./power.ts";
import { powersOfPlugin } from "./powers-of-plugin.ts";
import { powersOfSkill } from "./powers-of-skill.ts";

const powersOf = (content: PackageContent): readonly Power[] =>
  content.kind === "plugin" ? powersOfPlugin(content.manifest) : powersOfSkill(content);

const bytesOf = (file: PackageFile): string => ("text" in file ? `text ${file.text}` : `base64 ${file.base64}`);

const changedFiles = (before: PackageContent, after: PackageContent): PackageDifference["files"] => {
  const [old, young] = [before, after].map(({ files }) => new Map(files.map((file) => [file.path, bytesOf(file)])));
  const paths = (from: Map<string, string> | undefined, holds: (path: string, bytes: string) => boolean) =>
    [...(from ?? [])].filter(([path, bytes]) => holds(path, bytes)).map(([path]) => path);
  return {
    added: paths(young, (path) => old?.has(path) !== true),
    changed: paths(young, (path, bytes) => old?.has(path) === true && old.get(path) !== bytes),
    removed: paths(old, (path) => young?.has(path) !== true),
  };
};

/**
 * What an update changes. `widens` names whatever the newer one may do beyond the older, and every text that models read of it and
 * that says something else; it is empty only where there is nothing of the kind. Both are packages of one kind.
 */
export const differenceOf = (before: PackageContent, after: PackageContent): PackageDifference => ({
  from: before.manifest.version,
  to: after.manifest.version,
  ...comparePowers(powersOf(before), powersOf(after)),
  files: changedFiles(before, after),
});
