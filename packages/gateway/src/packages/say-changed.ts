import type { PackageKind, Principal } from "@moltbot/contracts";
import { peopleOf } from "../keep-house.ts";
import type { PackageParts } from "./ports.ts";

/** Tells everybody in the house that something of a package changed. */
export const sayChanged = async (
  { house }: Pick<PackageParts, "house">,
  by: Pick<Principal, "id" | "tenantId">,
  kind: PackageKind,
  name: string,
): Promise<void> => {
  const audience = await peopleOf(house.store, by, "everybody");
  house.events.publish("package:changed", { tenantId: by.tenantId, audience }, { kind, name });
};
