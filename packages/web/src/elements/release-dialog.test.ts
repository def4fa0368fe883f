import { Digest, instantOf } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { ANNA, BERT, person, SELF, share } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { HERE, ME, message } from "../testing/samples.ts";
import { entered, stubFields } from "../testing/fields.ts";
import { ReleaseDialog } from "./release-dialog.ts";

beforeEach(stubFields);
afterEach(() => vi.unstubAllGlobals());

const FIRST = message(1, "user", "What is in it?\u202E");
const LAST = message(3, "assistant", "A key: [masked]");
const DIGEST = Digest.parse("a".repeat(64));
const SEEN = { messages: [FIRST, LAST], sources: ["host:example.org:443"], masked: 1, digest: DIGEST };
const TOLD = share(1, { kind: "person", id: ANNA.id }, { object: { type: "conversation", id: HERE }, upTo: FIRST.id });
const TABLE = {
  "shares.list": [],
  "people.list": [SELF, ANNA, BERT, person(5, "Emil", { state: "left" })],
  "shares.foresee": SEEN,
  "shares.set": TOLD,
  "shares.remove": {},
};

const open = async (table: { readonly [N in OperationName]?: unknown } = {}, wish: object = {}) => {
  const gateway = gatewayOf({ ...TABLE, ...table });
  const dialog = new ReleaseDialog();
  const done = standIn(dialog);
  Object.assign(dialog, { call: gateway.call, me: ME, now: 0, ...wish });
  const read = () => readTemplate((dialog as unknown as { render(): unknown }).render()); // what Lit calls
  await dialog.show({ id: HERE, title: "t", messages: [FIRST, message(2, "tool", "x"), LAST] });
  const submit = async (): Promise<void> => {
    read().fire("submit", "", { preventDefault: () => undefined });
    await settle();
  };
  const begin = async (): Promise<void> => {
    read().fire("click", "Show it to somebody");
    await settle();
  };
  const named = (name: OperationName) => gateway.asked.filter((one) => one.name === name).map(({ input }) => input);
  return { dialog, done, read, submit, begin, named, answers: gateway.answers };
};

describe("showing a conversation to somebody", () => {
  it("shows every word, the sources and what is masked before anything leaves", async () => {
    const { read, begin, named } = await open();
    expect(read().words).toContain("Private: for you alone");
    await begin();
    expect(named("shares.foresee")).toEqual([{ conversationId: HERE, upTo: LAST.id }]);
    for (const part of [
      "2 messages , to Anna Berg and nobody else",
      "Carries what came from a page of example.org:443",
      "1 recognised secret masked: it does not leave",
      "What is in it? U+202E",
      "A key: [masked]",
      "the last one",
    ])
      expect(read().words).toContain(part);
    for (const part of ["Emil", "<option value=you"]) expect(read().markup).not.toContain(part);
    expect(named("shares.set")).toEqual([]);
  });

  it("releases exactly what was seen, to whom was chosen, up to the message that was chosen", async () => {
    const { read, begin, submit, named, answers } = await open();
    await begin();
    answers["shares.foresee"] = { messages: [FIRST], sources: [], masked: 0, digest: Digest.parse("b".repeat(64)) };
    read().fire("click", "Only up to here: You");
    await settle();
    expect(read().words).toContain("What came after stays yours.");
    expect(read().words).toContain("From you and the assistant alone");
    read().fire("change", 'name="to"', entered(BERT.id));
    read().fire("change", 'name="to"', entered("nobody"));
    await submit();
    expect(named("shares.set")).toEqual([
      {
        object: { type: "conversation", id: HERE },
        to: { kind: "person", id: BERT.id },
        rights: ["use"],
        effect: "allow",
        upTo: FIRST.id,
        seen: "b".repeat(64),
      },
    ]);
    expect(read().words).toContain("Bert reads it now.");
  });

  it("shows anew what changed meanwhile, and releases nothing of it", async () => {
    const { read, begin, submit, named } = await open({ "shares.set": refused("RELEASE_CHANGED") });
    await begin();
    await submit();
    expect(named("shares.foresee")).toHaveLength(2);
    expect(read().words).toContain("What would be released is not what you were shown.");
    expect(read().words).toContain("Exactly this would leave");
  });

  it("keeps nothing of what was foreseen when it is left or closed", async () => {
    const { dialog, read, begin, named } = await open();
    await begin();
    read().fire("click", "Cancel");
    expect(dialog.foreseen).toBeNull();
    await begin();
    read().fire("close", "Who reads");
    expect([dialog.foreseen, dialog.to, dialog.until]).toEqual([null, null, null]);
    expect(named("shares.set")).toEqual([]);
  });

  it("says who reads it, up to where and what stays, and ends it by one press", async () => {
    const { read, named, done, answers } = await open({ "shares.list": [TOLD] }, { now: 12 * 86_400_000 });
    expect(read().words).toContain("Shared with Anna Berg");
    expect(read().words).toContain("1 message since is yours alone.");
    read().fire("click", "End it for Anna Berg");
    await settle();
    expect(named("shares.remove")).toEqual([{ shareId: TOLD.id }]);
    expect(read().words).toContain("Anna Berg reads it no more.");
    expect(done.at(-1)).toBe("focus .release-it");
    answers["shares.remove"] = refused("NOT_FOUND", { kind: "share" });
    read().fire("click", "End it for Anna Berg");
    await settle();
    expect(done.at(-1)).toBe("focus #release-problem");
    const whole = await open({ "shares.list": [{ ...TOLD, upTo: LAST.id, at: instantOf(1) }] });
    expect(whole.read().words).toContain("Nothing came after that.");
    const unknown = await open({ "shares.list": [{ ...TOLD, upTo: message(9, "user", "").id }] });
    expect(unknown.read().words).toContain("reads a part of it.");
  });

  it("offers it to nobody where nobody is, and not to a viewer", async () => {
    expect((await open({ "people.list": [SELF] })).read().words).toContain("Nobody else is here.");
    expect((await open({}, { me: { ...ME, role: "viewer" } })).read().words).toContain("A viewer shares nothing.");
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    expect((await open({ "shares.list": busy })).read().words).toContain("it is busy");
    const failed = await open({ "shares.foresee": busy });
    await failed.begin();
    expect(failed.read().words).toContain("it is busy");
    expect(failed.read().markup).toContain("?disabled=true");
  });
});
