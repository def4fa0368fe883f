import type { Person, Team } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { usage } from "../usage.ts";

/** What people call by a name. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** Whether two names are one, whatever their case. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The one of that id or name; two of one name have to be told apart by their ids. */
export const theOne = <T extends Named>(all: readonly T[], kind: string, word: string): T => {
  const byId = all.find(({ id }) => id === word.toLowerCase());
  if (byId !== undefined) return byId;
  const [first, ...more] = all.filter(({ name }) => same(name, word));
  if (first === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind }));
  if (more.length > 0) throw usage(`There is more than one ${kind} called ${word}; give the id.`);
  return first;
};

/** The person of that id or name; "me" is oneself, and who left is found by their id alone. */
export const findPerson = async (context: CommandContext, word: string): Promise<Person> => {
  const people = await context.call("people.list", {});
  if (same(word, "me")) {
    const { id } = await context.call("sessions.current", {});
    return theOne(people, "person", id);
  }
  const here = people.filter(({ id, state }) => state !== "left" || same(id, word));
  return theOne(here, "person", word);
};

/** The team of that id or name. */
export const findTeam = async (context: CommandContext, word: string): Promise<Team> =>
  theOne(await context.call("teams.list", {}), "team", word);
