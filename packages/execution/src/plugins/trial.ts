import {
  AgentId,
  CallId,
  ConversationId,
  err,
  hostsOf,
  label,
  moltbotError,
  ok,
  TenantId,
  TurnId,
  visibleInLine,
  visibleText,
} from "@moltbot/contracts";
import type { MoltbotError, PluginTrialReport, Result, ToolCall } from "@moltbot/contracts";
import { parseTarget } from "../egress/index.ts";
import { askInWords } from "./ask-in-words.ts";
import { ALL_CONTROLS } from "./controls.ts";
import { inputSchema } from "./input-schema.ts";
import { createInstance } from "./instance.ts";
import type { Instance } from "./instance.ts";
import { inNumbers } from "./limit-in-numbers.ts";
import { missingTools } from "./missing-tools.ts";
import { outputOfCall } from "./output-of-call.ts";
import type { PluginHostPorts, PluginToRun, PluginTrialWish } from "./plugin-host.ts";
import type { HostAnswer, Processes } from "./process-port.ts";
import { NOBODY, trialHouse } from "./trial-house.ts";

const MOST_LINES = 100;
const LONGEST_LINE = 1_000;
const NONE = "00000000-0000-7000-8000-000000000000";
const scope = { tenantId: TenantId.parse(NONE), principalId: NOBODY, reach: "own" } as const;

const callOf = (plugin: PluginToRun, { tool, arguments: args }: PluginTrialWish): ToolCall => ({
  id: CallId.parse(NONE),
  turnId: TurnId.parse(NONE),
  conversationId: ConversationId.parse(NONE),
  agentId: AgentId.parse(NONE),
  authority: NOBODY,
  agentChain: [AgentId.parse(NONE)],
  tool: `${plugin.manifest.name}.${tool}`,
  arguments: args,
  label: label("authority", "public"),
});

/** Why the wish cannot be a call of this plugin; done where it can. */
const checkWish = ({ manifest }: PluginToRun, { tool, arguments: args }: PluginTrialWish): Result<void> => {
  const declared = manifest.tools.find(({ name }) => name === tool);
  const full = `${manifest.name}.${tool}`.slice(0, 64);
  if (declared === undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: full }));
  const parsed = inputSchema(declared.input).safeParse(args);
  if (parsed.success) return ok(undefined);
  const [issue] = parsed.error.issues;
  const path = `/${issue?.path.join("/") ?? ""}`;
  return err(
    moltbotError("TOOL_ARGUMENTS_INVALID", { tool: full, path, problem: issue?.message ?? "they do not fit" }),
  );
};

/** What came of the one call. */
type Came = Pick<PluginTrialReport, "ok" | "result" | "problem">;

const failedBy = (code: string, says: string): Came => ({ ok: false, result: null, problem: { code, says } });

/** Faults of the plugin itself: whoever tries it can mend those. */
const OWN_FAULTS: ReadonlySet<string> = new Set(["PLUGIN_FAILED", "PLUGIN_LIMIT"]);

/** That it could not be loaded, with the last words of its engine: they are the author's own, and the author reads them. */
const notLoaded = ({ code, message }: MoltbotError, logged: readonly string[]): Came => {
  const [why] = logged.slice(-1);
  return failedBy(code, why === undefined ? message : visibleInLine(`${message.replace(/\.$/, "")}: ${why}`));
};

/** What the plugin asked and wrote while it was tried. */
const createNotes = () => {
  const asked: PluginTrialReport["asked"][number][] = [];
  const logged: string[] = [];
  return {
    asked,
    logged,
    ask: (method: string, says: string, answer: HostAnswer): void =>
      void asked.push({ method, says, refused: answer.ok ? null : answer.error.message }),
    log: (text: string): void => {
      logged.push(visibleText(text.slice(0, LONGEST_LINE)));
      if (logged.length > MOST_LINES) logged.shift();
    },
  };
};

/** Where the owner would choose hosts, those that the trial answers for count as chosen. */
const withAnswered = (plugin: PluginToRun, { answers }: PluginTrialWish): PluginToRun => {
  const targets = answers.map(({ url }) => parseTarget(url));
  const hosts = targets.flatMap((target) => (target.ok ? [target.value.authority] : []));
  return { ...plugin, choices: { ...plugin.choices, hosts: [...plugin.choices.hosts, ...hosts] } };
};

/** Runs the one call in an instance of its own, which is gone afterwards. */
const runOnce = async (
  instance: Instance,
  plugin: PluginToRun,
  wish: PluginTrialWish,
  signal: AbortSignal,
): Promise<Came> => {
  const call = callOf(plugin, wish);
  const made = await instance.call({
    kind: "tool",
    name: wish.tool,
    args: wish.arguments,
    scope,
    run: { call, bounds: [] },
    hosts: hostsOf(plugin.manifest, plugin.choices),
    signal,
  });
  const output = outputOfCall(instance, call, { ...made, changed: false });
  if (!output.ok) {
    const { code, message } = output.error;
    return failedBy(code, visibleText(message));
  }
  return { ok: true, result: made.result.ok ? JSON.stringify(made.result.value) : null, problem: null };
};

/** One call of a plugin in a house that is not there: what it asked, what it was answered, and what it gave back. */
export const tryPlugin = async (
  ports: Pick<PluginHostPorts, "clock" | "newToken">,
  processes: Pick<Processes, "once">,
  tried: PluginToRun,
  wish: PluginTrialWish,
  signal: AbortSignal,
): Promise<Result<PluginTrialReport>> => {
  const began = ports.clock.monotonic();
  const plugin = withAnswered(tried, wish);
  const notes = createNotes();
  const report = (came: Came, missing: readonly string[] = []): Result<PluginTrialReport> => {
    const { asked, logged } = notes;
    return ok({ ...came, asked, logged, missing, milliseconds: ports.clock.monotonic() - began });
  };
  const fits = checkWish(plugin, wish);
  if (!fits.ok) return report(failedBy(fits.error.code, fits.error.message));
  const instance = createInstance(
    {
      ports: trialHouse(wish, ports.newToken),
      isPluginTool: () => false,
      checks: ALL_CONTROLS,
      findCall: ALL_CONTROLS.findCall,
      process: () => starting,
    },
    plugin,
    NOBODY,
    "public",
  );
  const starting = processes.once(plugin, {
    signal,
    ended: () => undefined,
    log: notes.log,
    ask: async (ask) => {
      const answer = await instance.ask(ask);
      notes.ask(ask.method, askInWords(ask.params), answer);
      return answer;
    },
  });
  const process = inNumbers(plugin.manifest, await starting);
  if (!process.ok) return OWN_FAULTS.has(process.error.code) ? report(notLoaded(process.error, notes.logged)) : process;
  try {
    const missing = missingTools(plugin.manifest, await process.value.describe());
    return report(await runOnce(instance, plugin, wish, signal), missing);
  } finally {
    instance.stop();
    await process.value.end();
  }
};
