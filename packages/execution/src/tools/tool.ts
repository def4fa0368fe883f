import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ClockPort,
  ContactPort,
  FileLabelPort,
  JsonObject,
  Label,
  MemoryPort,
  Preview,
  ReminderPort,
  ResolvedResource,
  Result,
  ToolCall,
  ToolManifest,
} from "@moltbot/contracts";
import type { z } from "zod";
import type { Egress } from "../egress/index.ts";

/** What tools may use. */
export interface ToolPorts {
  readonly reminders: ReminderPort;
  readonly memories: MemoryPort;
  readonly fileLabels: FileLabelPort;
  readonly contacts: ContactPort;
  readonly egress: Egress;
  readonly clock: ClockPort;
  /** The absolute path of the folder that a call's agent has for the person for whom the turn runs. */
  readonly workspaceOf: (call: Pick<ToolCall, "agentId" | "authority">) => Promise<Result<string>>;
}

/** One admitted run. */
export interface ToolRun {
  readonly call: ToolCall;
  readonly scope: AccessScope;
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
  resolve(call: ToolCall, ports: ToolPorts): Promise<Result<readonly ResolvedResource[]>>;
  describe(call: ToolCall): string;
  /** What the call would send or change; null when the arguments say it all, or do not fit. */
  preview(call: ToolCall, ports: ToolPorts): Promise<Preview | null>;
  run(run: ToolRun): Promise<Result<ToolOutput>>;
}

interface Parts<A extends JsonObject> {
  readonly manifest: ToolManifest;
  readonly input: z.ZodType<A>;
  readonly seconds: number;
  readonly describe: (args: A) => string;
  /** Absent where every critical argument is a plain value. */
  readonly resolve?: (args: A, call: ToolCall, ports: ToolPorts) => Promise<Result<readonly ResolvedResource[]>>;
  /** Absent where the arguments say it all. Changes nothing. */
  readonly preview?: (args: A, call: ToolCall, ports: ToolPorts) => Promise<Preview | null>;
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
    resolve: async (call, ports) => {
      const args = parse(call);
      if (!args.ok) return args;
      if (parts.resolve === undefined) return ok(valueResources(manifest, args.value));
      return parts.resolve(args.value, call, ports);
    },
    describe: (call) => {
      const args = parse(call);
      return args.ok ? parts.describe(args.value) : `Calls ${manifest.name} with arguments that do not fit.`;
    },
    preview: async (call, ports) => {
      const args = parse(call);
      return args.ok && parts.preview !== undefined ? parts.preview(args.value, call, ports) : null;
    },
    run: async (run) => {
      const args = parse(run.call);
      return args.ok ? parts.run(args.value, run) : args;
    },
  };
};
