import { describe, expect, it } from "vitest";
import { ERROR_TABLE, OBJECT_TYPES, OPERATIONS, OPERATION_NAMES, ROLES } from "../index.ts";

const parametersOf = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

describe("every operation", () => {
  it.each(OPERATION_NAMES)("%s is named noun.verb and says in a sentence what it does", (name) => {
    expect(name).toMatch(/^[a-z]+\.[a-z]+$/);
    expect(OPERATIONS[name].summary).toMatch(/^[A-Z].*\.$/);
    expect(OBJECT_TYPES).toContain(OPERATIONS[name].object);
  });

  it.each(OPERATION_NAMES)("%s takes the parameters of its path from its input", (name) => {
    const { path, input } = OPERATIONS[name];
    expect(path).toMatch(/^\/v2\/[a-z0-9/{}.-]+$/i);
    for (const parameter of parametersOf(path)) expect(Object.keys(input.shape)).toContain(parameter);
  });

  it.each(OPERATION_NAMES)("%s refuses a key that it does not know", (name) => {
    const issues = OPERATIONS[name].input.safeParse({ stowaway: 1 }).error?.issues ?? [];
    expect(issues.some(({ code }) => code === "unrecognized_keys")).toBe(true);
  });

  it("has a method and a path of its own", () => {
    const routes = OPERATION_NAMES.map(
      (name) => `${OPERATIONS[name].method} ${OPERATIONS[name].path.replace(/\{\w+\}/g, "{}")}`,
    );
    expect(new Set(routes).size).toBe(routes.length);
  });

  it("needs a role, but for becoming somebody: signing in, pairing a device and refreshing it", () => {
    expect(OPERATION_NAMES.filter((name) => OPERATIONS[name].role === null)).toEqual([
      "sessions.create",
      "devices.pair",
      "devices.refresh",
    ]);
    for (const name of OPERATION_NAMES) expect([...ROLES, null]).toContain(OPERATIONS[name].role);
  });

  it("that a viewer may call only reads, but for their own ways in and out", () => {
    const writes = OPERATION_NAMES.filter(
      (name) => OPERATIONS[name].role === "viewer" && OPERATIONS[name].effect !== "read",
    );
    expect(writes).toEqual([
      "tokens.revoke",
      "links.create",
      "sessions.end",
      "sessions.revoke",
      "sessions.ticket",
      "devices.invite",
      "devices.revoke",
      "people.remove",
    ]);
  });

  it("that grants, answers or hands out access is the owner's, but for one's own things and for who keeps the house", () => {
    const commits = OPERATION_NAMES.filter((name) => OPERATIONS[name].effect === "commit");
    expect(commits).toContain("approvals.answer");
    expect(commits).toContain("tokens.create");
    const others = commits.filter((name) => OPERATIONS[name].role !== "owner");
    expect(Object.fromEntries(others.map((name) => [name, OPERATIONS[name].role]))).toEqual({
      // One's own agents, questions, contacts, tokens, shares and secrets.
      "approvals.answer": "member",
      "approvals.answers": "member",
      "capabilities.grant": "member",
      "agents.reading": "member",
      "agents.tools": "member",
      "contacts.add": "member",
      "provenance.remove": "member",
      "tokens.create": "member",
      "shares.set": "member",
      "shares.remove": "member",
      "secrets.set": "member",
      "privacy.erase": "member",
      // Which of one's own agents read a skill that the owner installed.
      "skills.change": "member",
      // One's own ways in, and leaving.
      "links.create": "viewer",
      "devices.invite": "viewer",
      "people.remove": "viewer",
      // Keeping the house.
      "people.invite": "admin",
      "people.link": "admin",
      "people.change": "admin",
      "teams.create": "admin",
      "teams.change": "admin",
    });
  });

  it("with GET changes nothing", () => {
    expect(
      OPERATION_NAMES.filter((name) => OPERATIONS[name].method === "GET" && OPERATIONS[name].effect !== "read"),
    ).toEqual([]);
  });
});

describe("what callers may leave out", () => {
  it("is filled with the careful choice", () => {
    expect(OPERATIONS["tokens.create"].input.parse({})).toEqual({
      name: "token",
      role: "member",
      days: 90,
      scopes: null,
      integrity: "authority",
      key: null,
      tokensPerDay: null,
      moneyPerDay: null,
    });
    expect(OPERATIONS["approvals.list"].input.parse({})).toEqual({ state: "pending", limit: 100 });
  });

  it("is bounded", () => {
    expect(OPERATIONS["audit.list"].input.safeParse({ limit: 501 }).success).toBe(false);
    expect(OPERATIONS["tokens.create"].input.safeParse({ days: 366 }).success).toBe(false);
    for (const limit of [{ tokensPerDay: 0 }, { tokensPerDay: 1.5 }, { moneyPerDay: 0 }, { moneyPerDay: -1 }])
      expect(OPERATIONS["tokens.create"].input.safeParse(limit).success).toBe(false);
    expect(OPERATIONS["usage.show"].input.safeParse({ days: 91 }).success).toBe(false);
    expect(OPERATIONS["secrets.set"].input.safeParse({ name: "../key", value: "x", hosts: ["a"] }).success).toBe(false);
    expect(OPERATIONS["secrets.set"].input.safeParse({ name: "key", value: "x", hosts: [] }).success).toBe(false);
  });
});

describe("the registry and the error table", () => {
  it("agree on statuses that HTTP knows", () => {
    for (const { status } of Object.values(OPERATIONS)) expect([200, 201, 202]).toContain(status);
    for (const { http } of Object.values(ERROR_TABLE)) expect(http === 202 || (http >= 400 && http < 600)).toBe(true);
  });
});
