import { INTEGRITIES, MESSAGE_STATES, PlanId, TurnId, instantOf, label } from "@moltbot/contracts";
import type { Label, Message, MessagePart, Plan } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broughtIn, contentOf, handleOf, resultOn, statedIn, trustedViewOf, viewOf } from "./index.ts";
import {
  AGENT,
  COLLEAGUE,
  OWNER,
  TURN,
  callPart,
  conversation,
  idOf,
  message,
  resultPart,
} from "./testing/messages.ts";

const MAIL = label("untrusted", [OWNER], [{ kind: "host", ref: "mail.example:993" }]);
const HOSTILE = "mallory says pay";
const quoted = (text: string, under: Label = MAIL): MessagePart => ({
  type: "quote",
  kind: "pasted",
  from: "mallory",
  text,
  label: under,
});
const trusted = (path: readonly Message[], tools: readonly string[] = ["mail.search"]) =>
  trustedViewOf(conversation(), path, tools);
const plan: Plan = {
  id: idOf(PlanId, 70),
  turnId: TURN,
  conversationId: conversation().id,
  agentId: AGENT,
  goal: "",
  steps: [{ tool: "mail.search", arguments: {}, after: [] }],
  label: label("authority", [OWNER]),
  committedAt: instantOf(0),
  expiresAt: instantOf(1),
};

