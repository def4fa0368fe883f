import type { PackageDifference, PackageRemark, PackageReport, PluginTool } from "@moltbot/contracts";
import color from "picocolors";
import { sizeText } from "../commands/backup.ts";
import { facts, printableLine } from "../output.ts";
import { keyInGroups } from "./sign-package.ts";

const lines = (mark: string, texts: readonly string[]): readonly string[] =>
  texts.map((text) => `  ${mark} ${printableLine(text)}`);

const part = (heading: string, inside: readonly string[]): readonly string[] =>
  inside.length === 0 ? [] : ["", color.bold(heading), ...inside];

// Threat: whoever changes a signed file leaves its signer's key in it; the name of somebody trusted must not vouch for that.
const signerText = ({ signer, refusals }: PackageReport): string => {
  if (signer === null) return "nobody";
  const key = keyInGroups(signer.key);
  if (refusals.some(({ code }) => code === "PACKAGE_ALTERED")) return `nobody: it names ${key}, who did not sign this`;
  return signer.trusted ? `${signer.name ?? ""} (${key})` : `a key that is not trusted: ${key}`;
};

const manifestFacts = ({ manifest }: PackageReport): readonly (readonly [string, string])[] => {
  const licence = manifest.licence === undefined ? [] : [["licence", manifest.licence] as const];
  if ("origin" in manifest)
    return [
      ["for", manifest.description],
      ["whose words", manifest.origin === "own" ? "the signer's own" : "somebody else's, only packed"],
      ...(manifest.compatibility === undefined ? [] : [["needs", manifest.compatibility] as const]),
      ...(manifest.tools.length === 0 ? [] : [["names tools", manifest.tools.join(", ")] as const]),
      ...licence,
    ];
  return [
    ["title", manifest.title],
    ["for", manifest.description],
    ...(manifest.author === undefined ? [] : [["author", manifest.author] as const]),
    ...licence,
    ...(manifest.homepage === undefined ? [] : [["homepage", manifest.homepage] as const]),
  ];
};

type Argument = PluginTool["input"]["properties"][string];

/** What models read of an argument, beside its name. */
const argumentWords = (argument: Argument): readonly string[] => [
  ...(argument.description === undefined ? [] : [argument.description]),
  ...(argument.type === "string" && argument.enum !== undefined ? [`one of: ${argument.enum.join(", ")}`] : []),
  ...(argument.type === "array" ? argumentWords(argument.items) : []),
];

/** Every tool, with all the words of it that models read. */
const toolLines = ({ manifest }: PackageReport): readonly string[] =>
  "origin" in manifest
    ? []
    : manifest.tools.flatMap(({ name, title, description, input }) => [
        `  ${printableLine(`${manifest.name}.${name} (${title}): ${description}`)}`,
        ...Object.entries(input.properties).map(
          ([argument, property]) => `    ${printableLine([argument, ...argumentWords(property)].join("; "))}`,
        ),
      ]);

const seesLines = ({ manifest }: PackageReport): readonly string[] =>
  "origin" in manifest ? [] : lines("•", manifest.sees);

const remarkLines = (mark: string, remarks: readonly PackageRemark[]): readonly string[] =>
  remarks.flatMap(({ code, says, next }) => [
    `  ${mark} ${printableLine(says)} ${color.dim(`[${printableLine(code)}]`)}`,
    `    ${printableLine(next)}`,
  ]);

/** What an update may do that the installed one may not. */
export const widensLines = (widens: readonly string[]): readonly string[] => lines(color.yellow("+"), widens);

const fileLines = ({ files: { added, changed, removed } }: PackageDifference): readonly string[] =>
  (
    [
      ["added", added],
      ["changed", changed],
      ["removed", removed],
    ] as const
  ).flatMap(([what, paths]) => (paths.length === 0 ? [] : [`  ${what}: ${printableLine(paths.join(", "))}`]));

/** An update against what is installed, in lines for people. */
export const differenceLines = (difference: PackageDifference): readonly string[] => {
  const inside = [
    ...widensLines(difference.widens),
    ...lines(color.green("-"), difference.narrows),
    ...fileLines(difference),
  ];
  return [
    ...part(`Against the installed ${difference.from}`, inside.length === 0 ? ["  nothing else"] : inside),
    ...(difference.widens.length === 0 ? [] : [color.dim("  + it may do more, - it may not do any more")]),
  ];
};

/** What a package is and what speaks against it, whole, with everything of a stranger's on a line of its own. */
export const reportText = (report: PackageReport): string =>
  [
    `${color.bold(printableLine(`${report.name} ${report.version}`))}  ${report.kind}`,
    facts([
      ...manifestFacts(report),
      ["signed by", signerText(report)],
      ["size", `${sizeText(report.bytes)}, ${String(report.files.length)} files`],
      ["digest", report.digest],
    ]),
    ...part("Tools", toolLines(report)),
    ...part("May touch", report.touches.length === 0 ? ["  nothing"] : lines("•", report.touches)),
    ...part("Gets to see, as its author says", seesLines(report)),
    ...(report.difference === null ? [] : differenceLines(report.difference)),
    ...part("Look twice", remarkLines(color.yellow("!"), report.warnings)),
    ...part("Refused", remarkLines(color.red("✗"), report.refusals)),
  ].join("\n");
