import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConversationId, TurnId } from "@moltbot/contracts";
import type { RequestContext } from "@moltbot/contracts";
import type { OnBehalf, WayOut } from "@moltbot/execution/egress";
import { afterEach, describe, expect, it } from "vitest";
import { createAsking, openWayOut } from "../egress/index.ts";
import { arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const houses = peopleHouses();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await houses.close();
});

const signal = new AbortController().signal;

/** A house with its real records, the real way out over them, and a server on this machine to which everything leads. */
const setUp = async (fails = { audit: false, database: false }) => {
  const house = await houses.start({ fails });
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url ?? "");
    response.end("answer");
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has no other address
  const way = openWayOut({
    secrets: house.memory.vault,
    isCanary: () => false,
    audit: house.house.audit,
    asking: createAsking(),
    settings: house.ports.settings,
    log: house.house.log,
  });
  closing.push(
    () => server.close(),
    () => way.close(),
  );
  return { house, way, heard, here: `127.0.0.1:${String(port)}` };
};

const behalfOf = (house: PeopleHouse, { principal }: RequestContext): OnBehalf => ({
  person: principal.id,
  agentId: house.agent.id,
  conversationId: house.house.ids.next(ConversationId),
  turnId: house.house.ids.next(TurnId),
  callId: null,
  data: "own",
});
const ask = (way: WayOut, here: string, behalf: OnBehalf, path = "") =>
  way.send(
    { kind: "tool", hosts: [here], granted: [here], tool: "http.get", behalf },
    { method: "GET", url: `http://${here}/${path}` },
    signal,
  );
const report = async (house: PeopleHouse, context: RequestContext, of: "me" | "house" = "me") =>
  house.operations["flows.report"](context, { of, days: 7 });

describe("where data went", () => {
  it("is told from the records: everybody their own, whoever keeps the house everybody's", async () => {
    const { house, way, here } = await setUp();
    const [ada, bea, vic] = [
      await arrive(house, "Ada"),
      await arrive(house, "Bea", "admin"),
      await arrive(house, "Vic"),
    ];
    must(await ask(way, here, behalfOf(house, ada)));
    must(await ask(way, here, behalfOf(house, ada)));
    must(await ask(way, here, behalfOf(house, bea)));
    await expect
      .poll(async () =>
        must(await report(house, bea, "house")).flows.map(({ host, connections }) => [host, connections]),
      )
      .toEqual([[here, 3]]);
    const [own] = must(await report(house, ada)).flows;
    expect(own).toMatchObject({ host: here, way: "tool", tool: "http.get", data: "own", connections: 2, failed: 0 });
    expect(own?.bytesIn).toBeGreaterThan(12);
    expect(must(await report(house, vic)).flows).toEqual([]);
    expect(codeOf(await report(house, ada, "house"))).toBe("ROLE_INSUFFICIENT");
    const everybody = JSON.stringify(must(await report(house, bea, "house")));
    expect(everybody).not.toContain(ada.principal.id);
    const { jsonl } = must(await house.operations["audit.export"](bea, {}));
    expect(jsonl).toContain("egress:connected");
    expect(jsonl).not.toContain(here);
  });

  it("stays unknown once the conversation that led there was erased", async () => {
    const { house, way, here } = await setUp();
    const behalf = behalfOf(house, house.context());
    must(await ask(way, here, behalf));
    await expect.poll(async () => must(await report(house, house.context())).flows[0]?.host).toBe(here);
    must(await house.memory.vault.erase([`conversation:${String(behalf.conversationId)}`]));
    expect(must(await report(house, house.context())).flows).toMatchObject([{ host: null, connections: 1 }]);
  });
});

describe("a way out whose records fail", () => {
  it("lets tools reach nobody until the log can be written again", async () => {
    const fails = { audit: false, database: false };
    const { house, way, here, heard } = await setUp(fails);
    const behalf = behalfOf(house, house.context());
    must(await ask(way, here, behalf, "one"));
    fails.audit = true;
    must(await ask(way, here, behalf, "two"));
    expect(codeOf(await ask(way, here, behalf, "three"))).toBe("AUDIT_UNWRITABLE");
    fails.audit = false;
    must(await ask(way, here, behalf, "four"));
    expect(heard).toEqual(["/one", "/two", "/four"]);
    await expect.poll(async () => must(await report(house, house.context())).flows[0]?.connections).toBe(3);
  });

  it("keeps to the limits that are set at that moment", async () => {
    const { house, way, here } = await setUp();
    must(await house.ports.settings.set("limits.egressRequestsPerMinute", 1));
    const behalf = behalfOf(house, house.context());
    must(await ask(way, here, behalf));
    expect(codeOf(await ask(way, here, behalf))).toBe("RATE_LIMITED");
    must(await house.ports.settings.set("limits.egressRequestsPerMinute", 0));
    must(await ask(way, here, behalf));
    must(await house.ports.settings.set("limits.egressBytesPerHour", 10));
    expect(codeOf(await ask(way, here, behalf))).toBe("BUDGET_EXHAUSTED");
  });
});
