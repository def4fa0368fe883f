import type { OwnConfigurationReport, Result } from "@moltbot/contracts";
import type { OwnConfigurationWish } from "./own/wish.ts";

/**
 * Tries the attacks that ship with the product against a copy of an owner's configuration in a temporary home; see own/drill-own.ts,
 * which is loaded only now, because a gateway that nobody drills has no use for it.
 */
export const drillOwnConfiguration = async (wish: OwnConfigurationWish): Promise<Result<OwnConfigurationReport>> =>
  (await import("./own/drill-own.ts")).drillOwn(wish);
