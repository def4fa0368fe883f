import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { PackageContent } from "@moltbot/contracts";
import { printableLine } from "../output.ts";
import { usage } from "../usage.ts";
import { fieldProblem, packingProblem } from "./problem.ts";
import { readFolder, textIn } from "./read-folder.ts";
import { readSkillHead } from "./skill-head.ts";

/** The file that makes a folder a skill. */
export const SKILL_FILE = "SKILL.md";

export interface SkillWish {
  /** Whether the person who packs it wrote it, or stands for it as for their own words. */
  readonly mine: boolean;
  /** The version where the skill names none. */
  readonly otherwise: (name: string) => Promise<string>;
}

/** Three numbers out of what people write as a version: `1`, `v1.2`, `1.2.3`. */
const threeNumbers = (version: string): string => {
  const [, major = "", minor = "0", patch = "0"] = /^v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?$/.exec(version) ?? [];
  return major === "" ? version : [major, minor, patch].map(Number).join(".");
};

/** What a skill's folder packs: the head of SKILL.md as the manifest, and every file as it is. */
export const packSkill = async (folder: string, { mine, otherwise }: SkillWish): Promise<PackageContent> => {
  const files = await readFolder(folder);
  const text = textIn(files, SKILL_FILE);
  if (text === undefined)
    throw packingProblem(
      printableLine(folder),
      `there is no ${SKILL_FILE} in it`,
      textIn(files, "plugin.json") === undefined
        ? "Name the folder of a skill, or one that holds folders of skills."
        : `It is a plugin's folder: ./moltbot plugin install ${printableLine(folder)}`,
    );
  const { PackageContent: schema, SkillManifest } = await import("@moltbot/contracts");
  const { name, description, licence, compatibility, tools, version } = await readSkillHead(text, SKILL_FILE);
  const given = {
    name,
    version: version === undefined ? await otherwise(String(name)) : threeNumbers(version),
    description,
    ...(licence === undefined ? {} : { licence }),
    ...(compatibility === undefined ? {} : { compatibility }),
    tools,
    origin: mine ? "own" : "imported",
  };
  const manifest = SkillManifest.safeParse(given);
  if (!manifest.success) throw fieldProblem(SKILL_FILE, "skill", given, manifest.error);
  const content = { kind: "skill", manifest: manifest.data, files };
  const packed = schema.safeParse(content);
  if (!packed.success) throw fieldProblem(printableLine(folder), "skill", content, packed.error);
  return packed.data;
};

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

/** Whether a folder is a skill's own. */
export const isSkillFolder = (folder: string): Promise<boolean> => isFile(join(folder, SKILL_FILE));

const MOST_SKILLS = 100;

/** The folders of skills in a folder: itself where it is one, otherwise those directly in it, by name. */
export const skillFolders = async (folder: string): Promise<readonly string[]> => {
  if (await isSkillFolder(folder)) return [folder];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => {
    throw usage(`The folder ${printableLine(folder)} cannot be read.`);
  });
  const inside = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith("."));
  const found: string[] = [];
  for (const { name } of inside.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    if (await isSkillFolder(join(folder, name))) found.push(join(folder, name));
  if (found.length === 0)
    throw packingProblem(
      printableLine(folder),
      `there is no ${SKILL_FILE} in it, nor in a folder of it`,
      "Name the folder of a skill, or one that holds folders of skills.",
    );
  if (found.length > MOST_SKILLS)
    throw usage(`${printableLine(folder)} holds more than ${String(MOST_SKILLS)} skills: import them in parts.`);
  return found;
};
