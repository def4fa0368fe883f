import { readPublicKey } from "@moltbot/client";
import type { DeviceKey, OperationPattern, Role } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { table, when, whenOrNever } from "../output.ts";
import type { Runner } from "../runner.ts";
import { many, readText, textOption, usage, wordsOf } from "../usage.ts";

/** An empty list of options is none: then the token is for whatever its role may. */
const scopesOf = (option: unknown): OperationPattern[] | null => {
  const scopes = wordsOf(option);
  return scopes.length === 0 ? null : [...scopes];
};

/** The public key in a file, for a token whose requests are signed. */
const keyIn = async (option: unknown): Promise<DeviceKey | null> => {
  const file = textOption(option);
  if (file === undefined) return null;
  const key = await readPublicKey(globalThis.crypto, await readText(file));
  if (key !== undefined) return key;
  throw usage(
    `${file} holds no public key, Ed25519 or P-256, as JWK or PEM. A private key stays where it is: hand over its public part alone.`,
  );
};

interface DayLimits {
  readonly tokensPerDay?: number | null | undefined;
  readonly moneyPerDay?: number | null | undefined;
}

/** An amount of an option; null when it was left out. */
const amountIn = (name: string, option: unknown, whole: boolean): number | null => {
  const text = textOption(option);
  if (text === undefined) return null;
  const amount = text.trim() === "" ? Number.NaN : Number(text);
  if (amount > 0 && (!whole || Number.isSafeInteger(amount))) return amount;
  throw usage(`--${name} takes ${whole ? "a whole number" : "an amount"} above 0.`);
};

/** What a token may use in a day, in words; empty: it has no limit of its own. */
const limitWords = ({ tokensPerDay: tokens, moneyPerDay: money }: DayLimits): string =>
  [
    ...(typeof tokens === "number" ? [`${tokens.toLocaleString("en")} model tokens`] : []),
    ...(typeof money === "number" ? [`${String(money)} of money`] : []),
  ].join(" and ");

const createCommand = (token: Command, run: Runner): void => {
  token
    .command("create")
    .description("create a token; it is shown once")
    .option("--role <role>", "viewer, member, admin or owner", "member")
    .option(
      "--scope <operation>",
      "the only operations it is for, such as messages.send or agents.*; again for more",
      many,
    )
    .option(
      "--untrusted",
      "for a program that passes on what others wrote: nothing that comes with it counts as your word",
    )
    .option("--key <file>", "a public key (JWK or PEM): each request with the token has to be signed with it")
    .option("--name <name>", "what it is for", "token")
    .option("--days <n>", "how long it is good", "90")
    .option("--tokens-per-day <n>", "the most model tokens that all it asks for may take in a day")
    .option(
      "--money-per-day <amount>",
      "the most that models may cost for it in a day, in the currency of the settings",
    )
    .action(
      run(async (context, { role, name, days, scope, untrusted, key: file, ...most }) => {
        const scopes = scopesOf(scope);
        const tokensPerDay = amountIn("tokens-per-day", most["tokensPerDay"], true);
        const moneyPerDay = amountIn("money-per-day", most["moneyPerDay"], false);
        const key = await keyIn(file);
        const created = await context.call("tokens.create", {
          role: role as Role,
          name: String(name),
          days: Number(days),
          scopes,
          integrity: untrusted === true ? "untrusted" : "authority",
          key,
          tokensPerDay,
          moneyPerDay,
        }); // the gateway checks the words
        const narrowed = scopes === null ? "" : `, for ${scopes.join(" ")} alone`;
        const signed = key === null ? "" : ", for requests signed with its key";
        const bound = limitWords({ tokensPerDay, moneyPerDay });
        context.output.data(
          created,
          () =>
            `${created.token}\n${color.dim(`role ${created.role}${narrowed}${signed}${bound === "" ? "" : `, for ${bound} a day`}, until ${when(created.expiresAt)}; it is not shown again`)}`,
        );
      }),
    );
};

/** `token create | list | revoke` */
export const tokenCommands = (program: Command, run: Runner): void => {
  const token = program.command("token").description("tokens for programs that call the API");
  createCommand(token, run);
  token
    .command("list", { isDefault: true })
    .description("list tokens, without their text")
    .action(
      run(async (context) => {
        const list = await context.call("tokens.list", {});
        context.output.data(list, () =>
          table(
            ["id", "name", "role", "for", "a day", "until", "last used", "signed with", "state"],
            list.map((one) => [
              one.id,
              one.name,
              one.role,
              one.scopes === null ? "everything" : one.scopes.join(" "),
              limitWords(one) || "no limit",
              when(one.expiresAt),
              whenOrNever(one.lastUsedAt),
              one.thumbprint ?? "nothing",
              one.revokedAt === null ? "good" : "revoked",
            ]),
            "There are no tokens.",
          ),
        );
      }),
    );
  token
    .command("revoke <id>")
    .description("revoke a token at once")
    .action(
      run(async (context, _options, id) => {
        await context.call("tokens.revoke", { tokenId: id });
        context.output.data({ id, revoked: true }, () => `${color.green("✓")} revoked`);
      }),
    );
};
