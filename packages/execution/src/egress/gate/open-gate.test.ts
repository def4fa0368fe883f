import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { done, err, moltbotError, PrincipalId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { dialAddress } from "../connect-checked.ts";
import type { Connection, OnBehalf } from "../connections/connection.ts";
import { ALL_CONTROLS, createEgressWith } from "../create-egress.ts";
import type { EgressOptions } from "../create-egress.ts";
import type { Lookup } from "../resolve-host.ts";
import type { ToolAuthority } from "./gate.ts";
import { openGate } from "./open-gate.ts";
import {
  CONNECT,
  GREETING,
  PUBLIC,
  closing,
  helloFor,
  setUp,
  socksTo,
  startServer,
  tool,
} from "../test-support/gate-world.ts";
import { keptLog, lenderOf } from "../test-support/world.ts";

describe("the gate", () => {
  it("lets a program through to the host of its call, by CONNECT and by SOCKS5, and counts the bytes", async () => {
    const hello = await helloFor("example.org");
    const { speak, world, dialled, passed, gate, path } = await setUp(tool(["example.org:443"]));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await speak(CONNECT("example.org:443"), hello)).toBe("HTTP/1.1 200 OK\r\n\r\nheard");
    expect(await speak(GREETING, socksTo("example.org", 443), hello)).toMatch(/heard$/);
    expect(dialled).toEqual([`${PUBLIC} 443`, `${PUBLIC} 443`]);
    expect(world.heard.map((bytes) => bytes.length)).toEqual([hello.length, hello.length]);
    if (gate.ok) await gate.value.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(passed).toEqual(
      Array.from({ length: 2 }, () => ({
        host: "example.org",
        port: 443,
        bytesOut: hello.length,
        bytesIn: 5,
        error: null,
      })),
    );
  });

  it.each([
    ["another host", "evil.example:443"],
    ["another port", "example.org:22"],
    ["loopback by name", "localhost:443"],
    ["loopback", "127.0.0.1:443"],
    ["loopback in six", "[::1]:443"],
    ["loopback in disguise", "2130706433:443"],
    ["the metadata address", "169.254.169.254:443"],
  ])("opens no way to %s, and dials nobody", async (_what, place) => {
    const { speak, dialled, world } = await setUp(
      tool(["example.org:443", "127.0.0.1:443", "localhost:443", "[::1]:443", "169.254.169.254:443"]),
    );
    expect(await speak(CONNECT(place))).toContain("403");
    expect([dialled, world.heard]).toEqual([[], []]);
  });

  it.each<readonly [string, () => Promise<Buffer> | Buffer]>([
    ["another server's name", () => helloFor("evil.example")],
    ["no name", () => helloFor(null)],
    ["plain HTTP", () => Buffer.from("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")],
    ["another protocol", () => Buffer.from("SSH-2.0-x\r\n")],
  ])("closes on %s, before anybody hears of it", async (_what, bytes) => {
    const { speak, world, dialled, passed } = await setUp(tool(["example.org:443"]));
    expect(await speak(CONNECT("example.org:443"), await bytes())).toMatch(/\|closed$/);
    expect([dialled, world.heard, world.sockets.size]).toEqual([[], [], 0]);
    expect(passed).toMatchObject([{ host: "example.org", error: { code: "HOST_NOT_ALLOWED" } }]);
  });

  it("unplug: without the look at the hello the other name arrives", async () => {
    const hello = await helloFor("evil.example");
    const { speak, world } = await setUp(tool(["example.org:443"]), {
      readName: () => ({ kind: "hello", name: "example.org" }),
    });
    expect(await speak(CONNECT("example.org:443"), hello)).toMatch(/heard$/);
    expect(world.heard[0]).toContain("evil.example");
  });

  it.each<readonly [string, readonly (string | Buffer)[]]>([
    ["GET", ["GET http://example.org:443/ HTTP/1.1\r\n\r\n"]],
    ["a user name", ["CONNECT me@example.org:443 HTTP/1.1\r\n\r\n"]],
    ["no port", ["CONNECT example.org HTTP/1.1\r\n\r\n"]],
    ["a head without end", [`CONNECT ${"x".repeat(9_000)}`]],
    ["SOCKS with a password", [Buffer.from([5, 1, 2])]],
    ["SOCKS bind", [GREETING, Buffer.from([5, 2, 0, 1, 93, 184, 216, 34, 1, 187])]],
    ["a SOCKS name with a null", [GREETING, socksTo("example.org\0.evil", 443)]],
    ["a SOCKS address inside", [GREETING, Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, 1, 187])]],
    ["a SOCKS address inside in six", [GREETING, Buffer.from([5, 1, 0, 4, ...Buffer.alloc(15), 1, 1, 187])]],
    ["a port in a SOCKS name", [GREETING, socksTo("example.org:443", 443)]],
  ])("refuses %s", async (_what, parts) => {
    const { speak, dialled } = await setUp(tool(["example.org:443"]));
    expect(await speak(...parts)).not.toMatch(/200|heard/);
    expect(dialled).toEqual([]);
  });

  it("leads to an IPv6 address however it is asked for", async () => {
    const address = "2606:2800:220:1:248:1893:25c8:1946";
    const hello = await helloFor(null);
    const { speak, dialled } = await setUp(tool([`[${address}]:443`]));
    const bytes = Buffer.from("26062800022000010248189325c81946", "hex");
    expect(await speak(CONNECT(`[${address}]:443`), hello)).toMatch(/heard$/);
    expect(
      await speak(GREETING, Buffer.concat([Buffer.from([5, 1, 0, 4]), bytes, Buffer.from([1, 187])]), hello),
    ).toMatch(/heard$/);
    expect(dialled).toEqual([`${address} 443`, `${address} 443`]);
  });

  it("refuses a port that does not exist, and tells of it in the program's words", async () => {
    const { speak, dialled, passed } = await setUp(tool(["example.org:443"]));
    expect(await speak(CONNECT("example.org:99999"))).toContain("403");
    expect(dialled).toEqual([]);
    expect(passed).toMatchObject([{ host: "example.org:99999", port: 0, bytesOut: 0, error: { code: "URL_INVALID" } }]);
  });

  it("does not open where its socket cannot be made, or cannot be made the owner's alone", async () => {
    const parts = { lookup: async () => [PUBLIC], check: () => "public", dial: dialAddress, passed: () => undefined };
    const folder = mkdtempSync(join(tmpdir(), "moltbot-gate-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const nowhere = join(folder, "missing", "gate.sock");
    // Linux gives a name that begins with a null no file, and so no owner: everybody on the machine could connect.
    const everybodys = `\0${folder}`;
    for (const path of [nowhere, everybodys]) {
      const gate = await openGate(path, tool(["example.org:443"]), parts);
      expect(gate).toMatchObject({ ok: false, error: { code: "FETCH_FAILED", context: { host: "gate" } } });
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect(path, () => resolve(true)).once("error", () => resolve(false));
        closing.push(() => socket.destroy());
      });
      expect(reached).toBe(false);
    }
  });

  it("does not open where the grant limits methods or paths", async () => {
    for (const limits of [
      { methods: [["GET"]], prefixes: [] },
      { methods: [], prefixes: [["/v1"]] },
    ]) {
      const { gate } = await setUp(tool(["example.org:443"], { limits }));
      expect(gate).toMatchObject({ ok: false, error: { code: "REQUEST_NOT_ALLOWED" } });
    }
  });
});

