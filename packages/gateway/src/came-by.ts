import type { Credential, Proof } from "@moltbot/contracts";

/** What somebody came by that is counted by itself; undefined: a session or this machine, where they are counted as a person alone. */
export const cameBy = (proof: Proof | undefined): Credential | undefined => {
  if (proof?.id === undefined || proof.id === null) return undefined;
  return proof.kind === "token" || proof.kind === "device" ? { kind: proof.kind, id: proof.id } : undefined;
};
