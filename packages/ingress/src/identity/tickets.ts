import { err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { Identified, IdentityPort, Instant } from "@moltbot/contracts";
import { SECRET_BYTES } from "./counter.ts";
import type { Counter } from "./counter.ts";

const LENGTH = 30_000;
/** Tickets of one credential that may be open at a time; further ones take the place of its oldest. */
const OPEN_OF_ONE = 16;
const MOST = 10_000;

interface Ticket {
  readonly who: Identified;
  readonly holder: string;
  readonly expiresAt: Instant;
}

/**
 * Tickets for streams and sockets, which cannot send a header: 32 random bytes, good once and for 30 seconds, in memory alone and
 * kept as a MAC. Whoever it was made for is asked after again when it is used.
 */
export const createTickets = (
  { crypto, clock, later, verifierOf, locked, refuse }: Counter,
  stillGood: IdentityPort["stillGood"],
): Pick<IdentityPort, "createTicket" | "byTicket"> => {
  const open = new Map<string, Ticket>();
  const makeRoom = (holder: string): void => {
    const now = clock.now();
    const own: string[] = [];
    for (const [key, ticket] of open) {
      if (ticket.expiresAt <= now) open.delete(key);
      else if (ticket.holder === holder) own.push(key);
    }
    const [oldest] = own.length >= OPEN_OF_ONE ? own : open.size >= MOST ? open.keys() : [];
    if (oldest !== undefined) open.delete(oldest);
  };
  return {
    async createTicket(who) {
      const holder = `${who.proof.kind} ${who.proof.id ?? ""}`;
      makeRoom(holder);
      const ticket = crypto.randomText(SECRET_BYTES);
      const expiresAt = later(LENGTH);
      open.set(verifierOf("ticket", ticket), { who, holder, expiresAt });
      return ok({ ticket, expiresAt });
    },
    async byTicket(text, address) {
      const verifier = verifierOf("ticket", text);
      const ticket = open.get(verifier);
      const invalid = moltbotError("TICKET_INVALID");
      // A lockout stops guesses: whoever holds a ticket showed who they are a moment ago.
      if (ticket === undefined) return locked(address, "ticket") ?? refuse(address, invalid, "ticket");
      // Gone before anything is awaited: two that come at once are not both the first.
      open.delete(verifier);
      if (millisecondsOf(clock.now()) >= millisecondsOf(ticket.expiresAt)) return err(invalid);
      const good = await stillGood(ticket.who);
      return good.ok ? ok(ticket.who) : good;
    },
  };
};
