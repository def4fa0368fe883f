import { describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ErrorCode, ModelDescription, ModelEvent, ModelPort, Result } from "@moltbot/contracts";
import { createFallbackModel } from "./fallback-model.ts";
import { ask, keptLog, request } from "./testing/model-harness.ts";

const text = (words: string): Result<ModelEvent> => ok({ type: "text", text: words });
const finish: Result<ModelEvent> = ok({ type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 });
const fails = (code: ErrorCode): Result<ModelEvent> =>
  err(moltbotError(code, { model: "m", problem: "p", limit: 1, status: 1 }));

const model = (name: string, events: readonly Result<ModelEvent>[], wish: Partial<ModelDescription> = {}) => {
  let asked = 0;
  const port: ModelPort = {
    describe: () => ({ name, says: `${name} somewhere`, demonstration: false, local: true, tools: true, ...wish }),
    async *stream() {
      asked += 1;
      yield* events;
    },
  };
  return { port, asked: () => asked };
};
const row = (first: { port: ModelPort }, ...others: readonly { port: ModelPort }[]) => {
  const log = keptLog();
  return {
    log,
    port: createFallbackModel(
      first.port,
      others.map(({ port }) => port),
      log,
    ),
  };
};

describe("a model with others in its stead", () => {
  it.each([
    "MODEL_UNAVAILABLE",
    "MODEL_TIMEOUT",
    "MODEL_RATE_LIMITED",
    "MODEL_QUOTA_EXHAUSTED",
    "MODEL_KEY_REFUSED",
    "MODEL_ANSWER_INVALID",
  ] as const)("hands on to the next one after %s, and says so in the log without a word of content", async (code) => {
    const [second, third] = [model("b", [text("from b"), finish]), model("c", [text("from c"), finish])];
    const { port, log } = row(model("a", [fails(code)]), second, third);
    expect(await ask(port, request("canary-8"))).toMatchObject({ text: "from b", finish: "stop", error: null });
    expect(third.asked()).toBe(0);
    expect(log.lines).toEqual([`another model is asked {"model":"a","next":"b","code":"${code}"}`]);
  });

  it.each(["MODEL_INPUT_TOO_LONG", "MODEL_BLOCKED", "MODEL_REFUSED", "SECRET_NOT_FOUND", "TURN_STOPPED"] as const)(
    "does not carry what one refused to the next: %s",
    async (code) => {
      const second = model("b", [text("from b"), finish]);
      expect((await ask(row(model("a", [fails(code)]), second).port, request("hello"))).error).toBe(code);
      expect(second.asked()).toBe(0);
    },
  );

  it("says with every piece of an answer which model gives it, where it is not the one that was asked", async () => {
    const heard = async (port: ModelPort): Promise<readonly unknown[]> => {
      const events: unknown[] = [];
      for await (const event of port.stream(request("hello"), new AbortController().signal))
        events.push(event.ok ? (event.value.model ?? null) : event.error.code);
      return events;
    };
    const [second, third] = [model("b", [fails("MODEL_UNAVAILABLE")]), model("c", [text("from c"), finish])];
    expect(await heard(row(model("a", [fails("MODEL_UNAVAILABLE")]), second, third).port)).toEqual(["c", "c"]);
    expect(await heard(row(model("a", [text("from a"), finish]), second).port)).toEqual([null, null]);
    expect(await heard(row(second, second).port)).toEqual(["MODEL_UNAVAILABLE"]);
  });

  it("never hands on once a word was said: the answer of another would be glued to it", async () => {
    const second = model("b", [text("from b"), finish]);
    const { port } = row(model("a", [text("half a sen"), fails("MODEL_UNAVAILABLE")]), second);
    expect(await ask(port, request("hello"))).toMatchObject({ text: "half a sen", error: "MODEL_UNAVAILABLE" });
    expect(second.asked()).toBe(0);
  });

  it("unplug: without that rule, half of one answer and another's become one", async () => {
    const [first, second] = [
      model("a", [text("half a sen"), fails("MODEL_UNAVAILABLE")]),
      model("b", [text("from b"), finish]),
    ];
    const forgetful: ModelPort = {
      describe: () => first.port.describe(),
      async *stream(wish, signal) {
        for await (const event of first.port.stream(wish, signal)) if (event.ok) yield event;
        yield* second.port.stream(wish, signal);
      },
    };
    expect((await ask(forgetful, request("hello"))).text).toBe("half a senfrom b");
  });

  it("tells the first one's error when all fail, and asks each once", async () => {
    const [second, third] = [model("b", [fails("MODEL_KEY_REFUSED")]), model("c", [fails("MODEL_TIMEOUT")])];
    const { port } = row(model("a", [fails("MODEL_RATE_LIMITED")]), second, third);
    expect((await ask(port, request("hello"))).error).toBe("MODEL_RATE_LIMITED");
    expect([second.asked(), third.asked()]).toEqual([1, 1]);
  });

  it("asks nobody else after a stop", async () => {
    const stop = new AbortController();
    const second = model("b", [text("from b"), finish]);
    const first: ModelPort = {
      describe: () => model("a", []).port.describe(),
      async *stream() {
        stop.abort();
        yield fails("MODEL_UNAVAILABLE");
      },
    };
    expect((await ask(row({ port: first }, second).port, request("hello"), stop.signal)).error).toBe(
      "MODEL_UNAVAILABLE",
    );
    expect(second.asked()).toBe(0);
  });

  it("passes over one that cannot call tools when the request offers some", async () => {
    const [plain, able] = [
      model("b", [text("from b"), finish], { tools: false }),
      model("c", [text("from c"), finish]),
    ];
    const { port } = row(model("a", [fails("MODEL_UNAVAILABLE")]), plain, able);
    const tools = [{ name: "clock.now", description: "d", input: { type: "object" } }];
    expect((await ask(port, request("hello", { tools }))).text).toBe("from c");
    expect((await ask(port, request("hello"))).text).toBe("from b");
  });

  it("stays on this machine only if each of them does, and says who else is asked", () => {
    expect(row(model("a", []), model("b", [])).port.describe()).toMatchObject({ name: "a", local: true });
    expect(row(model("a", []), model("b", []), model("c", [], { local: false })).port.describe()).toEqual({
      name: "a",
      says: "a somewhere, else b somewhere, else c somewhere",
      demonstration: false,
      local: false,
      tools: true,
    });
  });
});
