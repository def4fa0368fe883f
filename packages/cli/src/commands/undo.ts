import type { KeptChange } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts/errors";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, shortened, table, when, withColouredEnds } from "../output.ts";
import { countIn, isId, usage, withNext } from "../usage.ts";
import { sizeText } from "./backup.ts";

const AFTER = `
Every change that an agent makes to a file names its undo id; without one, what can be undone is listed. What stood there is kept for
30 days, up to 256 MiB. Nothing is put back over what was changed since, unless with --anyway. An undo has an id of its own: it can be
undone too.
`;
const LONGEST_NAME = 40;

const STATES: Readonly<Record<KeptChange["state"], string>> = {
  standing: "can be undone",
  back: "is as before",
  changed: "changed since",
  unknown: "not looked at",
};

const COLOURS: Readonly<Record<KeptChange["state"], (text: string) => string>> = {
  standing: color.green,
  back: color.dim,
  changed: color.yellow,
  unknown: color.dim,
};

const bytesText = (bytes: number | null): string => (bytes === null ? "nothing" : sizeText(bytes));

/** The first file of a change and how large it was and is; of more, how many. */
const filesText = ({ files, count }: KeptChange): string => {
  const [first] = files;
  if (first === undefined) return "";
  const name = shortened(first.path, LONGEST_NAME);
  const sizes = `${bytesText(first.before)} → ${bytesText(first.now)}`;
  return count === 1 ? `${name}  ${sizes}` : `${name} and ${String(count - 1)} more`;
};

const list = async (context: CommandContext, limit: number): Promise<void> => {
  const changes = await context.call("files.changes", { limit: String(limit) });
  context.output.data(changes, () => {
    const rows = table(
      ["undo id", "when", "by", "file, before and now", "state"],
      changes.map((change) => [change.callId, when(change.at), change.tool, filesText(change), STATES[change.state]]),
      "No change of a file is kept.",
    );
    return withColouredEnds(
      rows,
      changes.map(({ state }) => STATES[state]),
      (end) =>
        (Object.entries(COLOURS).find(([state]) => STATES[state as KeptChange["state"]] === end)?.[1] ?? String)(end), // its own keys
    );
  });
};

/** What helps here, where the house's own words speak to every client. */
const nextAfter = ({ code, next }: MoltbotError, id: string, anyway: boolean): string => {
  if (code === "NOT_FOUND") return "`./moltbot undo` lists what can be undone, for thirty days.";
  if (code !== "CONFLICT" || anyway) return next;
  return `\`./moltbot undo\` shows how things stand; \`./moltbot undo ${id} --anyway\` puts it back over what is there now, and can be undone too.`;
};

/** `undo [ID]` */
export const undoCommand = (program: Command, run: Runner): void => {
  program
    .command("undo [id]")
    .description("put back what stood in a file before an agent changed it; without an id, list what can be")
    .option("--anyway", "also over what was changed since; that can be undone too")
    .option("--limit <n>", "how many to list", "20")
    .addHelpText("after", AFTER)
    .action(
      run(async (context, options, id, _second, words) => {
        if (words.length === 0) {
          if (options["anyway"] === true) throw usage("--anyway goes with an undo id: `undo` lists them.");
          return list(context, countIn("limit", options["limit"]));
        }
        if (!isId(id)) throw usage("That is no undo id: it stands in the result of the change, and `undo` lists them.");
        const anyway = options["anyway"] === true;
        const result = await context.client.call("files.undo", { callId: id, anyway });
        if (!result.ok) throw withNext(result.error, nextAfter(result.error, id, anyway));
        const undone = result.value;
        const names = undone.paths.map((path) => `“${printableLine(path)}”`).join(", ");
        context.output.data(
          undone,
          () => `${color.green("✓")} put back as it was: ${names} ${color.dim(`(undo id ${undone.undoId})`)}`,
        );
      }),
    );
};
