/** A plugin whose manifest names a server of this machine: what the owner's yes to exactly that opens, and what it does not. */
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noWallHere } from "../../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import { must } from "../../support/must.ts";
import { tool } from "./hostile/hostile-plugin.ts";
import { openPluginHouse, packageOf } from "./plugin-house.ts";
import type { PluginHouse } from "./plugin-house.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

/** Asks for one address after the other and gives what became of each. */
const asking = (urls: readonly string[]): string =>
  tool(
    `const told = []; for (const url of ${JSON.stringify(urls)}) try { const { status, body } = await host.http.fetch({ url }); told.push(url + " " + status + " " + body); } catch (error) { told.push(url + " " + error.code); } return told.join("\\n");`,
  );

describe.skipIf(missing !== null)(`a plugin that names a server of this machine${WHY_NOT}`, { timeout: 90_000 }, () => {
  let place: PluginHouse;
  let server: Server;
  let port: number;
  let reached = 0;
  beforeAll(async () => {
    // It counts whoever connects, also those that speak TLS or nothing.
    server = createServer((socket) => {
      reached += 1;
      socket.on("error", () => undefined);
      socket.resume().end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nneighbour");
    });
    await new Promise<void>((resolve) => void server.listen(0, "0.0.0.0", resolve));
    port = (server.address() as AddressInfo).port; // a TCP server has no other address
    place = await openPluginHouse();
  }, 90_000);
  afterAll(async () => {
    await place.close();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });

  const ask = async (hosts: readonly string[], urls: readonly string[]): Promise<string> => {
    const named = packageOf(
      "nearby",
      { code: asking(urls), permissions: [{ kind: "http", hosts, why: "It asks." }] },
      place.key,
    );
    const { warnings } = must(await place.house.door.call("packages.inspect", { archive: named.archive }));
    expect(warnings.map(({ code }) => code)).toContain("HOST_NEARBY");
    expect(await place.install(named)).toMatchObject({ ok: true });
    try {
      return (await place.call([{ tool: "nearby.run" }])).map(({ code, text }) => `${String(code)} ${text}`).join("\n");
    } finally {
      await place.remove("nearby");
    }
  };

  it("reaches exactly the address and port that the owner agreed to", async () => {
    const said = await ask([`127.0.0.1:${String(port)}`], [`http://127.0.0.1:${String(port)}/`]);
    expect(said).toContain("200 neighbour");
    expect(reached).toBe(1);
  });

  it("reaches it under no other name, on no other port, and nothing beside it", async () => {
    reached = 0;
    const others = [
      `http://localhost:${String(port)}/`,
      `http://127.0.0.2:${String(port)}/`,
      `http://[::ffff:127.0.0.1]:${String(port)}/`,
      `http://0.0.0.0:${String(port)}/`,
      `http://${hostname().toLowerCase()}:${String(port)}/`,
      "http://169.254.169.254/latest/meta-data/",
      "http://10.0.0.1/",
    ];
    const said = await ask(["127.0.0.1:1"], others);
    expect(said).not.toContain("200");
    expect(reached).toBe(0);
  });

  it("reaches nothing by a name that leads home, though the owner agreed to the name", async () => {
    reached = 0;
    for (const scheme of ["http", "https"]) {
      const host = `${hostname().toLowerCase()}:${String(port)}`;
      expect(await ask([host], [`${scheme}://${host}/`])).not.toContain("neighbour");
    }
    expect(reached).toBe(0);
  });

  it.each(["169.254.169.254:80", "0.0.0.0:80", "[::ffff:7f00:1]:80", "[fd00:ec2::254]:80"])(
    "reaches %s not even where its manifest names it",
    async (host) => {
      expect(await ask([host], [`http://${host}/`])).toMatch(/ADDRESS_REFUSED|PLUGIN_MAY_NOT/);
    },
  );
});