describe("what passes the gate", () => {
  const behalf: OnBehalf = {
    person: PrincipalId.parse("01930000-0000-7000-8000-000000000001"),
    agentId: null,
    conversationId: null,
    turnId: null,
    callId: null,
    data: "own",
  };
  /** A way out whose public addresses lead to a server of ours, and a gate through it. */
  const setUpWay = async (
    wish: Partial<EgressOptions>,
    authority = tool(["example.org:443"]),
    whose: Pick<ToolAuthority, "tool" | "behalf"> = { tool: "exec.run", behalf },
  ) => {
    const world = await startServer();
    const records: Connection[] = [];
    const folder = mkdtempSync(join(tmpdir(), "moltbot-gate-"));
    const way = createEgressWith(
      {
        secrets: lenderOf("", "", ""),
        isCanary: () => false,
        log: keptLog(),
        lookup: async () => [PUBLIC],
        connected: async (one) => (records.push(one), done),
        ...wish,
      },
      { ...ALL_CONTROLS, dial: () => dialAddress("127.0.0.1", world.port) },
    );
    const path = join(folder, "gate.sock");
    const gate = await way.openGate(path, { ...authority, ...whose });
    closing.push(
      () => rmSync(folder, { recursive: true, force: true }),
      () => way.close(),
      () => (gate.ok ? gate.value.close() : undefined),
    );
    /** Asks for a place, says hello, and returns how much of what is sent then arrives. */
    const upload = async (place: string, hello: Buffer, bytes: number): Promise<number> => {
      const before = world.heard.join("").length;
      const socket = connect(path).on("error", () => undefined);
      closing.push(() => socket.destroy());
      socket.write(CONNECT(place));
      await new Promise((resolve) => void socket.once("data", resolve).once("close", resolve));
      const heard = new Promise((resolve) => void socket.once("data", resolve).once("close", resolve));
      socket.write(hello);
      await heard;
      if (bytes > 0) socket.end(Buffer.alloc(bytes));
      await new Promise((resolve) => setTimeout(resolve, 60));
      socket.destroy();
      return world.heard.join("").length - before;
    };
    return { world, records, upload };
  };

  it("is on record for its call, and what was refused is told once", async () => {
    const hello = await helloFor("example.org");
    const { records, upload } = await setUpWay({});
    await upload("example.org:443", hello, 1_000);
    for (let n = 0; n < 5; n += 1) await upload("evil.example:443", hello, 0);
    await expect.poll(() => records.length).toBe(2);
    expect(records.find(({ host }) => host === "example.org")).toEqual({
      way: "gate",
      tool: "exec.run",
      behalf,
      host: "example.org",
      port: 443,
      methodClass: "tunnel",
      secret: null,
      bytesOut: hello.length + 1_000,
      bytesIn: 5,
      code: null,
    });
    expect(records.find(({ code }) => code !== null)).toMatchObject({ host: "evil.example:443", bytesOut: 0 });
  });

  it("is nothing while a connection could not be recorded", async () => {
    const hello = await helloFor("example.org");
    const connected = async () => err(moltbotError("AUDIT_UNWRITABLE"));
    const { upload, world } = await setUpWay({ connected });
    expect(await upload("example.org:443", hello, 0)).toBe(hello.length);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await upload("example.org:443", hello, 0)).toBe(0);
    expect(world.sockets.size).toBe(1);
  });

  it("is on record for the house, and counts for it, where it is nobody's", async () => {
    const hello = await helloFor("example.org");
    const limits = () => ({ requestsPerMinute: 1, bytesOutPerHour: 0 });
    const { records, upload } = await setUpWay({ limits }, tool(["example.org:443"]), {});
    expect(await upload("example.org:443", hello, 0)).toBe(hello.length);
    expect(await upload("example.org:443", hello, 0)).toBe(0);
    await expect
      .poll(() => records)
      .toMatchObject([
        { way: "gate", tool: null, behalf: null, code: null },
        { way: "gate", tool: null, behalf: null, code: "RATE_LIMITED" },
      ]);
  });

  it("begins with a hello that counts too: where that is too much, nobody is dialled", async () => {
    const hello = await helloFor("example.org");
    const limits = () => ({ requestsPerMinute: 0, bytesOutPerHour: hello.length - 1 });
    const { records, upload, world } = await setUpWay({ limits });
    expect(await upload("example.org:443", hello, 0)).toBe(0);
    await expect.poll(() => records).toMatchObject([{ code: "BUDGET_EXHAUSTED", bytesOut: 0, bytesIn: 0 }]);
    expect(world.sockets.size).toBe(0);
  });

  it("is no more than a person may send, and no more often", async () => {
    const hello = await helloFor("example.org");
    const bytesOutPerHour = hello.length + 5_000;
    const { upload, records } = await setUpWay({ limits: () => ({ requestsPerMinute: 0, bytesOutPerHour }) });
    expect(await upload("example.org:443", hello, 50_000)).toBeLessThanOrEqual(bytesOutPerHour);
    await expect.poll(() => records[0]?.code).toBe("BUDGET_EXHAUSTED");
    const often = await setUpWay({ limits: () => ({ requestsPerMinute: 2, bytesOutPerHour: 0 }) });
    const arrived: number[] = [];
    for (let n = 0; n < 3; n += 1) arrived.push(await often.upload("example.org:443", hello, 0));
    expect(arrived).toEqual([hello.length, hello.length, 0]);
  });

  it("unplug: without the limit everything arrives", async () => {
    const hello = await helloFor("example.org");
    const { upload } = await setUpWay({});
    expect(await upload("example.org:443", hello, 50_000)).toBe(hello.length + 50_000);
  });

  it("leads to a private address where the grant names it with its port, and to its neighbour nowhere", async () => {
    const hello = await helloFor(null);
    const hosts = ["10.0.0.7:443", "10.0.0.8:443", "169.254.169.254:443"];
    const granted = ["10.0.0.7:443", "169.254.169.254:443"];
    const { upload, records } = await setUpWay({}, tool(hosts, { granted }));
    expect(await upload("10.0.0.7:443", hello, 0)).toBe(hello.length);
    expect(await upload("10.0.0.8:443", hello, 0)).toBe(0);
    expect(await upload("169.254.169.254:443", hello, 0)).toBe(0);
    await expect
      .poll(() => records.map(({ code }) => String(code)).toSorted((a, b) => (a < b ? -1 : 1)))
      .toEqual(["ADDRESS_REFUSED", "ADDRESS_REFUSED", "null"]);
  });
});

