import { ok } from "@moltbot/contracts";
import type { HttpMethod } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { EgressAuthority } from "./egress.ts";
import { SECRET, signal, open, tool, get, setUp, redirectTo, codeOf } from "./test-support/set-up.ts";
import { startWorld } from "./test-support/world.ts";

describe("redirects", () => {
  it.each([301, 302, 303, 307, 308])("follows a %i on the same host", async (status) => {
    const { egress } = await setUp(redirectTo("/there", status));
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/start"), signal);
    expect(answer.ok && answer.value).toMatchObject({ status: 200, url: "http://example.org/there", redirects: 1 });
  });

  it("refuses another host by name, and does not visit it", async () => {
    for (const location of [
      "http://evil.example/x",
      "//evil.example/x",
      "http://example.org:81/",
      "http://sub.example.org/",
    ]) {
      const { world, egress } = await setUp(redirectTo(location));
      const answer = await egress.send(tool("example.org:80"), get("http://example.org/start"), signal);
      expect(!answer.ok && answer.error).toMatchObject({
        code: "HOST_NOT_ALLOWED",
        context: { host: new URL(location, "http://x").host + (location.includes(":81") ? "" : ":80") },
      });
      expect(world.hits).toHaveLength(1);
    }
  });

  it("follows to another host that the call names too", async () => {
    const { egress } = await setUp(redirectTo("http://other.example/x"));
    expect(
      codeOf(await egress.send(tool("example.org:80", "other.example:80"), get("http://example.org/start"), signal)),
    ).toBe("status 200");
  });

  it("never leads inside, even to a host that the call names", async () => {
    const { world, egress } = await setUp((request, response) =>
      response
        .writeHead(302, { location: request.url === "/start" ? `http://127.0.0.1:${world.port}/admin` : "/" })
        .end(),
    );
    const inside = `127.0.0.1:${world.port}`;
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/start"), signal))).toBe(
      "HOST_NOT_ALLOWED",
    );
    expect(codeOf(await egress.send(tool("example.org:80", inside), get("http://example.org/start"), signal))).toBe(
      "ADDRESS_REFUSED",
    );
    expect(world.hits.map(({ url }) => url)).toEqual(["/start", "/start"]);
  });

  const limited = (methods: readonly (readonly HttpMethod[])[], ...prefixes: readonly (readonly string[])[]) => ({
    ...tool("example.org:80"),
    limits: { methods, prefixes },
  });

  it.each<readonly [string, EgressAuthority, number, string]>([
    ["path", limited([], ["/start", "/public"]), 302, "/admin"],
    ["path beside a prefix", limited([], ["/start", "/public"]), 302, "/public2"],
    ["path of one of two limits", limited([], ["/start", "/public"], ["/start"]), 302, "/public"],
    ["path in disguise", limited([], ["/start"]), 302, "/start/%2e%2e%2fadmin"],
    ["method", limited([["POST"]]), 303, "/start/done"],
    ["method of one of two limits", limited([["POST", "GET"], ["POST"]]), 302, "/start/done"],
  ])("refuses one that leads to a %s that the grant does not name", async (_what, authority, status, location) => {
    const { world, egress } = await setUp(redirectTo(location, status));
    const request = { method: "POST" as const, url: "http://example.org/start", body: "x" };
    expect(codeOf(await egress.send(authority, request, signal))).toBe("REQUEST_NOT_ALLOWED");
    expect(world.hits.map(({ url }) => url)).toEqual(["/start"]);
  });

  it("follows one that keeps to methods and paths, and dials nobody for a first request that does not", async () => {
    const { world, egress } = await setUp(redirectTo("/public/a"));
    const authority = limited([["GET"]], ["/start", "/public"]);
    expect(codeOf(await egress.send(authority, get("http://example.org/start"), signal))).toBe("status 200");
    const before = world.dialled.length;
    for (const wrong of [get("http://example.org/admin"), get("http://example.org/start", { method: "DELETE" })])
      expect(codeOf(await egress.send(authority, wrong, signal))).toBe("REQUEST_NOT_ALLOWED");
    const fetching = egress.fetchFor(authority, null)("http://example.org/admin");
    await expect(fetching).rejects.toMatchObject({ error: { code: "REQUEST_NOT_ALLOWED" } });
    expect(world.dialled).toHaveLength(before);
    expect(world.hits.map(({ url }) => url)).toEqual(["/start", "/public/a"]);
  });

  it("unplug: without the second look the redirect reaches the path that no grant names", async () => {
    const { world, egress } = await setUp(redirectTo("/admin"), { controls: { mayFollow: () => ok(undefined) } });
    await egress.send(limited([], ["/start"]), get("http://example.org/start"), signal);
    expect(world.hits.map(({ url }) => url)).toEqual(["/start", "/admin"]);
  });

  it("never steps down from https to http, and steps up on the usual ports alone", async () => {
    const { checkHop } = await import("./check-target.ts");
    const { parseTarget } = await import("./parse-target.ts");
    const hop = (authority: EgressAuthority, from: string, to: string): string => {
      const [a, b] = [parseTarget(from), parseTarget(to)];
      if (!a.ok || !b.ok) return "unparsed";
      const result = checkHop(authority, a.value, b.value, "GET");
      return result.ok ? "ok" : result.error.code;
    };
    expect(hop(tool("e.org:80"), "http://e.org/", "https://e.org/")).toBe("ok");
    expect(hop(tool("e.org:8080"), "http://e.org:8080/", "https://e.org/")).toBe("HOST_NOT_ALLOWED");
    expect(hop(tool("e.org:80"), "http://e.org/", "https://e.org:8443/")).toBe("HOST_NOT_ALLOWED");
    expect(hop(tool("e.org:80"), "http://e.org/", "https://f.org/")).toBe("HOST_NOT_ALLOWED");
    expect(hop(tool("e.org:443", "e.org:80"), "https://e.org/", "http://e.org/")).toBe("HOST_NOT_ALLOWED");
    expect(
      hop(
        { kind: "tool", hosts: ["127.0.0.1:80"], granted: ["127.0.0.1:80"] },
        "http://127.0.0.1/",
        "https://127.0.0.1/",
      ),
    ).toBe("ADDRESS_REFUSED");
  });

  it.each(["file:///etc/passwd", "gopher://127.0.0.1:6379/_save", "http://user:pass@example.org/", "http://[", ""])(
    "refuses to be sent to %j",
    async (location) => {
      const { world, egress } = await setUp((_request, response) =>
        response.writeHead(302, location === "" ? {} : { location }).end(),
      );
      const answer = await egress.send(tool("example.org:80"), get("http://example.org/start"), signal);
      expect(answer.ok).toBe(false);
      expect(world.hits.length).toBeLessThanOrEqual(6);
      expect(codeOf(answer)).toBe(location === "" ? "TOO_MANY_REDIRECTS" : "URL_INVALID");
    },
  );

  it("gives up after five", async () => {
    const { world, egress } = await setUp((_request, response) =>
      response.writeHead(302, { location: "/again" }).end(),
    );
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/start"), signal))).toBe(
      "TOO_MANY_REDIRECTS",
    );
    expect(world.hits).toHaveLength(6);
  });

  it("takes no secret, credential, cookie or unknown header along, not even on the same host", async () => {
    const { world, egress, secrets } = await setUp((request, response) => {
      if (request.url === "/start") response.writeHead(307, { location: "/there", "set-cookie": "track=1" }).end();
      else response.end();
    });
    await egress.send(
      tool("example.org:80"),
      {
        method: "POST",
        url: "http://example.org/start",
        body: "data",
        headers: { authorization: "Basic eA==", "x-key": "k", accept: "text/html", "content-type": "text/plain" },
        secret: { name: "weather", header: "X-Api-Key", prefix: "" },
      },
      signal,
    );
    expect(world.hits[0]?.headers).toMatchObject({ authorization: "Basic eA==", "x-api-key": SECRET });
    expect(world.hits[1]).toMatchObject({ method: "POST", body: "data" });
    expect(Object.keys(world.hits[1]?.headers ?? {}).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
    ]);
    expect(secrets.lent).toEqual(["example.org:80"]);
  });

  it("drops the body where the status turns the request into a GET, and keeps HEAD", async () => {
    const { world, egress } = await setUp(redirectTo("/there", 303));
    await egress.send(
      tool("example.org:80"),
      { method: "POST", url: "http://example.org/start", body: "data", headers: { "content-type": "text/plain" } },
      signal,
    );
    await egress.send(tool("example.org:80"), { method: "HEAD", url: "http://example.org/start" }, signal);
    expect(world.hits.map(({ method, body }) => `${method} ${body}`.trim())).toEqual([
      "POST data",
      "GET",
      "HEAD",
      "HEAD",
    ]);
    expect(world.hits[1]?.headers["content-type"]).toBeUndefined();
  });
});

describe("unplug: the redirect check", () => {
  it("lets a page lead a permitted call into the house once the check is gone", async () => {
    const inside = await startWorld((_request, response) => response.end("inside"));
    const answer = redirectTo(`http://127.0.0.1:${inside.port}/admin`);
    const granted: EgressAuthority = { kind: "tool", hosts: ["example.org:80"], granted: [`127.0.0.1:${inside.port}`] };
    open.push(inside);
    const plugged = await setUp(answer);
    expect(codeOf(await plugged.egress.send(granted, get("http://example.org/start"), signal))).toBe(
      "HOST_NOT_ALLOWED",
    );
    expect(inside.hits).toHaveLength(0);
    const unplugged = await setUp(answer, { controls: { mayFollow: () => ({ ok: true, value: undefined }) } });
    expect(codeOf(await unplugged.egress.send(granted, get("http://example.org/start"), signal))).toBe("status 200");
    expect(inside.hits).toHaveLength(1);
  });
});
