import { err, moltbotError, ok } from "@moltbot/contracts";
import type { LogPort, MoltbotError, Result } from "@moltbot/contracts";
import type { UnlockAttempt } from "@moltbot/ingress/http";
import { openersOf } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import { openHouse } from "./open-house.ts";
import type { LockReason, OpenHouse } from "./open-house.ts";
import { openLockedDoor } from "./open-locked-door.ts";
import type { LockedDoor } from "./open-locked-door.ts";
import { openHomeVault, systemClock } from "./open-memory.ts";
import type { FittedStartWish, Gateway } from "./start-gateway.ts";
import { createUnlockAttempts } from "./unlock-attempts.ts";

/** `moving`: between two doors, for a moment nobody listens. */
export type ResidenceState = "open" | "locked" | "moving" | "closed";

type Place =
  | { readonly kind: "open"; readonly house: OpenHouse }
  | { readonly kind: "locked"; readonly door: LockedDoor }
  | { readonly kind: "moving" | "closed" };

const portOf = (url: string): number => Number(new URL(url).port);
const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

/** One address that is either an open house or a locked door, and goes from one to the other as often as it is asked to. */
export const createResidence = async (
  wish: FittedStartWish,
  log: LogPort & { setLevel(level: string): void },
  first: Vault | null,
): Promise<Result<Gateway>> => {
  const attempts = createUnlockAttempts(systemClock);
  const listeners: ((state: ResidenceState) => void)[] = [];
  let place: Place = { kind: "moving" };
  let port: number | null = null;
  let problem: MoltbotError | null = null;
  /** One move after the other; a close waits for the one under way. */
  let moves: Promise<unknown> = Promise.resolve();
  let fail: (error: MoltbotError) => void = () => undefined;
  const failed = new Promise<MoltbotError>((resolve) => {
    fail = resolve;
  });

  const arrive = (next: Place): void => {
    place = next;
    for (const hear of listeners) hear(next.kind);
  };
  const move = <T>(step: () => Promise<Result<T>>): Promise<Result<T>> => {
    const mine = moves.then(step);
    moves = mine.catch((cause: unknown) => {
      log.error("the house could neither be opened nor locked", { problem: String(cause) });
      fail(moltbotError("INTERNAL", { traceId: "none" }));
    });
    return mine;
  };
  /** After what is being answered is answered. */
  const soon = (step: () => Promise<Result<void>>): void =>
    void setImmediate(() => void move(step).catch(() => undefined)); // `move` has told of it

  const enter = async (
    vault: Vault,
    unlocked: { readonly by: string; readonly wrongAttempts: number } | null,
  ): Promise<Result<OpenHouse>> => {
    const house = await openHouse({
      start: wish,
      log,
      vault,
      attempts,
      port,
      unlocked,
      lock: (reason) => soon(() => lockNow(reason)),
    });
    if (!house.ok) return house;
    port = portOf(house.value.url);
    arrive({ kind: "open", house: house.value });
    return house;
  };

  const closeDoor = async (): Promise<Result<LockedDoor>> => {
    const door = await openLockedDoor({
      home: wish.home,
      settings: wish.settings,
      log,
      port,
      problem: () => problem,
      unlock: unlockAtDoor,
    });
    if (!door.ok) {
      fail(door.error);
      return door;
    }
    port = portOf(door.value.url);
    arrive({ kind: "locked", door: door.value });
    return door;
  };

  const lockNow = async (reason: LockReason): Promise<Result<void>> => {
    if (place.kind !== "open") return ok(undefined);
    const { house } = place;
    if (reason === "idle") {
      // Without a record nothing is done, and the vault stays open: the next look tries again.
      const said = await house.sayLocked(reason);
      if (!said.ok) return said;
    }
    arrive({ kind: "moving" });
    log.info("the vault is being locked", { reason });
    await house.close(0);
    problem = null;
    const door = await closeDoor();
    return door.ok ? ok(undefined) : door;
  };

  /** From the locked door into the house; back to the door when the house does not open. */
  const moveIn = async (vault: Vault, wrongAttempts: number): Promise<Result<void>> => {
    if (place.kind !== "locked") {
      await vault.close();
      return ok(undefined);
    }
    const { door } = place;
    arrive({ kind: "moving" });
    await door.close();
    const house = await enter(vault, { by: vault.openedBy, wrongAttempts });
    if (house.ok) return ok(undefined);
    problem = house.error;
    log.error("the vault was unlocked, and the house does not open", { code: house.error.code });
    const back = await closeDoor();
    return back.ok ? house : back;
  };

  /** The vault that somebody's words open. Without words only somebody at the machine may ask its key file or keychain. */
  const open = async (attempt: UnlockAttempt, local: boolean): Promise<Result<Vault>> => {
    const { passphrase = null, recoveryCode = null } = attempt;
    if (passphrase !== null && recoveryCode !== null)
      return err(
        moltbotError("REQUEST_INVALID", { path: "the body", problem: "it brings a passphrase and a recovery code" }),
      );
    if (passphrase === null && recoveryCode === null) {
      const openers = await openersOf(wish.home.vault);
      if (!openers.ok) return openers;
      const opensAlone = openers.value.includes("key-file") || openers.value.includes("keychain");
      if (!opensAlone) return locked("it is sealed by a passphrase and none was given");
      if (!local) return locked("it is sealed by what this machine keeps; run `./moltbot unlock` there");
    }
    if (passphrase !== null && !local) {
      const openers = await openersOf(wish.home.vault);
      if (!openers.ok) return openers;
      // The vault's own answer names the key file, and where this machine's files lie is nothing for a stranger.
      if (openers.value.length > 0 && !openers.value.includes("passphrase"))
        return locked("it is not sealed by a passphrase");
    }
    return openHomeVault(wish.home, { passphrase, recoveryCode });
  };

  let isOpening = false;
  /** One vault is open at a time: a second one would read files that the first may be writing. It is taken before the next attempt may begin. */
  const openOnce = (attempt: UnlockAttempt, local: boolean): Promise<Result<Vault>> =>
    attempts.guarded(local ? "local" : "remote", async () => {
      if (isOpening) return locked("it is being opened");
      const vault = await open(attempt, local);
      if (vault.ok) isOpening = true;
      return vault;
    });
  const moveInOnce = (vault: Vault, wrong: number): ReturnType<typeof moveIn> =>
    moveIn(vault, wrong).finally(() => {
      isOpening = false;
    });
  const unlockAtDoor = async (attempt: UnlockAttempt, local: boolean): Promise<Result<void>> => {
    if (isOpening) return locked("it is being opened");
    const wrong = attempts.wrong();
    const vault = await openOnce(attempt, local);
    if (!vault.ok) return vault;
    soon(() => moveInOnce(vault.value, wrong));
    return ok(undefined);
  };

  const started = first === null ? await closeDoor() : await enter(first, null);
  if (!started.ok) return started;
  const { url } = started.value;
  const house = first === null ? null : (started.value as OpenHouse); // a vault was there, so it was the house that started

  return ok({
    url,
    get sealedBy() {
      return place.kind === "open" ? place.house.sealedBy : "locked";
    },
    model: house?.model ?? null,
    stoppedSince: house?.stoppedSince ?? null,
    auditHead: () => (place.kind === "open" ? place.house.auditHead() : null),
    failed,
    state: () => place.kind,
    onState: (hear) => void listeners.push(hear),
    signInLink: async () => (place.kind === "open" ? place.house.signInLink() : locked("nobody can sign in")),
    lock: async (reason) =>
      move(async () => {
        if (reason === "person" && place.kind === "open") {
          const said = await place.house.sayLocked(reason);
          if (!said.ok) return said;
        }
        return lockNow(reason);
      }),
    unlock: async (attempt) => {
      const wrong = attempts.wrong();
      const vault = await openOnce(attempt, true);
      return vault.ok ? move(() => moveInOnce(vault.value, wrong)) : vault;
    },
    close: async () => {
      await moves.catch(() => undefined);
      const last = place;
      place = { kind: "closed" };
      if (last.kind === "open") await last.house.close(wish.settings.current().gateway.drainSeconds * 1000);
      if (last.kind === "locked") await last.door.close();
    },
  });
};
