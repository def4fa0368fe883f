import { instantOf } from "@moltbot/contracts";
import type { DataFlow } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import {
  byHost,
  byKind,
  KINDS,
  kindWords,
  plainHost,
  secretsText,
  senderText,
  timesText,
  totalText,
} from "./words-of-flows.ts";

const flow = (host: string | null, wish: Partial<DataFlow> = {}): DataFlow => ({
  host,
  way: "tool",
  tool: "http.get",
  data: "own",
  connections: 1,
  failed: 0,
  writing: 0,
  bytesOut: 10,
  bytesIn: 2048,
  firstAt: instantOf(0),
  lastAt: instantOf(0),
  withSecret: 0,
  secrets: [],
  ...wish,
});

describe("flows by host", () => {
  it("puts first who was sent most, in each host what was sent most, and last what is no longer known", () => {
    const hosts = byHost([
      flow(null, { bytesOut: 900 }),
      flow("b"),
      flow("a"),
      flow("two", { bytesOut: 30 }),
      flow("one", { bytesOut: 50 }),
      flow("two", { bytesOut: 40, data: "public" }),
      flow("c", { bytesIn: 4096 }),
    ]);
    expect(hosts.map(({ host }) => host)).toEqual(["two", "one", "c", "a", "b", null]);
    expect(hosts[0]).toMatchObject({ bytesOut: 70, bytesIn: 4096 });
    expect(hosts[0]?.flows.map(({ data }) => data)).toEqual(["public", "own"]);
  });

  it("counts each host once for a kind, and none that was sent nothing", () => {
    expect(
      byKind({
        flows: [
          flow("a", { data: "public" }),
          flow("a", { data: "public", tool: "web.fetch" }),
          flow("b", { data: "public" }),
          flow("c", { data: "group", bytesOut: 0, connections: 1, failed: 1 }),
          flow("c", { data: "nobody" }),
          flow(null, { data: "nobody" }),
          flow(null, { data: "unknown" }),
        ],
      }),
    ).toEqual([
      ["nobody", "1 host and others no longer known"],
      ["public", "2 hosts"],
      ["unknown", "hosts no longer known"],
    ]);
  });

  it("sums in a sentence", () => {
    const total = (...flows: readonly DataFlow[]): string => totalText(byHost(flows));
    expect(total()).toBe("Nothing was sent to anybody.");
    expect(total(flow("a"), flow("a"), flow("b", { bytesOut: 0, bytesIn: 0 }))).toBe(
      "20 bytes went to 1 host, and 4 KB came back.",
    );
    expect(total(flow("a", { bytesIn: 0 }), flow(null))).toBe(
      "20 bytes went to 1 host and others no longer known, and 2 KB came back.",
    );
    expect(total(flow("a", { bytesOut: 0 }), flow("b", { bytesOut: 0 }))).toBe(
      "Nothing was sent: no way led to 2 hosts.",
    );
  });
});

describe("what the page says of a flow", () => {
  it("names every kind of data, other than the house’s for oneself", () => {
    for (const kind of KINDS) for (const of of ["me", "house"] as const) expect(kindWords(kind, of).name).not.toBe("");
    expect([kindWords("own", "me").name, kindWords("own", "house").name]).toEqual([
      "Yours alone",
      "One person’s alone",
    ]);
  });

  it("says who sent", () => {
    expect(senderText({ way: "model", tool: null })).toBe("A model");
    expect(senderText({ way: "gate", tool: "exec.run" })).toBe("A program");
    expect(senderText({ way: "gate", tool: "exec.shell" })).toBe("A program of a shell line");
    expect(senderText({ way: "gate", tool: null })).toBe("A program");
    expect(senderText({ way: "gate", tool: "constructor" })).toBe("A program of “Constructor”");
    expect(senderText({ way: "tool", tool: "http.get" })).toBe("Ask a web service");
    expect(senderText({ way: "tool", tool: null })).toBe("The house itself");
  });

  it("says how often, how it went, and what could not be seen or undone", () => {
    expect(timesText(flow("a"))).toBe("1 connection");
    expect(timesText(flow("a", { connections: 6, failed: 1, writing: 4 }))).toBe(
      "6 connections, 1 failed or refused, 4 could change something there",
    );
    expect(timesText(flow("a", { way: "gate", connections: 2, writing: 2 }))).toBe(
      "2 connections, 2 that nobody here can look into",
    );
    expect(timesText(flow("a", { way: "model", connections: 2, writing: 2 }))).toBe("2 connections");
    expect(timesText(flow("a", { failed: 1, writing: 1 }))).toBe("1 connection, failed or refused");
    expect(timesText(flow("a", { connections: 3, failed: 3 }))).toBe("3 connections, all failed or refused");
  });

  it("names the secrets that went along, where it may", () => {
    expect(secretsText(flow("a"))).toBeNull();
    expect(secretsText(flow("a", { withSecret: 2 }))).toBe("with a secret");
    expect(secretsText(flow("a", { withSecret: 2, secrets: ["crm"] }))).toBe("with the secret “crm”");
    expect(secretsText(flow("a", { withSecret: 2, secrets: ["crm", "mail"] }))).toBe(
      "with the secrets “crm” and “mail”",
    );
  });

  it.each([
    ["api.example:443", undefined],
    ["[::1]:8080", undefined],
    ["xn--pypal-4ve.com:443", undefined],
    ["p\u0430ypal.com:443", "xn--pypal-4ve.com:443"],
    ["p\u0430ypal.com:8443", "xn--pypal-4ve.com:8443"],
    ["evil.com/\u0430@bank.com", null],
    ["bank.com#\u0430", null],
    ["a b.com", null],
    ["", null],
  ])("takes %j for what it is in plain letters: %j", (host, plain) => {
    expect(plainHost(host)).toBe(plain);
  });
});
