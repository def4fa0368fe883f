import type { AccessAnswer, AccessRight, Agent, Grantee, Person, Share, Team } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { oneOf, textOption, usage } from "../usage.ts";
import { findAgent } from "./find-agent.ts";
import { findPerson, findTeam } from "./find-person.ts";

const RIGHTS = ["use", "edit", "delete"] as const;

/** `everyone`, `team:NAME`, or a person by name or id. */
const granteeOf = async (context: CommandContext, word: string): Promise<Grantee> => {
  if (word.toLowerCase() === "everyone") return { kind: "everyone" };
  if (word.startsWith("team:")) return { kind: "team", id: (await findTeam(context, word.slice("team:".length))).id };
  return { kind: "person", id: (await findPerson(context, word)).id };
};

const rightsOf = (word: string): AccessRight[] => {
  const words = word.split(",").map((one) => one.trim());
  const rights = RIGHTS.filter((right) => words.includes(right));
  if (rights.length === 0 || rights.length !== new Set(words).size)
    throw usage(`--rights takes ${RIGHTS.join(", ")}, with commas between them.`);
  return rights;
};

interface Names {
  readonly agents: readonly Agent[];
  readonly people: readonly Person[];
  readonly teams: readonly Team[];
}

const namesFor = async (context: CommandContext): Promise<Names> => ({
  agents: await context.call("agents.list", {}),
  people: await context.call("people.list", {}),
  teams: await context.call("teams.list", {}),
});

const toText = (to: Grantee, { people, teams }: Names): string => {
  switch (to.kind) {
    case "everyone":
      return "everyone";
    case "team":
      return `team:${teams.find(({ id }) => id === to.id)?.name ?? to.id}`;
    case "person":
      return people.find(({ id }) => id === to.id)?.name ?? to.id;
  }
};

const whatText = ({ object }: Share, { agents }: Names): string =>
  agents.find(({ id }) => id === object.id)?.name ?? object.id;

const sharesText = (shares: readonly Share[], names: Names): string => {
  const text = table(
    ["id", "agent", "with", "rights", "since", "effect"],
    shares.map((share) => [
      share.id,
      whatText(share, names),
      toText(share.to, names),
      share.rights.join(", "),
      when(share.at),
      share.effect,
    ]),
    "You share nothing.",
  );
  const [heading = "", ...rows] = text.split("\n");
  const coloured = rows.map((row, at) => {
    const effect = shares[at]?.effect ?? "allow";
    return row.slice(0, row.length - effect.length) + (effect === "deny" ? color.red(effect) : color.green(effect));
  });
  return [heading, ...coloured].join("\n");
};

const set = async (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  effect: Share["effect"],
  [agentName = "", to = ""]: readonly string[],
): Promise<void> => {
  const agent = await findAgent(context, agentName);
  const share = await context.call("shares.set", {
    object: { type: "agent", id: agent.id },
    to: await granteeOf(context, to),
    rights: rightsOf(String(options["rights"])),
    effect,
  });
  const rights = share.rights.join(", ");
  const who = printableLine(to);
  context.output.data(share, () =>
    effect === "allow"
      ? `${color.green("✓")} ${printableLine(agent.name)} is shared with ${who}: ${rights}`
      : `${color.green("✓")} ${printableLine(agent.name)} is kept from ${who}: ${rights}; a deny wins`,
  );
};

/** Ends what was said about an agent and somebody, or the share of an id. */
const end = async (context: CommandContext, [word = "", to = ""]: readonly string[]): Promise<void> => {
  const shares = await context.call("shares.list", {});
  let ended = shares.filter(({ id }) => id === word.toLowerCase());
  if (to !== "") {
    const agent = await findAgent(context, word);
    const grantee = JSON.stringify(await granteeOf(context, to));
    ended = shares.filter((share) => share.object.id === agent.id && JSON.stringify(share.to) === grantee);
  }
  if (ended.length === 0) throw usage("You share no such thing; `moltbot shares` lists what you do.");
  for (const { id: shareId } of ended) await context.call("shares.remove", { shareId });
  context.output.data(
    ended.map(({ id }) => id),
    () =>
      `${color.green("✓")} ended: ${ended.map(({ effect, rights }) => `${effect} ${rights.join(", ")}`).join("; ")}`,
  );
};

const AFTER = `
Somebody is a person by name or id, team:NAME, or everyone. Whoever uses a shared agent has their own conversations, memory, files and
grants with it; nobody sees the other's.
`;

const answerText = ({ allowed, because }: AccessAnswer): string =>
  [
    allowed ? color.green("yes") : color.red("no"),
    ...because.map(({ rule, says, shareId }) => {
      const share = shareId === null ? "" : ` ${color.dim(`[${shareId}]`)}`;
      return `${color.dim(rule.padEnd(8))}${printableLine(says)}${share}`;
    }),
  ].join("\n");

/** `access explain WHO WHAT` */
const explain = async (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  who: string,
  what: string,
): Promise<void> => {
  const me = who.toLowerCase() === "me";
  const personId = me ? undefined : (await findPerson(context, who)).id;
  const right = oneOf("right", RIGHTS, textOption(options["right"]));
  // An operation has a dot in the middle: `messages.send`; an agent is named.
  const isOperation = /^[a-z]+\.[a-zA-Z]+$/.test(what);
  const agentWord = isOperation ? textOption(options["agent"]) : what;
  const agentId = agentWord === undefined ? undefined : (await findAgent(context, agentWord)).id;
  const answer = await context.call("access.explain", {
    ...(personId === undefined ? {} : { personId }),
    ...(isOperation ? { operation: what } : {}),
    ...(agentId === undefined ? {} : { agentId }),
    ...(right === undefined ? {} : { right }),
  });
  context.output.data(answer, () => answerText(answer));
};

/** `share`, `deny`, `unshare`, `shares`, `access explain` */
export const shareCommands = (program: Command, run: Runner): void => {
  program
    .command("share <agent> <somebody>")
    .description("let somebody use an agent of yours")
    .option("--rights <rights>", "use, edit, delete, with commas", "use")
    .addHelpText("after", AFTER)
    .action(run((context, options, _first, _second, words) => set(context, options, "allow", words)));
  program
    .command("deny <agent> <somebody>")
    .description("keep an agent of yours from somebody, whatever else lets them")
    .option("--rights <rights>", "use, edit, delete, with commas", "use")
    .addHelpText("after", AFTER)
    .action(run((context, options, _first, _second, words) => set(context, options, "deny", words)));
  program
    .command("unshare <share-or-agent> [somebody]")
    .description("end a share or a deny, by its id or by agent and somebody")
    .action(run((context, _options, _first, _second, words) => end(context, words)));
  program
    .command("shares")
    .description("list what you share, and what you keep from whom")
    .action(
      run(async (context) => {
        const shares = await context.call("shares.list", {});
        const names =
          context.output.json || shares.length === 0 ? { agents: [], people: [], teams: [] } : await namesFor(context);
        context.output.data(shares, () => sharesText(shares, names));
      }),
    );
  program
    .command("access")
    .description("who may do what, and why")
    .command("explain <who> <what>")
    .description(
      "say whether somebody may use an agent, or call an operation such as messages.send, and which rule decides",
    )
    .option("--right <right>", "use, edit or delete")
    .option("--agent <agent>", "with an operation: on this agent")
    .action(run(explain));
};
