import type { PackageContent } from "@moltbot/contracts";
import type { Power } from "./power.ts";

type Skill = Extract<PackageContent, { kind: "skill" }>;
type File = Skill["files"][number];

/** What is only read. Whatever has another ending may be run by somebody, so it counts as a script. */
const DOCUMENT = /\.(?:md|txt|json|ya?ml|csv|tsv|xml|html|svg|png|jpe?g|gif|webp|pdf)$/i;
/** The first two bytes of a script, whatever its file is called. */
const SHEBANG = "#!";
/** The same in base64: the third letter carries two bits of the byte behind them. */
const SHEBANG_BASE64 = /^Iy[E-H]/;

const contentOf = (file: File): string => ("text" in file ? file.text : file.base64);
const startsAsScript = (file: File): boolean =>
  "text" in file ? file.text.startsWith(SHEBANG) : SHEBANG_BASE64.test(file.base64);

/** Whether a file of a skill may be run as a program, by its name or by how it begins. */
export const isScript = (file: File): boolean => !DOCUMENT.test(file.path) || startsAsScript(file);

const powerOfFile = (file: File): Power =>
  isScript(file)
    ? { key: `script ${file.path}`, says: `It brings a script ${file.path}.`, text: contentOf(file) }
    : { key: `file ${file.path}`, says: `Models may read its file ${file.path}.`, text: contentOf(file) };

/** All that a skill says to models, what it brings to be run, and what it says it needs. */
export const powersOfSkill = ({ manifest, files }: Skill): readonly Power[] => [
  {
    key: "description",
    says: `It is described to models as “${manifest.description}”.`,
    text: manifest.description,
  },
  ...(manifest.compatibility === undefined
    ? []
    : [
        {
          key: "compatibility",
          says: `It says that it needs “${manifest.compatibility}”.`,
          text: manifest.compatibility,
        },
      ]),
  ...(manifest.origin === "own" ? [{ key: "own", says: "Its signer stands for its words as for their own." }] : []),
  ...manifest.tools.map((tool) => ({ key: `needs ${tool}`, says: `It says that it needs the tool ${tool}.` })),
  ...files.map(powerOfFile),
];
