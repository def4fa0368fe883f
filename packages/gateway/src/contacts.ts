import { ContactId, canonicalAddress } from "@moltbot/contracts";
import type { AccessScope, AuditPort, ClockPort, Contact, IdPort, Repositories, Result } from "@moltbot/contracts";

interface ContactPorts {
  readonly audit: Pick<AuditPort, "record">;
  readonly store: Pick<Repositories, "contacts">;
  readonly ids: IdPort;
  readonly clock: Pick<ClockPort, "now">;
}

/** Puts an address into its owner's directory, recorded first; whoever asks for it has the owner's word for it. */
export const confirmContact = async (
  { audit, store, ids, clock }: ContactPorts,
  scope: AccessScope,
  { kind, name, address }: Pick<Contact, "kind" | "name" | "address">,
): Promise<Result<Contact>> => {
  const contact: Contact = {
    id: ids.next(ContactId),
    ownerId: scope.principalId,
    kind,
    name: name.trim(),
    address: canonicalAddress(address),
    confirmedAt: clock.now(),
  };
  const recorded = await audit.record({
    event: "contact:confirmed",
    actor: scope.principalId,
    fields: { kind },
    details: { name: contact.name, address: contact.address },
    subject: `person:${scope.principalId}`,
  });
  return recorded.ok ? store.contacts.create(scope, contact) : recorded;
};

/** Those whose name or address holds what is looked for, upper and lower case being one. */
export const matchingContacts = (contacts: readonly Contact[], query: string): readonly Contact[] => {
  const wanted = query.trim().toLowerCase();
  return contacts.filter(({ name, address }) => [name, address].some((text) => text.toLowerCase().includes(wanted)));
};
