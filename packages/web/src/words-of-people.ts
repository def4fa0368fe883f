/** What the pages about people, sharing and sign-ins say. */
import type {
  AccessRight,
  Grantee,
  OwnRole,
  Person,
  PersonState,
  PrincipalId,
  Prompt,
  Role,
  Share,
  SharedObject,
  Team,
} from "@moltbot/contracts";
import { neutralText } from "./text/neutralise.ts";
import { listText } from "./words-of-keeping.ts";
import { momentText } from "./words.ts";

export const ROLE_WORDS: Readonly<Record<Role, { readonly name: string; readonly says: string }>> = {
  viewer: { name: "Viewer", says: "Reads what is shared with them, and starts nothing." },
  member: { name: "Member", says: "Has agents and conversations of their own." },
  admin: { name: "Admin", says: "Keeps the house as well: invites people, makes teams, can stop everything." },
  owner: { name: "Owner", says: "Decides about keys, policy and who the owner is. There is one." },
};

export const STATE_WORDS: Readonly<Record<PersonState, string>> = {
  invited: "invited",
  active: "here",
  suspended: "suspended",
  left: "left",
};

/** What the rights are called, as something that somebody may. */
const RIGHT_WORDS: Readonly<Record<SharedObject["type"], Readonly<Record<AccessRight, string>>>> = {
  agent: { use: "talk to it", edit: "change it", delete: "remove it" },
  prompt: { use: "use it", edit: "change it", delete: "remove it" },
  secret: { use: "use it unseen", edit: "replace its value", delete: "remove it" },
  conversation: { use: "read it", edit: "change it", delete: "remove it" },
};

/** What somebody may do with something that is shared: “talk to it and change it”. */
export const rightsText = (rights: readonly AccessRight[], type: SharedObject["type"] = "agent"): string =>
  listText(rights.map((right) => RIGHT_WORDS[type][right]));

/** The role of a person as it is called here: one of the house's own by its name. */
export const roleText = ({ role, ownRole }: Pick<Person, "role" | "ownRole">, own: readonly OwnRole[]): string => {
  const known = ownRole === null ? undefined : own.find(({ id }) => id === ownRole);
  return known === undefined ? ROLE_WORDS[role].name : neutralText(known.name);
};

/** Those a page can name. */
export interface Known {
  readonly people: readonly Person[];
  readonly teams: readonly Team[];
}

/** A person by name; `me` is “you”. */
export const nameText = (id: PrincipalId, people: readonly Person[], me: PrincipalId | null): string =>
  id === me ? "you" : neutralText(people.find((one) => one.id === id)?.name ?? "somebody who is not here any more");

/** Whose words a prompt is made of, and whether they count as those of `me`. */
export const promptWords = (
  { ownerId, writtenBy }: Pick<Prompt, "ownerId" | "writtenBy">,
  people: readonly Person[],
  me: PrincipalId | null,
): { readonly own: boolean; readonly says: string } =>
  writtenBy === null
    ? { own: false, says: "written by a program that passes on what others wrote" }
    : ownerId === me && writtenBy === me
      ? { own: true, says: "your words" }
      : { own: false, says: `words of ${nameText(writtenBy, people, me)}` };

/** Words as the beginning of a sentence. */
export const startText = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Whom a share is for: “Anna”, “the team Kitchen”, “everyone in the house”. */
export const granteeText = (to: Grantee, { people, teams }: Known): string => {
  switch (to.kind) {
    case "person":
      return nameText(to.id, people, null);
    case "team":
      return `the team ${neutralText(teams.find((one) => one.id === to.id)?.name ?? "that is gone")}`;
    case "everyone":
      return "everyone in the house";
  }
};

/** Whom something of one's own is for, in a few words: “Private”, “Shared with Anna and the team Kitchen”. */
export const sharingText = (shares: readonly Share[], known: Known): string => {
  const allowed = shares.filter(({ effect }) => effect === "allow");
  if (allowed.length === 0) return "Private: for you alone";
  const everyone = allowed.some(({ to }) => to.kind === "everyone");
  const whom = everyone ? "everyone in the house" : listText(allowed.map(({ to }) => granteeText(to, known)));
  const kept = shares.some(({ effect }) => effect === "deny");
  return `Shared with ${whom}${kept ? ", kept from some" : ""}`;
};

/** What a token is for: “whatever its role may”, or the operations by name. */
export const scopesText = (scopes: readonly string[] | null): string =>
  scopes === null ? "whatever its role may" : `only ${scopes.map(neutralText).join(", ")}`;

/** The letters that stand for somebody beside their name. */
export const initialsOf = (name: string): string => {
  const words = neutralText(name).trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => {
    const first = word?.codePointAt(0);
    return first === undefined ? "" : String.fromCodePoint(first);
  });
  return letters.join("").toUpperCase();
};

/** Whether an address leads nowhere but to the machine it is opened on. */
export const leadsHereAlone = (address: string): boolean => {
  const host = URL.canParse(address) ? new URL(address).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
};

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
/** The time of day of today, otherwise the day, with its year when it is not this one. */
export const whenText = (instant: string, now: number): string => {
  const at = new Date(instant);
  const today = new Date(now);
  if (at.toDateString() === today.toDateString()) return momentText(instant, now);
  return (at.getFullYear() === today.getFullYear() ? day : dayOfYear).format(at);
};
