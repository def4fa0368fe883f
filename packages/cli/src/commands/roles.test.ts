import { RoleId } from "@moltbot/contracts";
import type { OwnRole } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { idText, NOW, person } from "../testing/people-samples.ts";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const reader: OwnRole = {
  id: RoleId.parse(idText(7)),
  name: "Reader",
  base: "member",
  operations: ["agents.*", "messages.send"],
  createdAt: NOW,
};
const ada = person(1, "Ada", { role: "owner" });
const bob = person(2, "Bob", { ownRole: reader.id });
const PEOPLE = { "GET /v2/people": { json: [ada, bob] } };
const ROLES = { "GET /v2/roles": { json: [reader] } };
const BOTH = { ...PEOPLE, ...ROLES };
const REFUSED = { status: 403, json: { code: "ROLE_LEAVES_OUT", detail: "no" } };

describe("roles of the house's own", () => {
  it("are listed with what they cover and who has them", async () => {
    expect((await run(["roles"], BOTH)).out).toMatch(/Reader +member .* Bob +agents\.\* messages\.send/);
    expect((await run(["roles"], { "GET /v2/roles": { json: [] } })).out).toContain("no roles but");
    expect(JSON.parse((await run(["roles", "--json"], ROLES)).out)).toEqual([reader]);
  });

  it("are made of a base and the operations that are named", async () => {
    const made = await run(["roles", "create", "Reader", "agents.*", "messages.send", "--base", "admin"], {
      "POST /v2/roles": { status: 201, json: reader },
    });
    expect(made.asked).toMatchObject([
      { body: { name: "Reader", base: "admin", operations: ["agents.*", "messages.send"] } },
    ]);
    expect(made.out).toContain("Reader: of what a member may, agents.* messages.send");
  });

  it("are changed by name or id: renamed, said anew, or with more and less", async () => {
    const path = `PATCH /v2/roles/${reader.id}`;
    for (const [argv, body] of [
      [["reader", "--name", "Guest"], { name: "Guest" }],
      [[reader.id, "--only", "agents.list", "--only", "people.list"], { operations: ["agents.list", "people.list"] }],
      [["Reader", "--add", "people.list", "--drop", "agents.*"], { operations: ["messages.send", "people.list"] }],
      [["Reader", "--add", "messages.send"], { operations: ["agents.*", "messages.send"] }],
    ] as const) {
      const changed = await run(["roles", "change", ...argv], { ...ROLES, [path]: { json: reader } });
      expect(changed.asked.at(-1)).toMatchObject({ body });
    }
    for (const argv of [
      [],
      ["--drop", "vault.*"],
      ["--drop", "agents.*", "--drop", "messages.send"],
      ["--only", "x.y", "--add", "agents.list"],
    ]) {
      const refused = await run(["roles", "change", "Reader", ...argv], ROLES);
      expect([argv, refused.code, refused.asked.length]).toEqual([argv, "USAGE", 1]);
    }
  });

  it("are removed by name, and what is not there is said so", async () => {
    const removed = await run(["roles", "remove", "Reader"], {
      ...ROLES,
      [`DELETE /v2/roles/${reader.id}`]: { json: {} },
    });
    expect(removed.out).toContain("Reader is gone");
    expect(await run(["roles", "remove", "Nobody"], ROLES)).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("people with a role of the house's own", () => {
  it("are shown with its name and what it narrows", async () => {
    expect((await run(["people"], BOTH)).out).toMatch(/Bob +Reader \(member\)/);
    expect((await run(["people", "show", "Bob"], BOTH)).out).toContain("Reader (member)");
  });

  it("are shown without its name to whom it may not be told", async () => {
    const listed = await run(["people"], { ...PEOPLE, "GET /v2/roles": REFUSED });
    expect(listed).toMatchObject({ exit: 0 });
    expect(listed.out).toMatch(/Bob +narrowed \(member\)/);
  });

  it("get it by name, like one of the four", async () => {
    const path = `PATCH /v2/people/${bob.id}`;
    const given = await run(["people", "role", "Bob", "reader"], { ...BOTH, [path]: { json: bob } });
    expect(given.asked.find(({ route }) => route.startsWith("PATCH"))).toMatchObject({ body: { role: reader.id } });
    expect(given.out).toContain("has the role Reader (member)");
    const url = "http://127.0.0.1:18790/signin#code=abc";
    const answer = { status: 201, json: { person: { ...bob, state: "invited" }, url, expiresAt: NOW } };
    const invited = await run(["people", "invite", "Bob", "--role", "READER", "--no-qr"], {
      ...BOTH,
      "POST /v2/people": answer,
    });
    expect(invited.asked.find(({ route }) => route.startsWith("POST"))).toMatchObject({
      body: { name: "Bob", role: reader.id },
    });
    expect(invited.out).toContain("is invited as Reader (member)");
    expect(await run(["people", "role", "Bob", "king"], BOTH)).toMatchObject({ code: "NOT_FOUND" });
  });
});
