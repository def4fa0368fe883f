import type { PackageDifference, PackageRemark, PackageReport } from "@moltbot/contracts";
import color from "picocolors";
import { sizeText } from "../commands/backup.ts";
import type { CommandContext } from "../context.ts";
import { facts, printableLine } from "../output.ts";
import { manifestLines, marked, part } from "./show-plugin.ts";
import type { Chosen } from "./show-plugin.ts";
import { keyInGroups } from "./sign-package.ts";
import { counted, wrapped } from "./wrapped.ts";

/** What is known of a package here, beside what the gateway says. */
export interface Known {
  readonly chosen: Chosen;
  /** Whether the key that signed it is this person's own; "none" where they have none and it is their folder. */
  readonly own: boolean | "none";
}

const NOTHING_KNOWN: Known = { chosen: { hosts: [], secrets: {}, vault: null }, own: false };

// Threat: whoever changes a signed file leaves its signer's key in it; the name of somebody trusted must not vouch for that.
const signerText = ({ signer, refusals }: PackageReport, { own }: Known): string => {
  if (own === "none") return "nobody yet: when it is installed a key is made for you, and signs it";
  if (signer === null) return "nobody";
  const key = keyInGroups(signer.key);
  if (refusals.some(({ code }) => code === "PACKAGE_ALTERED")) return `nobody: it names ${key}, who did not sign this`;
  if (signer.trusted) return `${signer.name ?? ""} (${key})`;
  return own ? `you: your own key, which this house does not know yet (${key})` : `a key that is not trusted: ${key}`;
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

const remarkLines = (mark: string, shown: string, remarks: readonly PackageRemark[]): readonly string[] =>
  remarks.flatMap(({ code, says, next }) => [
    ...wrapped(`  ${mark} `, `${says} [${code}]`, { shown: `  ${shown} ` }),
    ...wrapped("    ", next),
  ]);

/** What an update may do that the installed one may not. */
export const widensLines = (widens: readonly string[]): readonly string[] => marked("+", widens, color.yellow("+"));

const fileLines = ({ files: { added, changed, removed } }: PackageDifference): readonly string[] =>
  (
    [
      ["added", added],
      ["changed", changed],
      ["removed", removed],
    ] as const
  ).flatMap(([what, paths]) => (paths.length === 0 ? [] : wrapped(`  ${what}: `, paths.join(", "))));

/** An update against what is installed, in lines for people. */
export const differenceLines = (difference: PackageDifference): readonly string[] => {
  const inside = [
    ...widensLines(difference.widens),
    ...marked("-", difference.narrows, color.green("-")),
    ...fileLines(difference),
  ];
  return [
    ...part(`Against the installed ${difference.from}`, inside.length === 0 ? ["  nothing else"] : inside),
    ...(difference.widens.length === 0 ? [] : [color.dim("  + it may do more, - it may not do any more")]),
  ];
};

/** A key that nobody trusts yet is no fault of the package: it is asked about when it is installed. */
const keyLines = ({ refusals }: PackageReport, { own }: Known): readonly string[] => {
  const remarks = refusals.filter(({ code }) => code === "SIGNER_UNKNOWN");
  if (remarks.length === 0 || own !== true) return remarkLines("!", color.yellow("!"), remarks);
  return marked("•", ["Installing it asks you to take your own key; `--trust me` says yes to that beforehand."]);
};

/** What a package is and what speaks against it, whole, with everything of a stranger's on lines of its own. */
export const reportText = (report: PackageReport, known: Known = NOTHING_KNOWN): string => {
  const { manifest, touches, difference, refusals, warnings } = report;
  const hard = refusals.filter(
    ({ code }) => code !== "SIGNER_UNKNOWN" && !(known.own === "none" && code === "PACKAGE_UNSIGNED"),
  );
  return [
    `${color.bold(printableLine(`${report.name} ${report.version}`))}  ${report.kind}`,
    facts([
      ...manifestFacts(report),
      ["signed by", signerText(report, known)],
      ["size", `${sizeText(report.bytes)}, ${counted(report.files.length, "file")}`],
      ["digest", report.digest],
    ]),
    ...("origin" in manifest
      ? part("May touch", marked("•", touches.length === 0 ? ["nothing"] : touches))
      : manifestLines(manifest, touches, known.chosen)),
    ...(difference === null ? [] : differenceLines(difference)),
    ...part("Look twice", remarkLines("!", color.yellow("!"), warnings)),
    ...part("Before it is installed", keyLines(report, known)),
    ...part("Refused", remarkLines("✗", color.red("✗"), hard)),
  ].join("\n");
};

/** Shows a report to people; a program that reads JSON gets the answer alone. That its key is unknown is asked about by itself. */
export const showReport = (context: CommandContext, report: PackageReport, known?: Known): void => {
  const refusals = report.refusals.filter(({ code }) => code !== "SIGNER_UNKNOWN");
  if (!context.output.json) context.output.say(`${reportText({ ...report, refusals }, known)}\n`);
};
