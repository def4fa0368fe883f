// The whole judgement: what is loaded, under which licence, from which lock, with which models, beside what was reviewed.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { compareLists } from "./compare-lists.ts";
import { judgeLicences, licencePage, shippedPackages } from "./licences.ts";
import { listFile, listGuide } from "./list-text.ts";
import { judgeLock, readLock } from "./lockfile.ts";
import { judgeModels, readModelPins } from "./model-pins.ts";
import { judgeAgainstLock, judgePaths, readPrograms } from "./programs.ts";
import type { Program } from "./programs.ts";
import { readReviewed } from "./reviewed.ts";

const PAGE = join("docs", "reference", "licences.md");

export type Judgement = {
  readonly programs: readonly Program[];
  readonly page: string;
  readonly shipped: number;
  /** Differences that a review may accept. */
  readonly unreviewed: readonly string[];
  /** What no accepting makes right. */
  readonly wrong: readonly string[];
};

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** Compares each program with its list under `lists`; a program without a list, or a list without a program, differs. */
export function compareAll(programs: readonly Program[], lists: string): readonly string[] {
  const known = existsSync(lists) ? readdirSync(lists).filter((file) => file.endsWith(".txt")) : [];
  const orphans = known
    .map((file) => basename(file, ".txt"))
    .filter((name) => !programs.some((one) => one.name === name));
  return [
    ...programs.flatMap(({ name, lines }) => {
      const path = join(lists, `${name}.txt`);
      return existsSync(path) ? compareLists(name, textOf(path), lines) : [`${name}: a program without a list`];
    }),
    ...orphans.map((name) => `${name}: a list without a program`),
  ];
}

/** Reads the repository in `root` and says all that differs from what was reviewed in `lists`. */
export async function judgeSupply(root: string, lists: string): Promise<Judgement> {
  const lock = readLock(root);
  const reviewed = readReviewed(root);
  const pins = readModelPins(root);
  const programs = await readPrograms(root, lock, reviewed);
  const shipped = shippedPackages(root, lock, programs);
  const page = licencePage(shipped, pins);
  const stale = [
    ...(textOf(join(root, PAGE)) === page ? [] : [`${PAGE} does not say what ships`]),
    ...(textOf(join(lists, "README.md")) === listGuide() ? [] : ["deps/README.md does not say what the lists mean"]),
  ];
  return {
    programs,
    page,
    shipped: shipped.length,
    unreviewed: [...compareAll(programs, lists), ...stale],
    wrong: [
      ...(programs.length === 0 ? ["nothing was built, so nothing was read: npm run build"] : []),
      ...judgeAgainstLock(programs, lock),
      ...judgePaths(programs, reviewed),
      ...judgeLicences(shipped, reviewed.allowedLicences),
      ...judgeLock(lock, reviewed),
      ...judgeModels(root, pins, reviewed.allowedLicences),
    ],
  };
}

/** Writes what was judged as reviewed: the lists and the page of licences. */
export function accept(root: string, lists: string, { programs, page }: Judgement): void {
  for (const file of readdirSync(lists).filter((name) => name.endsWith(".txt"))) {
    if (!programs.some(({ name }) => `${name}.txt` === file)) rmSync(join(lists, file));
  }
  for (const { name, lines } of programs) writeFileSync(join(lists, `${name}.txt`), listFile(name, lines));
  writeFileSync(join(lists, "README.md"), listGuide());
  writeFileSync(join(root, PAGE), page);
}
