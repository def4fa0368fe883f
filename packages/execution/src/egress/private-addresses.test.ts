import { describe, expect, it } from "vitest";
import { ALL_CONTROLS, createEgress, createEgressWith } from "./create-egress.ts";
import type { Lookup } from "./resolve-host.ts";
import { signal, open, tool, get, setUp, redirectTo, codeOf } from "./test-support/set-up.ts";
import { keptLog, lenderOf, PUBLIC_ADDRESS, startWorld } from "./test-support/world.ts";

describe("private addresses", () => {
  it("reaches one only where an owner granted that exact host and port", async () => {
    const world = await startWorld((_request, response) => response.end("inside"));
    const egress = createEgress({ secrets: lenderOf("", "", ""), lookup: async () => ["127.0.0.1"], log: keptLog() });
    open.push(world, egress);
    const here = `127.0.0.1:${world.port}`;
    const named = `nas.example:${world.port}`;
    const ask = (host: string, granted: readonly string[]) =>
      egress.send({ kind: "tool", hosts: [host], granted }, get(`http://${host}/`), signal).then(codeOf);
    expect(await ask(here, [])).toBe("ADDRESS_REFUSED");
    expect(await ask(here, ["127.0.0.1:1"])).toBe("ADDRESS_REFUSED");
    expect(await ask(named, [here])).toBe("ADDRESS_REFUSED");
    expect(world.hits).toHaveLength(0);
    expect(await ask(here, [here])).toBe("status 200");
    expect(await ask(named, [named])).toBe("status 200");
    expect(world.hits).toHaveLength(2);
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
  it("lets a rebound name reach loopback once the check is gone", async () => {
    const world = await startWorld((_request, response) => response.end("inside"));
    const options = { secrets: lenderOf("", "", ""), lookup: async () => ["127.0.0.1"], log: keptLog() };
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