describe("a view of trusted values", () => {
  it("is the whole view where everything is trusted", () => {
    const path = [
      message(10, {}),
      message(11, { role: "assistant", parts: [{ type: "text", text: "wait" }, callPart(1)] }),
      message(12, { role: "tool", parts: [resultPart(1)] }),
    ];
    expect(trusted(path, [])).toEqual(viewOf(conversation(), path));
  });

  it("holds one line of ours for each thing that is not the authority's, and is as trusted as the rest", () => {
    const path = [
      message(10, { parts: [{ type: "text", text: "look" }, quoted(HOSTILE), quoted(HOSTILE)] }),
      message(11, { role: "assistant", parts: [callPart(1, "mail.search")] }),
      message(12, { role: "tool", parts: [{ ...resultPart(1, HOSTILE), tool: "mail.search" }], label: MAIL }),
      message(13, {
        role: "assistant",
        parts: [{ type: "text", text: HOSTILE }, callPart(2, "mallory.tool"), callPart(3)],
        label: MAIL,
      }),
      message(14, { role: "tool", parts: [resultPart(2, HOSTILE)], label: MAIL }),
      message(15, {
        author: COLLEAGUE,
        parts: [{ type: "text", text: HOSTILE }],
        label: label("participant", "public"),
      }),
    ];
    const view = trusted(path);
    const day = "2026-11-22";
    expect(view.messages).toEqual([
      { role: "user", text: `look\n⟦kept aside: somebody else's words, under 100 characters, ${day}, h00000000000a⟧` },
      { role: "assistant", text: "", calls: [{ id: callPart(1).callId, tool: "mail.search", arguments: '{"n":1}' }] },
      {
        role: "tool",
        callId: callPart(1).callId,
        tool: "mail.search",
        status: "ok",
        text: "⟦kept aside: result of mail.search, under 100 characters from outside, h000000000001⟧",
      },
      {
        role: "assistant",
        text: `⟦kept aside: an earlier answer that drew on such text, under 100 characters, ${day}, h00000000000d⟧\n⟦kept aside: a call of a tool that holds something from outside: ok; its result, under 100 characters, h000000000002⟧`,
        calls: [],
      },
      { role: "user", text: `⟦kept aside: a message from somebody else, under 100 characters, ${day}, h00000000000f⟧` },
    ]);
    expect(view.label.integrity).toBe("authority");
    expect(view.label.sources.every(({ kind }) => kind === "message")).toBe(true);
    expect(view.aside).toBe(5);
    expect(viewOf(conversation(), path).label.integrity, "unplug: the whole view").toBe("untrusted");
    expect(JSON.stringify(viewOf(conversation(), path)), "unplug: the whole view").toContain(HOSTILE);
  });

  it("never holds a word of a stranger, whatever they write and wherever it stands", () => {
    const word = fc.constantFrom(
      "⟦kept aside: ",
      "mallory",
      "h0123456789ab⟧",
      "\n",
      "┌ pasted",
      "└ end of pasted",
      "│ ",
      "mail.search",
      "{}",
      "\u202e",
    );
    const hostile = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => `mallory${words.join("")}`);
    const untrusted = fc.constantFrom(...INTEGRITIES.slice(0, 2)).map((integrity) => label(integrity, "public"));
    const anyPart = (n: number): fc.Arbitrary<MessagePart> =>
      fc.oneof(
        hostile.map((text): MessagePart => ({ type: "text", text })),
        fc.record({ text: hostile, from: hostile }).map(({ text, from }): MessagePart => ({
          ...quoted(text),
          from,
          type: "quote",
          kind: "forwarded",
          text,
          label: MAIL,
        })),
        hostile.map((tool): MessagePart => ({ ...callPart(n, tool), arguments: { [tool]: tool } })),
        fc
          .tuple(hostile, fc.constantFrom("ok" as const, "failed" as const, "refused" as const))
          .map(([text, status]): MessagePart => ({
            ...resultPart(n, text),
            status,
            tool: text,
            summary: text,
            code: text,
            signals: [{ kind: "canary", says: text, count: 1 }],
          })),
      );
    const anyMessage = fc
      .record({
        n: fc.integer({ min: 30, max: 60 }),
        role: fc.constantFrom("user" as const, "assistant" as const, "tool" as const, "notice" as const),
        state: fc.constantFrom(...MESSAGE_STATES),
        under: untrusted,
      })
      .chain(({ n, role, state, under }) =>
        fc
          .array(fc.oneof(anyPart(1), anyPart(2), anyPart(3)), { minLength: 1, maxLength: 4 })
          .map((parts) => message(n, { role, state, parts, label: under })),
      );
    // The authority's own messages hold strangers' words as quotes alone, and the calls it led to are its own.
    const own = fc
      .array(hostile, { minLength: 1, maxLength: 3 })
      .map((texts) =>
        message(29, { parts: [{ type: "text", text: "own words" }, ...texts.map((text) => quoted(text))] }),
      );
    const called = fc.constant(message(28, { role: "assistant", parts: [callPart(1), callPart(2), callPart(3)] }));
    fc.assert(
      fc.property(fc.array(fc.oneof(anyMessage, own, called), { maxLength: 8 }), (path) => {
        const view = trusted(path);
        expect(JSON.stringify(view)).not.toContain("mallory");
        expect(view.label.integrity).toBe("authority");
      }),
      { numRuns: 400 },
    );
  });

  it("shows sizes by their order alone: an exact one would be a channel", () => {
    const shown = (length: number) =>
      trusted([message(10, { parts: [{ type: "text", text: "x".repeat(length) }], label: MAIL })]).messages[0]?.text;
    expect(shown(120)).toBe(shown(999));
    expect(shown(999)).toContain("under 1,000 characters");
    expect(shown(1_000)).toContain("under 10,000 characters");
    expect(shown(200_000)).toContain("over 100,000 characters");
  });

  it("leaves out what not all of the audience may know, and keeps it under no handle", () => {
    const secret = message(11, { parts: [{ type: "text", text: "private" }], label: label("untrusted", [OWNER]) });
    const group = conversation([OWNER, COLLEAGUE]);
    expect(trustedViewOf(group, [secret], [])).toMatchObject({ messages: [], aside: 0 });
    expect(contentOf(group, [secret], handleOf(secret.id))).toBeNull();
    expect(contentOf(conversation(), [secret], handleOf(secret.id))?.text, "unplug: an audience that may").toBe(
      "private",
    );
  });

  it("says of a plan which tools it names", () => {
    const path = [
      message(11, { role: "assistant", parts: [{ type: "plan", plan }] }),
      message(12, { role: "assistant", parts: [callPart(1)] }),
      message(13, { role: "tool", parts: [resultPart(1)] }),
    ];
    expect(trusted(path).messages).toMatchObject([
      { role: "assistant", text: "⟦plan of 1 step committed: mail.search⟧", calls: [{ id: callPart(1).callId }] },
      { role: "tool" },
    ]);
  });

  it("says that something was removed, in our words, in every view", () => {
    const gone = message(10, {
      state: "removed",
      parts: [{ type: "text", text: "whatever stands there" }],
      label: MAIL,
    });
    const path = [gone, message(11, { role: "tool", state: "removed", parts: [resultPart(1, HOSTILE)], label: MAIL })];
    for (const view of [trusted(path), viewOf(conversation(), path)])
      expect(view.messages).toEqual([
        { role: "user", text: "⟦removed: what stood here came from a source that was taken out⟧" },
      ]);
    expect(contentOf(conversation(), path, handleOf(gone.id))).toBeNull();
    expect(broughtIn(conversation(), path, TURN)).toBe(false);
    const removed = message(12, { state: "removed", parts: [{ type: "text", text: "pay bob" }] });
    expect(statedIn([removed], TURN, OWNER)).toEqual([]);
  });
});

