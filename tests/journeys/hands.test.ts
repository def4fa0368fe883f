import { createServer } from "node:http";
import type { Server } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OperationRequest } from "@moltbot/contracts";
import { must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse } from "../support/attack-house.ts";
import { startGitServer } from "../support/git-server.ts";
import type { GitServer } from "../support/git-server.ts";
import {
  cloneAndMend,
  EDIT,
  FIXED,
  PROJECT,
  RUN_TESTS,
  rulesOf,
  startsOf,
  untilReady,
  work,
} from "../support/ordinary-work.ts";
import { noWallHere } from "../support/program-house.ts";
import { noSmallInternet, workInSmallInternet } from "../support/small-internet.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
const noInternet = missing ?? noSmallInternet();

const BROUGHT: unknown = expect.stringMatching(/^ok: \d+ files brought back/);
const CHANGED: unknown = expect.stringMatching(/^ok \(undo id /);

describe.skipIf(noInternet !== null)(
  `ordinary work with a repository of the internet${noInternet === null ? "" : ` (skipped: ${noInternet})`}`,
  () => {
    it("clones it, runs its tests, mends it and runs them again where nothing was granted before, and asks twice", () => {
      const { asked, ended, file, served } = workInSmallInternet();
      expect(ended).toEqual(["exit code 0", "exit code 1", BROUGHT, CHANGED, "exit code 0"]);
      expect(served).toContain("/sum.git/info/refs");
      expect(file).toBe(FIXED);
      // Programs behind the wall, with this host; and what came back would run here later.
      expect(asked).toEqual(["exec.run execute.no-capability", "exec.keep write.runs-later"]);
    }, 120_000);
  },
);

describe.skipIf(missing !== null)(`ordinary work with programs${WHY_NOT}`, { timeout: 120_000 }, () => {
  let house: AttackHouse;
  let server: GitServer;
  let workspace: string;
  let place: string;
  let pages: Server;
  let page: string;
  beforeEach(async () => {
    server = await startGitServer("sum", PROJECT);
    place = `127.0.0.1:${String(server.port)}`;
    pages = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end("<!doctype html><title>Sums</title><p>How sums are made.</p>");
    });
    await new Promise<void>((resolve) => void pages.listen(0, "127.0.0.1", resolve));
    page = `127.0.0.1:${String((pages.address() as AddressInfo).port)}`; // it listens on TCP
    house = await startAttackHouse();
    workspace = house.workspaceOf(house.agent.id);
    writeFileSync(join(workspace, "ca.pem"), server.certificate);
    await untilReady(house);
  }, 60_000);
  afterEach(async () => {
    await house.checkAudit();
    await house.close();
    await server.close();
    pages.closeAllConnections();
    await new Promise<void>((resolve) => void pages.close(() => resolve()));
  });

  /** A private host is named by the owner, exactly and before; nobody is asked about one. */
  const grant = async (tool: string, argument: string, host: string): Promise<void> =>
    void must(
      await house.client.call("capabilities.grant", {
        holder: house.agent.id,
        tool: tool as OperationRequest<"capabilities.grant">["tool"], // a name of the product's own
        constraints: [{ kind: "host-in", argument, hosts: [host] }],
        expires: "never",
        reason: "our own servers",
      }),
    );
  const put = (files: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(workspace, path)), { recursive: true });
      writeFileSync(join(workspace, path), text);
    }
  };

  it("clones a repository of its own network, runs its tests, mends it and runs them again, and asks once", async () => {
    await grant("exec.run", "network", place);
    const { asked, results } = await work(house, cloneAndMend(server.url, place));
    expect(startsOf(results)).toEqual(["exit code 0", "exit code 1", BROUGHT, CHANGED, "exit code 0"]);
    expect(server.asked).toContain("/sum.git/info/refs");
    expect(readFileSync(join(workspace, "sum/src/sum.js"), "utf8")).toBe(FIXED);
    expect(rulesOf(asked)).toEqual(["exec.keep write.runs-later"]);
  });

  it("asks before a page that was read has a hand in what it did not make, and before what came back decides what runs", async () => {
    await grant("exec.run", "network", place);
    await grant("web.fetch", "url", page);
    const [clone, tests, keep] = cloneAndMend(server.url, place);
    if (clone === undefined || tests === undefined || keep === undefined) throw new Error("three steps are needed");
    put({ "mine.js": "export const mine = 1;\n" });
    const { asked, results } = await work(house, [
      clone,
      keep,
      // Of its own making, but it runs.
      [{ tool: "file.edit", arguments: { path: "sum/package.json", old: "node --test", new: "evil" } }],
      // The owner's, and one that nobody made yet.
      [{ tool: "file.edit", arguments: { path: "mine.js", old: "1", new: "2" } }],
      [{ tool: "file.write", arguments: { path: "sum/src/new.js", text: "evil()" } }],
      [{ tool: "file.edit", arguments: { path: "sum/README.md", old: "Sum", new: "Sums" } }],
      [{ tool: "web.fetch", arguments: { url: `http://${page}/` } }],
      [{ tool: "file.edit", arguments: { path: "sum/README.md", old: "Sums", new: "Page" } }],
    ]);
    expect(results.map(({ status, code }) => code ?? status)).toEqual(Array.from({ length: 8 }, () => "ok"));
    expect(asked.map(({ question: { tool, rule, arguments: given } }) => [tool, rule, given[0]?.value])).toEqual([
      ["exec.keep", "write.runs-later", ["sum"]],
      ["file.edit", "write.runs-later", "sum/package.json"],
      ["file.edit", "write.off-plan", "mine.js"],
      ["file.write", "write.off-plan", "sum/src/new.js"],
      ["web.fetch", "fetch.carries-data", `http://${page}/`],
      ["file.edit", "write.off-plan", "sum/README.md"],
    ]);
  });

  it("mends what lies there already, where nothing was granted before, and asks at most twice in the whole conversation", async () => {
    put(Object.fromEntries(Object.entries(PROJECT).map(([path, text]) => [`sum/${path}`, text])));
    const first = await work(house, [[RUN_TESTS], [EDIT], [RUN_TESTS]]);
    expect(startsOf(first.results)).toEqual(["exit code 1", CHANGED, "exit code 0"]);
    const again = await work(
      house,
      [
        [{ tool: "exec.run", arguments: { argv: ["node", "-e", "1"] } }],
        [{ tool: "file.read", arguments: { path: "sum/src/sum.js" } }],
        [RUN_TESTS],
      ],
      { conversationId: first.conversationId },
    );
    expect(startsOf(again.results)).toEqual(["exit code 0", expect.any(String), "exit code 0"]);
    expect(readFileSync(join(workspace, "sum/src/sum.js"), "utf8")).toBe(FIXED);
    expect(rulesOf([...first.asked, ...again.asked])).toEqual([
      "exec.run execute.no-capability",
      "file.edit write.off-plan",
    ]);
  });

  it("says what is missing where the host was not granted, and reaches nobody", async () => {
    const [clone] = cloneAndMend(server.url, place);
    const { results } = await work(house, clone === undefined ? [] : [clone]);
    expect(results.map(({ status }) => status)).toEqual(["refused"]);
    expect(server.asked).toEqual([]);
  });
});
