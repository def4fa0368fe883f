import type { Person, PrincipalId, Team } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { findPerson, findTeam } from "./find-person.ts";

const namesOf = (members: readonly PrincipalId[], people: readonly Person[]): string =>
  members.map((id) => people.find((one) => one.id === id)?.name ?? id).join(", ");

const teamText = async (context: CommandContext, team: Team): Promise<string> => {
  const people = await context.call("people.list", {});
  const names = team.members.length === 0 ? "nobody" : namesOf(team.members, people);
  return `${color.green("✓")} ${printableLine(team.name)}: ${printableLine(names)}`;
};

const show = async (context: CommandContext, team: Team): Promise<void> => {
  const text = context.output.json ? "" : await teamText(context, team);
  context.output.data(team, () => text);
};

const everyone = async (context: CommandContext, words: readonly string[]): Promise<readonly PrincipalId[]> => {
  const found: PrincipalId[] = [];
  for (const word of words) found.push((await findPerson(context, word)).id);
  return found;
};

/** `teams list | create | add | out | rename | remove` */
export const teamCommands = (program: Command, run: Runner): void => {
  const teams = program.command("teams").description("groups of people that an agent can be shared with");
  teams
    .command("list", { isDefault: true })
    .description("list the teams and who is in them")
    .action(
      run(async (context) => {
        const list = await context.call("teams.list", {});
        const people = context.output.json || list.length === 0 ? [] : await context.call("people.list", {});
        context.output.data(list, () =>
          table(
            ["id", "name", "since", "members"],
            list.map((team) => [team.id, team.name, when(team.createdAt), namesOf(team.members, people)]),
            "There are no teams.",
          ),
        );
      }),
    );
  teams
    .command("create <name> [people...]")
    .description("make a team of these people")
    .action(
      run(async (context, _options, name, _first, [, ...words]) => {
        const members = [...(await everyone(context, words))];
        await show(context, await context.call("teams.create", { name, members }));
      }),
    );
  teams
    .command("add <team> <people...>")
    .description("take people into a team")
    .action(
      run(async (context, _options, word, _first, [, ...words]) => {
        const team = await findTeam(context, word);
        const members = [...new Set([...team.members, ...(await everyone(context, words))])];
        await show(context, await context.call("teams.change", { teamId: team.id, members }));
      }),
    );
  teams
    .command("out <team> <people...>")
    .description("take people out of a team")
    .action(
      run(async (context, _options, word, _first, [, ...words]) => {
        const team = await findTeam(context, word);
        const gone = await everyone(context, words);
        const members = team.members.filter((id) => !gone.includes(id));
        await show(context, await context.call("teams.change", { teamId: team.id, members }));
      }),
    );
  teams
    .command("rename <team> <name>")
    .description("give a team another name")
    .action(
      run(async (context, _options, word, name) => {
        const { id: teamId } = await findTeam(context, word);
        await show(context, await context.call("teams.change", { teamId, name }));
      }),
    );
  teams
    .command("remove <team>")
    .description("remove a team, and what was shared with it")
    .action(
      run(async (context, _options, word) => {
        const { id: teamId, name } = await findTeam(context, word);
        await context.call("teams.remove", { teamId });
        context.output.data({ teamId, removed: true }, () => `${color.green("✓")} ${printableLine(name)} is gone`);
      }),
    );
};
