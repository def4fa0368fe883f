import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";

const listReminders = async (context: CommandContext): Promise<void> => {
  const list = await context.call("reminders.list", {});
  context.output.data(list, () =>
    table(
      ["id", "due", "state", "text"],
      list.map((one) => [one.id, when(one.dueAt), one.state, one.text]),
      "There are no reminders.",
    ),
  );
};

const listMemories = async (context: CommandContext): Promise<void> => {
  const list = await context.call("memories.list", {});
  context.output.data(list, () =>
    table(
      ["id", "since", "text"],
      list.map((one) => [one.id, when(one.createdAt), one.text]),
      "Nothing is remembered.",
    ),
  );
};

/** `reminders list | cancel`, `memory list | remove` */
export const keepsakeCommands = (program: Command, run: Runner): void => {
  const reminders = program.command("reminders").description("reminders, and how to take one back");
  reminders.command("list", { isDefault: true }).description("list the reminders").action(run(listReminders));
  reminders
    .command("cancel <id>")
    .description("cancel a reminder that has not fired")
    .action(
      run(async (context, _options, reminderId) => {
        const cancelled = await context.call("reminders.cancel", { reminderId });
        context.output.data(cancelled, () => `${color.green("✓")} cancelled “${printableLine(cancelled.text)}”`);
      }),
    );

  const memory = program.command("memory").description("what is remembered for you");
  memory
    .command("list", { isDefault: true })
    .description("list what is remembered, newest first")
    .action(run(listMemories));
  memory
    .command("remove <id>")
    .description("forget one thing")
    .action(
      run(async (context, _options, memoryId) => {
        await context.call("memories.remove", { memoryId });
        context.output.data({ id: memoryId, removed: true }, () => `${color.green("✓")} forgotten`);
      }),
    );
};
