import { done, err, moltbotError } from "@moltbot/contracts";
import type { IdentityPort } from "@moltbot/contracts";
import type { GuardPorts } from "@moltbot/core/guard";

/** At the machine's own terminal the owner is there; anywhere else only a fresh code of the same person, made at that terminal, says so. */
export const stepUpWith =
  (identity: Pick<IdentityPort, "prove">): GuardPorts["stepUp"] =>
  async (by, surface, proof) => {
    if (surface === "local") return done;
    if (proof === undefined) return err(moltbotError("STEP_UP_REQUIRED", { problem: "it came without one" }));
    const proven = await identity.prove(by, proof);
    return proven.ok ? done : err(moltbotError("STEP_UP_REQUIRED", { problem: proven.error.message }));
  };
