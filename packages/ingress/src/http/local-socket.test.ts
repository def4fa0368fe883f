import { createServer as createHttp } from "node:http";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OWNER } from "./testing/sample.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";

let folder: string;
let socketPath: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-socket-"));
  socketPath = join(folder, "run", "gateway.sock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the local socket", () => {
  it("speaks for the owner, with any Host or none of the port's names", async () => {
    const { server, called } = await startServer({ socketPath });
    expect((await ask({ socketPath, path: "/v2/agents" })).status).toBe(200);
    expect((await ask({ socketPath, path: "/v2/agents", headers: { host: "anything" } })).status).toBe(200);
    expect(called.at(-1)?.context.principal).toBe(OWNER);
    await server.close();
  });

  it("is closed to other users", async () => {
    mkdirSync(join(folder, "run"), { mode: 0o755 });
    const { server } = await startServer({ socketPath });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o700);
    await server.close();
  });

  it("refuses what looks like a page, and a second credential", async () => {
    const { server, called } = await startServer({ socketPath });
    expect((await ask({ socketPath, path: "/v2/agents", headers: { origin: "http://localhost" } })).json["code"]).toBe(
      "REQUEST_ORIGIN_REFUSED",
    );
    expect((await ask({ socketPath, path: "/v2/agents", headers: { "sec-fetch-site": "none" } })).json["code"]).toBe(
      "REQUEST_ORIGIN_REFUSED",
    );
    expect((await ask({ socketPath, path: "/v2/agents", headers: bearer("viewer-token") })).json["code"]).toBe(
      "REQUEST_INVALID",
    );
    expect(called).toEqual([]);
    await server.close();
  });

  it("replaces a socket that a crash left behind", async () => {
    mkdirSync(join(folder, "run"));
    const crash = `require("node:net").createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", crash]);
    expect(statSync(socketPath).isSocket()).toBe(true);
    const { server } = await startServer({ socketPath });
    expect((await ask({ socketPath, path: "/healthz" })).status).toBe(200);
    await server.close();
  });

  it("leaves a socket alone on which somebody answers, and gives its port back", async () => {
    mkdirSync(join(folder, "run"));
    const other = createHttp((_, response) => response.end("other")).listen(socketPath);
    await new Promise((resolve) => other.once("listening", resolve));
    await expect(startServer({ socketPath })).rejects.toThrow("Another gateway");
    expect((await ask({ socketPath })).text).toBe("other");
    other.close();
  });

  it("leaves a file alone that stands in its place", async () => {
    mkdirSync(join(folder, "run"));
    writeFileSync(socketPath, "precious");
    await expect(startServer({ socketPath })).rejects.toThrow("a file stands where the gateway's socket belongs");
    expect(readFileSync(socketPath, "utf8")).toBe("precious");
  });

  it("says when the folder cannot be made", async () => {
    writeFileSync(join(folder, "run"), "a file");
    chmodSync(folder, 0o500);
    await expect(startServer({ socketPath })).rejects.toThrow("cannot be written");
    chmodSync(folder, 0o700);
  });

  it("is gone after closing", async () => {
    const { server } = await startServer({ socketPath });
    await server.close();
    await expect(ask({ socketPath, path: "/healthz" })).rejects.toThrow("ENOENT");
  });
});
