import type { PackageLock, PackageRemark, PackageReport, Signer } from "@moltbot/contracts";
import { ERROR_TABLE, moltbotError } from "@moltbot/contracts/errors";
import type { ErrorCode } from "@moltbot/contracts/errors";
import { canAsk, confirmPerson, readTyped } from "../commands/ask-person.ts";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import type { Output } from "../output.ts";
import { readText, textOption, usage } from "../usage.ts";
import { authorKeyFile, readAuthorKey } from "./author-key.ts";
import { reportText } from "./show-report.ts";
import { keyInGroups } from "./sign-package.ts";

const NOT_AGREED = 1;

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

/** The person at this terminal; null where nobody can be asked. */
export const askerOf = (context: CommandContext): PackageAsker | null =>
  canAsk(context) ? { yes: confirmPerson, line: readTyped } : null;

/** What the options say; without a terminal they must say something, before anything is done. */
export const agreementOf = (options: Readonly<Record<string, unknown>>, asker: PackageAsker | null): Agreement => {
  const digest = textOption(options["digest"]);
  const yes = options["yes"] === true;
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    throw usage("--digest takes the 64 signs that `plugin inspect` shows as the digest.");
  if (asker === null && !yes && digest === undefined)
    throw usage(
      "Nobody can be asked here: look at it with `plugin inspect FILE`, then add --digest with the digest it shows, or --yes.",
    );
  return { yes, digest, trust: textOption(options["trust"]), anyway: options["anyway"] === true };
};

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

const refusal = ({ code, says, next }: PackageRemark): CommandFailure =>
  new CommandFailure({ ...moltbotError(isCode(code) ? code : "PACKAGE_INVALID"), message: says, next });

/** Ends the command at the first refusal that no answer of a person lifts. */
export const refuseHopeless = ({ refusals }: PackageReport, { anyway }: Pick<Agreement, "anyway">): void => {
  const hopeless = refusals.find(({ code }) => code !== "SIGNER_UNKNOWN" && !(anyway && code === "PACKAGE_LOOKS_LIKE"));
  if (hopeless !== undefined) throw refusal(hopeless);
};

const isOwnKey = async (key: string): Promise<boolean> => {
  const own = await readAuthorKey(authorKeyFile(process.env)).catch(() => null);
  return own?.key === key;
};

/** Under which name an unknown key is trusted; null: it is not. */
const trusteeOf = async (
  shown: string,
  own: boolean,
  asker: PackageAsker | null,
  output: Pick<Output, "say">,
): Promise<string | null> => {
  if (asker === null) return null;
  output.say(
    own
      ? `It is signed with your own key, which this house does not know yet: ${shown}`
      : `It is signed with a key that you have not trusted: ${shown}`,
  );
  if (!own) output.say("Compare it with the one that its author shows elsewhere, group by group.");
  if (!(await asker.yes(own ? "Take signatures of your own key from now on?" : "Trust this key from now on?")))
    return null;
  const name = own ? await asker.line("Your name for it (Enter: me):") : await asker.line("Whose key is it? A name:");
  return own && name === "" ? "me" : name;
};

/** Trusts the signer where a person says so; a package whose signer stays unknown ends the command. */
export const trustSigner = async (
  context: CommandContext,
  report: PackageReport,
  { trust }: Pick<Agreement, "trust">,
  asker: PackageAsker | null,
): Promise<Signer | null> => {
  const { signer } = report;
  if (signer === null || signer.trusted) return null;
  const own = await isOwnKey(signer.key);
  const shown = keyInGroups(signer.key);
  const name = trust ?? (await trusteeOf(shown, own, asker, context.output));
  if (name !== null && name !== "") return context.call("signers.trust", { key: signer.key, name, own });
  throw new CommandFailure({
    ...moltbotError("SIGNER_UNKNOWN", { name: report.name, key: signer.key }),
    next: own
      ? "It is your own key. Add `--trust me`, and this house takes what you signed from now on."
      : "Compare the key with the one that its author shows elsewhere, then add `--trust WHO`.",
  });
};

/** Shows what it is and gets a yes to exactly that: by its digest, beforehand, or at the terminal. */
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
  context.output.say(`Nothing was changed: ${printableLine(report.name)} was not agreed to.`);
  throw new CommandExit(NOT_AGREED);
};

/** Shows a report to people; a program that reads JSON gets the answer alone. That its key is unknown is asked about by itself. */
export const showReport = (context: CommandContext, report: PackageReport): void => {
  const refusals = report.refusals.filter(({ code }) => code !== "SIGNER_UNKNOWN");
  if (!context.output.json) context.output.say(`${reportText({ ...report, refusals })}\n`);
};

/** The lock in a file; undefined where none is named. */
export const lockIn = async (file: string | undefined): Promise<PackageLock | undefined> => {
  if (file === undefined) return undefined;
  const text = await readText(file);
  const { PackageLock: schema } = await import("@moltbot/contracts");
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw usage(`${printableLine(file)} is no lock: \`plugin lock --out FILE\` writes one.`);
  }
};
