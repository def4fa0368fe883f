import type { Proof, RoleCover } from "@moltbot/contracts";

/** What a proof says of its person's own role: nothing where they have none. */
export const narrowedBy = (covers: RoleCover["roleCovers"]): Pick<Proof, "roleCovers"> =>
  covers === null ? {} : { roleCovers: Object.freeze([...covers]) };

/** Whether two proofs are narrowed alike. Having no own role is unlike every role, also one that covers everything. */
export const coverAlike = (one: Proof["roleCovers"], other: Proof["roleCovers"]): boolean =>
  one === undefined || other === undefined
    ? one === other
    : one.length === other.length && one.every((pattern, index) => pattern === other[index]);
