import { ConversationId, MessageId, label } from "@moltbot/contracts";
import type { Message, MessagePart } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AGENT, OWNER, at, idOf } from "./operations/testing/fake-house.ts";
import { HIDDEN_CALL, HIDDEN_RESULT, KEY } from "./operations/testing/hidden-parts.ts";
import { releaseOf } from "./release.ts";
import type { Releasing } from "./release.ts";

const ID = idOf(ConversationId, 70);

const message = (n: number, wish: Partial<Message> = {}): Message => ({
  id: idOf(MessageId, n),
  conversationId: ID,
  parentId: n === 1 ? null : idOf(MessageId, n - 1),
  role: n % 2 === 1 ? "user" : "assistant",
  author: n % 2 === 1 ? OWNER.id : AGENT.id,
  turnId: null,
  parts: [{ type: "text", text: `words ${String(n)}` }],
  label: label("authority", [OWNER.id], [{ kind: "message", ref: idOf(MessageId, n) }]),
  state: "complete",
  model: null,
  createdAt: at(n),
  ...wish,
});
const release = (path: readonly Message[], releasing?: Releasing) =>
  releaseOf({ id: ID, upTo: path.at(-1)?.id ?? idOf(MessageId, 1), path }, releasing);

const HIDDEN: readonly MessagePart[] = [
  HIDDEN_CALL,
  { ...HIDDEN_RESULT, reader: { bits: 0, label: label("untrusted", [OWNER.id]) } },
];

describe("what others see of a conversation", () => {
  it("is the words of people and of the assistant, one after the other", () => {
    const { messages, masked } = release([message(1), message(2), message(3)]);
    expect(messages.map(({ parts }) => parts)).toEqual([
      [{ type: "text", text: "words 1" }],
      [{ type: "text", text: "words 2" }],
      [{ type: "text", text: "words 3" }],
    ]);
    expect(messages.map(({ parentId }) => parentId)).toEqual([null, messages[0]?.id, messages[1]?.id]);
    expect(messages.every(({ turnId }) => turnId === null)).toBe(true);
    expect(masked).toBe(0);
  });

  it("is no call, result, plan, reminder, notice, nor what was removed, and nothing says that it was there", () => {
    const plan = { goal: "canary-goal", steps: [] } as unknown as Extract<MessagePart, { type: "plan" }>["plan"]; // only that it is one counts
    const path = [
      message(1),
      message(2, { parts: [{ type: "text", text: "I look." }, ...HIDDEN, { type: "plan", plan }] }),
      message(3, { role: "tool", author: AGENT.id, parts: HIDDEN }),
      message(4, { role: "notice", parts: [{ type: "text", text: "canary-notice" }] }),
      message(5, { parts: HIDDEN }),
      message(6, { state: "removed", parts: [{ type: "text", text: "canary-removed" }] }),
      message(7),
    ];
    const { messages } = release(path);
    expect(messages.map(({ id }) => id)).toEqual([path[0]?.id, path[1]?.id, path[6]?.id]);
    expect(messages[2]?.parentId).toBe(path[1]?.id);
    expect(JSON.stringify(messages)).not.toMatch(/canary|mail\.read|goal/);
  });

  it("masks a recognised secret wherever it is said, also where another text gave it away", () => {
    const path = [
      message(1, { parts: [{ type: "text", text: `the api key is ${KEY}` }] }),
      message(2, {
        parts: [
          { type: "quote", kind: "quoted", from: `box ${KEY}`, text: `it says ${KEY}`, label: label("untrusted", []) },
        ],
      }),
    ];
    const { messages, masked, title } = release(path);
    expect(JSON.stringify([messages, title])).not.toContain(KEY);
    expect(masked).toBe(3);
    expect(JSON.stringify(messages)).toContain("secret kept back");
  });

  it("shows nothing of a text that cannot be checked", () => {
    const broken = (): never => {
      throw new Error("canary");
    };
    const { messages, masked } = release([message(1, { parts: [{ type: "text", text: KEY }] })], {
      mask: broken,
      hash: () => "0".repeat(64),
    });
    expect(JSON.stringify(messages)).not.toContain(KEY);
    expect(masked).toBe(1);
  });

  it("is called by what it shows, never by a title that was kept", () => {
    expect(release([message(1), message(2)]).title).toBe("words 1");
    expect(release([message(2)]).title).toBe("New conversation");
  });

  it("is nobody's own word for whoever reads it, and says where it came from", () => {
    const mail = { kind: "host", ref: "mail.example" } as const;
    const path = [message(1), message(2, { label: label("untrusted", [OWNER.id], [mail]) })];
    const { messages, sources } = release(path);
    expect(messages.map((one) => one.label.integrity)).toEqual(["participant", "untrusted"]);
    expect(sources).toEqual(["host:mail.example"]);
  });
});

describe("the digest of a release", () => {
  const words = fc.array(fc.tuple(fc.constantFrom("user", "assistant", "tool"), fc.string({ maxLength: 30 })), {
    minLength: 1,
    maxLength: 6,
  });
  const pathOf = (said: readonly (readonly [string, string])[]): readonly Message[] =>
    said.map(([role, text], n) => message(n + 1, { role: role as Message["role"], parts: [{ type: "text", text }] })); // one of three

  it("is the same for the same path, and another for every other that shows something else", () => {
    fc.assert(
      fc.property(words, words, (first, second) => {
        const [one, again, other] = [release(pathOf(first)), release(pathOf(first)), release(pathOf(second))];
        expect(one.digest).toBe(again.digest);
        const shows = (made: typeof one): string => JSON.stringify([made.messages, first.length, second.length]);
        if (first.length === second.length) expect(one.digest === other.digest).toBe(shows(one) === shows(other));
      }),
    );
  });

  it("changes with how far it goes, and with what was removed meanwhile", () => {
    const path = [message(1), message(2), message(3)];
    const digests = [
      release(path).digest,
      release(path.slice(0, 2)).digest,
      release([message(1), message(2, { state: "removed" }), message(3)]).digest,
    ];
    expect(new Set(digests).size).toBe(3);
  });
});

describe("unplug the masking of secrets", () => {
  it("a key that somebody once said leaves with the conversation", () => {
    const path = [message(1, { parts: [{ type: "text", text: `the api key is ${KEY}` }] })];
    const bare = release(path, { mask: (text) => ({ text, count: 0, values: new Map() }), hash: () => "0".repeat(64) });
    expect(JSON.stringify(bare.messages)).toContain(KEY);
    expect(JSON.stringify(release(path).messages)).not.toContain(KEY);
  });
});
