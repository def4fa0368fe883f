import { err, joinLabels, label, ok } from "@moltbot/contracts";
import type {
  Label,
  MoltbotError,
  Result,
  Signal,
  ToolCall,
  ToolManifest,
  ToolOutcome,
  Verdict,
} from "@moltbot/contracts";
import type { Performed, ResultPart } from "@moltbot/core/agent";

type Deny = Extract<Verdict, { kind: "deny" }>;

const performed = (
  call: ToolCall,
  status: ResultPart["status"],
  say: Pick<ResultPart, "text" | "summary" | "code" | "secrets" | "signals">,
  label: Label = call.label,
): Performed => ({
  kind: "result",
  part: { type: "result", callId: call.id, tool: call.tool, status, ...say },
  label,
});

const sentence = (error: MoltbotError): string => `${error.message} ${error.next}`;

type Told = Pick<ResultPart, "secrets" | "signals">;

/** A call that ran, with what was noticed in what it gave. */
export const outcomePart = (call: ToolCall, outcome: ToolOutcome, signals: readonly Signal[] = []): Performed => {
  const { text, summary, secrets = 0 } = outcome;
  const told: Told = { ...(secrets > 0 ? { secrets } : {}), ...(signals.length > 0 ? { signals } : {}) };
  return performed(call, "ok", { text, summary, code: null, ...told }, outcome.label);
};

/** What became of a call that ran: when a person changed its arguments, the model is told which ones ran. */
export const asRan = (asked: ToolCall, ran: ToolCall, result: Performed): Performed => {
  if (asked === ran || result.kind !== "result") return result;
  const changed = `A person changed the arguments before allowing this call; it ran with ${JSON.stringify(ran.arguments)}.`;
  return { ...result, part: { ...result.part, text: `${changed}\n${result.part.text}` } };
};

/** A call that the guard or a person refused; the reason goes back to the model. */
export const refusalPart = (call: ToolCall, verdict: Deny, reason: string | null = null): Performed =>
  performed(call, "refused", {
    text: reason === null ? sentence(verdict.error) : `${sentence(verdict.error)} They said: ${JSON.stringify(reason)}`,
    summary: sentence(verdict.error),
    code: verdict.error.code,
  });

/** A call whose outcome a crash hid: said, never repeated silently. */
export const unknownPart = (call: ToolCall, error: MoltbotError): Performed =>
  performed(call, "unknown", { text: sentence(error), summary: sentence(error), code: error.code });

/** Failures to record stop the turn; it is taken up again when recording works. */
const STOPS_THE_TURN: ReadonlySet<string> = new Set([
  "AUDIT_UNWRITABLE",
  "DATABASE_UNAVAILABLE",
  "DATABASE_DAMAGED",
  "QUEUE_LEASE_LOST",
]);

/** What a failed look outside says may be a stranger's words: a host in a redirect, a status. It is no more trusted than a result. */
const failureLabel = (call: ToolCall, manifest: ToolManifest | undefined): Label =>
  manifest !== undefined && manifest.result !== "untrusted"
    ? call.label
    : joinLabels(call.label, label("untrusted", "public", [{ kind: "tool", ref: call.tool }]));

/** A call that failed, or whose permit was not given; failures to record travel on as errors. */
export const failurePart = (call: ToolCall, error: MoltbotError, from: Label = call.label): Result<Performed> =>
  STOPS_THE_TURN.has(error.code)
    ? err(error)
    : ok(
        performed(
          call,
          error.name === "GuardError" ? "refused" : "failed",
          {
            text: sentence(error),
            summary: sentence(error),
            code: error.code,
          },
          from,
        ),
      );

/** A call that ran: what it gave, or how it failed. */
export const ranPart = (
  catalog: readonly ToolManifest[],
  call: ToolCall,
  outcome: Result<ToolOutcome>,
  signals: readonly Signal[] = [],
): Result<Performed> => {
  if (outcome.ok) return ok(outcomePart(call, outcome.value, signals));
  const manifest = catalog.find(({ name }) => name === call.tool);
  return failurePart(call, outcome.error, failureLabel(call, manifest));
};
