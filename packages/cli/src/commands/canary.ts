import type { Command } from "commander";
import color from "picocolors";
import type { Runner } from "../runner.ts";

/** `canary NAME` */
export const canaryCommand = (program: Command, run: Runner): void => {
  program
    .command("canary <name>")
    .description("make a text to leave where nobody should read it; you hear of it when an agent reads or sends it")
    .action(
      run(async (context, _options, name) => {
        const canary = await context.call("canaries.create", { name });
        context.output.data(canary, () => canary.text);
        context.output.say(
          color.dim("Put it into a file, a note or a page that no agent has business with. It is kept nowhere else."),
        );
      }),
    );
};
