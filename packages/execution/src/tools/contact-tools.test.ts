import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { err, label, moltbotError, ok, PrincipalId } from "@moltbot/contracts";
import type { Contact } from "@moltbot/contracts";
import { createToolExecutor } from "./create-tool-executor.ts";
import { alwaysOk, buildHouse, callOf, person, scope } from "./test-support/world.ts";
import type { House } from "./test-support/world.ts";

let house: House;
beforeEach(async () => void (house = await buildHouse()));
afterEach(() => house.close());
const stranger = PrincipalId.parse("01930000-0000-7000-8000-000000000009");
const add = (name: string, address: string) => house.run(callOf("contact.add", { name, address }));
const hostile = label("untrusted", [person], [{ kind: "host", ref: "evil.example:443" }]);

describe("contact.add", () => {
  it("confirms an address in its one form, once", async () => {
    expect(await add("Ann Miller", " Ann@EXAMPLE.org ")).toMatchObject({
      ok: true,
      value: { summary: "Confirmed: “Ann@example.org” is “Ann Miller”." },
    });
    expect((await add("Ann Miller", "Ann@example.org")).ok).toBe(true);
    expect(house.contacts).toMatchObject([{ name: "Ann Miller", address: "Ann@example.org", kind: "person" }]);
  });

  it("gives no confirmed address another name", async () => {
    await add("Ann Miller", "ann@example.org");
    expect(await add("Eve", "ann@example.org")).toMatchObject({ ok: false, error: { code: "CONFLICT" } });
    expect(house.contacts.map(({ name }) => name)).toEqual(["Ann Miller"]);
  });

  it("refuses an empty name and shows both as critical, so that a person sees whom they would trust", async () => {
    expect((await add(" ", "ann@example.org")).ok).toBe(false);
    const resolved = await house.tools.resolve(callOf("contact.add", { name: "Ann", address: "ann@example.org" }));
    expect(resolved.ok && resolved.value.map(({ argument, value }) => [argument, value])).toEqual([
      ["name", '"Ann"'],
      ["address", '"ann@example.org"'],
    ]);
    expect(house.contacts).toEqual([]);
  });
});

describe("contact.find", () => {
  it("finds confirmed addresses; where hostile words chose which, they are no more trusted than those", async () => {
    await add("Ann Miller", "ann@example.org");
    const chosen = await house.run(callOf("contact.find", { query: "Ann" }, { label: hostile }));
    expect(chosen.ok && chosen.value.label.integrity).toBe("untrusted");
    const found = await house.run(callOf("contact.find", { query: "Ann" }));
    expect(found.ok && found.value).toMatchObject({
      text: "Ann Miller: ann@example.org",
      summary: "Found 1 contact.",
      label: label("authority", [person], [{ kind: "configuration", ref: "contacts" }]),
    });
    expect(await house.run(callOf("contact.find", { query: "Bob" }))).toMatchObject({
      ok: true,
      value: { text: "nobody" },
    });
  });

  it("shows nothing where others read along, nor contacts of somebody else", async () => {
    await add("Ann Miller", "ann@example.org");
    const room = label("authority", [person, stranger]);
    const shown = await house.run(callOf("contact.find", { query: "Ann" }, { label: room }));
    expect(JSON.stringify(shown)).not.toContain("ann@example.org");
    const [first] = house.contacts;
    const theirs = [{ ...first, ownerId: stranger } as Contact]; // a port that forgot to look whose they are
    const contacts = { ...house.ports.contacts, search: async () => ok(theirs) };
    const tools = createToolExecutor({ ...house.ports, contacts, redeemer: alwaysOk });
    const call = callOf("contact.find", { query: "Ann" });
    const result = await tools.run(house.permits.mint(call), call, scope, new AbortController().signal);
    expect(result.ok && result.value.text).toBe("nobody");
  });

  it("passes on why it cannot look", async () => {
    const contacts = { ...house.ports.contacts, search: async () => err(moltbotError("VAULT_LOCKED")) };
    const tools = createToolExecutor({ ...house.ports, contacts, redeemer: alwaysOk });
    const call = callOf("contact.find", { query: "Ann" });
    const result = await tools.run(house.permits.mint(call), call, scope, new AbortController().signal);
    expect(!result.ok && result.error.code).toBe("VAULT_LOCKED");
  });
});
