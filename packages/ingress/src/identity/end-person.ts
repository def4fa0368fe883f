import { done } from "@moltbot/contracts";
import type { Principal, PrincipalId, Result } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";

export interface PersonEnd {
  /**
   * Ends every session, token, device, link and pairing code of somebody of the same tenant, at once. What can be ended is, also
   * where something else fails or cannot be recorded; the first failure is returned.
   */
  endPerson(by: Principal, person: PrincipalId): Promise<Result<void>>;
  /** Forgets what was remembered of somebody, so that another role or state is seen with the next request. */
  forgetPerson(person: PrincipalId): void;
  /** Forgets what was remembered of anybody: for a change of which nobody can say whom it touches. */
  forgetEverybody(): void;
}

export const createPersonEnd = ({ repository, devices, clock, cache, record }: Counter): PersonEnd => ({
  forgetPerson: (person) => cache.forgetPerson(person),
  forgetEverybody: () => cache.forgetEverybody(),
  async endPerson(by, person) {
    const scope = { tenantId: by.tenantId, principalId: by.id, reach: "tenant" } as const;
    const at = clock.now();
    const credentials = await repository.endAll(scope, person, at);
    const paired = await devices.revokeAll(scope, person, at);
    cache.forgetPerson(person);
    const recorded = await record({
      event: "person:ended",
      actor: by.id,
      fields: {
        principalId: person,
        credentials: credentials.ok ? credentials.value.length : -1,
        devices: paired.ok ? paired.value.length : -1,
      },
    });
    if (!credentials.ok) return credentials;
    if (!paired.ok) return paired;
    return recorded.ok ? done : recorded;
  },
});
