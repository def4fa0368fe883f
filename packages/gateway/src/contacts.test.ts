import { ContactId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { confirmContact, matchingContacts } from "./contacts.ts";
import { canaryOperations } from "./operations/canaries.ts";
import { contactOperations } from "./operations/contacts.ts";
import type { OperationPorts } from "./operations/ports.ts";
import { OWNER, SYSTEM, fakeHouse, idOf } from "./operations/testing/fake-house.ts";

const context = { principal: OWNER, traceId: "t", surface: "local" as const, signal: new AbortController().signal };

const directory = () => {
  const fake = fakeHouse();
  return { ...fake, operations: contactOperations({ house: fake.house } as OperationPorts) }; // only the house is reached
};
const ADA = { kind: "person", name: " Ada Lovelace ", address: " Ada@Example.ORG " } as const;

describe("the directory", () => {
  it("records a confirmation, its words encrypted, and keeps the address in its one form", async () => {
    const { operations, contacts, recorded } = directory();
    const added = await operations["contacts.add"](context, ADA);
    expect(added).toMatchObject({
      ok: true,
      value: { name: "Ada Lovelace", address: "Ada@example.org", kind: "person" },
    });
    expect(contacts).toMatchObject([{ ownerId: OWNER.id }]);
    expect(recorded).toEqual([
      {
        event: "contact:confirmed",
        actor: OWNER.id,
        fields: { kind: "person" },
        details: { name: "Ada Lovelace", address: "Ada@example.org" },
        // Hers alone: who is erased takes the words of the record along.
        subject: `person:${OWNER.id}`,
      },
    ]);
    expect(await operations["contacts.list"](context, {})).toMatchObject({ value: [{ address: "Ada@example.org" }] });
  });

  it("records a removal, and refuses one of what is not there without a record", async () => {
    const { operations, contacts, recorded } = directory();
    await operations["contacts.add"](context, ADA);
    const [{ id: contactId } = { id: idOf(ContactId, 0) }] = contacts;
    expect(await operations["contacts.remove"](context, { contactId: idOf(ContactId, 9) })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
    expect(recorded).toHaveLength(1);
    expect(await operations["contacts.remove"](context, { contactId })).toMatchObject({
      ok: true,
      value: { id: contactId },
    });
    expect(recorded.at(-1)).toEqual({ event: "contact:removed", actor: OWNER.id, fields: { contactId } });
    expect(contacts).toEqual([]);
  });

  it("changes nothing when nothing can be recorded", async () => {
    const { operations, contacts, failAudit } = directory();
    await operations["contacts.add"](context, ADA);
    failAudit(true);
    const [{ id: contactId } = { id: idOf(ContactId, 0) }] = contacts;
    expect(await operations["contacts.add"](context, { ...ADA, address: "eve@evil.example" })).toMatchObject({
      ok: false,
    });
    expect(await operations["contacts.remove"](context, { contactId })).toMatchObject({ ok: false });
    expect(contacts).toHaveLength(1);
  });

  it("is searched by name and address, upper and lower case being one", async () => {
    const { house, contacts } = directory();
    await confirmContact(house, SYSTEM, ADA);
    await confirmContact(house, SYSTEM, { kind: "channel", name: "Team", address: "#team" });
    expect(matchingContacts(contacts, "LOVELACE").map(({ name }) => name)).toEqual(["Ada Lovelace"]);
    expect(matchingContacts(contacts, "#TE").map(({ name }) => name)).toEqual(["Team"]);
    expect(matchingContacts(contacts, "bob")).toEqual([]);
    expect(matchingContacts(contacts, "")).toHaveLength(2);
  });
});

describe("making a canary", () => {
  it("records its name alone, encrypted, and keeps the text nowhere", async () => {
    const { house, recorded } = fakeHouse();
    const operations = canaryOperations({ house } as OperationPorts); // only the house is reached
    const made = await operations["canaries.create"](context, { name: "in the tax folder" });
    if (!made.ok) throw new Error(made.error.code);
    expect(made.value.name).toBe("in the tax folder");
    expect(house.canaries.is(made.value.text)).toBe(true);
    expect(recorded).toEqual([
      { event: "canary:made", actor: OWNER.id, fields: {}, details: { name: "in the tax folder" } },
    ]);
  });

  it("gives none when nothing can be recorded", async () => {
    const { house, failAudit } = fakeHouse();
    failAudit(true);
    const operations = canaryOperations({ house } as OperationPorts); // only the house is reached
    expect(await operations["canaries.create"](context, { name: "x" })).toMatchObject({ ok: false });
  });
});
