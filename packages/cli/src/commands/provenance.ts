import type { KeptItem, Label, PastEffect, Provenance, ProvenanceRemoval } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { usage } from "../usage.ts";
import { canAsk, confirmPerson } from "./ask-person.ts";

const NOT_ALL = 1;

const kept = (items: readonly KeptItem[], nothing: string): string =>
  table(
    ["kind", "id", "since", "what"],
    items.map(({ kind, id, at, says }) => [kind, id, when(at), says]),
    nothing,
  );

const left = (effects: readonly PastEffect[]): string =>
  table(
    ["at", "class", "tool", "to", "call"],
    effects.map(({ at, effect, tool, to, callId }) => [when(at), effect, tool, to, callId]),
    "Nothing.",
  );

const sourcesText = ({ sources }: Label): string =>
  sources.length === 0 ? "nowhere else" : sources.map(({ kind, ref }) => `${kind}:${ref}`).join(", ");

const itemRows = (item: KeptItem | null): readonly (readonly [string, string])[] =>
  item === null
    ? []
    : [
        [item.kind, item.says],
        ["since", when(item.at)],
        ["trust", item.label.integrity],
        ["came from", sourcesText(item.label)],
      ];

const shown = ({ source, item, derived, effects }: Provenance): string =>
  [
    facts([["source", source], ...itemRows(item)]),
    `\n${color.bold("Kept, and came of it:")}`,
    kept(derived, "Nothing."),
    `\n${color.bold("Left under its influence:")}`,
    left(effects),
    ...(derived.length === 0
      ? []
      : [color.dim("\n./moltbot provenance remove SOURCE --dry-run says what would go with a source.")]),
  ].join("\n");

const removalText = ({ source, done, removed, kept: held, effects }: ProvenanceRemoval): string =>
  [
    done
      ? `${color.green("✓")} ${printableLine(source)} is removed`
      : `${color.yellow("?")} ${printableLine(source)}: nothing was changed, this is what would go`,
    `\n${color.bold(done ? "Removed:" : "Would be removed:")}`,
    kept(removed, "Nothing."),
    ...(held.length === 0
      ? []
      : [
          `\n${color.yellow("Could not be removed:")}`,
          table(
            ["kind", "id", "why"],
            held.map(({ item, reason }) => [item.kind, item.id, reason]),
            "",
          ),
        ]),
    `\n${color.bold("Had left before, and cannot be called back:")}`,
    left(effects),
  ].join("\n");

/** Removes a source after showing what would go and being told yes; where nobody can be asked it takes --yes. */
export const removeAsking = async (
  context: CommandContext,
  source: string,
  { dryRun, yes }: { readonly dryRun: boolean; readonly yes: boolean },
  ask: typeof confirmPerson | null,
): Promise<void> => {
  if (!dryRun && !yes) {
    if (ask === null) throw usage("Nobody can be asked here: add --yes, or --dry-run to see what would go.");
    const would = await context.call("provenance.remove", { source, dryRun: true });
    process.stdout.write(`${removalText(would)}\n\n`);
    if (!(await ask("Remove all of it? It cannot be brought back."))) throw new CommandExit(NOT_ALL);
  }
  const removal = await context.call("provenance.remove", { source, dryRun });
  context.output.data(removal, () => removalText(removal));
  if (removal.kept.length > 0) throw new CommandExit(NOT_ALL);
};

const AFTER = `
A source is a kind and a name: host:example.org:443, message:ID, memory:ID, file:notes.txt, tool:NAME. \`provenance show ID\` lists those of a thing.
Removing one takes away messages, memories, reminders, files and grants that came of it, and lists what had left before.
Files are moved into the folder "removed" of the state folder, where no agent reaches.
`;

/** `provenance show | remove` */
export const provenanceCommands = (program: Command, run: Runner): void => {
  const provenance = program
    .command("provenance")
    .description("where things came from, and how a source goes with all that came of it")
    .addHelpText("after", AFTER);
  provenance
    .command("show <id-or-source>")
    .description("show where a thing came from, what came of it, and what left")
    .action(
      run(async (context, _options, of) => {
        const found = await context.call("provenance.show", { of });
        context.output.data(found, () => shown(found));
      }),
    );
  provenance
    .command("remove <source>")
    .description("remove a source with all that came of it; asks first")
    .option("--dry-run", "only say what would go")
    .option("--yes", "do not ask")
    .action(
      run((context, options, source) => {
        const how = { dryRun: options["dryRun"] === true, yes: options["yes"] === true };
        return removeAsking(context, source, how, canAsk(context) ? confirmPerson : null);
      }),
    );
};
