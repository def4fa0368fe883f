import type { ModelDescription } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { table } from "../output.ts";
import type { Runner } from "../runner.ts";
import { readValue } from "../secret-sources/read-value.ts";
import { textOption, usage } from "../usage.ts";

const rowOf = (model: ModelDescription, index: number): readonly string[] => [
  model.name,
  model.says,
  model.local ? "stays on this machine" : color.yellow("leaves this machine"),
  model.tools ? "calls tools" : "plans in words",
  index === 0 ? "the default" : "",
];

/** The code in what a person pasted: the code alone, or the address that holds it. */
export const codeIn = (pasted: string): string => {
  const text = pasted.trim();
  return URL.parse(text)?.searchParams.get("code") ?? text;
};

/** What makes a key of OpenRouter's a model. */
const nextStep = (secret: string): string =>
  `./moltbot config set models.providers.openrouter '{"kind":"openrouter","model":"VENDOR/MODEL","secret":"${secret}"}'`;

/** `models list | connect` */
export const modelCommands = (program: Command, run: Runner): void => {
  const models = program.command("models").description("the models that agents use");
  models
    .command("list", { isDefault: true })
    .description("list the models that are set up, the default first, and whether what they read stays here")
    .action(
      run(async (context) => {
        const list = await context.call("models.list", {});
        context.output.data(list, () =>
          table(["name", "model", "what it reads", "acts", ""], list.map(rowOf), "There are no models."),
        );
      }),
    );
  models
    .command("connect <vendor>")
    .description("get a key from openrouter by signing in there; it goes straight into the vault")
    .option("--secret <name>", "what the key is called in the vault", "openrouter")
    .option("--file <file>", "read the code from this file")
    .option("--fd <number>", "read the code from this open descriptor")
    .addHelpText(
      "after",
      "\nThe code is typed unseen, or comes from a pipe, a file or a descriptor; it is never an argument.\n",
    )
    .action(
      run(async (context, { secret, file, fd }, vendor) => {
        if (vendor !== "openrouter") throw usage("Only openrouter gives keys this way; others: ./moltbot secret set.");
        const { state, url } = await context.call("models.connect", { vendor, secret: String(secret) });
        context.output.say(`Open this address, agree, and bring back the code that it shows:\n${url}`);
        if (process.stdin.isTTY && !context.output.json) (await import("../open-browser.ts")).openBrowser(url);
        const code = codeIn(await readValue({ file: textOption(file), fd: textOption(fd) }, "The code"));
        const stored = await context.call("models.connected", { state, code });
        context.output.data(
          stored,
          () =>
            `${color.green("✓")} ${stored.name} is in the vault, for ${stored.hosts.join(", ")}\n${color.dim(nextStep(stored.name))}`,
        );
      }),
    );
};
