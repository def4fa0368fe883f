import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ClockPort,
  Constraint,
  ContactPort,
  FileLabelPort,
  JsonObject,
  Label,
  MemoryPort,
  Preview,
  PrincipalId,
  ReminderPort,
  ResolvedResource,
  Result,
  SecretId,
  SkillLibraryPort,
  ToolCall,
  ToolManifest,
  UndoPort,
} from "@moltbot/contracts";
import type { z } from "zod";
import type { Egress } from "../egress/index.ts";
import type { ProgramPlace, Programs } from "../sandbox/index.ts";
import type { SearchSettings } from "./web-search/search-service.ts";

/** Which secrets a person may name; bound by the gateway. No value passes here. */
export interface SecretNames {
  /** The person's own secret of this name; null when there is none. */
  ownNamed(person: PrincipalId, name: string): SecretId | null;
  /** Whether the person keeps the house, and so may use what it keeps. */
  mayUseHouse(person: PrincipalId): Promise<boolean>;
}

/** What tools may use. */
export interface ToolPorts {
  readonly reminders: ReminderPort;
  readonly memories: MemoryPort;
  readonly fileLabels: FileLabelPort;
  readonly contacts: ContactPort;
  readonly egress: Egress;
  readonly secrets: SecretNames;
  /** Which service searches the web, as the owner set it at this moment. */
  readonly searchSettings: () => SearchSettings;
  readonly clock: ClockPort;
  readonly undo: UndoPort;
  /** What the call's agent was given to read. */
  readonly skills: SkillLibraryPort;
  /** The absolute path of the folder that a call's agent has for the person for whom the turn runs. */
  readonly workspaceOf: (call: Pick<ToolCall, "agentId" | "authority">) => Promise<Result<string>>;
  /** What runs programs, on copies and behind the wall alone. */
  readonly programs: Programs;
  /** Where the programs of a call run: on the copy that its conversation has of the same folder. */
  readonly placeOf: (call: Pick<ToolCall, "agentId" | "authority" | "conversationId">) => Promise<Result<ProgramPlace>>;
}

/** One admitted run. */
export interface ToolRun {
  readonly call: ToolCall;
  readonly scope: AccessScope;
  /** The limits of the grant that allowed it: what the run does on its way keeps to them too. */
  readonly bounds: readonly Constraint[];
  /** What its arguments pointed at when it was allowed: what it acts on must be that. */
  readonly resources: readonly ResolvedResource[];
  readonly signal: AbortSignal;
  readonly ports: ToolPorts;
}

/** What a tool gives back: `text` for the model, `summary` for people, `label` of the text. */
export interface ToolOutput {
  readonly text: string;
  readonly summary: string;
  readonly label: Label;
}

/** A tool whose arguments are still as the model wrote them; each function parses them strictly first. */
export interface Tool {
  readonly manifest: ToolManifest;
  /** How long one run may take. */
  readonly seconds: number;
  resolve(call: ToolCall, ports: ToolPorts, scope?: AccessScope): Promise<Result<readonly ResolvedResource[]>>;
  describe(call: ToolCall): string;
  /** What the call would send or change; null when the arguments say it all, or do not fit. */
  preview(call: ToolCall, ports: ToolPorts, scope?: AccessScope): Promise<Preview | null>;
  run(run: ToolRun): Promise<Result<ToolOutput>>;
}

interface Parts<A extends JsonObject> {
  readonly manifest: ToolManifest;
  readonly input: z.ZodType<A>;
  readonly seconds: number;
  readonly describe: (args: A) => string;
  /** Absent where every critical argument is a plain value. */
  readonly resolve?: (
    args: A,
    call: ToolCall,
    ports: ToolPorts,
    scope?: AccessScope,
  ) => Promise<Result<readonly ResolvedResource[]>>;
  /** Absent where the arguments say it all. Changes nothing. */
  readonly preview?: (args: A, call: ToolCall, ports: ToolPorts, scope?: AccessScope) => Promise<Preview | null>;
  readonly run: (args: A, run: ToolRun) => Promise<Result<ToolOutput>>;
}

/** zod's sentences name types and limits, never values; only unknown keys would quote the model. */
const problemOf = (issue: z.core.$ZodIssue | undefined): string =>
  issue === undefined || issue.code === "unrecognized_keys"
    ? "it has arguments that the tool does not take"
    : issue.message;

const valueResources = (manifest: ToolManifest, args: JsonObject): readonly ResolvedResource[] =>
  manifest.critical.map((argument) => ({
    argument,
    kind: "value",
    value: JSON.stringify(args[argument]),
    refusal: null,
  }));

/** Puts a manifest and its code together. */
export const defineTool = <A extends JsonObject>(parts: Parts<A>): Tool => {
  const { manifest } = parts;
  const parse = (call: ToolCall): Result<A> => {
    const parsed = parts.input.safeParse(call.arguments);
    if (parsed.success) return ok(parsed.data);
    const [issue] = parsed.error.issues;
    return err(
      moltbotError("TOOL_ARGUMENTS_INVALID", {
        tool: manifest.name,
        path: `/${issue?.path.join("/") ?? ""}`,
        problem: problemOf(issue),
      }),
    );
  };
  return {
    manifest,
    seconds: parts.seconds,
    resolve: async (call, ports, scope) => {
      const args = parse(call);
      if (!args.ok) return args;
      if (parts.resolve === undefined) return ok(valueResources(manifest, args.value));
      return parts.resolve(args.value, call, ports, scope);
    },
    describe: (call) => {
      const args = parse(call);
      return args.ok ? parts.describe(args.value) : `Calls ${manifest.name} with arguments that do not fit.`;
    },
    preview: async (call, ports, scope) => {
      const args = parse(call);
      return args.ok && parts.preview !== undefined ? parts.preview(args.value, call, ports, scope) : null;
    },
    run: async (run) => {
      const args = parse(run.call);
      return args.ok ? parts.run(args.value, run) : args;
    },
  };
};
