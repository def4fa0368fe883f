import type { Person, Prompt } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printable, printableLine, shortened, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { readText, textOption, usage } from "../usage.ts";
import { findPrompt } from "./shared-thing.ts";

const AFTER = `
A prompt is a text to begin messages with: \`chat --prompt NAME --message TEXT\`. Your own stands in your words. One that somebody
shares with you, and one of yours that somebody else changed, is quoted as theirs: the agent reads it, and does not obey it.
\`share prompt:NAME Ada --rights use,edit\` shares one.
`;
const LONGEST_LINE = 50;

/** Whose words a text is, for the person who looks. */
const whoseWords = ({ ownerId, writtenBy }: Prompt, people: readonly Person[], me: string): string => {
  if (ownerId === me && writtenBy === me) return "yours";
  if (writtenBy === null) return "nobody's: it came by a program";
  const who = ownerId === me || writtenBy !== me ? writtenBy : ownerId;
  const name = people.find(({ id }) => id === who)?.name ?? who;
  return `${name}'s: quoted`;
};

const rowsOf = async (context: CommandContext, prompts: readonly Prompt[]): Promise<readonly (readonly string[])[]> => {
  const people = await context.call("people.list", {});
  const { id: me } = await context.call("sessions.current", {});
  return prompts.map((prompt) => [
    prompt.name,
    whoseWords(prompt, people, me),
    when(prompt.updatedAt),
    shortened(prompt.text.replaceAll(/\s+/g, " "), LONGEST_LINE),
  ]);
};

/** The text of an option, or of the file that an option names. */
const textFrom = async ({ text, file }: Readonly<Record<string, unknown>>): Promise<string | undefined> => {
  const [given, path] = [textOption(text), textOption(file)];
  if (given !== undefined && path !== undefined) throw usage("Give --text or --file, not both.");
  return path === undefined ? given : readText(path);
};

/** `prompt list | show | add | change | remove` */
export const promptCommands = (program: Command, run: Runner): void => {
  const prompt = program.command("prompt").description("texts to begin messages with").addHelpText("after", AFTER);
  prompt
    .command("list", { isDefault: true })
    .description("list yours and those that are shared with you")
    .action(
      run(async (context) => {
        const all = await context.call("prompts.list", {});
        const rows = context.output.json || all.length === 0 ? [] : await rowsOf(context, all);
        context.output.data(all, () =>
          table(["name", "whose words", "changed", "text"], rows, "There are no prompts."),
        );
      }),
    );
  prompt
    .command("show <name>")
    .description("show one whole")
    .action(
      run(async (context, _options, name) => {
        const found = await findPrompt(context, name);
        context.output.data(found, () => printable(found.text));
      }),
    );
  prompt
    .command("add <name>")
    .description("keep a text")
    .option("--text <text>", "the text")
    .option("--file <file>", "read it from this file")
    .action(
      run(async (context, options, name) => {
        const text = await textFrom(options);
        if (text === undefined) throw usage("Give --text or --file.");
        const made = await context.call("prompts.create", { name, text });
        context.output.data(made, () => `${color.green("✓")} ${printableLine(made.name)} is kept`);
      }),
    );
  prompt
    .command("change <name>")
    .description("change one of yours, or one that you may edit")
    .option("--name <name>", "another name")
    .option("--text <text>", "another text")
    .option("--file <file>", "read the text from this file")
    .action(
      run(async (context, options, word) => {
        const text = await textFrom(options);
        const name = textOption(options["name"]);
        if (text === undefined && name === undefined) throw usage("Give --name, --text or --file.");
        const { id: promptId } = await findPrompt(context, word);
        const changed = await context.call("prompts.change", {
          promptId,
          ...(name === undefined ? {} : { name }),
          ...(text === undefined ? {} : { text }),
        });
        context.output.data(changed, () => `${color.green("✓")} ${printableLine(changed.name)} is changed`);
      }),
    );
  prompt
    .command("remove <name>")
    .description("remove one of yours, or one that you may delete")
    .action(
      run(async (context, _options, word) => {
        const { id: promptId, name } = await findPrompt(context, word);
        await context.call("prompts.remove", { promptId });
        context.output.data({ promptId, removed: true }, () => `${color.green("✓")} ${printableLine(name)} is removed`);
      }),
    );
};
