import {
  ACCESS_RIGHTS,
  AccessAnswer,
  AgentId,
  ConversationId,
  MessageId,
  PrincipalId,
  PromptId,
  ROLES,
  PERSON_STATES,
  SecretId,
  ShareId,
  TeamId,
} from "@moltbot/contracts";
import type { AccessFacts, AccessRight, Share, SharedObject } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "./index.ts";
import { ACCESS_RULES, judgeBy } from "./judge.ts";
import { conversationsAreRead, denyWins, onlyActive, onlyOfActive, ownerMay } from "./rules.ts";

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const people = [0, 1, 2].map((n) => PrincipalId.parse(uuid(100 + n)));
const teams = [0, 1, 2].map((n) => TeamId.parse(uuid(200 + n)));
const agents = [0, 1].map((n) => AgentId.parse(uuid(300 + n)));
const [me, owner] = people as [PrincipalId, PrincipalId]; // there are three
const [mine, foreign] = teams as [TeamId, TeamId]; // there are three
const [agent, another] = agents as [AgentId, AgentId]; // there are two
const UP_TO = MessageId.parse(uuid(400));
const OBJECTS: readonly SharedObject[] = [
  { type: "agent", id: agent },
  { type: "agent", id: another },
  { type: "prompt", id: PromptId.parse(uuid(500)) },
  { type: "secret", id: SecretId.parse(uuid(501)) },
  { type: "conversation", id: ConversationId.parse(uuid(502)) },
];
const [, , PROMPT, SECRET, CONVERSATION] = OBJECTS as [
  SharedObject,
  SharedObject,
  SharedObject,
  SharedObject,
  SharedObject,
]; // there are five
const AT = "2026-11-22T12:00:00.000Z" as Share["at"]; // an instant as the contracts write it

let made = 0;
const share = (change: Partial<Share> = {}): Share => {
  made += 1;
  return {
    id: ShareId.parse(uuid(1_000 + made)),
    object: { type: "agent", id: agent },
    to: { kind: "person", id: me },
    rights: ["use"],
    effect: "allow",
    upTo: null,
    by: owner,
    at: AT,
    ...change,
  };
};
const deny = (change: Partial<Share> = {}): Share => share({ effect: "deny", ...change });
const factsOf = (shares: readonly Share[], change: Partial<AccessFacts> = {}): AccessFacts => ({
  person: { id: me, role: "member", state: "active" },
  teams: [mine],
  object: { type: "agent", id: agent, ownerId: owner, ownerState: "active" },
  shares,
  ...change,
});
const EVERYONE = { kind: "everyone" } as const;

const rights = fc.constantFrom(...ACCESS_RIGHTS);
const shares = fc.array(
  fc.record({
    object: fc.constantFrom(...OBJECTS),
    to: fc.oneof(
      fc.constantFrom(...people).map((id) => ({ kind: "person" as const, id })),
      fc.constantFrom(...teams).map((id) => ({ kind: "team" as const, id })),
      fc.constant(EVERYONE),
    ),
    rights: fc.subarray([...ACCESS_RIGHTS], { minLength: 1 }),
    effect: fc.constantFrom("allow" as const, "deny" as const),
    upTo: fc.constantFrom(null, UP_TO),
    by: fc.constantFrom(owner, owner, me),
  }),
  { maxLength: 8 },
);
const facts = fc
  .record({
    id: fc.constantFrom(...people),
    role: fc.constantFrom(...ROLES),
    state: fc.constantFrom(...PERSON_STATES),
    teams: fc.subarray(teams),
    object: fc.constantFrom(...OBJECTS),
    ownerState: fc.oneof(fc.constant("active"), fc.constantFrom(...PERSON_STATES)),
    shares,
  })
  .map(({ id, role, state, teams: of, object, ownerState, shares: list }) =>
    factsOf(
      list.map((one) => share({ ...one, object: one.object.id === another ? one.object : object })),
      {
        person: { id, role, state },
        teams: of,
        object: { ...object, ownerId: owner, ownerState: id === owner ? state : ownerState },
      },
    ),
  );

