import type { ChatAnswer, ChatCall, ChatModel } from "./handlers.ts";

/** What the chunks of one answer have in common. */
export interface Heading {
  /** Unique to the answer. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** As the client named it. */
  readonly model: string;
}

const callOf = ({ id, tool, arguments: text }: ChatCall) => ({
  id,
  type: "function",
  function: { name: tool, arguments: text },
});

const usageOf = ({ usage }: ChatAnswer) =>
  usage === null
    ? null
    : {
        prompt_tokens: usage.inputTokens,
        completion_tokens: usage.outputTokens,
        total_tokens: usage.inputTokens + usage.outputTokens,
      };

/** Beside the protocol: which turn of ours it was, and how that stands. */
const turnOf = ({ turn }: ChatAnswer) =>
  turn === null
    ? {}
    : { moltbot: { turn_id: turn.id, conversation_id: turn.conversationId, state: turn.state, code: turn.code } };

/** The answer as one `chat.completion`. */
export const completionOf = ({ id, created, model }: Heading, answer: ChatAnswer): object => {
  const usage = usageOf(answer);
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: answer.text === "" && answer.calls.length > 0 ? null : answer.text,
          refusal: null,
          ...(answer.calls.length === 0 ? {} : { tool_calls: answer.calls.map(callOf) }),
        },
        logprobs: null,
        finish_reason: answer.finish,
      },
    ],
    ...(usage === null ? {} : { usage }),
    ...turnOf(answer),
  };
};

const frame = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

/** The frames of a streamed answer, in the order of the protocol. */
export const chunksOf = ({ id, created, model }: Heading) => {
  const chunk = (delta: object, finish: string | null = null, more: object = {}): string =>
    frame({
      id,
      object: "chat.completion.chunk",
      created,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...more,
    });
  return {
    begun: (): string => chunk({ role: "assistant", content: "" }),
    text: (content: string): string => chunk({ content }),
    call: (call: ChatCall, index: number): string => chunk({ tool_calls: [{ index, ...callOf(call) }] }),
    finished: (answer: ChatAnswer): string => chunk({}, answer.finish, turnOf(answer)),
    usage: (answer: ChatAnswer): string => {
      const usage = usageOf(answer);
      return usage === null ? "" : frame({ id, object: "chat.completion.chunk", created, model, choices: [], usage });
    },
    done: "data: [DONE]\n\n",
  };
};

/** An agent as an entry of the list of models. */
export const modelOf = ({ id, created }: ChatModel): object => ({ id, object: "model", created, owned_by: "moltbot" });

export const errorFrame = (error: object): string => frame(error);
