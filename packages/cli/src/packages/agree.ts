import type { PackageLock, PackageRemark, PackageReport } from "@moltbot/contracts";
import { ERROR_TABLE, moltbotError } from "@moltbot/contracts/errors";
import type { ErrorCode } from "@moltbot/contracts/errors";
import { canAsk, confirmPerson, readTyped } from "../commands/ask-person.ts";
import { CommandExit, CommandFailure, INTERRUPTED } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { MOST_BYTES, readOrdinary } from "./read-ordinary.ts";

/** The exit code of a command whose question was answered with no. */
export const NOT_AGREED = 1;

/** How a person says yes: asked at the terminal, by the digest of what they looked at, or beforehand. */
export interface Agreement {
  readonly yes: boolean;
  readonly digest: string | undefined;
  /** Whom an unknown key belongs to, where they trust it. */
  readonly trust: string | undefined;
  /** Take a name that looks like another's. */
  readonly anyway: boolean;
}

/** Puts questions to the person at the terminal; null where there is nobody. */
export interface PackageAsker {
  yes(question: string): Promise<boolean>;
  line(question: string): Promise<string | null>;
}

const typedLine = async (question: string): Promise<string> => {
  const typed = await readTyped(question);
  if (typed === null) throw new CommandExit(INTERRUPTED);
  return typed;
};

/** The person at this terminal; null where nobody can be asked. */
export const askerOf = (context: CommandContext): PackageAsker | null =>
  canAsk(context) ? { yes: confirmPerson, line: typedLine } : null;

const LOOK_AT_FILE = "look at it with `plugin inspect FILE`, then add --digest with the digest it shows, or --yes.";

/** What the options say; without a terminal they must say something, before anything is done. `look` says how to find out what. */
export const agreementOf = (
  options: Readonly<Record<string, unknown>>,
  asker: PackageAsker | null,
  look: string = LOOK_AT_FILE,
): Agreement => {
  const digest = textOption(options["digest"]);
  const yes = options["yes"] === true;
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    throw usage("--digest takes the 64 signs that `plugin inspect` shows as the digest.");
  if (asker === null && !yes && digest === undefined) throw usage(`Nobody can be asked here: ${look}`);
  return { yes, digest, trust: textOption(options["trust"]), anyway: options["anyway"] === true };
};

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

const refusal = ({ code, says, next }: PackageRemark): CommandFailure =>
  new CommandFailure({ ...moltbotError(isCode(code) ? code : "PACKAGE_INVALID"), message: says, next });

/** What speaks against a package that no answer of a person lifts. */
export const hopelessIn = (
  { refusals }: PackageReport,
  { anyway }: Pick<Agreement, "anyway">,
): PackageRemark | undefined =>
  refusals.find(({ code }) => code !== "SIGNER_UNKNOWN" && !(anyway && code === "PACKAGE_LOOKS_LIKE"));

/** Ends the command at the first refusal that no answer of a person lifts. */
export const refuseHopeless = (report: PackageReport, agreement: Pick<Agreement, "anyway">): void => {
  const hopeless = hopelessIn(report, agreement);
  if (hopeless === undefined) return;
  const { difference, name, version } = report;
  if (hopeless.code !== "PACKAGE_DOWNGRADE" || difference === null || difference.from !== difference.to)
    throw refusal(hopeless);
  throw refusal({
    ...hopeless,
    says: `${name} ${version} is installed, and this one has the same version.`,
    next: "If it is yours and something changed, raise its version.",
  });
};

/** Gets a yes to exactly what was shown: by its digest, beforehand, or at the terminal. */
export const agreeTo = async (
  context: CommandContext,
  report: PackageReport,
  { yes, digest }: Pick<Agreement, "yes" | "digest">,
  asker: PackageAsker | null,
  question: string,
): Promise<void> => {
  if (digest !== undefined && digest !== report.digest)
    throw new CommandFailure(moltbotError("PACKAGE_NOT_CONFIRMED", { digest: report.digest }));
  if (yes || digest !== undefined) return;
  if (asker !== null && (await asker.yes(question))) return;
  context.output.say(`${printableLine(report.name)} was not agreed to: nothing of it was changed.`);
  throw new CommandExit(NOT_AGREED);
};

/** The lock in a file; undefined where none is named. */
export const lockIn = async (file: string | undefined): Promise<PackageLock | undefined> => {
  if (file === undefined) return undefined;
  const read = await readOrdinary(file, MOST_BYTES).catch(() => {
    throw usage(`The file ${printableLine(file)} cannot be read.`);
  });
  const { PackageLock: schema } = await import("@moltbot/contracts");
  try {
    return schema.parse(JSON.parse(typeof read === "string" ? "" : new TextDecoder().decode(read)));
  } catch {
    throw usage(`${printableLine(file)} is no lock: \`plugin lock --out FILE\` writes one.`);
  }
};
