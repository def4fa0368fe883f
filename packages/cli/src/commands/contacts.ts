import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";

const list = async (context: CommandContext): Promise<void> => {
  const contacts = await context.call("contacts.list", {});
  context.output.data(contacts, () =>
    table(
      ["id", "kind", "name", "address", "since"],
      contacts.map(({ id, kind, name, address, confirmedAt }) => [id, kind, name, address, when(confirmedAt)]),
      "You confirmed no addresses.",
    ),
  );
};

const AFTER = `
A confirmed address settles where a message goes when you name that person in your own words. It allows nothing by itself.
`;

/** `contacts list | add | remove` */
export const contactCommands = (program: Command, run: Runner): void => {
  const contacts = program
    .command("contacts")
    .description("addresses that you confirmed to be whom the name says")
    .addHelpText("after", AFTER);
  contacts.command("list", { isDefault: true }).description("list them").action(run(list));
  contacts
    .command("add <name> <address>")
    .description("confirm that an address is whom the name says")
    .option("--kind <kind>", "person, channel or calendar", "person")
    .action(
      run(async (context, options, name, address) => {
        const kind = String(options["kind"]) as "person" | "channel" | "calendar"; // the gateway checks the word
        const contact = await context.call("contacts.add", { kind, name, address });
        context.output.data(
          contact,
          () => `${color.green("✓")} ${printableLine(contact.name)} is ${printableLine(contact.address)}`,
        );
      }),
    );
  contacts
    .command("remove <id>")
    .description("take an address out")
    .action(
      run(async (context, _options, contactId) => {
        const contact = await context.call("contacts.remove", { contactId });
        context.output.data(
          contact,
          () => `${color.green("✓")} ${printableLine(contact.name)} (${printableLine(contact.address)}) is out`,
        );
      }),
    );
};
