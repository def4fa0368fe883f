/** A role of the house's own, as people live with it: made, given, worked with, changed, and gone. */
import type { Agent, AuditRecord, OwnRole, Person, TurnReport } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { followStream } from "../../packages/ingress/src/http/testing/start-server.ts";
import { askedLast, scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import { arriveAt, browserCaller, clientCaller, given } from "../support/people.ts";
import type { Caller } from "../support/people.ts";

const models = scriptedModels((request) => {
  const asked = askedLast(request);
  if (asked.startsWith("keep ") && request.messages.at(-1)?.role !== "tool")
    return { calls: [{ tool: "file.append", arguments: { path: "kept.txt", text: asked } }] };
  return { text: `heard: ${asked}` };
});
const SETTINGS = { gateway: { drainSeconds: 0 }, limits: { requestsPerSecond: 100_000 } };
/** What somebody needs who talks to agents in the web app, and answers what comes of it. */
const TALKING = [
  "access.*",
  "agents.*",
  "approvals.*",
  "conversations.*",
  "events.stream",
  "messages.send",
  "people.list",
  "roles.list",
  "sessions.*",
  "turns.*",
];

describe("a role of the house's own", { timeout: 60_000 }, () => {
  let house: FittedGateway;
  const url = (): string => house.gateway.url;
  const owner: Caller = (name, input) => clientCaller(house.client)(name, input);
  beforeAll(async () => {
    house = await startFittedGateway({ models }, newPlace(SETTINGS));
  }, 60_000);
  afterAll(async () => {
    await house.close();
    house.place.remove();
  });

  it("is made and given, its person works with all that it covers, and answers what their turns ask", async () => {
    const role = given<OwnRole>(await owner("roles.create", { name: "Talker", base: "member", operations: TALKING }));
    expect((await owner("roles.create", { name: "TALKER", base: "viewer", operations: ["*"] })).code).toBe(
      "ROLE_NAME_TAKEN",
    );
    const { person, cookie } = await arriveAt(url(), owner, "Ada", role.id);
    expect(person).toMatchObject({ role: "member", ownRole: role.id, state: "invited" });
    const ada = (): Caller => browserCaller(url(), cookie);
    expect(given<readonly OwnRole[]>(await ada()("roles.list"))).toEqual([role]);
    const agent = given<Agent>(await ada()("agents.create", { name: "hers" }));
    const events = await followStream(Number(new URL(url()).port), "/v2/events", { cookie });
    const asked = given<TurnReport>(await ada()("messages.send", { agentId: agent.id, content: "keep it" }));
    for (const { id } of asked.approvals) given(await ada()("approvals.answer", { approvalId: id, answer: "allow" }));
    expect(given<TurnReport>(await ada()("turns.get", { turnId: asked.turnId, wait: "true" })).state).toBe("done");
    await events.until("message:sent");
    for (const name of ["tokens.list", "memories.list", "contacts.list", "devices.list"] as const)
      expect([name, (await ada()(name)).code]).toEqual([name, "ROLE_LEAVES_OUT"]);
    const explained = given<{ allowed: boolean }>(
      await owner("access.explain", { personId: person.id, operation: "tokens.create" }),
    );
    expect(explained.allowed).toBe(false);

    // It is the same after a restart, to whoever comes with what they had.
    events.leave();
    await house.close();
    house = await startFittedGateway({ models }, house.place);
    expect((await ada()("tokens.list")).code).toBe("ROLE_LEAVES_OUT");
    expect((await ada()("agents.list")).code).toBeNull();

    // More of it and less of it is felt with the next request.
    const operations = ["tokens.*", ...TALKING.filter((pattern) => pattern !== "agents.*")];
    given(await owner("roles.change", { roleId: role.id, operations }));
    expect([(await ada()("tokens.list")).code, (await ada()("agents.list")).code]).toEqual([null, "ROLE_LEAVES_OUT"]);

    // Nobody takes it away under somebody; whoever hands the house on to its holder takes it from them.
    expect((await owner("roles.remove", { roleId: role.id })).code).toBe("ROLE_IN_USE");
    given(await owner("people.transfer", { personId: person.id }));
    const [whole] = given<Person[]>(await ada()("people.list")).filter(({ id }) => id === person.id);
    expect(whole).toMatchObject({ role: "owner", ownRole: null });
    given(await ada()("roles.remove", { roleId: role.id }));
    const seen = given<AuditRecord[]>(await ada()("audit.list", { limit: 500 })).map(({ event }) => event);
    expect(seen).toEqual(expect.arrayContaining(["role:created", "role:changed", "role:removed"]));
  });
});
