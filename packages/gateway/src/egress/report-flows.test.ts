import { AgentId, CallId, ConversationId, instantOf, ok, PrincipalId, TurnId } from "@moltbot/contracts";
import type { AuditDetails, AuditEvent, AuditPort, AuditRecord } from "@moltbot/contracts";
import type { Connection } from "@moltbot/execution/egress";
import { describe, expect, it } from "vitest";
import { EGRESS_EVENT, recordConnections } from "./record-connections.ts";
import { reportFlows } from "./report-flows.ts";

const id = (n: number): string => `01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const [ME, YOU] = [PrincipalId.parse(id(1)), PrincipalId.parse(id(2))];
const SINCE = instantOf(Date.UTC(2026, 10, 20));

/** A log in memory that keeps details apart, as the real one does. */
const paperLog = () => {
  const events: AuditEvent[] = [];
  const records: AuditRecord[] = [];
  const asked: unknown[] = [];
  const audit = {
    record: async (event: AuditEvent) => {
      const sequence = records.length;
      const record: AuditRecord = {
        sequence,
        at: instantOf(Date.UTC(2026, 10, 21) + sequence * 1_000),
        event: event.event,
        actor: event.actor,
        fields: event.fields,
        commitments: {},
      };
      events.push(event);
      records.push(record);
      return ok(record);
    },
    query: async (...[query, limit, before = Infinity]: Parameters<AuditPort["query"]>) => {
      asked.push(query);
      const fitting = records.filter(({ sequence, fields }) => sequence < before && fields["ownerId"] !== "never");
      return ok(fitting.toReversed().slice(0, limit));
    },
    detailsOf: async (wanted: readonly AuditRecord[]) =>
      ok(new Map<number, AuditDetails>(wanted.map(({ sequence }) => [sequence, events[sequence]?.details ?? {}]))),
  };
  return { audit, events, records, asked };
};

const sent = (change: Partial<Connection> = {}, person = ME): Connection => ({
  way: "tool",
  tool: "http.get",
  behalf: {
    person,
    agentId: AgentId.parse(id(6)),
    conversationId: ConversationId.parse(id(5)),
    turnId: TurnId.parse(id(4)),
    callId: CallId.parse(id(3)),
    data: "own",
  },
  host: "example.org",
  port: 443,
  methodClass: "read",
  secret: null,
  bytesOut: 100,
  bytesIn: 2_000,
  code: null,
  ...change,
});

describe("the record of a connection", () => {
  it("has ids and numbers in the clear, and seals where it led under the key of its conversation", async () => {
    const { audit, events } = paperLog();
    const record = recordConnections(audit);
    await record(sent({ secret: "weather", host: "::1", port: 8080 }));
    await record(sent({ way: "provider", tool: null, behalf: null, methodClass: "write", code: "FETCH_FAILED" }));
    await record(
      sent({ way: "gate", methodClass: "tunnel", host: "evil.example:443", port: 0, code: "HOST_NOT_ALLOWED" }),
    );
    expect(events[0]).toEqual({
      event: EGRESS_EVENT,
      actor: id(6),
      fields: {
        way: "tool",
        tool: "http.get",
        ownerId: ME,
        agentId: id(6),
        conversationId: id(5),
        turnId: id(4),
        callId: id(3),
        data: "own",
        method: "read",
        port: 8080,
        secret: true,
        bytesOut: 100,
        bytesIn: 2_000,
        code: null,
      },
      details: { host: "[::1]:8080", secret: "weather" },
      subject: `conversation:${id(5)}`,
    });
    expect(events[1]).toMatchObject({ actor: "system", fields: { way: "model", ownerId: null, data: "unknown" } });
    expect(events[1]).not.toHaveProperty("subject");
    expect(events[2]?.details).toEqual({ host: "evil.example:443" });
    for (const { fields } of events) expect(JSON.stringify(fields)).not.toMatch(/example|weather|::1/);
  });
});

describe("the report of flows", () => {
  it("sums what went to one host in one way, of one's own alone", async () => {
    const { audit, asked } = paperLog();
    const record = recordConnections(audit);
    await record(sent());
    await record(sent({ methodClass: "write", bytesOut: 900, secret: "weather", code: "FETCH_FAILED" }));
    await record(sent({ host: "other.example" }, YOU));
    await record(sent({ way: "gate", tool: "exec.run", methodClass: "tunnel", bytesOut: 5_000 }));
    const report = await reportFlows(audit, { since: SINCE, of: ME, by: ME });
    expect(report).toEqual(
      ok({
        since: SINCE,
        complete: true,
        flows: [
          expect.objectContaining({ way: "gate", tool: "exec.run", writing: 1, bytesOut: 5_000 }),
          {
            host: "example.org:443",
            way: "tool",
            tool: "http.get",
            data: "own",
            connections: 2,
            failed: 1,
            writing: 1,
            bytesOut: 1_000,
            bytesIn: 4_000,
            firstAt: "2026-11-21T00:00:00.000Z",
            lastAt: "2026-11-21T00:00:01.000Z",
            withSecret: 1,
            secrets: ["weather"],
          },
        ],
      }),
    );
    expect(asked[0]).toEqual({ event: EGRESS_EVENT, from: SINCE, person: ME });
  });

  it("shows whoever keeps the house everybody's together, without whose it was and without the names of their secrets", async () => {
    const { audit } = paperLog();
    const record = recordConnections(audit);
    await record(sent({ secret: "of-mine" }));
    await record(sent({ secret: "of-yours" }, YOU));
    await record(sent({ secret: "of-the-house", behalf: null }));
    const report = await reportFlows(audit, { since: SINCE, of: null, by: ME });
    if (!report.ok) throw new Error(report.error.message);
    expect(report.value.flows.flatMap(({ secrets }) => secrets).toSorted()).toEqual(["of-mine", "of-the-house"]);
    expect(report.value.flows.reduce((sum, { withSecret }) => sum + withSecret, 0)).toBe(3);
    expect(JSON.stringify(report.value)).not.toContain(YOU);
  });

  it("goes through as many pages as there are, and says when there are more than it counts", async () => {
    const { audit, records } = paperLog();
    const record = recordConnections(audit);
    for (let n = 0; n < 2_500; n += 1) await record(sent());
    const report = await reportFlows(audit, { since: SINCE, of: ME, by: ME });
    expect(report.ok && [report.value.complete, report.value.flows[0]?.connections]).toEqual([true, 2_500]);
    expect(records).toHaveLength(2_500);
    const endless = { ...audit, query: async (_query: unknown, limit: number) => ok(records.slice(0, limit)) };
    const cut = await reportFlows(endless, { since: SINCE, of: ME, by: ME });
    expect(cut.ok && [cut.value.complete, cut.value.flows[0]?.connections]).toEqual([false, 20_000]);
  });
});
