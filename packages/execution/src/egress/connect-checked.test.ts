import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { createConnector } from "./connect-checked.ts";
import { EgressFault } from "./egress-fault.ts";
import { problemOf } from "./problem-of.ts";
import { lookupBySystem } from "./resolve-host.ts";

describe("createConnector", () => {
  it("gives up on an address that never answers, and closes the socket", async () => {
    const sockets: Socket[] = [];
    const connect = createConnector({
      lookup: async () => ["93.184.216.34", "93.184.216.35"],
      check: () => () => "public",
      dial: () => {
        const socket = new Socket();
        sockets.push(socket);
        return socket;
      },
      milliseconds: 30,
    });
    const fault = await new Promise<Error | null>((resolve) =>
      connect({ hostname: "example.org", protocol: "http:", port: "" }, (...[error]) => resolve(error)),
    );
    expect(fault instanceof EgressFault && fault.error.context).toEqual({
      host: "example.org",
      problem: "the connection took too long",
    });
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});

describe("problemOf", () => {
  it("quotes nothing that it does not know", () => {
    for (const thrown of [new Error("sk-secret"), "sk-secret", null, undefined, { code: 7 }, { code: "toString" }]) {
      expect(problemOf(thrown)).toBe("the exchange failed");
    }
  });
});

describe("lookupBySystem", () => {
  it("returns plain addresses", async () => {
    expect(await lookupBySystem("127.0.0.1")).toEqual(["127.0.0.1"]);
  });
});
