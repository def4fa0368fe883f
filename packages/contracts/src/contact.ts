import { z } from "zod";
import { ContactId, Instant, PrincipalId } from "./ids.ts";

export const CONTACT_KINDS = ["person", "channel", "calendar"] as const;

/** An entry of a trusted directory: an address that its owner confirmed to be whom the name says. */
export const Contact = z.strictObject({
  id: ContactId,
  ownerId: PrincipalId,
  kind: z.enum(CONTACT_KINDS),
  /** A name that is an address itself would stand for another one. */
  name: z
    .string()
    .trim()
    .min(2)
    .max(120)
    .regex(/^[^@\p{C}\p{Default_Ignorable_Code_Point}]*$/u, "a name holds no address and no hidden characters")
    .regex(/^(?!.*[:/]{2})(?!\S*\.\S{2,}$)/u, "a name is no link"),
  /** Canonical: without spaces around it, the host of a mail address in lower case. */
  address: z.string().trim().min(2).max(320),
  confirmedAt: Instant,
});
export type Contact = Readonly<z.infer<typeof Contact>>;

/** What somebody asks to confirm. */
export const ContactWish = Contact.pick({ kind: true, name: true, address: true }).extend({
  kind: z.enum(CONTACT_KINDS).default("person"),
});
export type ContactWish = z.infer<typeof ContactWish>;

/** An address in the one form in which it is compared. */
export const canonicalAddress = (address: string): string => {
  const text = address.trim();
  const at = text.lastIndexOf("@");
  return at <= 0 ? text : `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
};
