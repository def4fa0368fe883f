import type { Capability, OperationRequest } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { Runner } from "../runner.ts";
import { facts, table, when } from "../output.ts";
import { many, textOption, usage, wordsOf } from "../usage.ts";
import { findAgent } from "./find-agent.ts";
import { limitsText, releaseText } from "./limit-text.ts";
import { LIMITS_HELP, nameAndValue, readExpiry, readLimits } from "./read-limits.ts";

type Wish = OperationRequest<"capabilities.grant">;
type Release = NonNullable<Wish["release"]>[number];

const untilText = ({ revokedAt, expiresAt }: Capability): string => {
  if (revokedAt !== null) return "revoked";
  return expiresAt === "never" ? "for ever" : when(expiresAt);
};

const WHERE = { always: "everywhere", conversation: "one conversation", task: "one task" } as const;

const limitsOf = (capability: Capability): string =>
  [limitsText(capability.constraints), releaseText(capability)].filter((part) => part !== "").join("; ");

/** `any=host:443`, `file:notes.txt=a@b.example`: what may get out, and to whom. */
const releaseOf = (text: string): Release => {
  const [from, to] = nameAndValue("--release", text);
  if (from === "any") return { source: "any", to };
  const colon = from.indexOf(":");
  if (colon < 0) throw usage("--release takes any=TO or KIND:REF=TO, such as file:notes.txt=a.example:443.");
  const kind = from.slice(0, colon) as Exclude<Release["source"], "any">["kind"]; // the gateway checks the word
  return { source: { kind, ref: from.slice(colon + 1) }, to };
};

const grantCommand = (capabilities: Command, run: Runner): void => {
  capabilities
    .command("grant <agent> <tool>")
    .description("let an agent use a tool without asking, within limits")
    .requiredOption("--for <days>", "how long: days, or never")
    .requiredOption("--reason <text>", "why; kept with the grant")
    .option("--limit <limit>", "a limit; may be repeated", many)
    .option("--constraint <json>", "the same as JSON; may be repeated", many)
    .option("--release <source=to>", "what it may let out beyond its readers; may be repeated", many)
    .option("--delegate", "it may also be handed on, narrowed")
    .addHelpText("after", LIMITS_HELP)
    .action(
      run(async (context, options, name, tool) => {
        const agent = await findAgent(context, name);
        const capability = await context.call("capabilities.grant", {
          holder: agent.id,
          tool,
          constraints: readLimits(options) ?? [],
          release: wordsOf(options["release"]).map(releaseOf),
          rights: options["delegate"] === true ? ["use", "delegate"] : ["use"],
          expires: readExpiry(textOption(options["for"])) ?? "never",
          reason: String(options["reason"]),
        });
        context.output.data(capability, () =>
          [
            `${color.green("✓")} granted`,
            facts([
              ["id", capability.id],
              ["agent", agent.name],
              ["tool", capability.tool],
              ["limits", limitsOf(capability)],
              ["until", untilText(capability)],
            ]),
          ].join("\n"),
        );
      }),
    );
};

/** `capabilities list | grant | revoke` */
export const capabilityCommands = (program: Command, run: Runner): void => {
  const capabilities = program.command("capabilities").description("what agents may do without asking");
  capabilities
    .command("list", { isDefault: true })
    .description("list the standing grants")
    .action(
      run(async (context) => {
        const list = await context.call("capabilities.list", {});
        context.output.data(list, () =>
          table(
            ["id", "tool", "limits", "where", "until", "why"],
            list.map((one) => [one.id, one.tool, limitsOf(one), WHERE[one.reach.kind], untilText(one), one.reason]),
            "There are no grants.",
          ),
        );
      }),
    );
  grantCommand(capabilities, run);
  capabilities
    .command("revoke <id>")
    .description("revoke a grant at once")
    .action(
      run(async (context, _options, id) => {
        const revoked = await context.call("capabilities.revoke", { capabilityId: id });
        context.output.data(revoked, () => `${color.green("✓")} ${revoked.tool} asks again`);
      }),
    );
};
