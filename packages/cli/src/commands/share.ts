import type { AccessAnswer, AccessRight, Grantee, Person, Share, SharedObject, Team } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { APPROVAL_PENDING, CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when, withColouredEnds } from "../output.ts";
import type { Runner } from "../runner.ts";
import { oneOf, textOption, usage } from "../usage.ts";
import { canAsk, confirmPerson } from "./ask-person.ts";
import { findPerson, findTeam, same } from "./find-person.ts";
import type { Named } from "./find-person.ts";
import { foresee, releaseText, seenDigest } from "./release.ts";
import { findThing, listConversations } from "./shared-thing.ts";

type SharedConversation = Extract<SharedObject, { type: "conversation" }>;

const RIGHTS = ["use", "edit", "delete"] as const;

/** `everyone`, `team:NAME`, or a person by name or id. */
const granteeOf = async (context: CommandContext, word: string): Promise<Grantee> => {
  if (same(word, "everyone")) return { kind: "everyone" };
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
  readonly things: readonly Named[];
  readonly people: readonly Person[];
  readonly teams: readonly Team[];
}

/** Names of what is shared, asked for by kind. */
const thingsIn = async (
  context: CommandContext,
  kinds: ReadonlySet<SharedObject["type"]>,
): Promise<readonly Named[]> => [
  ...(kinds.has("agent") ? await context.call("agents.list", {}) : []),
  ...(kinds.has("prompt") ? await context.call("prompts.list", {}) : []),
  ...(kinds.has("secret") ? await context.call("secrets.list", {}) : []),
  ...(kinds.has("conversation") ? await listConversations(context) : []),
];

