import { err, isJsonList, moltbotError, ok } from "@moltbot/contracts";
import type { JsonValue, Result } from "@moltbot/contracts";
import type { PluginCallWish, PluginProcess, PluginProcessWish } from "../process-port.ts";
import { failed, overLimit } from "../refusals.ts";
import { openCall } from "./live-calls.ts";
import type { OpenCall, ProcessGuards } from "./live-calls.ts";
import type { ProcessorClock } from "./processor-clock.ts";
import { createWaitingWords } from "./waiting-words.ts";
import { NAMED_LIMITS, readWords } from "./worker-words.ts";
import type { FromWorker, ToWorker } from "./worker-words.ts";

const MOST_LOGS = 100;

type Description = Awaited<ReturnType<PluginProcess["describe"]>>;
type CallWords = Extract<ToWorker, { readonly token: string }>;
type Said<Type extends FromWorker["type"]> = Extract<FromWorker, { readonly type: Type }>;

/** What ends a process: in words that follow "it", and as the limit that was passed. */
export interface Fault {
  readonly problem: string;
  readonly limit?: string;
}

/** What is said to one worker, and what is made of its answers. */
export interface Speech {
  /** One line of the worker's, or null for one that is too long. */
  hear(line: string | null): void;
  call(wish: PluginCallWish): Promise<Result<JsonValue>>;
  readonly described: Promise<Description>;
  /** The process is gone, or is as good as gone: nobody waits any longer. */
  close(fault: Fault): void;
}

/** How the speech reaches the process; `end` may be called more than once. */
export interface SpeechPorts {
  /** False where the worker does not take the line yet, or never will. */
  readonly write: (line: string) => boolean;
  readonly end: (fault: Fault) => void;
  readonly guards: Pick<ProcessGuards, "callOf" | "after" | "read" | "readingBudget">;
  readonly clock: ProcessorClock;
}

const BROKEN: Readonly<Record<Said<"broken">["by"], Fault>> = {
  cpu: { problem: "it computed too long", limit: "cpu" },
  memory: { problem: "it took too much memory", limit: "memory" },
  unreadable: { problem: "its worker could not read what it was told" },
  engine: { problem: "its engine failed" },
};

