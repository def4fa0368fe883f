import { err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";

/** Attempts that cost nothing but their own time; a person mistypes. */
const FREE = 5;
const LONGEST_WAIT = 3_600;

/** Where an attempt came from: strangers' wrong ones must not keep the owner at the machine waiting. */
export type AttemptPlace = "local" | "remote";

/** Counts what is tried to open the vault with. */
export interface UnlockAttempts {
  /**
   * Runs one attempt, one at a time. After five wrong ones in a row each further one has to wait twice as long as the one before,
   * from two seconds to an hour: VAULT_UNLOCK_LIMITED. A right one forgets them.
   */
  guarded<T>(place: AttemptPlace, attempt: () => Promise<Result<T>>): Promise<Result<T>>;
  /** Wrong ones since the last right one. */
  wrong(): number;
}

const limited = (seconds: number): Result<never> =>
  err(moltbotError("VAULT_UNLOCK_LIMITED", { seconds, retryAfter: seconds }));

/** Only a wrong word counts: a key file that is missing tells nobody anything. */
const COUNTED: ReadonlySet<string> = new Set(["VAULT_PASSPHRASE_WRONG", "VAULT_RECOVERY_CODE_WRONG"]);

export const createUnlockAttempts = (clock: Pick<ClockPort, "monotonic">): UnlockAttempts => {
  const wrong: Record<AttemptPlace, number> = { local: 0, remote: 0 };
  const notBefore: Record<AttemptPlace, number> = { local: 0, remote: 0 };
  let isBusy = false;

  return {
    wrong: () => wrong.local + wrong.remote,
    guarded: async (place, attempt) => {
      const wait = notBefore[place] - clock.monotonic();
      if (wait > 0) return limited(Math.ceil(wait / 1000));
      // Each try takes 64 MiB for a moment: many at once would be a way to fill the machine.
      if (isBusy) return limited(1);
      isBusy = true;
      try {
        const result = await attempt();
        if (result.ok) {
          wrong.local = 0;
          wrong.remote = 0;
        } else if (COUNTED.has(result.error.code)) {
          wrong[place] += 1;
          const seconds = Math.min(2 ** (wrong[place] - FREE + 1), LONGEST_WAIT);
          if (wrong[place] >= FREE) notBefore[place] = clock.monotonic() + seconds * 1000;
        }
        return result;
      } finally {
        isBusy = false;
      }
    },
  };
};
