import { err, moltbotError, ok } from "@moltbot/contracts";
import type { IdentityPort, Instant, Person, Principal, Result } from "@moltbot/contracts";
import { MINUTE, SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";

const CODE_LENGTH = 10 * MINUTE;

/** A code as it is handed out once. */
interface Code {
  readonly code: string;
  readonly expiresAt: Instant;
}

export interface Links extends Pick<IdentityPort, "createSignInCode" | "prove"> {
  /**
   * The link with which somebody who was invited comes in for the first time; weak, good for as many hours. Whoever is in already
   * gets none: it would be a way to become them (PERSON_NOT_CHANGEABLE).
   */
  invite(person: Pick<Person, "id" | "state">, hours: number, by?: Principal): Promise<Result<Code>>;
  /**
   * A link for somebody who is in already and has lost every way in. Whoever holds it comes in as them: the caller makes sure that it
   * is the owner, at the machine itself. PERSON_NOT_CHANGEABLE for who is not active.
   */
  recover(person: Pick<Person, "id" | "state">, hours: number, by: Principal): Promise<Result<Code>>;
}

/** Wrong proofs are counted for the person they were given for, wherever they came from. */
const proofsOf = ({ id }: Principal): string => `person:${id}`;

/** One-time codes: to sign in with, and to prove with that one is there. */
export const createLinks = ({
  repository,
  crypto,
  clock,
  verifierOf,
  later,
  record,
  locked,
  refuse,
}: Counter): Links => {
  const make = async (
    principalId: Principal["id"],
    actor: string,
    strong: boolean,
    length: number,
  ): Promise<Result<Code>> => {
    const code = crypto.randomText(SECRET_BYTES);
    const expiresAt = later(length);
    const recorded = await record({
      event: "link:created",
      actor,
      fields: { expiresAt, strong, ...(actor === principalId ? {} : { principalId }) },
    });
    if (!recorded.ok) return recorded;
    const verifier = verifierOf("sign-in", code);
    const kept = await repository.createSignInLink({ verifier, principalId, strong, expiresAt, usedAt: null });
    return kept.ok ? ok({ code, expiresAt }) : kept;
  };
  return {
    createSignInCode: ({ id }, { strong }) => make(id, id, strong, CODE_LENGTH),

    async invite({ id, state }, hours, by) {
      if (state !== "invited")
        return err(moltbotError("PERSON_NOT_CHANGEABLE", { problem: "they have been in already, or left" }));
      return make(id, by?.id ?? "system", false, hours * 60 * MINUTE);
    },

    async recover({ id, state }, hours, by) {
      if (state !== "active")
        return err(moltbotError("PERSON_NOT_CHANGEABLE", { problem: "they are suspended, or left" }));
      return make(id, by.id, false, hours * 60 * MINUTE);
    },

    async prove(principal, code) {
      const counted = proofsOf(principal);
      const lock = locked(counted, "sign-in");
      if (lock !== undefined) return lock;
      // Whoever stole a token can have codes made with it: only one from the machine itself says more than the token does.
      const used = await repository.useSignInLink(verifierOf("sign-in", code), clock.now(), "strong");
      if (!used.ok) return used;
      // A code of somebody else is spent too: it was in the wrong hands.
      if (used.value?.id !== principal.id || used.value.tenantId !== principal.tenantId)
        return refuse(counted, moltbotError("SIGN_IN_LINK_INVALID"), "sign-in");
      return record({ event: "proof:accepted", actor: principal.id, fields: { principalId: principal.id } });
    },
  };
};