describe("judging who may", () => {
  it("lets the owner do everything with what is theirs, whatever was shared or denied", () => {
    const theirs = factsOf([deny({ to: EVERYONE, rights: ["use", "edit", "delete"] })], {
      person: { id: owner, role: "viewer", state: "active" },
    });
    for (const right of ACCESS_RIGHTS) {
      const answer = judge(theirs, right);
      expect([answer.allowed, answer.because[0]?.rule]).toEqual([true, "owner"]);
    }
  });

  it("refuses what nobody said, and says what would allow it", () => {
    const answer = judge(factsOf([]), "use");
    expect(answer.allowed).toBe(false);
    expect(answer.because).toMatchObject([{ rule: "nothing", shareId: null }]);
    expect(answer.because[0]?.says).toContain("shares set");
  });

  it.each([
    ["a share with the person", { kind: "person", id: me } as const],
    ["a share with a team of the person", { kind: "team", id: mine } as const],
    ["a share with everyone", EVERYONE],
  ])("follows %s, and names it", (_what, to) => {
    const given = share({ to });
    expect(judge(factsOf([given]), "use")).toMatchObject({
      allowed: true,
      because: [{ rule: "share", shareId: given.id }],
    });
  });

  it.each([
    ["another person", share({ to: { kind: "person", id: owner } })],
    ["a team of others", share({ to: { kind: "team", id: foreign } })],
    ["another object", share({ object: { type: "agent", id: another } })],
    ["a grantee of no known kind", share({ to: { kind: "world" } as unknown as Share["to"] })],
    ["an effect of no known kind", share({ effect: "maybe" as Share["effect"] })],
  ])("does not follow a share that is for %s", (_what, given) => {
    expect(judge(factsOf([given]), "use").allowed).toBe(false);
  });

  it("lets nobody edit or delete by a share to use, nor what they may not use", () => {
    for (const right of ["edit", "delete"] as const) {
      expect(judge(factsOf([share()]), right).allowed).toBe(false);
      expect(judge(factsOf([share({ rights: [right] })]), right).allowed).toBe(false);
      expect(judge(factsOf([share({ rights: ["use", right] })]), right).allowed).toBe(true);
      expect(judge(factsOf([share({ to: EVERYONE }), share({ rights: [right] })]), right).allowed).toBe(true);
      const hidden = factsOf([share({ rights: ["use", right] }), deny({ to: EVERYONE })]);
      expect(judge(hidden, right).because[0]?.rule).toBe("deny");
    }
  });

  it("names every deny that reaches the person, and none that does not", () => {
    const [first, second] = [deny(), deny({ to: { kind: "team", id: mine } })];
    const answer = judge(
      factsOf([second, share({ to: EVERYONE }), first, deny({ to: { kind: "team", id: foreign } })]),
      "use",
    );
    expect(answer.because.map(({ shareId }) => shareId)).toEqual([first.id, second.id]);
  });

  it("answers in the shape of the contract, with words and no ids in them", () => {
    fc.assert(
      fc.property(facts, rights, (given, right) => {
        const answer = AccessAnswer.parse(judge(given, right));
        expect(answer.because.length).toBeGreaterThan(0);
        for (const { says } of answer.because) expect(says).not.toMatch(/[0-9a-f]{8}-/);
      }),
    );
  });
});

describe("judging a conversation", () => {
  const talk = (shares: readonly Share[]): AccessFacts =>
    factsOf(shares, { object: { ...CONVERSATION, ownerId: owner, ownerState: "active" } });
  const released = (change: Partial<Share> = {}): Share => share({ object: CONVERSATION, upTo: UP_TO, ...change });

  it("lets whom it was released to read it, and do nothing else with it, whatever a share should say", () => {
    const given = released();
    expect(judge(talk([given]), "use")).toMatchObject({
      allowed: true,
      because: [{ rule: "share", shareId: given.id }],
    });
    for (const right of ["edit", "delete"] as const) {
      const answer = judge(talk([given, released({ rights: ["use", right] })]), right);
      expect(answer.allowed).toBe(false);
      expect(answer.because[0]?.says).toContain("to be read");
    }
  });

  it.each<readonly [string, Partial<Share>]>([
    ["a team, into which an admin could put themselves", { to: { kind: "team", id: mine } }],
    ["everyone", { to: EVERYONE }],
    ["no message in particular", { upTo: null }],
    ["more than reading", { rights: ["use", "edit"] }],
  ])("does not follow a share with %s", (_what, change) => {
    expect(judge(talk([released(change)]), "use").allowed).toBe(false);
  });

  it("follows a deny that nobody can make, however it reaches", () => {
    for (const to of [EVERYONE, { kind: "team", id: mine } as const, { kind: "person", id: me } as const])
      expect(judge(talk([released(), released({ effect: "deny", to, upTo: null })]), "use").because[0]?.rule).toBe(
        "deny",
      );
  });
});

