import type { OperationOutput, SigningKey } from "@moltbot/contracts";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { ownAuthorKey } from "./author-key.ts";
import { keyInGroups } from "./sign-package.ts";

const keyIn = async (word: string): Promise<SigningKey> => {
  const { SigningKey: schema } = await import("@moltbot/contracts");
  const key = schema.safeParse(word.replace(/\s/g, ""));
  if (key.success) return key.data;
  throw usage("That is no public key: mk1_ and 43 signs, as `signers mine` or `plugin verify FILE` shows it.");
};

/** `signers list` */
export const listSigners = async (context: CommandContext): Promise<void> => {
  const signers = await context.call("signers.list", {});
  context.output.data(signers, () =>
    table(
      ["name", "key", "since", "whose", "installed by it"],
      signers.map(({ name, key, trustedAt, own, packages }) => [
        name,
        key,
        when(trustedAt),
        own ? "your own" : "another's",
        packages.join(", "),
      ]),
      "No key is trusted: nothing can be installed.",
    ),
  );
};

const trustedText = ({ name, key, own, was }: OperationOutput<"signers.trust">): string =>
  `${color.green("✓")} what ${printableLine(name)}${was === null ? "" : `, until now ${printableLine(was)},`} signs is taken from now on${own ? ", and skills of your own are your words" : ""}\n  ${keyInGroups(key)}`;

/** `signers trust KEY --name WHO` */
export const trustKey = async (
  context: CommandContext,
  { name, own, rename }: Readonly<Record<string, unknown>>,
  word: string,
): Promise<void> => {
  const who = textOption(name);
  if (who === undefined) throw usage("Say whose key it is: --name WHO.");
  const wish = { key: await keyIn(word), name: who, own: own === true, rename: rename === true };
  const signer = await context.call("signers.trust", wish);
  context.output.data(signer, () => trustedText(signer));
};

/** The key that a person means by itself or by the name under which it is trusted. */
const keyMeant = async (context: CommandContext, word: string): Promise<SigningKey> => {
  if (word.startsWith("mk1_")) return keyIn(word);
  const named = (await context.call("signers.list", {})).filter(({ name }) => name === word);
  const [only, second] = named;
  if (second !== undefined)
    throw usage(
      `${String(named.length)} keys are called ${printableLine(word)}: give the key itself, ${named.map(({ key }) => key).join(" or ")}.`,
    );
  if (only !== undefined) return only.key;
  throw usage(`No trusted key is called ${printableLine(word)}: \`signers list\` shows them.`);
};

/** `signers remove KEY|NAME` */
export const removeKey = async (context: CommandContext, word: string): Promise<void> => {
  const key = await keyMeant(context, word);
  await context.call("signers.remove", { key });
  context.output.data(
    { key, removed: true },
    () => `${color.green("✓")} nothing by this key is taken any more\n  ${keyInGroups(key)}`,
  );
};

/** `signers mine`: without the gateway. */
export const showOwnKey = async (
  context: CommandContext,
  { key: given }: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const { key, file } = await ownAuthorKey(textOption(given), context.output);
  context.output.data({ key, file }, () =>
    facts([
      ["your key", key],
      ["in groups", keyInGroups(key)],
      ["its private part", file],
    ]),
  );
};
