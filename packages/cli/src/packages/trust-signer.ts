import type { PackageReport, SigningKey } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import type { Output } from "../output.ts";
import type { Agreement, PackageAsker } from "./agree.ts";
import { authorKeyFile, readAuthorKey } from "./author-key.ts";
import { keyInGroups } from "./sign-package.ts";

/** A key that somebody wants to take signatures of, together with what it signed. */
export interface NewSigner {
  readonly key: SigningKey;
  readonly name: string;
  readonly own: boolean;
}

/** Whether a key is this person's own; a file that cannot be read makes it nobody's. */
export const isOwnKey = async (key: string): Promise<boolean> => {
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

/** The signer of a package whom somebody vouches for just now; null: it is trusted already. An unknown one ends the command. */
export const newSignerOf = async (
  context: CommandContext,
  { signer, name: packageName }: PackageReport,
  { trust }: Pick<Agreement, "trust">,
  asker: PackageAsker | null,
): Promise<NewSigner | null> => {
  if (signer === null || signer.trusted) return null;
  const { key } = signer;
  const own = await isOwnKey(key);
  const name = trust ?? (await trusteeOf(keyInGroups(key), own, asker, context.output));
  if (name !== null && name !== "") return { key, name, own };
  throw new CommandFailure({
    ...moltbotError("SIGNER_UNKNOWN", { name: packageName, key }),
    next: own
      ? "It is your own key. Add `--trust me`, and this house takes what you signed from now on."
      : "Compare the key with the one that its author shows elsewhere, then add `--trust WHO`.",
  });
};

const takeBack = async (context: CommandContext, { key, name }: NewSigner): Promise<void> => {
  try {
    await context.call("signers.remove", { key });
    context.output.say(`The key of ${printableLine(name)} is not trusted either.`);
  } catch {
    context.output.say(
      `The key of ${printableLine(name)} is trusted now all the same; this takes it back: ./moltbot signers remove ${key}`,
    );
  }
};

/** Installs what a new signer signed. Where that fails nothing by their key was agreed to, so it is not trusted any longer. */
export const trustingFor = async <T>(
  context: CommandContext,
  signer: NewSigner | null,
  install: () => Promise<T>,
): Promise<T> => {
  if (signer === null) return install();
  await context.call("signers.trust", signer);
  try {
    return await install();
  } catch (cause) {
    await takeBack(context, signer);
    throw cause;
  }
};
