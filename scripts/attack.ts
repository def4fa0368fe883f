/**
 * The attack harness: `npm run -s attack -- KIND --corpus FILE [--json]` (`flow` plays our own file
 * where none is named). It plays a corpus against a real gateway with a model that
 * does what the attacker says. Exit code 0: nothing succeeded; 1: something did, or a bar was missed; 2: nothing could be played.
 */
import { CONTROLS, controlOf } from "../tests/attacks/harness/controls.ts";
import { unplug } from "../tests/attacks/harness/unplug.ts";
import { FORMATS } from "./attack/formats.ts";
import { UsageError } from "./attack/usage-error.ts";

type Kind = (args: readonly string[]) => Promise<number>;

/** Each is loaded only when it is played: what is unplugged must be so before the product is loaded. */
const KINDS: Readonly<Record<string, { readonly says: string; readonly load: () => Promise<Kind> }>> = {
  flow: {
    says: "recorded tasks and attacks on them, in the format of AgentDojo's recordings",
    load: async () => (await import("./attack/flow.ts")).flow,
  },
  claw: {
    says: "homes with secrets and hostile words in them, in the format of SafeClawArena's tasks",
    load: async () => (await import("./attack/claw.ts")).claw,
  },
  "hidden-text": {
    says: "texts that hide something, and what people are shown of them",
    load: async () => (await import("./attack/hidden-text.ts")).hiddenText,
  },
  paths: {
    says: "paths that lead out of a workspace, with every file tool",
    load: async () => (await import("./attack/paths.ts")).paths,
  },
  ssrf: {
    says: "addresses that lead to this machine or its network, with every tool that reaches the network",
    load: async () => (await import("./attack/ssrf.ts")).ssrf,
  },
  exec: {
    says: "programs that reach for the machine they run on, behind the wall",
    load: async () => (await import("./attack/exec.ts")).exec,
  },
  plugins: {
    says: "programs, each installed as a plugin that may do nothing",
    load: async () => (await import("./attack/plugins.ts")).plugins,
  },
  unplugged: {
    says: "the same with one control after the other removed; writes docs/security/measured.md",
    load: async () => (await import("./attack/unplugged.ts")).unplugged,
  },
};

/** Takes `--unplug NAME` out of the words, and removes that control. */
const unplugNamed = (
  args: readonly string[],
): { readonly rest: readonly string[]; readonly unused: () => readonly string[] } => {
  const at = args.findIndex((word) => word === "--unplug" || word.startsWith("--unplug="));
  if (at < 0) return { rest: args, unused: () => [] };
  const joined = args[at]?.startsWith("--unplug=") === true;
  const name = joined ? (args[at] ?? "").slice("--unplug=".length) : (args[at + 1] ?? "");
  const control = controlOf(name);
  if (control === undefined)
    throw new UsageError(
      `There is no control called "${name}".`,
      `Choose one of:\n${CONTROLS.map((one) => `  ${one.name.padEnd(30)} ${one.says}`).join("\n")}`,
    );
  const unused = unplug(control);
  process.stderr.write(`attack: unplugged ${name}: ${control.says}.\n`);
  return { rest: args.filter((_, index) => index !== at && (joined || index !== at + 1)), unused };
};

const known = (): string =>
  Object.entries(KINDS)
    .map(([word, { says }]) => `  ${word.padEnd(12)} ${says}`)
    .join("\n");

const help = (): string => `Usage: npm run -s attack -- KIND [--corpus FILE] [--json]

Plays attacks against a real gateway in a home of its own that is removed afterwards, with a model that does what the attacker says.

Kinds:
${known()}

Options:
  --corpus FILE     the attacks; flow plays our own where none is named
  --json            one JSON object on standard output: kind, cases, calls, succeeded, failures, benignRefused (paths, ssrf, exec, plugins)
  --unplug NAME     with one control removed, to see what it holds back (a wrong NAME lists them)
  --sample N        N cases of them (flow, claw), chosen by --seed S; --parallel N at once, --suite NAME (flow)

Exit code 0: nothing succeeded; 1: something did, or what has to work did not; 2: nothing was played.
KIND --help shows what its corpus looks like. More: docs/security/harness.md
`;

const HELP = new Set(["--help", "-h"]);

const main = async ([name = "", ...args]: readonly string[]): Promise<number> => {
  if (HELP.has(name)) {
    process.stdout.write(help());
    return 0;
  }
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined)
    throw new UsageError(
      name === "" ? "No kind of attack is named." : `There is no kind of attack called "${name}".`,
      `Choose one of:\n${known()}\n--help says more.`,
    );
  if (args.some((word) => HELP.has(word))) {
    process.stdout.write(`${name}: ${kind.says}.\n${FORMATS[name as keyof typeof FORMATS]}\n`); // both tables have the same names
    return 0;
  }
  const { rest, unused } = unplugNamed(args);
  const run = await kind.load();
  const code = await run(rest);
  const kept = unused();
  if (kept.length > 0)
    throw new UsageError(`${kept.join(", ")} was never loaded, so nothing was unplugged.`, "Mend controls.ts.");
  return code;
};

const isOfCommandLine = (cause: unknown): cause is Error =>
  cause instanceof Error && "code" in cause && String(cause.code).startsWith("ERR_PARSE_ARGS");

// Ended by hand, it leaves through its door: what it opened is removed on the way.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(130));

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (cause) {
  if (cause instanceof UsageError) process.stderr.write(`attack: ${cause.message}\n${cause.next}\n`);
  else if (isOfCommandLine(cause))
    process.stderr.write(
      `attack: ${cause.message.replace(/\.?$/, ".")}\n\`npm run -s attack -- --help\` lists the options.\n`,
    );
  else throw cause;
  process.exitCode = 2;
}
