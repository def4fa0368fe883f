import type { PackageKind, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { OF_SYSTEM } from "./subjects.ts";

const PURPOSE = "package name";

/** By which a package is found, and what a plugin keeps, without its name lying there. */
export const packageMac = (sealer: ContentSealer, kind: PackageKind, name: string): Result<string> => {
  // A house that never installed anything may not have sealed anything either.
  const ready = sealer.prepare(OF_SYSTEM);
  return ready.ok ? sealer.mac(OF_SYSTEM, PURPOSE, JSON.stringify([kind, name])) : ready;
};
