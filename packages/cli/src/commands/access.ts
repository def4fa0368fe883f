import type { Command } from "commander";
import color from "picocolors";
import type { Runner } from "../runner.ts";
import { usage } from "../usage.ts";
import { deviceCommands, sessionCommands } from "./devices.ts";
import { tokenCommands } from "./tokens.ts";

/** The one-time code that a sign-in link carries behind its `#`, where no server sees it. */
const codeOf = (url: string): string => {
  const code = new URLSearchParams(new URL(url).hash.slice(1)).get("code");
  if (code === null) throw usage("The gateway's link carries no code.");
  return code;
};

/** `token create | list | revoke`, `sessions`, `devices`, `open` */
export const accessCommands = (program: Command, run: Runner): void => {
  tokenCommands(program, run);
  sessionCommands(program, run);
  deviceCommands(program, run);

  program
    .command("open")
    .description("make a one-time sign-in link for the web app")
    .option("--code", "print its code alone: a fresh proof that it is you, for an answer given elsewhere")
    .action(
      run(async (context, { code }) => {
        const link = await context.call("links.create", {});
        if (code === true) {
          const proof = { code: codeOf(link.url), expiresAt: link.expiresAt };
          context.output.data(proof, () => proof.code);
          return context.output.say(color.dim("good once, for ten minutes"));
        }
        // Shown at every sign-in: a log that was cut or rewritten does not have the head that a person saw before.
        const head = await context.client.call("audit.head", {});
        const log = head.ok ? `\nlog: ${String(head.value.size)} records, root ${head.value.root.slice(0, 16)}…` : "";
        context.output.data(link, () => `${link.url}\n${color.dim(`good once, for ten minutes${log}`)}`);
      }),
    );
};
