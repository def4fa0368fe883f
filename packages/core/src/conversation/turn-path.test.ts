import { TurnId } from "@moltbot/contracts";
import type { Message } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { turnPath, viewOf } from "./index.ts";
import { AGENT, callPart, conversation, idOf, message, resultPart } from "./testing/messages.ts";

const turnOf = (n: number) => ({ id: idOf(TurnId, 100 + n), userMessageId: message(n * 10, {}).id });
const text = (words: string) => ({ parts: [{ type: "text" as const, text: words }] });
const user = (n: number, words: string): Message => message(n * 10, { turnId: turnOf(n).id, ...text(words) });
const reply = (n: number, words: string): Message =>
  message(n * 10 + 5, { role: "assistant", author: AGENT, turnId: turnOf(n).id, ...text(words) });
const words = (path: readonly Message[]) =>
  viewOf(conversation(), path).messages.map((one) => `${one.role}: ${one.text}`);

describe("the path of a turn", () => {
  it("leaves out what was written while the turn ran", () => {
    const path = [user(1, "what is 17 * 3"), user(2, "remind me to stretch")];
    expect(words(turnPath(path, turnOf(1)))).toEqual(["user: what is 17 * 3"]);
    expect(words(path), "unplug: the whole path ends with the later message").toEqual([
      "user: what is 17 * 3",
      "user: remind me to stretch",
    ]);
  });

  it("leaves out a whole later turn that ran while this one waited for a person", () => {
    const asked = message(12, { role: "assistant", author: AGENT, turnId: turnOf(1).id, parts: [callPart(1)] });
    const result = message(14, { role: "tool", turnId: turnOf(1).id, parts: [resultPart(1)] });
    const path = [user(1, "remind me"), asked, user(2, "and the time?"), reply(2, "noon"), result];
    expect(words(turnPath(path, turnOf(1)))).toEqual(["user: remind me", "assistant: ", "tool: result 1"]);
  });

  it("shows a later turn what an earlier one answered meanwhile, before its own message", () => {
    const path = [user(1, "one"), user(2, "two"), reply(1, "answer to one")];
    expect(words(turnPath(path, turnOf(2)))).toEqual(["user: one", "assistant: answer to one", "user: two"]);
  });

  it("keeps notices and loses nothing of its own, whatever the order", () => {
    const notice = message(90, { role: "notice", turnId: null });
    const all = [user(1, "one"), reply(1, "a"), user(2, "two"), reply(2, "b"), user(3, "three"), notice];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 1 }), fc.constantFrom(1, 2, 3), (path, n) => {
        const seen = turnPath(path, turnOf(n));
        const own = path.filter(({ turnId }) => turnId === turnOf(n).id);
        expect(seen.slice(seen.length - own.length)).toEqual(own);
        expect(seen.includes(notice)).toBe(path.includes(notice));
      }),
    );
  });
});
