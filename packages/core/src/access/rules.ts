import type { AccessAnswer, AccessFacts, AccessRight, Share } from "@moltbot/contracts";

/** One rule about who may: an answer where it decides, null where the next one does. */
export type AccessRule = (facts: AccessFacts, right: AccessRight) => AccessAnswer | null;
type Because = AccessAnswer["because"][number];

const answer = (allowed: boolean, because: readonly Because[]): AccessAnswer =>
  Object.freeze({ allowed, because: Object.freeze(because) });

/** What one may not use one may neither edit nor delete. */
const needed = (right: AccessRight): readonly AccessRight[] => (right === "use" ? ["use"] : ["use", right]);

const reaches = ({ to }: Share, { person, teams }: AccessFacts): boolean => {
  switch (to.kind) {
    case "person":
      return to.id === person.id;
    case "team":
      return teams.includes(to.id);
    case "everyone":
      return true;
    default:
      return false;
  }
};

/** Whether things of this kind are shared in this way at all: a conversation with a person, to be read, as far as a message. */
const counts = ({ to, effect, rights, upTo, by }: Share, { object }: AccessFacts): boolean => {
  switch (object.type) {
    case "agent":
    case "prompt":
      return upTo === null;
    case "secret":
      // No row says whose a secret is: what anybody else wrote about it is nothing.
      return upTo === null && by === object.ownerId;
    case "conversation":
      return effect === "deny" || (to.kind === "person" && upTo !== null && rights.every((right) => right === "use"));
    default:
      return false;
  }
};

/** The shares of this effect that are about the object, reach the person and name one of the rights; by id, so that their order does not matter. */
const reaching = (facts: AccessFacts, effect: Share["effect"], rights: readonly AccessRight[]): readonly Share[] =>
  facts.shares
    .filter(
      (share) =>
        share.effect === effect &&
        share.object.type === facts.object.type &&
        share.object.id === facts.object.id &&
        counts(share, facts) &&
        share.rights.some((right) => rights.includes(right)) &&
        reaches(share, facts),
    )
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));

const TO: Readonly<Record<Share["to"]["kind"], string>> = {
  person: "this person",
  team: "a team that this person is in",
  everyone: "everyone in the house",
};

/** Whoever is not active may nothing, not even with what is theirs. */
export const onlyActive: AccessRule = ({ person }) =>
  person.state === "active"
    ? null
    : answer(false, [{ rule: "state", says: `Only who is active may anything; this person is not.`, shareId: null }]);

/** The owner of a thing always may: nobody locks them out of it. */
export const ownerMay: AccessRule = ({ person, object }, right) =>
  person.id === object.ownerId
    ? answer(true, [{ rule: "owner", says: `It is theirs, so they may ${right} it.`, shareId: null }])
    : null;

/** What is a suspended person's is nobody else's to use, until they are let in again. */
export const onlyOfActive: AccessRule = ({ object }) =>
  object.ownerState === "active"
    ? null
    : answer(false, [
        { rule: "state", says: "Its owner is not active: what is theirs waits for them.", shareId: null },
      ]);

/** A conversation that is shared is read, and no more: nobody else writes in it, changes it or removes it. */
export const conversationsAreRead: AccessRule = ({ object }, right) =>
  object.type === "conversation" && right !== "use"
    ? answer(false, [
        {
          rule: "nothing",
          says: `A conversation is shared to be read; to ${right} it is its owner's alone.`,
          shareId: null,
        },
      ])
    : null;

/** A deny wins over every allow, however it reaches the person. */
export const denyWins: AccessRule = (facts, right) => {
  const denies = reaching(facts, "deny", needed(right));
  if (denies.length === 0) return null;
  return answer(
    false,
    denies.map(({ id, to, rights }) => ({
      rule: "deny",
      says: `Its owner keeps it from ${TO[to.kind]}: ${rights.join(", ")}. A deny wins over every share.`,
      shareId: id,
    })),
  );
};

/** Shares give what they name, together. */
export const sharesGive: AccessRule = (facts, right) => {
  const rights = needed(right);
  const allows = reaching(facts, "allow", rights);
  if (!rights.every((one) => allows.some((share) => share.rights.includes(one)))) return null;
  return answer(
    true,
    allows.map(({ id, to, rights: named }) => ({
      rule: "share",
      says: `Its owner shares it with ${TO[to.kind]}: ${named.join(", ")}.`,
      shareId: id,
    })),
  );
};

/** What nobody said is refused. */
export const nothingSaid = (right: AccessRight): AccessAnswer =>
  answer(false, [
    {
      rule: "nothing",
      says:
        right === "use"
          ? "Nobody shared it with this person. Its owner can: shares set."
          : `No share lets this person use and ${right} it. Its owner can: shares set.`,
      shareId: null,
    },
  ]);
