import { Socket, connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { dialAddress } from "../connect-checked.ts";
import { CONNECT, GREETING, PUBLIC, closing, helloFor, pause, setUp, tool } from "../test-support/gate-world.ts";

describe("a place at the gate", () => {
  it("is free again when its program was refused, though it does not hang up", async () => {
    const hello = await helloFor("example.org");
    const { path, speak } = await setUp(tool(["example.org:443"]));
    for (let at = 0; at < 70; at += 1) {
      const socket = connect({ path, allowHalfOpen: true });
      closing.push(() => socket.destroy());
      socket.on("error", () => undefined).write(at % 2 === 0 ? CONNECT("evil.example:443") : "GET / HTTP/1.1\r\n\r\n");
      const answer = await new Promise<string>((resolve) => socket.once("data", (bytes) => resolve(String(bytes))));
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect(await speak(CONNECT("example.org:443"), hello)).toMatch(/heard$/);
  });

  it("is free again when its program ends before it has said where to, and nobody hears of it", async () => {
    const hello = await helloFor("example.org");
    const { path, speak, dialled, passed } = await setUp(tool(["example.org:443"]));
    const halves = ["", "CONNECT example.org:443 HTTP/1.1\r\n", GREETING, GREETING.subarray(0, 1)];
    for (let at = 0; at < 70; at += 1) {
      const socket = connect({ path, allowHalfOpen: true });
      closing.push(() => socket.destroy());
      const closed = new Promise<void>((resolve) => void socket.once("end", resolve).resume());
      socket.on("error", () => undefined).end(halves[at % halves.length] ?? "");
      await closed;
    }
    expect([dialled, passed]).toEqual([[], []]);
    expect(await speak(CONNECT("example.org:443"), hello)).toMatch(/heard$/);
  });

  it("is over when its program ends within its hello: nobody is dialled", async () => {
    const hello = await helloFor("example.org");
    const { path, dialled, passed } = await setUp(tool(["example.org:443"]));
    const socket = connect({ path, allowHalfOpen: true });
    closing.push(() => socket.destroy());
    const ended = new Promise<void>((resolve) => void socket.once("end", resolve).resume());
    socket.write(CONNECT("example.org:443"));
    socket.end(hello.subarray(0, -1));
    await ended;
    await expect.poll(() => passed).toMatchObject([{ host: "example.org", error: { code: "HOST_NOT_ALLOWED" } }]);
    expect(dialled).toEqual([]);
  });

  it("ends with the gate, and with it whoever is being dialled for it: nobody else is", async () => {
    const hello = await helloFor("example.org");
    const dialled: Socket[] = [];
    const { gate, speak } = await setUp(tool(["example.org:443"]), {
      lookup: async () => [PUBLIC, "93.184.216.35"],
      dial: () => {
        const silent = new Socket();
        dialled.push(silent);
        return silent;
      },
    });
    const spoken = speak(CONNECT("example.org:443"), hello);
    for (let looks = 0; looks < 100 && dialled.length === 0; looks += 1) await pause(10);
    if (gate.ok) await gate.value.close();
    await spoken;
    await pause(50);
    expect(dialled.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it("is nobody's when its program ended while the host was looked up", async () => {
    const hello = await helloFor("example.org");
    const answer = Promise.withResolvers<readonly string[]>();
    const asked = Promise.withResolvers<void>();
    const { gate, path, dialled, passed } = await setUp(tool(["example.org:443"]), {
      lookup: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    const socket = connect(path);
    closing.push(() => socket.destroy());
    socket.on("error", () => undefined).write(Buffer.concat([Buffer.from(CONNECT("example.org:443")), hello]));
    await asked.promise;
    if (gate.ok) await gate.value.close();
    answer.resolve([PUBLIC]);
    await pause(50);
    expect([dialled, passed]).toEqual([[], []]);
  });
});

describe("what a host sends", () => {
  it("arrives whole, also where the host hangs up before a slow program has read it", async () => {
    let much = 0;
    const server = createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.end(Buffer.alloc(much, "x")));
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    const { port } = server.address() as AddressInfo; // a TCP server has no other address
    const hello = await helloFor("example.org");
    const { path } = await setUp(tool(["example.org:443"]), { dial: () => dialAddress("127.0.0.1", port) });
    // Sizes around what the system holds between the two: of some, a part is still in the gate's hands.
    for (much = 100_000; much < 500_000; much += 20_000) {
      const program = connect({ path, allowHalfOpen: true });
      closing.push(() => program.destroy());
      program.on("error", () => undefined).write(CONNECT("example.org:443"));
      await new Promise<void>((resolve) => program.once("data", () => resolve()));
      program.pause().write(hello);
      await pause(50);
      let read = 0;
      const ended = new Promise<void>((resolve) => program.once("end", resolve).once("close", resolve));
      program.on("data", (bytes: Buffer) => (read += bytes.length)).resume();
      await ended;
      program.destroy();
      expect(read).toBe(much);
    }
  });
});
