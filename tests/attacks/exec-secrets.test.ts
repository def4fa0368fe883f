import { spawn } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { OperationRequest } from "@moltbot/contracts";
import { must, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse } from "../support/attack-house.ts";
import { PROJECT, newPlace } from "../support/gateway-process.ts";
import { noWallHere } from "../support/program-house.ts";

const SECRET = "tok-canary-4e1f77aa90-of-the-vault";

/** The forms in which a text could lie somewhere by accident. */
const FORMS = [
  SECRET,
  ...[0, 1, 2].map((skip) =>
    Buffer.concat([Buffer.alloc(skip), Buffer.from(SECRET)])
      .toString("base64")
      .slice(skip === 0 ? 0 : 4, -4),
  ),
  Buffer.from(SECRET).toString("hex"),
  SECRET.split("").toReversed().join(""),
];
const BYTES = [...FORMS.map((form) => Buffer.from(form)), Buffer.from(SECRET, "utf16le")];

/** The files below a folder in which it lies, in any of its forms. */
const filesWithIt = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = join(folder, name);
    if (!lstatSync(path).isFile()) return [];
    const bytes = readFileSync(path);
    return BYTES.some((form) => bytes.includes(form)) ? [name] : [];
  });
const holdsIt = (text: string): boolean => FORMS.some((form) => text.includes(form));

describe("a secret that a grant uses", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let there: { readonly port: number; readonly seen: string[]; close(): void };
  const spoken = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write"));

  beforeAll(async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      const credential = request.headers.authorization ?? "none";
      seen.push(credential);
      request.resume();
      if (request.url === "/echo") response.writeHead(500, { "x-was": credential }).end(`your key was ${credential}`);
      else response.writeHead(200, { "content-type": "text/plain" }).end("thank you");
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    there = { port: (server.address() as AddressInfo).port, seen, close: () => server.close() }; // it listens on TCP
    house = await startAttackHouse({ settings: { log: { level: "debug" } } });
    const place = `127.0.0.1:${String(there.port)}`;
    must(await house.client.call("secrets.set", { name: "service", value: SECRET, hosts: [place] }));
    const grant = async (tool: string, constraints: OperationRequest<"capabilities.grant">["constraints"]) =>
      must(
        await house.client.call("capabilities.grant", {
          holder: house.agent.id,
          tool: tool as OperationRequest<"capabilities.grant">["tool"], // a name of the product's own
          expires: "never",
          reason: "for this test",
          ...(constraints === undefined ? {} : { constraints }),
        }),
      );
    for (const tool of ["http.get", "http.request"])
      await grant(tool, [{ kind: "host-in", argument: "url", hosts: [place] }]);
    for (const tool of ["exec.run", "exec.shell"]) await grant(tool, undefined);
  }, 60_000);
  afterAll(async () => {
    for (const spy of spoken) spy.mockRestore();
    await house.checkAudit();
    await house.close();
    there.close();
  });

  /** Everything that people, models and the machine can see of the house now. */
  const seen = async (): Promise<Readonly<Record<string, boolean>>> => {
    const conversations = must(await house.client.call("conversations.list", { limit: 100 }));
    const messages = [];
    for (const { id } of conversations)
      messages.push(must(await house.client.call("conversations.messages", { conversationId: id, limit: 500 })));
    return {
      "to the model": holdsIt(JSON.stringify(house.model.requests)),
      "in the transcript": holdsIt(JSON.stringify([conversations, messages])),
      "in the audit": holdsIt(JSON.stringify(must(await house.client.call("audit.list", { limit: 500 })))),
      "in the log": holdsIt(spoken.flatMap(({ mock }) => mock.calls.map(([said]) => String(said))).join("")),
      "in its questions": holdsIt(JSON.stringify(must(await house.client.call("approvals.list", { limit: 500 })))),
      "in a file": filesWithIt(house.place.root).length > 0,
    };
  };
  const NOWHERE = {
    "to the model": false,
    "in the transcript": false,
    "in the audit": false,
    "in the log": false,
    "in its questions": false,
    "in a file": false,
  };

  const use = async (path: string): Promise<string> => {
    const url = `http://127.0.0.1:${String(there.port)}${path}`;
    const secret = { name: "service", keptBy: "house", header: "Authorization", prefix: "Bearer " };
    const deed = await house.obey([[{ tool: "http.request", arguments: { method: "POST", url, body: "x", secret } }]]);
    const last = await house.allowAll(deed.report);
    return JSON.stringify(await house.resultsOf(last));
  };

  it("arrives where it is bound to, and is then nowhere in the house, also where the other side repeats it", async () => {
    expect(await use("/")).toContain("thank you");
    await use("/echo");
    expect(there.seen).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    expect(await seen()).toEqual(NOWHERE);
  });

  const noWall = noWallHere();
  const because = noWall === null ? "" : ` (skipped: ${noWall})`;
  it.skipIf(noWall !== null)(`is in nothing that a program behind the wall can look at${because}`, async () => {
    const LOOK =
      "env; for one in /proc/[0-9]*; do tr '\\0' '\\n' < $one/environ; tr '\\0' ' ' < $one/cmdline; done; cat /proc/self/mountinfo; grep -raF canary-4e1f /workspace /tmp /etc /moltbot/*.m* /dev/shm 2>/dev/null | head -c 1000";
    for (let looks = 0; looks < 40 && !must(await house.client.call("system.status", {})).sandbox.ready; looks += 1)
      await new Promise((resolve) => void setTimeout(resolve, 250));
    const { results } = await house.obey([[{ tool: "exec.shell", arguments: { command: LOOK } }]]);
    expect(results.map(({ status }) => status)).toEqual(["ok"]);
    expect(results[0]?.text).toContain("HOME=");
    // Nor was it there and hidden from the model alone.
    expect(JSON.stringify(results)).not.toContain("kept secret");
    expect(await seen()).toEqual(NOWHERE);
  });

  it("would be found: a file in which it lies is seen, however it is written", () => {
    for (const [at, form] of BYTES.entries()) writeFileSync(join(house.place.root, `proof-${String(at)}`), form);
    expect(filesWithIt(house.place.root)).toHaveLength(BYTES.length);
  });
});

describe("a gateway that crashes", { timeout: 60_000 }, () => {
  it.skipIf(process.platform !== "linux")("may write no picture of its memory, whatever its shell allows", async () => {
    const place = newPlace();
    const cwd = mkdtempSync(join(tmpdir(), "moltbot-crash-"));
    const child = spawn(
      "/bin/sh",
      [
        "-c",
        'ulimit -c unlimited 2>/dev/null; exec "$@"',
        "sh",
        join(PROJECT, "moltbot"),
        "start",
        "--no-open",
        "--json",
        "--port",
        "0",
      ],
      { env: place.environment, cwd, stdio: ["ignore", "pipe", "ignore"] },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        child.once("exit", (code) => reject(new Error(`it ended with ${String(code)}`)));
        child.stdout.once("data", () => resolve());
      });
      // The launcher became the gateway.
      expect(readFileSync(`/proc/${String(child.pid)}/limits`, "utf8")).toMatch(/^Max core file size +0 +0 /m);
    } finally {
      child.kill("SIGKILL");
      place.remove();
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});