const namesFor = async (context: CommandContext, shares: readonly Share[]): Promise<Names> => ({
  things: await thingsIn(context, new Set(shares.map(({ object }) => object.type))),
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

const whatText = ({ object }: Share, { things }: Names): string => {
  const name = things.find(({ id }) => id === object.id)?.name ?? object.id;
  return object.type === "agent" ? name : `${object.type}:${name}`;
};

const sharesText = (shares: readonly Share[], names: Names): string => {
  const text = table(
    ["id", "what", "with", "rights", "since", "effect"],
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
  const effects = shares.map(({ effect }) => effect);
  return withColouredEnds(text, effects, (effect) => (effect === "deny" ? color.red(effect) : color.green(effect)));
};

/**
 * Lets somebody read a conversation of one's own. What leaves is shown first, whole; it leaves when the person at the terminal says so,
 * or when the command says what was seen.
 */
const release = async (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  object: SharedConversation,
  name: string,
  to: string,
): Promise<void> => {
  const grantee = await granteeOf(context, to);
  const { upTo, release: foreseen } = await foresee(context, object.id, textOption(options["upTo"]));
  const given = textOption(options["seen"]);
  if (given === undefined) {
    context.output.data(foreseen, () => releaseText(foreseen));
    const agreed = canAsk(context) && (await confirmPerson(`Let ${printableLine(to)} read this?`));
    if (!agreed) {
      context.output.say(`Nothing was shared. The same command with --seen ${foreseen.digest} shares exactly this.`);
      throw new CommandExit(APPROVAL_PENDING);
    }
  }
  const seen = given === undefined ? foreseen.digest : seenDigest(given);
  const rights = rightsOf(String(options["rights"]));
  const share = await context.call("shares.set", { object, to: grantee, rights, upTo, seen });
  const said = (): string =>
    `${color.green("✓")} ${printableLine(to)} may read ${printableLine(name)} up to here; what comes later stays yours`;
  if (given === undefined) context.output.say(said());
  else context.output.data(share, said);
};

const set = async (
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
  effect: Share["effect"],
  [word = "", to = ""]: readonly string[],
): Promise<void> => {
  const thing = await findThing(context, word);
  if (thing.object.type === "conversation" && effect === "allow")
    return release(context, options, thing.object, thing.name, to);
  const share = await context.call("shares.set", {
    object: thing.object,
    to: await granteeOf(context, to),
    rights: rightsOf(String(options["rights"])),
    effect,
  });
  const rights = share.rights.join(", ");
  const who = printableLine(to);
  context.output.data(share, () =>
    effect === "allow"
      ? `${color.green("✓")} ${printableLine(thing.name)} is shared with ${who}: ${rights}`
      : `${color.green("✓")} ${printableLine(thing.name)} is kept from ${who}: ${rights}; a deny wins`,
  );
};

/** Ends what was said about a thing and somebody, or the share of an id. */
const end = async (context: CommandContext, [word = "", to = ""]: readonly string[]): Promise<void> => {
  const shares = await context.call("shares.list", {});
  let ended = shares.filter(({ id }) => id === word.toLowerCase());
  if (to !== "") {
    const { object } = await findThing(context, word);
    const grantee = JSON.stringify(await granteeOf(context, to));
    ended = shares.filter((share) => share.object.id === object.id && JSON.stringify(share.to) === grantee);
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
A thing is an agent by name or id, prompt:NAME, secret:NAME or conversation:ID. Somebody is a person by name or id, team:NAME, or
everyone. Whoever uses a shared agent has their own conversations, memory, files and grants with it; nobody sees the other's. Nobody
ever sees a secret's value. A conversation is read by persons alone, up to a message, after you saw what they will see.
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
  const personId = same(who, "me") ? undefined : (await findPerson(context, who)).id;
  const right = oneOf("right", RIGHTS, textOption(options["right"]));
  // An operation has a dot in the middle: `messages.send`; an agent is named.
  const isOperation = /^[a-z]+\.[a-zA-Z]+$/.test(what);
  const word = isOperation ? textOption(options["agent"]) : what;
  const object = word === undefined ? undefined : (await findThing(context, word)).object;
  const answer = await context.call("access.explain", {
    ...(personId === undefined ? {} : { personId }),
    ...(isOperation ? { operation: what } : {}),
    ...(object === undefined ? {} : { [`${object.type}Id`]: object.id }),
    ...(right === undefined ? {} : { right }),
  });
  context.output.data(answer, () => answerText(answer));
};

/** `share`, `deny`, `unshare`, `shares`, `access explain` */
export const shareCommands = (program: Command, run: Runner): void => {
  program
    .command("share <thing> <somebody>")
    .description("let somebody use an agent, a prompt or a secret of yours, or read a conversation")
    .option("--rights <rights>", "use, edit, delete, with commas", "use")
    .option("--up-to <message>", "of a conversation: the last message they see (the newest when left out)")
    .option("--seen <digest>", "of a conversation: what `shares foresee` showed; nothing else is shared")
    .addHelpText("after", AFTER)
    .action(run((context, options, _first, _second, words) => set(context, options, "allow", words)));
  program
    .command("deny <thing> <somebody>")
    .description("keep an agent, a prompt or a secret of yours from somebody, whatever else lets them")
    .option("--rights <rights>", "use, edit, delete, with commas", "use")
    .addHelpText("after", AFTER)
    .action(run((context, options, _first, _second, words) => set(context, options, "deny", words)));
  program
    .command("unshare <share-or-thing> [somebody]")
    .description("end a share or a deny, by its id or by thing and somebody")
    .action(run((context, _options, _first, _second, words) => end(context, words)));
  const shares = program.command("shares").description("what you share, and what you keep from whom");
  shares
    .command("list", { isDefault: true })
    .description("list it")
    .action(
      run(async (context) => {
        const all = await context.call("shares.list", {});
        const names =
          context.output.json || all.length === 0
            ? { things: [], people: [], teams: [] }
            : await namesFor(context, all);
        context.output.data(all, () => sharesText(all, names));
      }),
    );
  shares
    .command("foresee <conversation>")
    .description("show exactly what sharing a conversation would let others see")
    .option("--up-to <message>", "the last message they would see (the newest when left out)")
    .action(
      run(async (context, options, word) => {
        const { object } = await findThing(context, word.includes(":") ? word : `conversation:${word}`);
        if (object.type !== "conversation") throw usage("Only a conversation is foreseen.");
        const { release: foreseen } = await foresee(context, object.id, textOption(options["upTo"]));
        context.output.data(foreseen, () => releaseText(foreseen));
      }),
    );
  program
    .command("access")
    .description("who may do what, and why")
    .command("explain <who> <what>")
    .description(
      "say whether somebody may use a thing, or call an operation such as messages.send, and which rule decides",
    )
    .option("--right <right>", "use, edit or delete")
    .option("--agent <agent>", "with an operation: on this agent, or prompt:NAME and so on")
    .action(run(explain));
};
