import { ShareId, TeamId } from "@moltbot/contracts";
import type { Principal, Share, Team } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { idText, NOW, person } from "../testing/people-samples.ts";
import { run } from "../testing/run.ts";
import { agent } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ada = person(1, "Ada", { role: "owner" });
const bob = person(2, "Bob\u200b", { state: "suspended" });
const cleo = person(3, "Cleo", { state: "left" });
const PEOPLE = { "GET /v2/people": { json: [ada, bob, cleo] } };
const ME: Principal = {
  id: ada.id,
  tenantId: idText(9) as Principal["tenantId"],
  kind: "person",
  name: "Ada",
  role: "owner",
};
const birds: Team = { id: TeamId.parse(idText(4)), name: "birds", members: [ada.id], createdAt: NOW };
const share: Share = {
  id: ShareId.parse(idText(5)),
  object: { type: "agent", id: agent().id },
  to: { kind: "team", id: birds.id },
  rights: ["use"],
  effect: "allow",
  upTo: null,
  by: ada.id,
  at: NOW,
};
const AGENTS = { "GET /v2/agents": { json: [agent()] } };
const TEAMS = { "GET /v2/teams": { json: [birds] } };

describe("people", () => {
  it("are listed aligned, every character visible, and those who left only when asked for", async () => {
    const listed = await run(["people"], PEOPLE);
    const [heading = "", ...rows] = listed.out.trimEnd().split("\n");
    expect(rows).toHaveLength(2);
    expect(rows[0]).toContain("Ada");
    expect(rows[1]).toContain("Bob\\u200b");
    expect(rows.map((row) => row.indexOf(row.includes("suspended") ? "suspended" : "active"))).toEqual([
      heading.indexOf("state"),
      heading.indexOf("state"),
    ]);
    expect((await run(["people", "list", "--all"], PEOPLE)).out).toContain("Cleo");
    expect(JSON.parse((await run(["people", "--json"], PEOPLE)).out)).toHaveLength(2);
  });

  it("are invited with a link and its QR code", async () => {
    const url = "http://127.0.0.1:18790/signin#code=abc";
    const answers = {
      "POST /v2/people": { status: 201, json: { person: person(6, "Eve", { state: "invited" }), url, expiresAt: NOW } },
    };
    const invited = await run(["people", "invite", "Eve", "--role", "viewer", "--hours", "2"], answers);
    expect(invited.asked).toMatchObject([{ body: { name: "Eve", role: "viewer", hours: 2 } }]);
    expect(invited.out).toContain(url);
    expect(invited.out).toMatch(/[▀▄█]{5}/);
    expect((await run(["people", "invite", "Eve", "--no-qr"], answers)).out).not.toMatch(/[▀▄█]/);
  });

  it("are changed by name or id", async () => {
    const path = `PATCH /v2/people/${bob.id}`;
    const named = { ...PEOPLE, "GET /v2/people": { json: [ada, { ...bob, name: "Bob" }] } };
    for (const [argv, body] of [
      [["people", "role", "bob", "viewer"], { role: "viewer" }],
      [["people", "suspend", bob.id], { state: "suspended" }],
      [["people", "restore", "Bob"], { state: "active" }],
    ] as const) {
      const done = await run(argv, { ...named, [path]: { json: bob } });
      expect(done.asked.at(-1)).toMatchObject({ body });
      expect(done.out).toContain("✓");
    }
    const removed = await run(["people", "remove", "Bob"], {
      ...named,
      [`DELETE /v2/people/${bob.id}`]: { json: cleo },
    });
    expect(removed.out).toContain("is out");
  });

  it("of one name have to be told apart, and who is not there is said so", async () => {
    const twice = { "GET /v2/people": { json: [ada, { ...bob, name: "Ada" }] } };
    expect(await run(["people", "suspend", "ada"], twice)).toMatchObject({ code: "USAGE" });
    expect(await run(["people", "suspend", "Zoe"], PEOPLE)).toMatchObject({ code: "NOT_FOUND" });
    expect(await run(["people", "show", cleo.id], PEOPLE)).toMatchObject({ exit: 0 });
    expect(await run(["people", "show", "Cleo"], PEOPLE)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("leave and hand on only when they say that they mean it", async () => {
    const answers = { ...PEOPLE, "GET /v2/sessions/current": { json: ME } };
    const asked = await run(["people", "leave"], answers);
    expect(asked.err).toContain("--yes");
    expect(asked.asked.map(({ route }) => route.split(" ")[0])).toEqual(["GET", "GET"]);
    const left = await run(["people", "leave", "--yes"], {
      ...answers,
      [`DELETE /v2/people/${ada.id}`]: { json: { ...ada, state: "left" } },
    });
    expect(left.out).toContain("left");
    expect((await run(["people", "transfer", bob.id], answers)).err).toContain("--yes");
    const handed = await run(["people", "transfer", bob.id, "--yes"], {
      ...answers,
      [`POST /v2/people/${bob.id}/ownership`]: { json: [ada, bob] },
    });
    expect(handed.out).toContain("handed on");
  });
});

describe("teams", () => {
  it("are listed, made and changed by names", async () => {
    expect((await run(["teams"], { ...TEAMS, ...PEOPLE })).out).toMatch(/birds.*Ada/);
    const made = await run(["teams", "create", "birds", "Ada"], {
      ...PEOPLE,
      "POST /v2/teams": { status: 201, json: birds },
    });
    expect(made.asked).toContainEqual(expect.objectContaining({ body: { name: "birds", members: [ada.id] } }));
    const path = `PATCH /v2/teams/${birds.id}`;
    const added = await run(["teams", "add", "birds", bob.id], { ...TEAMS, ...PEOPLE, [path]: { json: birds } });
    expect(added.asked).toContainEqual(expect.objectContaining({ body: { members: [ada.id, bob.id] } }));
    const out = await run(["teams", "out", "birds", "Ada"], {
      ...TEAMS,
      ...PEOPLE,
      [path]: { json: { ...birds, members: [] } },
    });
    expect(out.asked).toContainEqual(expect.objectContaining({ body: { members: [] } }));
    expect(out.out).toContain("nobody");
    await run(["teams", "rename", "birds", "owls"], {
      ...TEAMS,
      ...PEOPLE,
      [path]: { json: { ...birds, name: "owls" } },
    });
    const removed = await run(["teams", "remove", "birds"], {
      ...TEAMS,
      [`DELETE /v2/teams/${birds.id}`]: { json: {} },
    });
    expect(removed.out).toContain("is gone");
  });
});

describe("sharing", () => {
  it("lets, keeps from, lists and ends", async () => {
    const answers = {
      ...AGENTS,
      ...TEAMS,
      ...PEOPLE,
      "PUT /v2/shares": { json: share },
      "GET /v2/shares": { json: [share] },
    };
    const set = await run(["share", "Moltbot", "team:birds", "--rights", "use,edit"], answers);
    expect(set.asked).toContainEqual(
      expect.objectContaining({
        body: {
          object: { type: "agent", id: agent().id },
          to: { kind: "team", id: birds.id },
          rights: ["use", "edit"],
          effect: "allow",
        },
      }),
    );
    const kept = await run(["deny", "Moltbot", "everyone"], answers);
    expect(kept.asked.at(-1)).toMatchObject({ body: { to: { kind: "everyone" }, effect: "deny" } });
    expect((await run(["shares"], answers)).out).toMatch(/Moltbot +team:birds +use .*allow/);
    expect((await run(["shares"], { "GET /v2/shares": { json: [] } })).out).toBe("You share nothing.\n");
    for (const argv of [
      ["unshare", "Moltbot", "team:birds"],
      ["unshare", share.id],
    ]) {
      const ended = await run(argv, { ...answers, [`DELETE /v2/shares/${share.id}`]: { json: {} } });
      expect(ended.out).toContain("ended: allow use");
    }
    expect(await run(["unshare", "Moltbot", "Ada"], answers)).toMatchObject({ code: "USAGE" });
    expect(await run(["share", "Moltbot", "everyone", "--rights", "fly"], answers)).toMatchObject({ code: "USAGE" });
  });

  it("is explained: who may do what, and by which rule", async () => {
    const answer = {
      allowed: false,
      because: [{ rule: "deny", says: "Its owner keeps it from them.", shareId: share.id }],
    };
    const answers = { ...AGENTS, ...PEOPLE };
    const onAgent = `GET /v2/access?personId=${bob.id}&agentId=${agent().id}&right=edit`;
    const agentAsked = await run(["access", "explain", bob.id, "Moltbot", "--right", "edit"], {
      ...answers,
      [onAgent]: { json: answer },
    });
    expect(agentAsked.out).toContain("no\n");
    expect(agentAsked.out).toContain("Its owner keeps it from them.");
    const operation = await run(["access", "explain", "me", "messages.send"], {
      ...answers,
      "GET /v2/access?operation=messages.send": { json: { ...answer, allowed: true } },
    });
    expect(operation.out).toContain("yes\n");
  });
});