/** A name server that answers one address after the other. */
const startNameServer = async (
  ...addresses: readonly string[]
): Promise<{ readonly lookup: Lookup; readonly asked: () => number }> => {
  const server = createSocket("udp4");
  let asked = 0;
  server.on("message", (query, { port, address }) => {
    const ip = addresses[Math.min(asked, addresses.length - 1)] ?? "";
    asked += 1;
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip.split(".").map(Number)]);
    server.send(Buffer.concat([head, question, record]), port, address);
  });
  await new Promise<void>((resolve) => void server.bind(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${String(server.address().port)}`]);
  return { lookup: (host) => resolver.resolve4(host), asked: () => asked };
};

describe("a name server that changes its mind", () => {
  it("wins nothing: the address that was checked is dialled, and the next one is refused", async () => {
    const hello = await helloFor("rebind.example");
    const names = await startNameServer(PUBLIC, "127.0.0.1");
    const { speak, dialled, world } = await setUp(tool(["rebind.example:443"]), { lookup: names.lookup });
    expect(await speak(CONNECT("rebind.example:443"), hello)).toMatch(/heard$/);
    expect([dialled, names.asked()]).toEqual([[`${PUBLIC} 443`], 1]);
    expect(await speak(CONNECT("rebind.example:443"), hello)).toContain("403");
    expect([dialled.length, world.heard.length]).toEqual([1, 1]);
  });

  it("unplug: without the check of addresses loopback is dialled", async () => {
    const hello = await helloFor("rebind.example");
    const names = await startNameServer("127.0.0.1");
    const { speak, dialled } = await setUp(tool(["rebind.example:443"]), {
      lookup: names.lookup,
      check: () => "public",
    });
    expect(await speak(CONNECT("rebind.example:443"), hello)).toMatch(/heard$/);
    expect(dialled).toEqual(["127.0.0.1 443"]);
  });
});
