import type {
  AccessScope,
  ClockPort,
  DomainEvent,
  JsonObject,
  JsonValue,
  Label,
  LogPort,
  PluginChoices,
  PluginItemRepository,
  PluginManifest,
  PluginTrialAnswer,
  PluginTrialReport,
  PrincipalId,
  Result,
  ToolCall,
  ToolOutcome,
} from "@moltbot/contracts";
import type { Egress } from "../egress/index.ts";
import type { Wall } from "../sandbox/index.ts";
import type { SecretNames, Tool } from "../tools/index.ts";

/** A plugin whose signature and digest were checked. */
export interface PluginToRun {
  readonly manifest: PluginManifest;
  readonly choices: PluginChoices;
  /** SHA-256 of its archive, lower-case hex. */
  readonly digest: string;
  /** The text of `main.js`. */
  readonly source: string;
}

/** What a gateway hands in. */
export interface PluginHostPorts {
  readonly wall: Wall;
  /** The program that runs a plugin's process, and the file that it starts with. */
  readonly nodePath: string;
  readonly workerPath: string;
  readonly egress: Egress;
  readonly secrets: SecretNames;
  readonly box: Pick<PluginItemRepository, "get" | "set" | "remove" | "keys">;
  /** A call of a tool of the house on the way of a plugin's own call: through the guard; what would be asked is refused. */
  callTool(
    scope: AccessScope,
    within: ToolCall,
    plugin: { readonly name: string; readonly label: Label },
    tool: string,
    args: JsonObject,
    signal: AbortSignal,
  ): Promise<Result<ToolOutcome>>;
  /** Tells the person of the scope that the plugin emitted something; `data` is JSON text. */
  emit(scope: AccessScope, plugin: string, name: string, data: string): void;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** A text that nobody can guess, at least 128 bits. */
  newToken(): string;
}

/** One trial call: what its requests are answered, and what its box holds at the beginning. */
export interface PluginTrialWish {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly answers: readonly PluginTrialAnswer[];
  readonly kept: Readonly<Record<string, JsonValue>>;
}

/** Runs other people's plugins, and lets them ask of the house what their manifests name. */
export interface PluginHost {
  /** From now on its tools are there, and a plugin of the same name is not. PACKAGE_NAME_TAKEN or PACKAGE_INVALID: nothing changed. */
  load(plugin: PluginToRun): Result<void>;
  /** Ends its processes; its tools disappear at once, and calls in flight fail as PLUGIN_STOPPED. */
  unload(name: string): Promise<void>;
  /** Of every loaded plugin, in the order of their names. */
  tools(): readonly Tool[];
  /** Passes on that something happened, to plugins that hear of it and were used by somebody whom it concerns. Returns at once. */
  hear(event: DomainEvent): void;
  /** `problem`: why it rests or cannot run; null where nothing is known. */
  standing(name: string): { readonly processes: number; readonly problem: string | null };
  /** Forgets how often it failed. */
  startAnew(name: string): void;
  /** Runs one tool of a plugin that is not loaded: nothing is dialled, and nothing is kept. */
  try(plugin: PluginToRun, wish: PluginTrialWish, signal: AbortSignal): Promise<Result<PluginTrialReport>>;
  /** Ends every process that runs for this person. */
  endOf(person: PrincipalId): Promise<void>;
  /** Ends every process, of trials too; the next call starts a new one, and no event does before it. */
  endAll(): Promise<void>;
  /** Ends every process; nothing runs any more. */
  close(): Promise<void>;
}