describe("judging other things", () => {
  it("counts, of a secret, what its owner shared alone: no row says whose it is", () => {
    const facts = (by: Share["by"], effect: Share["effect"] = "allow") =>
      factsOf([share({ object: SECRET, by, effect })], { object: { ...SECRET, ownerId: owner, ownerState: "active" } });
    expect(judge(facts(owner), "use").allowed).toBe(true);
    expect(judge(facts(me), "use")).toMatchObject({ allowed: false, because: [{ rule: "nothing" }] });
    expect(judge(facts(me, "deny"), "use")).toMatchObject({ allowed: false, because: [{ rule: "nothing" }] });
  });

  it("knows a prompt like an agent, with all three rights", () => {
    const object = { ...PROMPT, ownerId: owner, ownerState: "active" };
    const all = factsOf([share({ object: PROMPT, rights: ["use", "edit", "delete"] })], { object });
    for (const right of ACCESS_RIGHTS) expect(judge(all, right).allowed).toBe(true);
    expect(judge(factsOf([share({ object: PROMPT, upTo: UP_TO })], { object }), "use").allowed).toBe(false);
  });

  it("refuses what is of no kind that can be shared", () => {
    const file = { type: "file", id: agent } as unknown as SharedObject;
    const facts = factsOf([share({ object: file })], { object: { ...file, ownerId: owner, ownerState: "active" } });
    expect(judge(facts, "use").allowed).toBe(false);
  });

  it("lets nobody use what is of somebody who is invited, suspended or gone, and says that it waits", () => {
    for (const object of OBJECTS)
      for (const ownerState of ["invited", "suspended", "left", "nonsense", ""]) {
        const given = share({ object, upTo: object.type === "conversation" ? UP_TO : null });
        const facts = factsOf([given], { object: { ...object, ownerId: owner, ownerState } });
        expect(judge(facts, "use")).toMatchObject({ allowed: false, because: [{ rule: "state" }] });
        const active = factsOf([given], { object: { ...object, ownerId: owner, ownerState: "active" } });
        expect(judge(active, "use").allowed).toBe(true);
      }
  });
});

