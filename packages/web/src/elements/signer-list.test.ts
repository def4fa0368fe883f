import { instantOf } from "@moltbot/contracts";
import type { Role, Signer, SigningKey } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { KEY, signer } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { SignerList } from "./signer-list.ts";
import { TrustSigner } from "./trust-signer.ts";

const DAY = 86_400_000;
beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const open = (signers: readonly Signer[] | null, role: Role = "owner") => {
  const gateway = gatewayOf({ "signers.remove": {} });
  const list = new SignerList();
  const done = standIn(list);
  const changed = () => done.push("changed");
  Object.assign(list, { call: gateway.call, me: { ...ME, role }, now: 3 * DAY, signers, changed });
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const press = async (label: string): Promise<void> => {
    read().fire("click", label);
    await settle();
  };
  return { done, read, press, ...gateway };
};
const form = (key: SigningKey | null, answer: unknown = { ...signer(), was: null }) => {
  const gateway = gatewayOf({ "signers.trust": answer });
  const trust = new TrustSigner();
  const done = standIn(trust);
  const said: string[] = [];
  const trusted = (says: string): void => {
    said.push(says);
    done.push("trusted");
  };
  const told = { trusted, leave: () => done.push("left") };
  Object.assign(trust, { call: gateway.call, key, ...told });
  const read = () => readTemplate((trust as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { done, said, read, submit, ...gateway };
};

describe("whose signatures are taken", () => {
  it("is said with the key in groups, and what is installed by it", () => {
    const { words } = open([
      signer({ own: true, trustedAt: instantOf(0) }),
      signer({ name: "Tide Works", packages: ["weather", "tides"] }),
    ]).read();
    for (const part of [
      "Harbour Tools your own mk1_ Abc9 Abc9",
      "Trusted 3 days ago. Nothing is installed by it.",
      "Installed by it: weather and tides.",
    ])
      expect(words).toContain(part);
    expect(open([]).read().words).toContain("A package whose key is not here is refused.");
    expect(open(null).read().words).toBe("Loading…");
  });

  it("ends by a second press, and not while anything is installed by the key", async () => {
    const { press, asked, done } = open([signer()]);
    await press("Remove the key of Harbour Tools");
    await press("Remove it");
    expect(asked).toEqual([{ name: "signers.remove", input: { key: KEY } }]);
    expect(done).toContain("changed");
    expect(open([signer({ packages: ["weather"] })]).read().markup).not.toContain("Remove the key");
    expect(open([signer()], "admin").read().markup).not.toContain("<button");
  });

  it("begins with a key that is written by hand", async () => {
    const { press, read, done } = open([]);
    await press("Trust a key");
    expect(read().markup).toContain("<trust-signer");
    read().handed("trusted")("The key of Harbour Tools is trusted.");
    expect(done).toContain("changed");
    expect(read().markup).not.toContain("<trust-signer");
    expect(read().words).toContain("The key of Harbour Tools is trusted.");
  });
});

describe("trusting a key", () => {
  it("takes the one that was shown, by a name, as somebody’s own only where that was said", async () => {
    const { submit, read, asked, done } = form(KEY);
    expect(read().words).toContain("Compare it, group by group");
    expect(read().words).toContain("mk1_ Abc9");
    await submit({ name: " Harbour " });
    await submit({ name: "Me", own: "yes" });
    expect(asked.map(({ input }) => input)).toEqual([
      { key: KEY, name: "Harbour", own: false, rename: false },
      { key: KEY, name: "Me", own: true, rename: false },
    ]);
    expect(done).toEqual(["trusted", "trusted"]);
  });

  it("reads a written key in its groups, and sends nothing that is none", async () => {
    const { submit, read, asked, done } = form(null);
    await submit({ name: "Harbour", key: "mk1_ short" });
    expect(asked).toEqual([]);
    expect(read().words).toContain("This is no key");
    expect(done).toEqual(["focus input[name=key]"]);
    await submit({ name: "Harbour", key: KEY.replace(/.{4}/g, "$& ") });
    expect(asked.map(({ input }) => input)).toEqual([{ key: KEY, name: "Harbour", own: false, rename: false }]);
    expect(read().words).not.toContain("This is no key");
  });

  it("says why it was refused, and is left without a word", async () => {
    const { submit, read, done } = form(
      KEY,
      refused("REQUEST_INVALID", { problem: "this is no Ed25519 key", path: "key" }),
    );
    await submit({ name: "Harbour" });
    expect(read().words).toContain("this is no Ed25519 key");
    read().fire("click", "Cancel");
    expect(done).toEqual(["focus #trust-problem", "left"]);
  });

  it("says whose the name is already, and takes another one", async () => {
    const { submit, read, asked, answers } = form(
      KEY,
      refused("SIGNER_NAME_TAKEN", { name: "Harbour", key: `mk1_${"x".repeat(43)}` }),
    );
    await submit({ name: "Harbour" });
    expect(read().words).toContain("The name Harbour is another key's: mk1_xxx");
    expect(read().words).toContain("Trust this key");
    answers["signers.trust"] = { ...signer(), was: null };
    await submit({ name: "Harbour Tools" });
    expect(asked.map(({ input }) => input)).toEqual([
      { key: KEY, name: "Harbour", own: false, rename: false },
      { key: KEY, name: "Harbour Tools", own: false, rename: false },
    ]);
  });

  it("gives a trusted key another name by a second press alone, and says what it was", async () => {
    const { submit, read, asked, said, answers } = form(null, refused("SIGNER_HAS_NAME", { name: "Harbour" }));
    await submit({ name: "Harbour Tools", key: KEY });
    expect(read().words).toContain(
      "trusted already, as Harbour. Cancel keeps that name; “Give it this name” changes it.",
    );
    expect(read().words).not.toContain("./moltbot");
    answers["signers.trust"] = { ...signer(), was: "Harbour" };
    await submit({ name: "Harbour Tools", key: KEY });
    expect(asked.map(({ input }) => input)).toEqual([
      { key: KEY, name: "Harbour Tools", own: false, rename: false },
      { key: KEY, name: "Harbour Tools", own: false, rename: true },
    ]);
    expect(said).toEqual(["The key that was Harbour until now is Harbour Tools."]);
  });

  it("gives no other key a name that was meant for one", async () => {
    const { submit, read, asked } = form(null, refused("SIGNER_HAS_NAME", { name: "Harbour" }));
    await submit({ name: "Harbour Tools", key: KEY });
    expect(read().words).toContain("Give it this name Cancel");
    await submit({ name: "Harbour Tools", key: `mk1_${"x".repeat(42)}A` });
    expect(asked.at(-1)?.input).toMatchObject({ rename: false });
    read().fire("input", "");
    expect(read().words).toContain("Trust this key");
    expect(read().words).not.toContain("trusted already");
  });
});
