import { readFile, stat } from "node:fs/promises";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printableLine, table } from "../output.ts";
import type { Runner } from "../runner.ts";
import { FORMS, fromEnvironment, fromFileText } from "../secret-sources/read-sources.ts";
import type { PlainSecret } from "../secret-sources/read-sources.ts";
import { many, oneOf, textOption, usage, wordsOf } from "../usage.ts";
import { canAsk } from "./ask-person.ts";
import { hostWish, hostsFor, typedHosts } from "./secret-wish.ts";
import type { HostWish } from "./secret-wish.ts";

const LARGEST = 1_048_576;

const textOf = async (path: string): Promise<string> => {
  try {
    const facts = await stat(path);
    if (facts.isFile() && facts.size <= LARGEST) return await readFile(path, "utf8");
  } catch {
    throw usage(`The file ${path} cannot be read.`);
  }
  throw usage(`${path} is not a plain file of at most ${String(LARGEST)} bytes.`);
};

/** Asks for the hosts of a secret; null when the person turns away. */
export type AskHosts = (name: string, usual: readonly string[]) => Promise<readonly string[] | null>;
const askHosts: AskHosts = async (name, usual) => {
  const { isCancel, text } = await import("@clack/prompts");
  const typed = await text({
    message: `Which hosts may ${printableLine(name)} be sent to? (empty: leave it where it is)`,
    initialValue: usual.join(" "),
  });
  return isCancel(typed) ? null : typedHosts(typed);
};

type Chosen = PlainSecret & { readonly hosts: readonly string[] };

/** Each with its hosts: given, asked for at a terminal, or the usual ones. Without any it is left. */
const choose = async (
  found: readonly PlainSecret[],
  wish: HostWish,
  ask: AskHosts | null,
): Promise<readonly Chosen[]> => {
  const chosen: Chosen[] = [];
  for (const secret of found) {
    const given = hostsFor(wish, secret.name, secret.original);
    const hosts = given ?? (ask === null ? secret.usual : await ask(secret.name, secret.usual));
    if (hosts === null) throw usage("Nothing was stored.");
    chosen.push({ ...secret, hosts });
  }
  return chosen;
};

const shown = (chosen: readonly Chosen[]): string =>
  table(
    ["secret", "kind", "hosts", "stands in"],
    chosen.map(({ name, kind, hosts, where }) => [
      name,
      kind,
      hosts.length === 0 ? "none: left" : hosts.join(", "),
      where,
    ]),
    "Nothing in it sounds like a secret; --only NAME takes what does not.",
  );

const remedies = (stored: readonly Chosen[]): string =>
  [
    color.bold("These still hold the plain text. Nothing was deleted; do it yourself:"),
    ...stored.map(({ where, remedy }) => `  ${printableLine(where)}: ${printableLine(remedy)}`),
    color.dim(
      "Copies in shell history, backups and repositories stay. A key that lay open is best replaced where it was made.",
    ),
  ].join("\n");

const store = async (context: CommandContext, ready: readonly Chosen[]): Promise<void> => {
  for (const { name, value, hosts, kind } of ready)
    await context.call("secrets.set", { name, value, hosts: [...hosts], kind });
};

const reportOf = (chosen: readonly Chosen[], stored: readonly Chosen[], left: readonly string[]) => ({
  stored: stored.map(({ name, hosts, where, remedy }) => ({ name, hosts, where, remedy })),
  left: [...chosen.filter((one) => !stored.includes(one)).map(({ name }) => name), ...left],
});

/** `secret import` */
export const secretImportCommand = (secret: Command, run: Runner, ask: AskHosts = askHosts): void => {
  secret
    .command("import")
    .description("store secrets that stand in plain text, and say what to delete afterwards")
    .option("--from-env <name...>", "variables of this environment")
    .option("--from-file <file>", "a file of variables (.env), JSON, or a file that is one secret")
    .option("--as <form>", "how to read the file: env, json or whole; by its name when left out")
    .option("--only <name>", "take this one of the file, whatever it sounds like; may be repeated", many)
    .option("--name <name>", "what a file that is one secret is called")
    .option("--host <[name=]host>", "a host it may be sent to, for all or for one; may be repeated", many)
    .option("--dry-run", "only show what would be stored")
    .addHelpText("after", "\nKnown names have usual hosts. Nothing is ever deleted by it.\n")
    .action(
      run(async (context, { fromEnv, fromFile, as, only, name, host, dryRun }) => {
        const names = wordsOf(fromEnv);
        const file = textOption(fromFile);
        if ((names.length === 0) === (file === undefined)) throw usage("Give --from-env NAME… or --from-file FILE.");
        const wish = { only: wordsOf(only), form: oneOf("as", FORMS, textOption(as)), name: textOption(name) };
        const { found, left } =
          file === undefined
            ? { found: fromEnvironment(names, process.env), left: [] }
            : fromFileText(file, await textOf(file), wish);
        const asker = dryRun !== true && canAsk(context) ? ask : null;
        const chosen = await choose(found, hostWish(wordsOf(host)), asker);
        const ready = chosen.filter(({ hosts }) => hosts.length > 0);
        const report = { dryRun: dryRun === true, ...reportOf(chosen, ready, left) };
        if (report.dryRun)
          return context.output.data(report, () => `${shown(chosen)}\n${color.dim("Nothing was stored.")}`);
        await store(context, ready);
        context.output.data(report, () =>
          [shown(chosen), ...(ready.length === 0 ? [] : [remedies(ready)])].join("\n\n"),
        );
      }),
    );
};
