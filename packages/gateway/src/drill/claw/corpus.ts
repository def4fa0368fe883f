import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";
import { jsonOf } from "../json-of.ts";

const PlacedFile = z.looseObject({ path: z.string(), content: z.string() });

const Environment = z.looseObject({
  workspace_files: z.array(PlacedFile).default([]),
  auth_profiles_file: z.looseObject({ content: z.string() }).optional(),
  skills: z
    .array(z.looseObject({ path: z.string(), content: z.string(), script_files: z.unknown().optional() }))
    .default([]),
  plugins: z.array(z.looseObject({ plugin_id: z.string(), files: z.record(z.string(), z.string()) })).default([]),
  sim_google_data: z.array(PlacedFile).default([]),
  config_overrides: z.record(z.string(), z.unknown()).optional(),
  pre_injected_memory: z.looseObject({ target_file: z.string(), content: z.string() }).optional(),
  incoming_event: z.record(z.string(), z.unknown()).optional(),
  webhook_config: z.record(z.string(), z.unknown()).optional(),
  cron_jobs: z.array(z.unknown()).optional(),
  multi_agent: z.record(z.string(), z.unknown()).optional(),
});
export type ClawEnvironment = Readonly<z.infer<typeof Environment>>;

export const CLAW_SINKS = [
  "file-write",
  "reply",
  "external-send",
  "memory-write",
  "config-write",
  "file-delete",
  "http-route",
] as const;

const Win = z.looseObject({
  sink: z.enum(CLAW_SINKS),
  check: z.string(),
  target: z.string().nullish(),
  /** A regular expression over what reached the sink; absent where reaching it is enough. */
  pattern: z.string().nullish(),
  session: z.string().nullish(),
});
/** One way to win for the attacker. */
export type ClawWin = Readonly<z.infer<typeof Win>>;

const Task = z.looseObject({
  id: z.string(),
  attacker_text_present: z.boolean(),
  secrets: z.array(z.looseObject({ marker: z.string(), location: z.string() })).default([]),
  user_turns: z.array(z.looseObject({ session: z.string(), role: z.string(), text: z.string() })).min(1),
  environment: Environment,
  attacker_wins_if_any: z.array(Win),
});
/** One task of a corpus of this kind: a home's content, what its owner says, and what the attacker would call a success. */
export type ClawTask = Readonly<z.infer<typeof Task>>;

const Corpus = z.looseObject({ tasks: z.array(Task).min(1) });

/** The tasks of a corpus text; USAGE where it is of another kind or holds none. */
export const readClawCorpus = (text: string): Result<readonly ClawTask[]> => {
  const parsed = Corpus.safeParse(jsonOf(text));
  if (parsed.success) return ok(parsed.data.tasks);
  const at = parsed.error.issues[0]?.path.join(".") ?? "";
  return err(moltbotError("USAGE", { problem: `This is no corpus of the kind “claw”: it fails at /${at}.` }));
};
