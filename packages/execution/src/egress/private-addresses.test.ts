import { describe, expect, it } from "vitest";
import { ALL_CONTROLS, createEgress, createEgressWith } from "./create-egress.ts";
import type { Lookup } from "./resolve-host.ts";
import { signal, open, tool, get, setUp, redirectTo, codeOf } from "./test-support/set-up.ts";
import { keptLog, lenderOf, PUBLIC_ADDRESS, startWorld } from "./test-support/world.ts";

describe("private addresses", () => {
  it("reaches one only where an owner granted that exact host and port", async () => {
    const world = await startWorld((_request, response) => response.end("inside"));
    const egress = createEgress({
      secrets: lenderOf("", "", ""),
      lookup: async () => ["127.0.0.1"],
      isCanary: () => false,
      log: keptLog(),
    });
    open.push(world, egress);
    const here = `127.0.0.1:${world.port}`;
    const named = `nas.example:${world.port}`;
    const ask = (host: string, granted: readonly string[]) =>
      egress.send({ kind: "tool", hosts: [host], granted }, get(`http://${host}/`), signal).then(codeOf);
    expect(await ask(here, [])).toBe("ADDRESS_REFUSED");
    expect(await ask(here, ["127.0.0.1:1"])).toBe("ADDRESS_REFUSED");
    expect(await ask(named, [here])).toBe("ADDRESS_REFUSED");
    // Whoever keeps a name decides where it leads: the name alone opens no way inside.
    expect(await ask(named, [named])).toBe("ADDRESS_REFUSED");
    expect(await ask(named, [named, "127.0.0.1:1"])).toBe("ADDRESS_REFUSED");
    expect(world.hits).toHaveLength(0);
    expect(await ask(here, [here])).toBe("status 200");
    expect(await ask(named, [named, here])).toBe("status 200");
    expect(world.hits).toHaveLength(2);
  });

  it("takes a name of this machine for loopback alone", async () => {
    const leading = async (address: string) => {
      const { world, egress } = await setUp((_request, response) => response.end(), { lookup: async () => [address] });
      const here = "localhost:80";
      const said = codeOf(await egress.send({ ...tool(here), granted: [here] }, get("http://localhost/"), signal));
      return [said, world.dialled.length];
    };
    expect(await leading("10.0.0.7")).toEqual(["ADDRESS_REFUSED", 0]);
    expect((await leading("127.0.0.1"))[1]).toBe(1);
  });

  it.each([
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "[fe80::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
  ])("never reaches %s, whatever is granted, neither by address nor by name", async (address) => {
    const bare = address.replace(/^\[|\]$/g, "");
    const { world, egress } = await setUp((_request, response) => response.end(), { lookup: async () => [bare] });
    const granted = [`${address}:80`, "nas.example:80"];
    const ask = (host: string) =>
      egress.send({ kind: "tool", hosts: granted, granted }, get(`http://${host}/`), signal).then(codeOf);
    expect([await ask(address), await ask("nas.example")]).toEqual(["ADDRESS_REFUSED", "ADDRESS_REFUSED"]);
    expect([world.dialled, world.connections()]).toEqual([[], 0]);
  });

  it("takes no disguise of a granted address, and no redirect from outside to it", async () => {
    const inside = await startWorld((_request, response) => response.end("inside"));
    open.push(inside);
    const here = `127.0.0.1:${inside.port}`;
    const { world, egress } = await setUp(redirectTo(`http://${here}/admin`));
    const granted = { ...tool(here, "example.org:80"), granted: [here] };
    for (const disguise of ["2130706433", "0x7f.1", "127.1"]) {
      const url = `http://${disguise}:${String(inside.port)}/`;
      expect(codeOf(await egress.send(granted, get(url), signal))).toBe("ADDRESS_REFUSED");
    }
    expect(inside.hits).toEqual([]);
    const { hosts: _all, ...others } = granted;
    const named = { ...others, hosts: ["example.org:80"] };
    expect(codeOf(await egress.send(named, get("http://example.org/start"), signal))).toBe("HOST_NOT_ALLOWED");
    expect([inside.hits, world.hits.length]).toEqual([[], 1]);
  });

  it("knows an IPv6 grant by its brackets", async () => {
    const { world, egress } = await setUp((_request, response) => response.end(), {
      controls: { dial: () => ALL_CONTROLS.dial("127.0.0.1", 1) },
    });
    const ask = (granted: readonly string[]) =>
      egress.send({ kind: "tool", hosts: ["[::1]:80"], granted }, get("http://[::1]/"), signal).then(codeOf);
    expect(await ask([])).toBe("ADDRESS_REFUSED");
    expect(await ask(["[::1]:80"])).toBe("FETCH_FAILED");
    expect(world.hits).toHaveLength(0);
  });

  it("lets no provider stand where clouds hand out credentials, neither by address nor by name", async () => {
    for (const address of ["169.254.169.254", "168.63.129.16"]) {
      const { world, egress } = await setUp((_request, response) => response.end(), { lookup: async () => [address] });
      for (const origin of [`http://${address}`, "http://models.example"])
        expect(codeOf(await egress.send({ kind: "provider", origin }, get(`${origin}/v1`), signal))).toBe(
          "ADDRESS_REFUSED",
        );
      expect([world.dialled, world.connections()]).toEqual([[], 0]);
    }
  });

  it("lets a provider stand on loopback, at its exact origin and without redirects", async () => {
    const { world, egress } = await setUp(redirectTo("/elsewhere"), { controls: { dial: ALL_CONTROLS.dial } });
    const origin = `http://127.0.0.1:${world.port}`;
    expect(codeOf(await egress.send({ kind: "provider", origin }, get(`${origin}/v1`), signal))).toBe("status 200");
    expect(codeOf(await egress.send({ kind: "provider", origin }, get(`${origin}/start`), signal))).toBe(
      "HOST_NOT_ALLOWED",
    );
    expect(
      codeOf(await egress.send({ kind: "provider", origin }, get(`http://localhost:${world.port}/`), signal)),
    ).toBe("HOST_NOT_ALLOWED");
    expect(world.hits.map(({ url }) => url)).toEqual(["/v1", "/start"]);
  });
});

