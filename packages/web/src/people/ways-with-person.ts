import type { Person, Principal, Role } from "@moltbot/contracts";

/** What somebody may do with another person; the gateway decides, this is what the page offers. */
export interface Ways {
  /** The roles they may be given; empty: none. */
  readonly roles: readonly Role[];
  readonly suspend: boolean;
  readonly restore: boolean;
  readonly remove: boolean;
  /** Whether the house may be handed on to them. */
  readonly handOn: boolean;
  /** Why nothing may be done, where that needs saying. */
  readonly why: string | null;
}

type Me = Pick<Principal, "id" | "role">;

const no = (why: string | null): Ways => ({
  roles: [],
  suspend: false,
  restore: false,
  remove: false,
  handOn: false,
  why,
});

/** The roles that somebody may give: never the owner's, never one that they do not manage. */
export const rolesToGive = ({ role }: Pick<Principal, "role">): readonly Role[] =>
  role === "owner" ? ["viewer", "member", "admin"] : role === "admin" ? ["viewer", "member"] : [];

/** What `me` may do with a person. */
export const waysWith = (me: Me, person: Person): Ways => {
  const roles = rolesToGive(me);
  if (roles.length === 0 || person.state === "left") return no(null);
  if (person.id === me.id) return no("Nobody changes their own role or state.");
  if (person.role === "owner") return no("There is one owner, who alone hands the house on.");
  if (!roles.includes(person.role)) return no("Only the owner changes an admin.");
  return {
    roles,
    suspend: person.state === "active",
    restore: person.state === "suspended",
    remove: true,
    handOn: me.role === "owner" && person.state === "active",
    why: null,
  };
};