describe("what is kept under a handle", () => {
  const at = (path: readonly Message[], id: string) => contentOf(conversation(), path, handleOf(id));

  it("is a message's words, its quotes where the message is the authority's, or a call's result", () => {
    const mixed = message(10, { parts: [{ type: "text", text: "own" }, quoted("one"), quoted("two")] });
    const foreign = message(11, { parts: [{ type: "text", text: "theirs" }, quoted("more")], label: MAIL });
    const came = message(12, { role: "tool", parts: [{ ...resultPart(1, "text"), secrets: 2 }], label: MAIL });
    const path = [mixed, foreign, came];
    expect(at(path, mixed.id)).toMatchObject({ text: "one\n\ntwo", label: MAIL, whole: true, secrets: 0 });
    expect(at(path, foreign.id)).toMatchObject({ text: "theirs\n\nmore", label: MAIL });
    expect(at(path, callPart(1).callId)).toMatchObject({ text: "text", label: MAIL, whole: true, secrets: 2 });
  });

  it("is what a reader answered, under the answer's own label", () => {
    const part = { ...resultPart(1, "words"), reader: { bits: 0, label: label("untrusted", "public") } };
    const path = [message(12, { role: "tool", parts: [part], label: MAIL })];
    expect(at(path, callPart(1).callId)?.label).toEqual(label("untrusted", "public"));
  });

  it("is nothing that is trusted, no notice, and nothing that two contents claim", () => {
    const own = message(10, {});
    const notice = message(11, { role: "notice", label: MAIL });
    expect([own, notice].map(({ id }) => at([own, notice], id))).toEqual([null, null]);
    const twice = [
      message(13, { role: "tool", parts: [resultPart(1, "first")], label: MAIL }),
      message(1, { parts: [{ type: "text", text: "second" }], label: MAIL }),
    ];
    expect(at(twice, callPart(1).callId)).toBeNull();
    expect(contentOf(conversation(), twice, "hffffffffffff")).toBeNull();
  });

  it("may be a result that did not succeed, and says so", () => {
    const path = [message(12, { role: "tool", parts: [{ ...resultPart(1), status: "failed" }], label: MAIL })];
    expect(resultOn(path, callPart(1).callId)).toMatchObject({ whole: false });
    expect(resultOn(path, callPart(2).callId)).toBeNull();
  });
});

describe("what a turn brought in itself", () => {
  it("is what its own messages hold that is not the authority's", () => {
    const earlier = message(10, { turnId: idOf(TurnId, 99), label: MAIL });
    const own = message(11, {});
    expect(broughtIn(conversation(), [earlier, own], TURN)).toBe(false);
    expect(broughtIn(conversation(), [own, message(12, { label: MAIL })], TURN)).toBe(true);
    expect(broughtIn(conversation(), [message(13, { parts: [quoted("x")] })], TURN)).toBe(true);
    expect(broughtIn(conversation([OWNER, COLLEAGUE]), [message(12, { label: MAIL })], TURN)).toBe(false);
  });
});
