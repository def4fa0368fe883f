import { ok } from "@moltbot/contracts";
import type { JsonObject, ModelEvent, ModelPort, ModelRequest, Result } from "@moltbot/contracts";

/** What a scripted model answers. */
export interface SaidAnswer {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly arguments: JsonObject }[];
}

/** A model inside this process that answers as it is told; nobody is dialled. */
export const saidModel = (name: string, say: (request: ModelRequest) => SaidAnswer): ModelPort => {
  let serial = 0;
  const stream = async function* (request: ModelRequest): AsyncGenerator<Result<ModelEvent>> {
    const { text = "", calls = [] } = say(request);
    if (text !== "") yield ok({ type: "text", text });
    for (const { tool, arguments: args } of calls) {
      serial += 1;
      yield ok({ type: "call", call: { id: `call_${String(serial)}`, tool, arguments: JSON.stringify(args) } });
    }
    yield ok({ type: "finish", reason: calls.length > 0 ? "calls" : "stop", inputTokens: 1, outputTokens: 1 });
  };
  return {
    describe: () => ({ name, says: "a scripted model, for drills", demonstration: false, local: true, tools: true }),
    stream: (request) => stream(request),
  };
};
