import { createHash, randomUUIDv7 } from "node:crypto";
import {
  AgentId,
  CallId,
  ConversationId,
  err,
  instantOf,
  label,
  moltbotError,
  ok,
  PluginChoices,
  PluginManifest,
  PrincipalId,
  TenantId,
  TurnId,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Constraint,
  JsonObject,
  JsonValue,
  Permit,
  PermitRedeemer,
  PluginBox,
  Readers,
  ResolvedResource,
  Result,
  ToolCall,
  ToolOutcome,
} from "@moltbot/contracts";
import type { Egress, EgressAuthority, EgressRequest, EgressResponse } from "../../egress/index.ts";
import type { Wall } from "../../sandbox/index.ts";
import { createToolExecutor } from "../../tools/index.ts";
import type { ToolPorts } from "../../tools/index.ts";
import { ALL_CONTROLS } from "../controls.ts";
import type { PluginControls } from "../controls.ts";
import { createPluginHostOn } from "../create-plugin-host.ts";
import type { PluginHostPorts, PluginToRun } from "../plugin-host.ts";
import type { Processes } from "../process-port.ts";
import { fakeProcesses } from "./fake-processes.ts";

export const ann = PrincipalId.parse("01930000-0000-7000-8000-00000000000a");
export const bob = PrincipalId.parse("01930000-0000-7000-8000-00000000000b");
export const tenantId = TenantId.parse(randomUUIDv7());
export const scopeOf = (person: PrincipalId): AccessScope => ({ tenantId, principalId: person, reach: "own" });
const agentId = AgentId.parse(randomUUIDv7());
const conversationId = ConversationId.parse(randomUUIDv7());

/** A call as the turn loop would make it: for Ann, who alone may know of it. */
export const callOf = (tool: string, args: JsonObject, more: Partial<ToolCall> = {}): ToolCall => {
  const authority = more.authority ?? ann;
  return {
    id: CallId.parse(randomUUIDv7()),
    turnId: TurnId.parse(randomUUIDv7()),
    conversationId,
    agentId,
    authority,
    agentChain: [agentId],
    tool,
    arguments: args,
    label: label("authority", [authority], [{ kind: "message", ref: "m1" }]),
    ...more,
  };
};
export const readBy = (readers: Readers): Pick<ToolCall, "label"> => ({ label: label("authority", readers) });

export const HOST = "api.example:443";
const ASKS = { properties: { text: { type: "string" } }, type: "object" };

/** A plugin `weather` with one tool `ask` that takes a text. */
export const pluginOf = (permissions: readonly JsonObject[] = [], more: JsonObject = {}, choices = {}): PluginToRun => {
  const manifest = PluginManifest.parse({
    manifest: 1,
    name: "weather",
    version: "1.0.0",
    title: "Weather",
    description: "Tells the weather.",
    tools: [{ name: "ask", title: "Ask", description: "Asks for the weather.", input: ASKS }],
    permissions,
    ...more,
  });
  const source = "export default {}";
  const digest = createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
  return { manifest, choices: PluginChoices.parse(choices), digest, source };
};
export const HTTP = { kind: "http", hosts: [HOST], methods: ["GET", "POST"], why: "It asks there." };
export const STORAGE = { kind: "storage", bytes: 1_000, why: "It keeps the last answer." };
export const SECRET = { kind: "secret", name: "key", host: HOST, why: "The service wants one." };
export const EVENTS = { kind: "events", hears: ["reminder:fired"], emits: true, why: "It tells of storms." };
export const TOOLS = { kind: "tools", names: ["clock.now", "memory.search", "weather.ask"], why: "It looks there." };

/** A permit and a redeemer as the guard would make them: worth its object identity, once, with the limits of its grant. */
const permitsOf = () => {
  const minted = new Map<
    Permit,
    { readonly resources: readonly ResolvedResource[]; readonly bounds: readonly Constraint[] }
  >();
  const redeemer: PermitRedeemer = {
    redeem: (permit) => {
      const known = minted.get(permit);
      minted.delete(permit);
      return known === undefined ? err(moltbotError("PERMIT_INVALID")) : ok(known);
    },
  };
  const mint = (resources: readonly ResolvedResource[], bounds: readonly Constraint[]): Permit => {
    const permit = Object.freeze({ id: randomUUIDv7() }) as unknown as Permit; // the brand exists in types alone
    minted.set(permit, { resources, bounds });
    return permit;
  };
  return { redeemer, mint };
};

export const answerOf = (body: string, more: Partial<EgressResponse> = {}): EgressResponse => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  url: `https://${HOST}/`,
  body: Buffer.from(body),
  redirects: 0,
  ...more,
});

