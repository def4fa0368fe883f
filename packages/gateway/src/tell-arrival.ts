import type { EventBus, LogPort, Principal, Repositories } from "@moltbot/contracts";
import { houseScope, peopleOf } from "./keep-house.ts";

interface Telling {
  readonly store: Pick<Repositories, "people">;
  readonly events: Pick<EventBus, "publish">;
  readonly log: LogPort;
}

/** Tells everybody in the house that somebody who was invited has come. They are in all the same where nobody can be told. */
export const tellArrival = async ({ store, events, log }: Telling, arrived: Principal): Promise<void> => {
  const found = await store.people.find(houseScope(arrived), arrived.id);
  if (!found.ok) return log.warn("nobody could be told who came", { code: found.error.code });
  const audience = await peopleOf(store, arrived, "everybody");
  events.publish("person:changed", { tenantId: arrived.tenantId, audience }, { person: found.value });
};
