import { err, label, moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { runTurn } from "./index.ts";
import { OWNER, resultOf, waitingFor, world } from "./testing/turn.ts";

describe("a turn", () => {
  it("ends with the model's reply", async () => {
    const house = world([{ text: "good day to you" }]);
    const outcome = await runTurn(house.run());
    expect(outcome).toMatchObject({
      ok: true,
      value: {
        kind: "ended",
        message: { role: "assistant", state: "complete", model: { name: "scripted", demonstration: false } },
      },
    });
    expect(house.said()).toEqual(["user: please", "assistant: good day to you"]);
    expect(house.ends).toEqual([{ state: "done", code: null }]);
    expect(house.deltas.join("")).toBe("good day to you");
  });

  it("performs a call, shows the model its result and ends with the reply", async () => {
    const house = world([{ text: "let me see", calls: [["clock.now", '{"zone":"UTC"}']] }, { text: "it is noon" }]);
    await runTurn(house.run());
    expect(house.said()).toEqual([
      "user: please",
      "assistant: let me see + call clock.now",
      "tool: ok did clock.now",
      "assistant: it is noon",
    ]);
    expect(house.calls).toHaveLength(1);
    expect(house.calls[0]).toMatchObject({
      stated: ["please"],
      call: { tool: "clock.now", arguments: { zone: "UTC" }, authority: OWNER, agentChain: [house.run().turn.agentId] },
    });
    expect(house.model.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(house.steps()).toBe(1);
  });

  it("asks under the label of everything that was in view, and stays tainted after an untrusted result", async () => {
    const page = label("untrusted", "public", [{ kind: "host", ref: "example.org:443" }]);
    const house = world(
      [{ calls: [["web.fetch", "{}"]] }, { calls: [["file.write", "{}"]] }, { text: "done" }],
      (call) => resultOf(call, "a page", call.tool === "web.fetch" ? page : call.label),
    );
    await runTurn(house.run());
    expect(house.calls.map(({ call }) => call.label.integrity)).toEqual(["authority", "untrusted"]);
    expect(house.messages.at(-1)?.label).toMatchObject({ integrity: "untrusted", readers: [OWNER] });
    expect(house.messages.at(-1)?.label.sources).toContainEqual({ kind: "host", ref: "example.org:443" });
  });

  it("gives every call an id of ours, never the model's", async () => {
    const house = world([
      {
        calls: [
          ["a.b", "{}"],
          ["a.b", "{}"],
        ],
      },
      { text: "x" },
    ]);
    await runTurn(house.run());
    const [first, second] = house.calls.map(({ call }) => call.id);
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(first).not.toBe(second);
  });
});

describe("the label of a turn", () => {
  const page = label("untrusted", [OWNER], [{ kind: "host", ref: "evil.example:443" }]);
  const answers = [{ calls: [["a.one", "{}"] as const] }, { text: "done" }];

  it("goes into its calls and its reply: a job is no more trusted than what began it", async () => {
    const house = world(answers);
    await runTurn(house.run(undefined, { label: page }));
    expect(house.calls[0]?.call.label).toMatchObject({ integrity: "untrusted", readers: [OWNER] });
    expect(house.calls[0]?.call.label.sources).toContainEqual({ kind: "host", ref: "evil.example:443" });
    expect(house.messages.at(-1)?.label.integrity).toBe("untrusted");
  });

  it("unplug: without it, a job begun by a page would call as the authority", async () => {
    const house = world(answers);
    await runTurn(house.run(undefined, { label: label("authority", [OWNER]) }));
    expect(house.calls[0]?.call.label.integrity).toBe("authority");
  });

  it("goes into a notice that ends it", async () => {
    const house = world([{ fails: moltbotError("MODEL_UNAVAILABLE", { model: "m", problem: "p" }) }]);
    await runTurn(house.run(undefined, { label: page }));
    expect(house.messages.at(-1)).toMatchObject({ role: "notice", label: { integrity: "untrusted" } });
  });
});

describe("a turn that waits", () => {
  it("performs the calls that may run and waits for the others", async () => {
    const house = world(
      [
        {
          calls: [
            ["ask.one", "{}"],
            ["run.two", "{}"],
            ["ask.three", "{}"],
          ],
        },
      ],
      (call) => (call.tool.startsWith("ask") ? waitingFor(call) : resultOf(call)),
    );
    const outcome = await runTurn(house.run());
    expect(
      outcome.ok && outcome.value.kind === "waiting" && outcome.value.approvals.map(({ callId }) => callId),
    ).toEqual([house.calls[0]?.call.id, house.calls[2]?.call.id]);
    expect(house.said().at(-1)).toBe("tool: ok did run.two");
    expect(house.ends).toEqual([]);
  });

  it("taken up after the answer, performs only what has no result yet", async () => {
    let answered = false;
    const house = world(
      [
        {
          calls: [
            ["ask.one", "{}"],
            ["run.two", "{}"],
          ],
        },
        { text: "both done" },
      ],
      (call) => (call.tool === "ask.one" && !answered ? waitingFor(call) : resultOf(call)),
    );
    await runTurn(house.run());
    answered = true;
    const outcome = await runTurn(house.run());
    expect(outcome).toMatchObject({ ok: true, value: { kind: "ended" } });
    expect(house.calls.map(({ call }) => call.tool)).toEqual(["ask.one", "run.two", "ask.one"]);
    expect(house.model.requests).toHaveLength(2);
    expect(house.model.requests[1]?.messages.filter(({ role }) => role === "tool")).toHaveLength(2);
  });

  it("waits on when one of two questions is still open", async () => {
    const answered = new Set<string>();
    const house = world(
      [
        {
          calls: [
            ["ask.one", "{}"],
            ["ask.two", "{}"],
          ],
        },
        { text: "done" },
      ],
      (call) => (answered.has(call.tool) ? resultOf(call) : waitingFor(call)),
    );
    await runTurn(house.run());
    answered.add("ask.two");
    expect(await runTurn(house.run())).toMatchObject({
      ok: true,
      value: { kind: "waiting", approvals: [{ callId: house.calls[0]?.call.id }] },
    });
    answered.add("ask.one");
    expect(await runTurn(house.run())).toMatchObject({ ok: true, value: { kind: "ended" } });
    expect(house.model.requests).toHaveLength(2);
  });
});

describe("an answer that was cut off", () => {
  const calls = [["file.delete", '{"path":"a"}']] as const;

  it("runs none of its calls and says so", async () => {
    const house = world([{ calls, finish: "length" }]);
    const outcome = await runTurn(house.run());
    expect(house.calls).toEqual([]);
    expect(outcome).toMatchObject({ ok: true, value: { kind: "ended", message: { state: "cut-off" } } });
    expect(house.said().at(-1)).toContain("none of its calls ran");
    expect(house.ends).toEqual([{ state: "failed", code: "MODEL_CUT_OFF" }]);
  });

  it("keeps what was said before the cut", async () => {
    const house = world([{ text: "I will now", calls, finish: "length" }]);
    await runTurn(house.run());
    expect(house.said().at(-1)).toBe("assistant: I will now");
  });

  it("unplug: if a cut-off answer counted as a whole one, its call would run", async () => {
    const house = world([{ calls, finish: "calls" }, { text: "deleted" }]);
    await runTurn(house.run());
    expect(house.calls.map(({ call }) => call.tool)).toEqual(["file.delete"]);
  });

  it("by refusal of the provider runs none of its calls either", async () => {
    const house = world([{ text: "I cannot help with that", calls, finish: "refused" }]);
    await runTurn(house.run());
    expect(house.calls).toEqual([]);
    expect(house.ends).toEqual([{ state: "done", code: null }]);
  });
});

describe("the limits of a turn", () => {
  it("end it after so many model calls, after the last calls have results", async () => {
    const house = world(
      Array.from({ length: 9 }, () => ({ calls: [["clock.now", "{}"]] as const })),
      undefined,
      { steps: 3 },
    );
    await runTurn(house.run());
    expect(house.model.requests).toHaveLength(3);
    expect(house.calls).toHaveLength(3);
    expect(house.ends).toEqual([{ state: "failed", code: "STEP_LIMIT" }]);
    expect(house.said().at(-1)).toContain("limit of 3 steps");
  });

  it("count the steps that were made before it waited or crashed", async () => {
    const house = world([{ text: "never" }], undefined, { steps: 3 });
    await runTurn(house.run(undefined, { steps: 3 }));
    expect(house.model.requests).toEqual([]);
    expect(house.ends).toEqual([{ state: "failed", code: "STEP_LIMIT" }]);
  });

  it("cut an answer of more than 32 calls", async () => {
    const house = world([{ calls: Array.from({ length: 40 }, () => ["clock.now", "{}"] as const) }, { text: "done" }]);
    await runTurn(house.run());
    expect(house.calls).toHaveLength(32);
  });
});

describe("stopping a turn", () => {
  it("in the middle of an answer ends it with a notice and performs nothing of that answer", async () => {
    const controller = new AbortController();
    const house = world([
      {
        text: "half ",
        meanwhile: () => controller.abort(moltbotError("TURN_STOPPED")),
        fails: moltbotError("TURN_STOPPED"),
      },
    ]);
    const outcome = await runTurn(house.run(controller.signal));
    expect(outcome).toMatchObject({
      ok: true,
      value: { kind: "ended", message: { role: "notice", state: "stopped" } },
    });
    expect(house.calls).toEqual([]);
    expect(house.ends).toEqual([{ state: "stopped", code: "TURN_STOPPED" }]);
  });

  it("while calls run performs no further one, and keeps the results there are", async () => {
    const controller = new AbortController();
    const house = world(
      [
        {
          calls: [
            ["a.one", "{}"],
            ["a.two", "{}"],
          ],
        },
      ],
      (call) => {
        controller.abort();
        return resultOf(call);
      },
    );
    await runTurn(house.run(controller.signal));
    expect(house.calls.map(({ call }) => call.tool)).toEqual(["a.one"]);
    expect(house.said().slice(2)).toEqual(["tool: ok did a.one", expect.stringContaining("stopped by a person")]);
  });

  it("with everything else ends it as stopped, and says so", async () => {
    const controller = new AbortController();
    controller.abort(moltbotError("EVERYTHING_STOPPED", { since: "noon" }));
    const house = world([{ text: "never" }]);
    await runTurn(house.run(controller.signal));
    expect(house.ends).toEqual([{ state: "stopped", code: "EVERYTHING_STOPPED" }]);
    expect(house.said().at(-1)).toContain("Everything is stopped since noon.");
    expect(house.model.requests).toEqual([]);
  });

  it("says that the time was over when that was the reason, and how long it was", async () => {
    const controller = new AbortController();
    const house = world([
      { meanwhile: () => controller.abort(moltbotError("TIME_LIMIT", { limit: 7 })), finish: "none" },
    ]);
    await runTurn(house.run(controller.signal));
    expect(house.ends).toEqual([{ state: "failed", code: "TIME_LIMIT" }]);
    expect(house.said().at(-1)).not.toContain("{limit}");
  });

  it("leaves it open when the program shuts down, so that the next start goes on", async () => {
    const controller = new AbortController();
    controller.abort(moltbotError("SHUTTING_DOWN"));
    const house = world([{ text: "never" }]);
    expect(await runTurn(house.run(controller.signal))).toMatchObject({ ok: false, error: { code: "SHUTTING_DOWN" } });
    expect(house.ends).toEqual([]);
    expect(house.said()).toEqual(["user: please"]);
  });
});

describe("a failure", () => {
  it("of the model ends the turn with a notice and its code", async () => {
    const house = world([{ fails: moltbotError("MODEL_UNAVAILABLE", { model: "scripted", problem: "refused" }) }]);
    const outcome = await runTurn(house.run());
    expect(outcome).toMatchObject({
      ok: true,
      value: { kind: "ended", message: { role: "notice", state: "failed", model: null } },
    });
    expect(house.ends).toEqual([{ state: "failed", code: "MODEL_UNAVAILABLE" }]);
    expect(house.said().at(-1)).toContain("does not answer: refused.");
  });

  it.each([
    ["an empty answer", {}],
    ["an answer that never says how it finished", { text: "hm", finish: "none" as const }],
    ["calls without an end of the message", { calls: [["file.delete", "{}"] as const], finish: "none" as const }],
  ])("is %s", async (_says, answer) => {
    const house = world([answer]);
    await runTurn(house.run());
    expect(house.calls).toEqual([]);
    expect(house.ends).toEqual([{ state: "failed", code: "MODEL_ANSWER_INVALID" }]);
  });

  it.each(["AUDIT_UNWRITABLE", "DATABASE_UNAVAILABLE", "QUEUE_LEASE_LOST"] as const)(
    "to record (%s) leaves the turn open, without an end",
    async (code) => {
      const house = world([{ calls: [["a.one", "{}"]] }], () => err(moltbotError(code)));
      expect(await runTurn(house.run())).toMatchObject({ ok: false, error: { code } });
      expect(house.ends).toEqual([]);
    },
  );

  it("to record in the model's own room leaves the turn open too", async () => {
    const house = world([{ fails: moltbotError("AUDIT_UNWRITABLE") }]);
    expect(await runTurn(house.run())).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(house.ends).toEqual([]);
  });

  it("in a later call does not lose the outcome of an earlier one", async () => {
    let writable = false;
    const house = world(
      [
        {
          calls: [
            ["a.one", "{}"],
            ["a.two", "{}"],
          ],
        },
        { text: "done" },
      ],
      (call) => (call.tool === "a.two" && !writable ? err(moltbotError("AUDIT_UNWRITABLE")) : resultOf(call)),
    );
    expect(await runTurn(house.run())).toMatchObject({ ok: false });
    writable = true;
    expect(await runTurn(house.run())).toMatchObject({ ok: true });
    expect(house.calls.map(({ call }) => call.tool)).toEqual(["a.one", "a.two", "a.two"]);
    expect(house.said().slice(2)).toEqual(["tool: ok did a.one", "tool: ok did a.two", "assistant: done"]);
  });

  it("to append ends nothing and travels on", async () => {
    const house = world([{ calls: [["a.one", "{}"]] }]);
    house.failAppends("QUEUE_LEASE_LOST");
    expect(await runTurn(house.run())).toMatchObject({ ok: false, error: { code: "QUEUE_LEASE_LOST" } });
    expect(house.calls).toEqual([]);
  });

  it("to append the reply leaves the turn open, and the next run asks again", async () => {
    const house = world([{ text: "lost" }, { text: "kept" }]);
    house.failAppends("AUDIT_UNWRITABLE");
    expect(await runTurn(house.run())).toMatchObject({ ok: false });
    house.failAppends(null);
    await runTurn(house.run());
    expect(house.said()).toEqual(["user: please", "assistant: kept"]);
  });

  it("to read the conversation travels on", async () => {
    const house = world([]);
    const run = house.run();
    expect(
      await runTurn({
        ...run,
        ports: { ...run.ports, path: async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "x" })) },
      }),
    ).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
  });
});
