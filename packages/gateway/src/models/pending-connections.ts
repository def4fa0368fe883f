import type { PrincipalId } from "@moltbot/contracts";

const MOST_PER_PERSON = 5;

/** One that was begun and waits for its code. */
export interface PendingConnection {
  readonly by: PrincipalId;
  /** Known to nobody else (RFC 7636). */
  readonly verifier: string;
  /** What the key will be called in the vault. */
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly begun: number;
}

/** Connections under way, in memory alone: a restart forgets them. */
export interface PendingConnections {
  /** Remembers one; a person's oldest makes room when there are too many. */
  add(state: string, connection: PendingConnection): void;
  /** Takes one out for good; null, and nothing taken, when it is not this person's or is too old. */
  take(state: string, by: PrincipalId, now: number): PendingConnection | null;
}

export const createPendingConnections = (lifetime: number): PendingConnections => {
  const pending = new Map<string, PendingConnection>();
  const forgetOld = (now: number): void => {
    for (const [state, { begun }] of pending) if (now - begun >= lifetime) pending.delete(state);
  };
  const makeRoom = (by: PrincipalId): void => {
    const theirs = [...pending].filter(([, connection]) => connection.by === by);
    for (const [state] of theirs.slice(0, Math.max(0, theirs.length - MOST_PER_PERSON + 1))) pending.delete(state);
  };
  return {
    add: (state, connection) => {
      forgetOld(connection.begun);
      makeRoom(connection.by);
      pending.set(state, connection);
    },
    take: (state, by, now) => {
      forgetOld(now);
      const connection = pending.get(state);
      // Somebody else's try must not use it up.
      if (connection === undefined || connection.by !== by) return null;
      pending.delete(state);
      return connection;
    },
  };
};