/** Every line is taken for the plugin's own: what it may not say at this moment ends the process, and nothing is done. */
export const speakWithWorker = (wish: PluginProcessWish, { write, end, guards, clock }: SpeechPorts): Speech => {
  const { plugin, limits } = wish;
  const calls = new Map<string, OpenCall>();
  const endDeadlines = new Map<string, () => void>();
  const described = Promise.withResolvers<Description>();
  let [isReady, isOver] = [false, false];

  const waiting = createWaitingWords((line) => isOver || write(line));
  const budget = guards.readingBudget();
  const say = (words: CallWords, always = false): boolean =>
    isOver || waiting.say(words.token, JSON.stringify(words), always);
  const forge = (problem: string): void => end({ problem });
  const forget = (token: string): OpenCall | undefined => {
    const call = calls.get(token);
    calls.delete(token);
    endDeadlines.get(token)?.();
    endDeadlines.delete(token);
    clock.end(token);
    waiting.forget(token);
    return call;
  };
  const tell = (token: string, id: number, answered: Result<JsonValue>, always = false): boolean => {
    const [code, text] = answered.ok
      ? ["", JSON.stringify(answered.value)]
      : [answered.error.code, answered.error.message];
    return say({ type: "answer", token, id, code, text }, always);
  };

  const answer = async (
    call: OpenCall,
    id: number,
    method: Said<"ask">["method"],
    params: JsonValue,
  ): Promise<void> => {
    const { token } = call.wish;
    if (typeof params !== "object" || params === null || isJsonList(params)) return forge("it asked for nothing");
    const answered = await wish
      .ask({ callToken: token, method, params, signal: call.over.signal })
      .catch((): Result<JsonValue> => err(moltbotError("INTERNAL", { traceId: "none" })));
    if (calls.get(token) !== call || call.over.signal.aborted) return;
    if (!tell(token, id, answered)) tell(token, id, overLimit(plugin, "answers that it did not read yet"), true);
  };
  const ask = ({ call: token, id, method, params }: Said<"ask">): void => {
    const call = guards.callOf(calls, token);
    if (call === undefined) return forge("it spoke for a call that it does not have");
    if (call.asked.has(id) || call.asked.size >= limits.asksPerCall) return forge("it asked more than it may");
    call.asked.add(id);
    // One that nobody waits for was told so; what it asked before it heard is nobody's.
    if (call.over.signal.aborted) return;
    if (!budget.take(params.length))
      return void tell(token, id, overLimit(plugin, "more asks than are read in a second"), true);
    const read = guards.read(params, limits.outputBytes);
    if (read === null) return forge("it asked for what cannot be read");
    void answer(call, id, method, read.value);
  };

  const resultOf = ({ end: how, text }: Said<"done">, { name }: PluginCallWish): Result<JsonValue> | null => {
    switch (how) {
      case "value": {
        const read = guards.read(text, limits.outputBytes);
        return read === null ? null : ok(read.value);
      }
      case "limit":
        return NAMED_LIMITS.has(text) ? overLimit(plugin, text) : null;
      case "threw":
        wish.log(text);
        return failed(plugin, "it threw an error");
      case "missing":
        return failed(plugin, `it has nothing of the name ${name}`);
      case "dropped":
        return err(moltbotError("TURN_STOPPED"));
    }
  };
  const done = (said: Said<"done">): void => {
    const call = guards.callOf(calls, said.token);
    const result = call === undefined ? null : resultOf(said, call.wish);
    if (result === null) return forge("it ended a call in a way that there is none");
    forget(said.token)?.settle(result);
  };
  const log = ({ call: token, text }: Said<"log">): void => {
    const call = guards.callOf(calls, token);
    if (call === undefined || (call.logs += 1) > MOST_LOGS) return forge("it wrote more than it may");
    wish.log(text);
  };
  const ready = ({ tools, events }: Said<"ready">): void => {
    if (isReady) return forge("it began twice");
    isReady = true;
    described.resolve(ok({ tools, events }));
  };

  const close = (fault: Fault): void => {
    if (isOver) return;
    isOver = true;
    clock.close();
    waiting.close();
    described.resolve(fault.limit === undefined ? failed(plugin, fault.problem) : overLimit(plugin, fault.limit));
    for (const token of calls.keys())
      forget(token)?.settle(fault.limit === undefined ? failed(plugin, fault.problem) : overLimit(plugin, fault.limit));
  };

  return {
    described: described.promise,
    close,
    hear: (line) => {
      if (isOver) return;
      const said = line === null ? null : readWords(line);
      if (said === null) return forge("it spoke in a way that nobody understands");
      switch (said.type) {
        case "ready":
          return ready(said);
        case "failed":
          wish.log(said.problem);
          return end({ problem: "it could not be loaded" });
        case "ask":
          return ask(said);
        case "log":
          return log(said);
        case "done":
          return done(said);
        case "broken":
          return end(BROKEN[said.by]);
      }
    },
    call: async (asked) => {
      if (asked.signal.aborted) return err(moltbotError("TURN_STOPPED"));
      if (isOver) return failed(plugin, "its process has ended");
      if (calls.has(asked.token)) return failed(plugin, "two calls have one token");
      const { call, result } = openCall(asked, () => {
        call.settle(err(moltbotError("TURN_STOPPED")));
        say({ type: "drop", token: asked.token }, true);
      });
      calls.set(asked.token, call);
      clock.begin(asked.token);
      endDeadlines.set(
        asked.token,
        guards.after(limits.seconds, () => {
          call.settle(overLimit(plugin, `${String(limits.seconds)} seconds`));
          end({ problem: waiting.areThere() ? "it did not read what it was told" : "another call took too long" });
        }),
      );
      const { kind, name, token } = asked;
      const isSaid = say({ type: "call", token, kind, name, args: JSON.stringify(asked.args) });
      if (!isSaid) forget(token)?.settle(overLimit(plugin, "calls that it did not read yet"));
      return result;
    },
  };
};
