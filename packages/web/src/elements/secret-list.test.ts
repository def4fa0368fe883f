import { instantOf } from "@moltbot/contracts";
import type { OperationName, SecretInfo } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, propertiesOf, refused, secret, settle, standIn, stubForms } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { SecretList } from "./secret-list.ts";

const DAY = 86_400_000;
beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const open = (secrets: readonly SecretInfo[] | null, table: { readonly [N in OperationName]?: unknown } = {}) => {
  const gateway = gatewayOf({ "secrets.set": {}, "secrets.remove": {}, ...table });
  const list = new SecretList();
  const done = standIn(list);
  Object.assign(list, { call: gateway.call, secrets, now: 12 * DAY, changed: () => done.push("changed") });
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<FakeForm> => {
    const form = new FakeForm(fields);
    read().fire("submit", "", { target: form, preventDefault: () => undefined });
    await settle();
    return form;
  };
  const properties = (): string => propertiesOf(list);
  return { list, done, read, submit, properties, asked: gateway.asked };
};

describe("the secrets", () => {
  it("are listed by name, host and age, and say which need a new value", () => {
    const { words } = open([
      secret("weather"),
      secret("mail", { kind: "password", rotationDue: true, lastUsedAt: instantOf(11 * DAY) }),
      secret("old", { kind: "other", expiresAt: instantOf(DAY), rotationDue: true }),
      secret("soon", { expiresAt: instantOf(20 * DAY) }),
    ]).read();
    for (const part of [
      "API key",
      "for api.example.org ; value of 12 days ago, never used",
      "Password due for a new value",
      "last used yesterday",
      "expired",
      ", expires ",
    ])
      expect(words).toContain(part);
    expect(open([]).read().words).toContain("None.");
    expect(open(null).read().words).toBe("Loading…");
  });

  it("take a value in once, bound to hosts, and keep no letter of it", async () => {
    const { read, submit, asked, done, properties } = open([]);
    read().fire("click", "Add a secret");
    await settle();
    expect(done).toEqual(["focus input[name=name]"]);
    const form = await submit({
      name: " new-api ",
      value: "sk-canary",
      hosts: "a.example.org, b.example.org:8443",
      kind: "token",
      days: "90",
    });
    expect(asked).toEqual([
      {
        name: "secrets.set",
        input: {
          name: "new-api",
          value: "sk-canary",
          hosts: ["a.example.org", "b.example.org:8443"],
          kind: "token",
          rotateEveryDays: 90,
          of: "house",
        },
      },
    ]);
    expect(form.value.value).toBe("");
    expect(properties() + read().markup).not.toContain("canary");
    expect(done.slice(-2)).toEqual(["changed", "focus .add-secret"]);
    expect(read().markup).not.toContain("<form");
  });

  it("replace a value under its own name, and stay open with the reason when it was not taken", async () => {
    const { read, submit, asked, done } = open([secret("weather")], {
      "secrets.set": refused("REQUEST_INVALID", { path: "hosts", problem: "that is no host" }),
    });
    read().fire("click", "Replace the value of weather");
    expect(read().markup).not.toContain('name="name"');
    const form = await submit({ name: "another", value: "v", hosts: "x", kind: "nonsense", days: "" });
    expect(asked.at(-1)?.input).toEqual({
      name: "weather",
      value: "v",
      hosts: ["x"],
      rotateEveryDays: null,
      of: "house",
    });
    expect(form.value.value).toBe("");
    expect(read().words).toContain("that is no host");
    expect(done.at(-1)).toBe("focus input[name=value]");
    const escape = Object.assign(new Event("keydown", { cancelable: true }), { key: "Escape" });
    read().fire("keydown", "", escape);
    expect(escape.defaultPrevented).toBe(true);
    expect(read().markup).not.toContain("<form");
  });

  it("go only on a second press, and say why one stayed", async () => {
    const { read, asked } = open([secret("weather")], {
      "secrets.remove": refused("SECRET_NOT_FOUND", { name: "weather" }),
    });
    read().fire("click", "Remove the secret weather");
    expect(asked).toEqual([]);
    expect(read().words).toContain("It cannot be brought back.");
    read().fire("click", "Keep it");
    expect(read().words).not.toContain("It cannot be brought back.");
    read().fire("click", "Remove the secret weather");
    read().fire("click", "Remove it");
    await settle();
    expect(asked).toEqual([{ name: "secrets.remove", input: { name: "weather", of: "house" } }]);
    expect(read().words).toContain("There is no secret called weather.");
  });
});
