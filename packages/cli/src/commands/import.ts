import type { ImportReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { FoundSecret, FoundState } from "../openclaw/found.ts";
import type { NamedWorkspace } from "../openclaw/read-state.ts";
import type { Runner } from "../runner.ts";
import { many, usage, wordsOf } from "../usage.ts";

/** `[agent=]folder`; without an agent it is main's. */
const workspaceOf = (word: string): NamedWorkspace => {
  const [, agent = "main", folder = word] = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})=(.+)$/s.exec(word) ?? [];
  return { agent, folder };
};

/** `name=host`, several times for several hosts. */
const hostsByName = (words: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const hosts = new Map<string, readonly string[]>();
  for (const word of words) {
    const [, name, host] = /^([^=]+)=([^=\s]+)$/.exec(word) ?? [];
    if (name === undefined || host === undefined) throw usage(`--host ${word}: give it as NAME=HOST.`);
    hosts.set(name, [...(hosts.get(name) ?? []), host.toLowerCase()]);
  }
  return hosts;
};

const withHosts = (state: FoundState, words: readonly string[]): FoundState => {
  const hosts = hostsByName(words);
  for (const name of hosts.keys())
    if (state.secrets.every((secret) => secret.name !== name))
      throw usage(`--host ${name}=…: no credential has that name.`);
  return {
    ...state,
    secrets: state.secrets.map((secret) => ({ ...secret, hosts: hosts.get(secret.name) ?? secret.hosts })),
  };
};

/** How much was taken. */
type Counts = Omit<ImportReport, "dryRun">;

const sum = (a: Counts, b: Counts): Counts => ({
  agents: a.agents + b.agents,
  conversations: a.conversations + b.conversations,
  messages: a.messages + b.messages,
  memories: a.memories + b.memories,
  known: a.known + b.known,
});

const takeWords = async (context: CommandContext, state: FoundState): Promise<Counts> => {
  const { batchesOf } = await import("../openclaw/batches.ts");
  let total = { agents: 0, conversations: 0, messages: 0, memories: 0, known: 0 };
  for (const batch of batchesOf(state))
    total = sum(total, await context.call("imports.take", { ...batch, dryRun: false }));
  return total;
};

/** Stores what has a host and is not there yet; the names it stored. */
const takeSecrets = async (context: CommandContext, secrets: readonly FoundSecret[]): Promise<readonly string[]> => {
  const { isTaken } = await import("../openclaw/show-state.ts");
  const all = await context.call("secrets.list", {});
  const known = new Set(all.flatMap(({ name, ownerId }) => (ownerId === null ? [name] : [])));
  const taken: string[] = [];
  for (const secret of secrets) {
    if (!isTaken(secret, known)) continue;
    const { name, value, hosts, kind, expiresAt } = secret;
    await context.call("secrets.set", {
      name,
      value,
      hosts: [...hosts],
      kind,
      ...(expiresAt === null ? {} : { expiresAt }),
    });
    taken.push(name);
  }
  return taken;
};

const found = async (directory: string, workspaces: readonly string[]): Promise<FoundState> => {
  const { readState } = await import("../openclaw/read-state.ts");
  try {
    return await readState(directory, workspaces.map(workspaceOf));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw usage(`${directory} cannot be read as a state folder (${code}).`);
  }
};

/** `import openclaw` */
export const importCommands = (program: Command, run: Runner): void => {
  program
    .command("import")
    .description("take what another assistant kept")
    .command("openclaw <folder>")
    .description(
      "take agents, sessions, memory and credentials from a folder of OpenClaw or Clawdbot; only shows them without --yes",
    )
    .option("--dry-run", "only show what there is and what would be taken (this is how it is without --yes)")
    .option("--yes", "take it")
    .option(
      "--workspace <[agent=]folder>",
      "the folder of an agent's notes, where it lies elsewhere; may be repeated",
      many,
    )
    .option("--host <name=host>", "a host that a credential may be sent to; may be repeated", many)
    .option("--no-credentials", "take no credentials")
    .addHelpText(
      "after",
      "\nIt changes nothing in the folder, and says afterwards which files still hold what in plain text.\n",
    )
    .action(
      run(async (context, { dryRun, yes, workspace, host, credentials }, directory) => {
        const read = withHosts(await found(directory, wordsOf(workspace)), wordsOf(host));
        const state = credentials === false ? { ...read, secrets: [] } : read;
        const { showPlain, showState, summaryOf } = await import("../openclaw/show-state.ts");
        if (yes !== true || dryRun === true) {
          const summary = { dryRun: true, ...summaryOf(state) };
          return context.output.data(
            summary,
            () => `${showState(state)}\n\n${color.dim("Nothing was taken. --yes takes it.")}`,
          );
        }
        context.output.say(showState(state));
        const report = await takeWords(context, state);
        const secrets = await takeSecrets(context, state.secrets);
        context.output.data({ dryRun: false, ...report, secrets, plain: state.plain, root: state.root }, () => {
          const { agents, conversations, messages, memories, known } = report;
          const words = `${String(agents)} agents, ${String(conversations)} conversations, ${String(messages)} messages, ${String(memories)} memories and ${String(secrets.length)} credentials`;
          const before = known === 0 ? "" : `; ${String(known)} were here already`;
          return `${color.green("✓")} taken: ${words}${before}\n\n${showPlain(state)}`;
        });
      }),
    );
};
