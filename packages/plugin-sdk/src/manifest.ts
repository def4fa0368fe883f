import type { HttpMethod } from "./host.ts";

/** What a plugin may hear of. */
export type HearableEvent =
  | "agent:started"
  | "agent:stopped"
  | "tool:executed"
  | "reminder:fired"
  | "job:died"
  | "backup:made";

/** What an argument stands for; it says which of a person's own words may endorse it. */
export type ArgumentRole =
  | "recipient"
  | "amount"
  | "url"
  | "path"
  | "command"
  | "account"
  | "permission"
  | "time"
  | "identifier"
  | "content";

/** What a plugin may reach. `why` is one line that the owner reads before installing. */
export type PluginPermission =
  | {
      readonly kind: "http";
      /** `name:port`, lower case, at most 20. */
      readonly hosts: readonly string[];
      /** True: also hosts that the owner names when installing. */
      readonly chosen?: boolean;
      /** `["GET"]` where it is left out. With one beyond GET and HEAD every tool of the plugin counts as one that sends. */
      readonly methods?: readonly HttpMethod[];
      readonly why: string;
    }
  /** 1 to 5,242,880 bytes, for each person and each audience. */
  | { readonly kind: "storage"; readonly bytes: number; readonly why: string }
  /** A secret for one host, which stands in `http` too. */
  | { readonly kind: "secret"; readonly name: string; readonly host: string; readonly why: string }
  | {
      readonly kind: "events";
      readonly hears: readonly HearableEvent[];
      readonly emits?: boolean;
      readonly why: string;
    }
  /** Tools of the house, such as `memory.search`. */
  | { readonly kind: "tools"; readonly names: readonly string[]; readonly why: string };

type Described = { readonly description?: string };
type TextArgument = Described & {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly maxLength?: number;
};
type NumberArgument = Described & {
  readonly type: "number" | "integer";
  readonly minimum?: number;
  readonly maximum?: number;
};
type TruthArgument = Described & { readonly type: "boolean" };
/** One value: a text, a number or a truth. */
export type ScalarArgument = TextArgument | NumberArgument | TruthArgument;
type ListArgument = Described & {
  readonly type: "array";
  readonly items: ScalarArgument;
  readonly maxItems?: number;
};

/** One argument, as JSON Schema writes it; no other word of JSON Schema is known. */
export type PluginArgument = ScalarArgument | ListArgument;

/** What a tool takes. An argument that does not stand here is refused. */
export interface PluginInput {
  readonly type: "object";
  readonly properties: Readonly<Record<string, PluginArgument>>;
  readonly required?: readonly string[];
}

/** One tool; the agent calls it `PLUGIN.NAME`. Every word of it is shown to the owner, and to models. */
export interface PluginTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: PluginInput;
  readonly roles?: Readonly<Record<string, ArgumentRole>>;
}

/** What one call may use. */
export interface PluginLimits {
  /** Of the processor, in milliseconds: 10 to 5,000, otherwise 500. */
  readonly cpuMs?: number;
  /** By the clock: 1 to 60, otherwise 15. */
  readonly seconds?: number;
  /** 8 to 128, otherwise 32. */
  readonly memoryMiB?: number;
  /** 1 to 600, otherwise 60. */
  readonly callsPerMinute?: number;
  /** Of one answer, as JSON in UTF-8: 256 to 262,144, otherwise 32,768. */
  readonly outputBytes?: number;
  /** What it may ask of the house: 0 to 100, otherwise 20. */
  readonly asksPerCall?: number;
}

/** plugin.json: what a plugin says of itself. The house holds it to every word, and `plugin inspect` reads it aloud. */
export interface PluginManifest {
  readonly manifest: 1;
  /** Lower-case letters and digits, 2 to 32, a letter first. */
  readonly name: string;
  /** Three numbers, such as `1.4.0`. */
  readonly version: string;
  readonly title: string;
  readonly description: string;
  readonly author?: string;
  readonly licence?: string;
  /** An `https:` address. */
  readonly homepage?: string;
  readonly main?: "main.js";
  readonly tools: readonly PluginTool[];
  readonly permissions?: readonly PluginPermission[];
  readonly limits?: PluginLimits;
  /** Which data it gets to see, in your words, a line each. */
  readonly sees?: readonly string[];
}
