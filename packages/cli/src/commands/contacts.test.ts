import { ContactId, PrincipalId, instantOf } from "@moltbot/contracts";
import type { Contact } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";
import { agent } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ada: Contact = {
  id: ContactId.parse("01930000-0000-7000-8000-000000000001"),
  ownerId: PrincipalId.parse("01930000-0000-7000-8000-000000000002"),
  kind: "person",
  name: "Ada\u200b Lovelace",
  address: "ada@example.org",
  confirmedAt: instantOf(Date.UTC(2026, 10, 22, 12)),
};

describe("contacts", () => {
  it("lists what was confirmed, every character of it visible", async () => {
    const done = await run(["contacts"], { "GET /v2/contacts": { json: [ada] } });
    expect(done.out).toContain("Ada\\u200b Lovelace");
    expect(done.out).toContain("ada@example.org");
    expect((await run(["contacts", "list"], { "GET /v2/contacts": { json: [] } })).out).toBe(
      "You confirmed no addresses.\n",
    );
  });

  it("confirms an address, of a person unless told otherwise", async () => {
    const added = await run(["contacts", "add", "Ada", "ada@example.org"], {
      "POST /v2/contacts": { status: 201, json: ada },
    });
    expect(added.asked).toMatchObject([{ body: { kind: "person", name: "Ada", address: "ada@example.org" } }]);
    expect(added.out).toBe("✓ Ada\\u200b Lovelace is ada@example.org\n");
    const channel = await run(["contacts", "add", "Team", "#team", "--kind", "channel", "--json"], {
      "POST /v2/contacts": { status: 201, json: { ...ada, kind: "channel" } },
    });
    expect(channel.asked).toMatchObject([{ body: { kind: "channel" } }]);
    expect(JSON.parse(channel.out)).toMatchObject({ kind: "channel" });
  });

  it("takes one out", async () => {
    const done = await run(["contacts", "remove", ada.id], { [`DELETE /v2/contacts/${ada.id}`]: { json: ada } });
    expect(done.out).toContain("(ada@example.org) is out");
  });
});

describe("canary", () => {
  it("prints the text alone, so that it can be piped, and says beside it what it is for", async () => {
    const text = `mbc-${"a".repeat(32)}`;
    const done = await run(["canary", "in the tax folder"], {
      "POST /v2/canaries": { status: 201, json: { name: "x", text } },
    });
    expect(done.asked).toMatchObject([{ body: { name: "in the tax folder" } }]);
    expect(done.out).toBe(`${text}\n`);
    expect(done.err).toContain("kept nowhere else");
  });
});

describe("agents reading", () => {
  it("sets how an agent reads, by its name, and shows it", async () => {
    const one = { ...agent(), reading: "quarantined" };
    const done = await run(["agents", "reading", "Moltbot", "quarantined"], {
      "GET /v2/agents": { json: [agent()] },
      [`PUT /v2/agents/${agent().id}/reading`]: { json: one },
    });
    expect(done.asked[1]).toMatchObject({ body: { reading: "quarantined" } });
    expect(done.out).toMatch(/reading +quarantined: always through a reader/);
  });
});
