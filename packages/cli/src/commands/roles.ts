import type { OperationPattern, OperationRequest, OwnRole, Person } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { many, textOption, usage, wordsOf } from "../usage.ts";
import { findRole } from "./find-role.ts";

const who = ({ id }: OwnRole, people: readonly Person[]): string =>
  people
    .filter(({ ownRole }) => ownRole === id)
    .map(({ name }) => name)
    .join(", ");

const roleText = ({ name, base, operations }: OwnRole): string =>
  `${color.green("✓")} ${printableLine(name)}: of what a ${base} may, ${operations.join(" ")}`;

const show = (context: CommandContext, role: OwnRole): void => context.output.data(role, () => roleText(role));

/** What the role covers afterwards: a new list, or the old one with more and less of it; undefined when nothing was said of it. */
const operationsAfter = (
  { operations }: OwnRole,
  { only, add, drop }: Readonly<Record<string, unknown>>,
): OperationPattern[] | undefined => {
  const [whole, more, less] = [wordsOf(only), wordsOf(add), wordsOf(drop)];
  if (whole.length + more.length + less.length === 0) return undefined;
  if (whole.length > 0 && more.length + less.length > 0)
    throw usage("Give --only, which says everything anew, or --add and --drop.");
  const strange = less.find((pattern) => !operations.includes(pattern));
  if (strange !== undefined) throw usage(`The role does not name ${strange}; it names ${operations.join(" ")}.`);
  const after = [...(whole.length > 0 ? whole : operations), ...more].filter((pattern) => !less.includes(pattern));
  if (after.length === 0) throw usage("Nothing would be left. `./moltbot roles remove` removes a role.");
  return [...new Set(after)];
};

const AFTER = `
A role of your own is viewer, member or admin, narrowed to operations you name: one (messages.send), all of a noun (agents.*), or all
(*); events.stream is what the web app listens to. It never widens. Signing out and leaving the house it leaves to everybody.
The operations are those of docs/reference/api.md; \`access explain PERSON OPERATION\` says which rule decides.
`;

/** `roles list | create | change | remove` */
export const roleCommands = (program: Command, run: Runner): void => {
  const roles = program
    .command("roles")
    .description("roles of your own: one of the house's, narrowed")
    .addHelpText("after", AFTER);
  roles
    .command("list", { isDefault: true })
    .description("list the roles and who has them")
    .action(
      run(async (context) => {
        const list = await context.call("roles.list", {});
        const people = context.output.json || list.length === 0 ? [] : await context.call("people.list", {});
        context.output.data(list, () =>
          table(
            ["id", "name", "narrows", "since", "has it", "covers"],
            list.map((role) => [
              role.id,
              role.name,
              role.base,
              when(role.createdAt),
              who(role, people),
              role.operations.join(" "),
            ]),
            "There are no roles but viewer, member, admin and owner.",
          ),
        );
      }),
    );
  roles
    .command("create <name> <operations...>")
    .description("make a role that covers these operations alone")
    .option("--base <role>", "what it narrows: viewer, member or admin", "member")
    .action(
      run(async (context, { base }, name, _first, [, ...operations]) => {
        const wish = { name, base: base as OwnRole["base"], operations: [...operations] }; // the gateway checks the words
        show(context, await context.call("roles.create", wish));
      }),
    );
  roles
    .command("change <role>")
    .description("give a role another name or other operations; it holds for everybody who has it within a second")
    .option("--name <name>", "another name")
    .option("--only <operation>", "cover this alone, with every other --only (repeat it)", many, [])
    .option("--add <operation>", "cover this too (repeat it)", many, [])
    .option("--drop <operation>", "cover this no more (repeat it)", many, [])
    .action(
      run(async (context, options, word) => {
        const role = await findRole(context, word);
        const name = textOption(options["name"]);
        const operations = operationsAfter(role, options);
        if (name === undefined && operations === undefined)
          throw usage("Say what changes: --name, --only, --add or --drop.");
        const wish: OperationRequest<"roles.change"> = {
          roleId: role.id,
          ...(name === undefined ? {} : { name }),
          ...(operations === undefined ? {} : { operations }),
        };
        show(context, await context.call("roles.change", wish));
      }),
    );
  roles
    .command("remove <role>")
    .description("remove a role that nobody has")
    .action(
      run(async (context, _options, word) => {
        const { id: roleId, name } = await findRole(context, word);
        await context.call("roles.remove", { roleId });
        context.output.data({ roleId, removed: true }, () => `${color.green("✓")} ${printableLine(name)} is gone`);
      }),
    );
};
