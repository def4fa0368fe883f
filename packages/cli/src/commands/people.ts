import type { Person, PersonState } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { facts, printableLine, table, when, withColouredEnds } from "../output.ts";
import type { Runner } from "../runner.ts";
import { findPerson } from "./find-person.ts";
import { roleMeant, roleNames } from "./find-role.ts";

const STATES: Readonly<Record<PersonState, (text: string) => string>> = {
  invited: color.yellow,
  active: color.green,
  suspended: color.red,
  left: color.dim,
};

const nameOf = ({ name }: Person): string => (name === "" ? "(erased)" : name);

const listText = (people: readonly Person[], roleOf: (person: Person) => string): string => {
  const text = table(
    ["id", "name", "role", "since", "state"],
    people.map((person) => [person.id, nameOf(person), roleOf(person), when(person.createdAt), person.state]),
    "Nobody is here.",
  );
  const states = people.map(({ state }) => state);
  return withColouredEnds(text, states, (state) => STATES[state](state));
};

const factsOf = (person: Person, role: string): string =>
  facts([
    ["id", person.id],
    ["name", nameOf(person)],
    ["role", role],
    ["state", person.state],
    ["since", when(person.createdAt)],
  ]);

interface Link {
  readonly person: Person;
  readonly url: string;
  readonly expiresAt: string;
}

const inviteText = ({ person, url, expiresAt }: Link, role: string, code: string | null): string =>
  [
    `${color.green("✓")} ${printableLine(person.name)} ${person.state === "invited" ? "is invited as" : "has the role"} ${printableLine(role)}. This link signs them in once:`,
    "",
    printableLine(url),
    ...(code === null ? [] : ["", code]),
    "",
    color.dim(`good until ${when(expiresAt)}; whoever has it comes in, so send it to nobody else`),
  ].join("\n");

/** The code is loaded where it is shown: no other command waits for it. */
const showLink = async (context: CommandContext, link: Link, withCode: boolean): Promise<void> => {
  const code =
    withCode && !context.output.json ? (await import("uqr")).renderUnicodeCompact(link.url, { border: 2 }) : null;
  const roleOf = await roleNames(context, [link.person]);
  context.output.data(link, () => inviteText(link, roleOf(link.person), code));
};

const said = (context: CommandContext, person: Person, what: string): void =>
  context.output.data(person, () => `${color.green("✓")} ${printableLine(nameOf(person))} ${what}`);

const AFTER = `
A person is named by name or id; "me" is you. An admin manages members and viewers, the owner everybody. A role decides what somebody
may do, never whose conversations they see: nobody sees another's, not even the owner.
`;

/** `people list | invite | link | show | role | suspend | restore | remove | leave | transfer` */
export const peopleCommands = (program: Command, run: Runner): void => {
  const people = program
    .command("people")
    .description("who is in this house, and what they may do")
    .addHelpText("after", AFTER);
  people
    .command("list", { isDefault: true })
    .description("list everybody")
    .option("--all", "also those who left")
    .action(
      run(async (context, { all }) => {
        const everybody = await context.call("people.list", {});
        const shown = all === true ? everybody : everybody.filter(({ state }) => state !== "left");
        const roleOf = await roleNames(context, shown);
        context.output.data(shown, () => listText(shown, roleOf));
      }),
    );
  people
    .command("show <person>")
    .description("show one person")
    .action(
      run(async (context, _options, word) => {
        const person = await findPerson(context, word);
        const roleOf = await roleNames(context, [person]);
        context.output.data(person, () => factsOf(person, roleOf(person)));
      }),
    );
  people
    .command("invite <name>")
    .description("invite somebody: prints a link, and its QR code, that signs them in once")
    .option("--role <role>", "viewer, member or admin, or a role of your own", "member")
    .option("--hours <n>", "how long the link is good", "48")
    .option("--no-qr", "print the link alone")
    .action(
      run(async (context, { role: word, hours, qr }, name) => {
        const role = await roleMeant(context, String(word));
        const invited = await context.call("people.invite", { name, role, hours: Number(hours) });
        await showLink(context, invited, qr !== false);
      }),
    );
  people
    .command("link <person>")
    .description("a new link for somebody who has not come yet, or, at the machine itself, who lost every way in")
    .option("--hours <n>", "how long the link is good", "48")
    .option("--no-qr", "print the link alone")
    .action(
      run(async (context, { hours, qr }, word) => {
        const { id: personId } = await findPerson(context, word);
        const made = await context.call("people.link", { personId, hours: Number(hours) });
        await showLink(context, made, qr !== false);
      }),
    );
  people
    .command("role <person> <role>")
    .description("give somebody another role: viewer, member or admin, or one of your own")
    .action(
      run(async (context, _options, word, wanted) => {
        const { id: personId } = await findPerson(context, word);
        const role = await roleMeant(context, wanted);
        const person = await context.call("people.change", { personId, role });
        const roleOf = await roleNames(context, [person]);
        said(context, person, `has the role ${printableLine(roleOf(person))}`);
      }),
    );
  people
    .command("suspend <person>")
    .description("sign somebody out everywhere, and let them in no more")
    .action(
      run(async (context, _options, word) => {
        const { id: personId } = await findPerson(context, word);
        const person = await context.call("people.change", { personId, state: "suspended" });
        said(context, person, "is suspended: every session, token and device of theirs has ended");
      }),
    );
  people
    .command("restore <person>")
    .description("let somebody in again who was suspended")
    .action(
      run(async (context, _options, word) => {
        const { id: personId } = await findPerson(context, word);
        said(
          context,
          await context.call("people.change", { personId, state: "active" }),
          "may come in again; everything that let them in had ended: `./moltbot people link` makes a new link",
        );
      }),
    );
  people
    .command("remove <person>")
    .description("remove somebody for good; what they wrote stays sealed until it is erased")
    .action(
      run(async (context, _options, word) => {
        const { id: personId } = await findPerson(context, word);
        said(
          context,
          await context.call("people.remove", { personId }),
          "is out, with every session, token, device and share",
        );
      }),
    );
  people
    .command("leave")
    .description("leave this house yourself")
    .option("--yes", "I mean it")
    .action(
      run(async (context, { yes }) => {
        const me = await findPerson(context, "me");
        if (yes !== true)
          return context.output.say(
            `${printableLine(nameOf(me))} would leave for good, and nothing of theirs would open a door. \`people leave --yes\` does it.`,
          );
        said(context, await context.call("people.remove", { personId: me.id }), "left");
      }),
    );
  people
    .command("transfer <person>")
    .description("make somebody else the owner; you become an admin")
    .option("--yes", "I mean it")
    .action(
      run(async (context, { yes }, word) => {
        const next = await findPerson(context, word);
        if (yes !== true)
          return context.output.say(
            `${printableLine(nameOf(next))} would become the owner, and you an admin; only they could undo it. \`people transfer ${printableLine(word)} --yes\` does it.`,
          );
        const both = await context.call("people.transfer", { personId: next.id });
        context.output.data(
          both,
          () => `${color.green("✓")} the house is handed on\n${listText(both, ({ role }) => role)}`,
        );
      }),
    );
};
