import { PlanReference, joinAll, moltbotError, ok } from "@moltbot/contracts";
import type {
  AnswerKind,
  Handle,
  JsonObject,
  JsonValue,
  Label,
  Message,
  MessagePart,
  Result,
} from "@moltbot/contracts";
import { contentOf } from "../../conversation/index.ts";
import type { Performed, TurnRun } from "../ports.ts";
import { endsTurn, refusedPart } from "../refused-part.ts";
import { bitsOf, isWords, leastBits, textOfAnswer } from "./answer-bits.ts";
import { askReader } from "./ask-reader.ts";
import { gather } from "./gather.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;

interface Question {
  readonly from: readonly Handle[];
  readonly ask: string;
  readonly as: AnswerKind;
}

/** A handle as it stands in a view, with or without its brackets. */
const bare = (value: JsonValue): JsonValue =>
  typeof value === "string" ? value.trim().replace(/^⟦\s*(h[0-9a-f]{12})\s*⟧$/, "$1") : value;

const questionOf = ({ from, ask, as, ...more }: JsonObject): Question | null => {
  if (Object.keys(more).length > 0 || !Array.isArray(from) || as === undefined) return null;
  const read = PlanReference.safeParse({ $from: from.map(bare), ask, as });
  if (!read.success || read.data.ask === undefined) return null;
  const handles = read.data.$from.flatMap((ref) => (typeof ref === "string" ? [ref] : []));
  return handles.length === read.data.$from.length ? { from: handles, ask: read.data.ask, as: read.data.as } : null;
};

const bitsIn = (parts: readonly MessagePart[]): number =>
  parts.reduce((sum, part) => sum + (part.type === "result" ? (part.reader?.bits ?? 0) : 0), 0);

/** The bits that readers let into views of this turn, and into results that are still to be appended. */
const bitsSpent = (path: readonly Message[], { turn }: TurnRun, fresh: readonly MessagePart[]): number =>
  bitsIn(path.filter(({ turnId }) => turnId === turn.id).flatMap(({ parts }) => parts)) + bitsIn(fresh);

const answered = (call: CallPart, as: AnswerKind, value: JsonValue, label: Label, view: Label): Performed => {
  const text = textOfAnswer(value);
  const words = isWords(as);
  return {
    kind: "result",
    part: {
      type: "result",
      callId: call.callId,
      tool: call.tool,
      status: "ok",
      text,
      summary: words ? "found words, kept aside" : `found ${text}`,
      code: null,
      reader: { bits: bitsOf(as, value), label },
    },
    // Few values enter a view without lowering it, and stay marked as values; words do not enter.
    label: words ? joinAll([view, label]) : view,
  };
};

/** A refusal that an attacker may have caused: what it tells is paid for. */
const refused = (call: CallPart, code: "BUDGET_EXHAUSTED" | "READER_ANSWER_INVALID", more: Refusal): Performed => {
  const part = refusedPart(call, moltbotError(code, more.context));
  const { bits, label } = more;
  return {
    kind: "result",
    part: bits > 0 && label !== null ? { ...part, reader: { bits, label } } : part,
    label: more.view,
  };
};
interface Refusal {
  readonly context: Readonly<Record<string, string | number>>;
  readonly bits: number;
  readonly label: Label | null;
  readonly view: Label;
}

/**
 * Answers a model's `quarantine.ask` from what is kept under handles. A value other than words enters the view as long as the
 * turn's budget of bits lasts; BUDGET_EXHAUSTED then. `view` is the label the question was asked under, `fresh` what
 * was answered since the path was read.
 */
export const answerQuestion = async (
  run: TurnRun,
  path: readonly Message[],
  call: CallPart,
  view: Label,
  fresh: readonly MessagePart[],
): Promise<Result<Performed>> => {
  const question = questionOf(call.arguments);
  if (question === null)
    return refusing(
      call,
      moltbotError("TOOL_ARGUMENTS_INVALID", { tool: call.tool, path: "(all)", problem: QUESTION_FORM }),
      view,
    );
  const gathered = gather(question.from, (handle) => contentOf(run.ports.conversation, path, handle));
  if (!gathered.ok) return refusing(call, gathered.error, view);
  const { texts, label } = gathered.value;
  const limit = run.ports.limits.readerBits;
  const left = limit - bitsSpent(path, run, fresh);
  const over = { context: { budget: "bits from readers", limit }, label: null, view };
  if (left < leastBits(question.as)) return ok(refused(call, "BUDGET_EXHAUSTED", { ...over, bits: 0 }));
  const value = await askReader(run, texts, question.ask, question.as);
  if (!value.ok) {
    if (value.error.code !== "READER_ANSWER_INVALID")
      return run.signal.aborted || endsTurn(value.error) ? value : refusing(call, value.error, view, "failed");
    return ok(refused(call, "READER_ANSWER_INVALID", { context: kindOf(value.error), bits: 1, label, view }));
  }
  if (bitsOf(question.as, value.value) > left)
    return ok(refused(call, "BUDGET_EXHAUSTED", { ...over, bits: Math.max(0, left), label }));
  return ok(answered(call, question.as, value.value, label, view));
};

const QUESTION_FORM =
  "it takes `from` (handles), `ask` (a question) and `as` (text, texts, number, date, boolean or a list of choices)";
const kindOf = ({ context }: { readonly context: Readonly<Record<string, unknown>> }) => ({
  kind: String(context["kind"]),
});

const refusing = (
  call: CallPart,
  error: Parameters<typeof refusedPart>[1],
  view: Label,
  status: "refused" | "failed" = "refused",
): Result<Performed> => ok({ kind: "result", part: refusedPart(call, error, status), label: view });