describe("DNS rebinding", () => {
  const flipping = (): { lookup: Lookup; asked: () => number } => {
    let asked = 0;
    return { lookup: async () => [(asked += 1) === 1 ? PUBLIC_ADDRESS : "127.0.0.1"], asked: () => asked };
  };

  it("connects to the address it checked and does not resolve again", async () => {
    const { lookup, asked } = flipping();
    const { world, egress } = await setUp((_request, response) => response.end("x"), { lookup });
    expect(codeOf(await egress.send(tool(`rebind.example:80`), get("http://rebind.example/"), signal))).toBe(
      "status 200",
    );
    expect(asked()).toBe(1);
    expect(world.dialled).toEqual([`${PUBLIC_ADDRESS} 80`]);
  });

  it("refuses the second answer when a new connection is made", async () => {
    const { lookup } = flipping();
    const { world, egress } = await setUp((_request, response) => response.setHeader("connection", "close").end("x"), {
      lookup,
    });
    const ask = () =>
      egress
        .send(tool(`rebind.example:${world.port}`), get(`http://rebind.example:${world.port}/`), signal)
        .then(codeOf);
    expect([await ask(), await ask()]).toEqual(["status 200", "ADDRESS_REFUSED"]);
    expect(world.hits).toHaveLength(1);
  });

  it("refuses a name when one of its addresses leads inside", async () => {
    const { world, egress } = await setUp((_request, response) => response.end("x"), {
      lookup: async () => [PUBLIC_ADDRESS, "127.0.0.1"],
    });
    expect(codeOf(await egress.send(tool("mixed.example:80"), get("http://mixed.example/"), signal))).toBe(
      "ADDRESS_REFUSED",
    );
    expect(world.dialled).toEqual([]);
  });

  it("cannot resolve a name a second time while dialling", async () => {
    const socket = ALL_CONTROLS.dial("localhost", 9);
    const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
    expect(error.message).toBe("no second resolution");
  });
});

describe("unplug: the address check", () => {
  it("lets a name that was granted lead inside once the check is gone", async () => {
    const world = await startWorld((_request, response) => response.end("inside"));
    const options = {
      secrets: lenderOf("", "", ""),
      lookup: async () => ["127.0.0.1"],
      isCanary: () => false,
      log: keptLog(),
    };
    const host = `evil.example:${world.port}`;
    const ways = [createEgress(options), createEgressWith(options, { ...ALL_CONTROLS, check: () => "public" })];
    open.push(world, ...ways);
    const ask = (egress: (typeof ways)[number] | undefined) =>
      egress?.send({ ...tool(host), granted: [host] }, get(`http://${host}/`), signal).then(codeOf);
    expect(await ask(ways[0])).toBe("ADDRESS_REFUSED");
    expect(await ask(ways[1])).toBe("status 200");
    expect(world.hits).toHaveLength(1);
  });

  it("lets a rebound name reach loopback once the check is gone", async () => {
    const world = await startWorld((_request, response) => response.end("inside"));
    const options = {
      secrets: lenderOf("", "", ""),
      lookup: async () => ["127.0.0.1"],
      isCanary: () => false,
      log: keptLog(),
    };
    const plugged = createEgress(options);
    const unplugged = createEgressWith(options, { ...ALL_CONTROLS, check: () => "public" });
    open.push(world, plugged, unplugged);
    const host = `inside.example:${world.port}`;
    expect(codeOf(await plugged.send(tool(host), get(`http://${host}/`), signal))).toBe("ADDRESS_REFUSED");
    expect(world.hits).toHaveLength(0);
    expect(codeOf(await unplugged.send(tool(host), get(`http://${host}/`), signal))).toBe("status 200");
    expect(world.hits).toHaveLength(1);
  });
});