describe("for any people, teams, things and shares", () => {
  /** The specification again, in other words: the kind of thing says which shares there are. */
  const means = ({ object, ...given }: AccessFacts, one: Share): boolean =>
    one.object.type === object.type &&
    one.object.id === object.id &&
    (object.type === "conversation"
      ? one.effect === "deny" || (one.to.kind === "person" && one.upTo !== null && one.rights.join() === "use")
      : one.upTo === null && (object.type !== "secret" || one.by === object.ownerId)) &&
    (one.to.kind === "everyone" ||
      (one.to.kind === "person" ? one.to.id === given.person.id : given.teams.includes(one.to.id)));
  const relevant = (given: AccessFacts, effect: Share["effect"], right: AccessRight): boolean =>
    given.shares.some((one) => one.effect === effect && one.rights.includes(right) && means(given, one));

  it("says what the specification of each right says", () => {
    const seen = { allowed: 0, refused: 0 };
    fc.assert(
      fc.property(facts, rights, (given, right) => {
        const all: readonly AccessRight[] = ["use", right];
        const expected =
          given.person.state === "active" &&
          (given.person.id === given.object.ownerId ||
            (given.object.ownerState === "active" &&
              (given.object.type !== "conversation" || right === "use") &&
              all.every((one) => relevant(given, "allow", one) && !relevant(given, "deny", one))));
        seen[expected ? "allowed" : "refused"] += 1;
        expect(judge(given, right).allowed).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(seen.allowed, seen.refused)).toBeGreaterThan(100);
  });

  it("one more allow never takes anything away, one more deny never gives anything", () => {
    fc.assert(
      fc.property(facts, shares, rights, (given, more, right) => {
        const before = judge(given, right).allowed;
        const allows = more.map((one) => share({ ...one, effect: "allow" }));
        const denies = more.map((one) => share({ ...one, effect: "deny" }));
        if (before) expect(judge({ ...given, shares: [...given.shares, ...allows] }, right).allowed).toBe(true);
        if (!before) expect(judge({ ...given, shares: [...given.shares, ...denies] }, right).allowed).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("a deny that reaches somebody wins over any allows, except over the owner", () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(EVERYONE, "person" as const), rights, (given, to, right) => {
        const against = deny({
          object: given.object,
          to: to === "person" ? { kind: "person", id: given.person.id } : to,
          rights: ["use"],
        });
        const answer = judge({ ...given, shares: [...given.shares, against] }, right);
        expect(answer.allowed).toBe(given.person.state === "active" && given.person.id === given.object.ownerId);
      }),
    );
  });

  it("nobody who is invited, suspended or gone may anything", () => {
    fc.assert(
      fc.property(
        facts,
        fc.constantFrom("invited", "suspended", "left", "nonsense", ""),
        rights,
        (given, state, right) => {
          const answer = judge({ ...given, person: { ...given.person, state } }, right);
          expect([answer.allowed, answer.because[0]?.rule]).toEqual([false, "state"]);
        },
      ),
    );
  });

  it("the order of shares and teams and the role change nothing", () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...ROLES, "nonsense"), rights, (given, role, right) => {
        const turned: AccessFacts = {
          ...given,
          person: { ...given.person, role },
          teams: given.teams.toReversed(),
          shares: given.shares.toReversed(),
        };
        expect(judge(turned, right)).toEqual(judge(given, right));
      }),
    );
  });

  it("shares of another object change nothing", () => {
    fc.assert(
      fc.property(facts, shares, rights, (given, more, right) => {
        const others = more.map((one) => share({ ...one, object: { type: "agent", id: another } }));
        if (given.object.id === another) return;
        expect(judge({ ...given, shares: [...given.shares, ...others] }, right)).toEqual(judge(given, right));
      }),
    );
  });
});

describe("unplug", () => {
  const without = (rule: (typeof ACCESS_RULES)[number]) => judgeBy(ACCESS_RULES.filter((each) => each !== rule));

  it("without the rule about denies, a person who was shut out comes in with a share to everyone", () => {
    const attack = factsOf([share({ to: EVERYONE }), deny()]);
    expect(judge(attack, "use").allowed).toBe(false);
    expect(without(denyWins)(attack, "use").allowed).toBe(true);
  });

  it("without the rule about states, somebody who was suspended goes on", () => {
    const attack = factsOf([share()], { person: { id: me, role: "member", state: "suspended" } });
    expect(judge(attack, "use").allowed).toBe(false);
    expect(without(onlyActive)(attack, "use").allowed).toBe(true);
  });

  it("without the rule about owners' states, what a suspended person shared goes on being used", () => {
    const attack = factsOf([share()], {
      object: { type: "agent", id: agent, ownerId: owner, ownerState: "suspended" },
    });
    expect(judge(attack, "use").allowed).toBe(false);
    expect(without(onlyOfActive)(attack, "use").allowed).toBe(true);
  });

  it("without the rule about conversations, a share that should not be there would be judged by others, and still refused", () => {
    const planted = share({ object: CONVERSATION, upTo: UP_TO, rights: ["use", "delete"] });
    const attack = factsOf([share({ object: CONVERSATION, upTo: UP_TO }), planted], {
      object: { ...CONVERSATION, ownerId: owner, ownerState: "active" },
    });
    expect(judge(attack, "delete").because[0]?.says).toContain("to be read");
    // Two walls: a share that says more than reading is none.
    expect(without(conversationsAreRead)(attack, "delete").allowed).toBe(false);
  });

  it("without the rule about owners, a deny locks the owner out", () => {
    const attack = factsOf([deny({ to: EVERYONE })], { person: { id: owner, role: "owner", state: "active" } });
    expect(judge(attack, "use").allowed).toBe(true);
    expect(without(ownerMay)(attack, "use").allowed).toBe(false);
  });

  it("with no rule at all, everything is refused", () => {
    expect(judgeBy([])(factsOf([share()]), "use").allowed).toBe(false);
  });
});
