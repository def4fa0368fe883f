import { join } from "node:path";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type {
  Agent,
  ModelDescription,
  ModelDirectory,
  ModelEvent,
  ModelRequest,
  OperationRequest,
  Result,
  ToolManifest,
  TurnReport,
} from "@moltbot/contracts";
import { PLAN_TOOL, ToolName, err, moltbotError, ok } from "@moltbot/contracts";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Fittings, Gateway } from "@moltbot/gateway";
import { z } from "zod";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { must } from "./attack-house.ts";
import { newPlace } from "./gateway-process.ts";
import type { Place } from "./gateway-process.ts";

/** What a scripted model says to one request: words, calls, or both. */
export interface Said {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly arguments: unknown }[];
}

export interface ScriptedModels extends ModelDirectory {
  /** Every request so far, oldest first. */
  readonly heard: readonly ModelRequest[];
}

/** Models of one script; a signal that is raised ends an answer that the script holds back. */
export const scriptedModels = (
  script: (request: ModelRequest, heard: readonly ModelRequest[]) => Said | Promise<Said>,
  wish: Partial<ModelDescription> = {},
): ScriptedModels => {
  const heard: ModelRequest[] = [];
  const description: ModelDescription = {
    name: "scripted",
    says: "a test's model",
    demonstration: false,
    local: true,
    tools: true,
    ...wish,
  };
  const aborted = (signal: AbortSignal): Promise<null> =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
  return {
    heard,
    list: () => [description],
    find: () =>
      ok({
        describe: () => description,
        stream: async function* (request, signal): AsyncIterable<Result<ModelEvent>> {
          heard.push(request);
          const said = await Promise.race([Promise.resolve(script(request, heard)), aborted(signal)]);
          if (said === null) {
            yield err(moltbotError("TURN_STOPPED"));
            return;
          }
          if (said.text !== undefined) yield ok({ type: "text", text: said.text });
          for (const [at, { tool, arguments: given }] of (said.calls ?? []).entries())
            yield ok({ type: "call", call: { id: `call-${String(at)}`, tool, arguments: JSON.stringify(given) } });
          yield ok({
            type: "finish",
            reason: said.calls === undefined ? "stop" : "calls",
            inputTokens: 1,
            outputTokens: 1,
          });
        },
      }),
    close: async () => undefined,
  };
};

/** Whether a request is to a quarantined reader, which has no tools. */
export const isReader = ({ tools }: ModelRequest): boolean => tools.length === 0;
export const offersPlan = ({ tools }: ModelRequest): boolean => tools.some(({ name }) => name === PLAN_TOOL);
/** The newest words of a person in a request. */
export const askedLast = ({ messages }: ModelRequest): string =>
  messages.findLast((message) => message.role === "user")?.text ?? "";

/** The manifest of a tool that a test hangs in: reads, and gives what nobody vouches for, unless it says otherwise. */
export const manifest = (name: string, wish: Partial<ToolManifest>): ToolManifest => ({
  name: ToolName.parse(name),
  version: 1,
  title: name,
  description: `Does ${name}.`,
  effect: "read",
  permissions: [`test:${name}`],
  input: z.strictObject({}),
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: false,
  ...wish,
});

/** A whole gateway inside the test's process, with what the test hung into it. */
export interface FittedGateway {
  readonly place: Place;
  readonly gateway: Gateway;
  readonly client: Client;
  readonly agent: Agent;
  /** The folder of its agent. */
  readonly workspace: string;
  send(content: string, more?: Partial<OperationRequest<"messages.send">>): Promise<TurnReport>;
  /** The report of a turn when it has ended or waits. */
  settled(turnId: TurnReport["turnId"]): Promise<TurnReport>;
  /** Closes the gateway; the home stays. */
  close(): Promise<void>;
}

/** Starts one over a new home, or over one that another left. */
export const startFittedGateway = async (fittings: Fittings, at?: Place): Promise<FittedGateway> => {
  const place = at ?? newPlace({ gateway: { drainSeconds: 0 } });
  const file = join(place.home, "moltbot.json5");
  const settings = must(openSettings({ file, environment: {}, flags: { gateway: { port: 0 } } }));
  const home = placesOf(place.home, join(place.root, "config", "moltbot", "keys"), null);
  const gateway = must(
    await startGateway({
      home,
      settings,
      passphrase: null,
      acceptLoss: false,
      progress: () => undefined,
      fittings,
    }),
  );
  const client = createClient({ transport: nodeTransport({ socketPath: home.socket }), validate: true });
  const [agent] = must(await client.call("agents.list", {}));
  if (agent === undefined) throw new Error("no agent");
  return {
    place,
    gateway,
    client,
    agent,
    workspace: home.workspaceOf(agent.id),
    send: async (content, more = {}) =>
      must(await client.call("messages.send", { agentId: agent.id, content, conversationId: "new", ...more })),
    settled: async (turnId) => must(await client.call("turns.get", { turnId, wait: "true" })),
    close: () => gateway.close(),
  };
};
