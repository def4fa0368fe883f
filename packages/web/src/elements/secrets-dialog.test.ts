import type { OperationName, Principal } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, secret, settle, standIn, stubForms } from "../testing/keeping.ts";
import { ANNA, SELF, share } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { SecretList } from "./secret-list.ts";
import { SecretsDialog } from "./secrets-dialog.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const MINE = secret("trains");
const THEIRS = secret("weather", { ownerId: ANNA.id });
const HOUSE = secret("mail", { ownerId: null });
const TABLE = {
  "secrets.list": [MINE, THEIRS, HOUSE],
  "people.list": [SELF, ANNA],
  "teams.list": [],
  "shares.list": [],
};
const open = async (me: Principal = ME, table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({ ...TABLE, ...table });
  const dialog = new SecretsDialog();
  standIn(dialog);
  Object.assign(dialog, { call: gateway.call, me });
  await dialog.show();
  return { dialog, read: () => readTemplate((dialog as unknown as { render(): unknown }).render()) }; // what Lit calls
};

describe("the page about secrets", () => {
  it("parts one’s own, those of others and the house’s, and says who changes which", async () => {
    const { words } = (await open()).read();
    for (const part of ["Yours", "Shared with you", "The house’s", "You change these under “Keys and backups”."])
      expect(words).toContain(part);
    const admin = await open({ ...ME, role: "admin" });
    expect(admin.read().words).toContain("The owner keeps these");
    const alone = await open(ME, { "secrets.list": [MINE] });
    expect(alone.read().words).not.toContain("Shared with you");
    expect(alone.read().words).not.toContain("The house’s");
  });

  it("says what could not be loaded, and closes what was open", async () => {
    const { dialog, read } = await open(ME, { "secrets.list": refused("VAULT_LOCKED", { problem: "it was locked" }) });
    expect(read().markup).toContain("secrets-problem");
    const own = new SecretList();
    own.form = "new";
    Object.assign(dialog, { querySelectorAll: () => [own] });
    read().fire("close", "Secrets");
    expect(own.form).toBeNull();
  });
});

describe("the secrets of persons", () => {
  const list = (of: "me" | "others", wish: object = {}) => {
    const gateway = gatewayOf({ "secrets.set": {}, "secrets.remove": {} });
    const element = new SecretList();
    const shown: string[] = [];
    standIn(element);
    Object.assign(element, {
      call: gateway.call,
      of,
      people: [SELF, ANNA],
      secrets: of === "me" ? [MINE] : [THEIRS],
      share: (one: { readonly name: string }) => shown.push(one.name),
      ...wish,
    });
    const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
    const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
      read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
      await settle();
    };
    return { read, submit, shown, asked: gateway.asked };
  };

  it("are set, shared and removed as one’s own, never as the house’s", async () => {
    const shares = [share(1, { kind: "person", id: ANNA.id }, { object: { type: "secret", id: MINE.id } })];
    const { read, submit, shown, asked } = list("me", { shares });
    expect(read().words).toContain("Shared with Anna Berg");
    read().fire("click", "Sharing of trains");
    expect(shown).toEqual(["trains"]);
    read().fire("click", "Add a secret");
    await submit({ name: "new", value: "v", hosts: "a.example.org" });
    read().fire("click", "Remove the secret trains");
    read().fire("click", "Remove it");
    await settle();
    expect(asked.map(({ input }) => input)).toEqual([
      { name: "new", value: "v", hosts: ["a.example.org"], rotateEveryDays: null, of: "me" },
      { name: "trains", of: "me" },
    ]);
  });

  it("of others are named by id, and none is added among them", async () => {
    const { read, submit, asked } = list("others", { share: null });
    expect(read().words).toContain("Shared with you by Anna Berg");
    for (const part of ["Add a secret", "Sharing"]) expect(read().words).not.toContain(part);
    read().fire("click", "Replace the value of weather");
    await submit({ value: "v", hosts: "api.example.org" });
    expect(asked.map(({ input }) => input)).toMatchObject([{ name: "weather", of: THEIRS.id }]);
    expect(list("others", { mayChange: false, share: null }).read().markup).not.toContain("<button");
  });
});