const boxKey = (scope: AccessScope, { plugin, audience }: PluginBox, key: string): string =>
  [scope.principalId, plugin, audience, key].join("|");

const boxOf = (held: Map<string, JsonValue>): PluginHostPorts["box"] => ({
  get: async (scope, box, key) => ok(held.get(boxKey(scope, box, key)) ?? null),
  set: async (scope, box, key, value, mostBytes) => {
    const prefix = boxKey(scope, box, "");
    const used = [...held]
      .filter(([one]) => one.startsWith(prefix))
      .reduce((sum, [, one]) => sum + JSON.stringify(one).length, 0);
    if (used + JSON.stringify(value).length > mostBytes)
      return err(moltbotError("BUDGET_EXHAUSTED", { budget: "box", limit: mostBytes }));
    held.set(boxKey(scope, box, key), value);
    return ok(undefined);
  },
  remove: async (scope, box, key) => (held.delete(boxKey(scope, box, key)), ok(undefined)),
  keys: async (scope, box, prefix) => {
    const begin = boxKey(scope, box, "");
    const own = [...held.keys()].filter((one) => one.startsWith(begin)).map((one) => one.slice(begin.length));
    return ok(own.filter((one) => one.startsWith(prefix)).toSorted());
  },
});

type Sent = EgressRequest & { readonly authority: Extract<EgressAuthority, { readonly kind: "tool" }> };
interface Emitted {
  readonly person: PrincipalId;
  readonly name: string;
  readonly data: string;
}
type Nested = Parameters<PluginHostPorts["callTool"]>;

/** What a test puts in the place of parts. */
export interface WorldWish {
  readonly controls?: Partial<PluginControls>;
  readonly egress?: Egress;
  readonly ports?: Partial<PluginHostPorts>;
}

/** Everything that happens outside of plugins, as lists that a test looks at afterwards. */
export const openWorldOn = <P extends Processes>(processes: P, wish: WorldWish = {}) => {
  const sent: Sent[] = [];
  const emitted: Emitted[] = [];
  const nested: Nested[] = [];
  const logged: string[] = [];
  const box = new Map<string, JsonValue>();
  const world = {
    now: 0,
    answer: (_request: EgressRequest): Result<EgressResponse> => ok(answerOf("sunny")),
    toolAnswer: (): Result<ToolOutcome> => ok({ text: "12:00", summary: "", label: label("authority", "public") }),
  };
  const egress: Egress = {
    send: async (authority, request) => {
      if (authority.kind === "tool") sent.push({ ...request, authority });
      return world.answer(request);
    },
    fetchFor: () => fetch,
    close: async () => undefined,
  };
  const note = (message: string, fields?: object): void =>
    void logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const ports: PluginHostPorts = {
    wall: {} as Wall, // the processes of these tests come ready
    nodePath: "",
    workerPath: "",
    egress: wish.egress ?? egress,
    secrets: { ownNamed: () => null, mayUseHouse: async () => false },
    box: boxOf(box),
    callTool: async (...asked) => {
      nested.push(asked);
      return world.toolAnswer();
    },
    emit: (scope, _plugin, name, data) => void emitted.push({ person: scope.principalId, name, data }),
    clock: { now: () => instantOf(Date.UTC(2026, 10, 23)), monotonic: () => world.now },
    log: { debug: note, info: note, warn: note, error: note },
    newToken: () => randomUUIDv7(),
    ...wish.ports,
  };
  const host = createPluginHostOn(ports, { processes, controls: { ...ALL_CONTROLS, ...wish.controls } });
  const { redeemer, mint } = permitsOf();
  const others = {} as ToolPorts; // tools of plugins use none of them
  const tools = createToolExecutor({ ...others, redeemer }, () => host.tools());
  /** Looks and runs as the spine does; `bounds` are the limits of the grant. */
  const run = async (call: ToolCall, bounds: readonly Constraint[] = [], signal = new AbortController().signal) => {
    const found = await tools.resolve(call, scopeOf(call.authority));
    if (!found.ok) return found;
    return tools.run(mint(found.value, bounds), call, scopeOf(call.authority), signal);
  };
  return { host, processes, tools, mint, run, sent, emitted, nested, logged, box, world, ports };
};

/** The same with processes that are objects of the test. */
export const openWorld = (wish: WorldWish = {}) => openWorldOn(fakeProcesses(), wish);

/** What came of a run, as a test compares it. */
export const textOf = (result: Result<ToolOutcome>): string => (result.ok ? result.value.text : result.error.code);
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
