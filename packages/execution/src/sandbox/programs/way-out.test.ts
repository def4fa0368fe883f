import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import { classifyAddress, openGate } from "../../egress/index.ts";
import { SPARE_ID, bubblewrapArguments } from "../wall/bubblewrap-arguments.ts";
import { WALL_PARTS, beginBy } from "../wall/begin-behind-wall.ts";
import type { WallParts } from "../wall/begin-behind-wall.ts";
import { findBubblewrap } from "../wall/check-wall.ts";
import { noWallHere } from "../wall/test-support/no-wall-here.ts";
import { runBy } from "../wall/run-behind-wall.ts";
import { startBy } from "../wall/start-behind-wall.ts";
import { createWall } from "../wall/wall.ts";
import type { OpenGate } from "./programs.ts";
import { setUp } from "./test-support/set-up.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
const CERTIFICATES = join(import.meta.dirname, "../../../../ingress/src/http/testing");
const pem = (name: string): string => join(CERTIFICATES, `for-tests-only-${name}.pem`);
const forever = new AbortController().signal;
const HOST = "moltbot.example";
const isGit = existsSync("/usr/bin/git");
const isCurl = existsSync("/usr/bin/curl");

const portOf = (server: Pick<Server, "address">): number => (server.address() as AddressInfo).port; // listens on TCP
const listening = (server: Server, where: string | number): Promise<void> =>
  new Promise((resolve) => {
    if (typeof where === "string") server.listen(where, resolve);
    else server.listen(where, "127.0.0.1", resolve);
  });

/** The wall with more in sight. */
const withMore =
  (more: readonly string[]): WallParts["argumentsOf"] =>
  (job, root) => {
    const whole = bubblewrapArguments(job, root);
    const last = whole.indexOf("--remount-ro");
    return [...whole.slice(0, last), ...more, ...whole.slice(last)];
  };

describe.skipIf(missing !== null)(`programs with a gate${WHY_NOT}`, () => {
  let site = "";
  const asked: string[] = [];
  const reached: string[] = [];
  const served = createTlsServer(
    { cert: readFileSync(pem("certificate-2020-to-2120")), key: readFileSync(pem("key")) },
    (request, response) => {
      asked.push(request.url ?? "");
      const path = join(site, new URL(request.url ?? "/", "https://x").pathname);
      if (existsSync(path) && statSync(path).isFile()) response.end(readFileSync(path));
      else response.writeHead(404).end();
    },
  );
  const noting = (name: string): Server =>
    createServer((socket) => {
      reached.push(name);
      socket.on("error", () => undefined).end("HTTP/1.1 200 OK\r\n\r\nreached");
    });
  const neighbour = noting("neighbour");
  const abstract = noting("abstract socket");
  const ownSocket = noting("gateway's socket");
  const abstractName = `moltbot-test-${String(process.pid)}`;

  beforeAll(async () => {
    site = join(process.env["TMPDIR"] ?? "/tmp", `moltbot-site-${String(process.pid)}`);
    mkdirSync(site);
    await listening(served as unknown as Server, 0); // an HTTPS server is a net.Server
    await listening(neighbour, 0);
    await listening(abstract, `\0${abstractName}`);
    await listening(ownSocket, join(site, "gateway.sock"));
    writeFileSync(join(site, "page.txt"), "the page");
    if (!isGit) return;
    const git = (...args: string[]) =>
      execFileSync("/usr/bin/git", args, { cwd: site, env: { HOME: site, PATH: "/usr/bin:/bin" }, stdio: "ignore" });
    git("init", "-q", "-b", "main", "work");
    writeFileSync(join(site, "work", "README"), "of the repository");
    git("-C", "work", "add", ".");
    git("-C", "work", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "one");
    git("clone", "-q", "--bare", "work", "repository.git");
    git("-C", "repository.git", "update-server-info");
  });
  afterAll(() => {
    for (const server of [served, neighbour, abstract, ownSocket]) server.close();
    rmSync(site, { recursive: true, force: true });
  });
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    asked.length = 0;
    reached.length = 0;
    for (const close of closing.splice(0).toReversed()) await close();
  });

  const place = (): string => `${HOST}:${String(portOf(served))}`;
  /** The gate that the product opens; its names lead to the servers of this test. */
  const realGate: OpenGate = (socket, hosts) =>
    openGate(
      socket,
      { kind: "tool", hosts, granted: [...hosts, `127.0.0.1:${String(portOf(served))}`] },
      {
        lookup: async () => ["127.0.0.1"],
        check: classifyAddress,
        dial: (host, port) => connect({ host, port }),
        passed: () => undefined,
      },
    );
  /** One that asks nobody: what the real one holds back comes through. */
  const openDoor: OpenGate = async (path) => {
    const server = createServer((socket) => {
      socket
        .on("error", () => undefined)
        .once("data", (bytes) => {
          const [, host = "", port = ""] = /^CONNECT (\S+):(\d+)/.exec(bytes.toString()) ?? [];
          const remote = connect({ host, port: Number(port) });
          remote.on("error", () => socket.destroy());
          socket.write("HTTP/1.1 200 OK\r\n\r\n");
          socket.pipe(remote).pipe(socket);
        });
    });
    await listening(server, path);
    return ok({ close: async () => void server.close() });
  };
  const world = async (openGateOfTest: OpenGate = realGate, parts: Partial<WallParts> = {}) => {
    const all = { ...WALL_PARTS, ...parts };
    const ground = {
      runBy: (path: string) => runBy(path, all),
      startBy: (path: string) => startBy(path, all),
      beginBy: (path: string) => beginBy(path, all),
    };
    // A wall without one of its parts would find that out itself.
    const whole = createWall();
    const wall = createWall({ platform: "linux", find: findBubblewrap, everyMs: 1e6, ...ground });
    const made = await setUp({
      openGate: openGateOfTest,
      wall: {
        ...wall,
        state: () => whole.state(),
        check: () => whole.check(),
        watch: (found) => whole.watch(found),
        run: ground.runBy("/usr/bin/bwrap"),
      },
    });
    copyFileSync(pem("certificate-2020-to-2120"), join(made.workspace, "ca.pem"));
    closing.push(made.close);
    const say = async (script: string, hosts: readonly string[] = [place()]): Promise<string> => {
      const ran = await made.programs.run(made.wish(script, { hosts }), forever);
      return ran.ok ? Buffer.concat([ran.value.output, ran.value.errors]).toString() : ran.error.code;
    };
    return { ...made, say };
  };

  it.skipIf(!isGit)("clone a repository over TLS from the host that was granted", async () => {
    const { say } = await world();
    expect(
      await say(
        `GIT_SSL_CAINFO=/workspace/ca.pem git clone -q https://${place()}/repository.git got 2>&1; cat got/README`,
      ),
    ).toBe("of the repository");
    expect(asked).toContain("/repository.git/info/refs?service=git-upload-pack");
  });

  it("fetch a page by the runtime, and by curl where it is there", async () => {
    const { say } = await world();
    const page = `https://${place()}/page.txt`;
    const script = `NODE_EXTRA_CA_CERTS=/workspace/ca.pem /moltbot/node -e "fetch('${page}').then((a) => a.text()).then((t) => process.stdout.write(t), (e) => console.log(e.cause))"`;
    expect(await say(script)).toBe("the page");
    if (isCurl) expect(await say(`curl -s --cacert ca.pem ${page}`)).toBe("the page");
  });

  it("are given their input, their exit code and their signals through the forwarder", async () => {
    const { programs, wish } = await world();
    const hosts = [place()];
    const ran = await programs.run(wish("cat; exit 7", { hosts, input: Buffer.from("given") }), forever);
    expect(ran.ok && [Buffer.from(ran.value.output).toString(), ran.value.exitCode]).toEqual(["given", 7]);
    const ended = await programs.run(wish("kill -TERM $$", { hosts }), forever);
    expect(ended.ok && ended.value.exitCode).toBe(143);
    const told = await programs.run(
      wish("trap 'echo told; exit 3' TERM; kill -TERM $PPID; sleep 5 & wait", { hosts }),
      forever,
    );
    expect(told.ok && [Buffer.from(told.value.output).toString(), told.value.exitCode]).toEqual(["told\n", 3]);
    const missing = await programs.run({ ...wish("", { hosts }), argv: ["no-such-program"] }, forever);
    expect(missing.ok && missing.value.exitCode).toBe(127);
    const folder = await programs.run({ ...wish("", { hosts }), argv: ["/usr"] }, forever);
    expect(folder.ok && folder.value.exitCode).toBe(126);
  });

  it("leave no gate behind", async () => {
    let path = "";
    const { say } = await world((socket, ...rest) => {
      path = socket;
      return realGate(socket, ...rest);
    });
    await say("true");
    expect([path === "", existsSync(dirname(path))]).toEqual([false, false]);
  });

  describe("reach no other host", () => {
    /** Through the forwarder, past it at the gate's socket, and past both. */
    const attack = (): string => `python3 - <<'END'
import socket
here = ${String(portOf(neighbour))}
def say(what, answer):
    print(what, "reached" if b"reached" in answer or b"200" in answer[:15] else "refused")
def ask(family, where, text):
    try:
        s = socket.socket(family)
        s.settimeout(2)
        s.connect(where)
        s.sendall(text)
        first = s.recv(100)
        if text and b"200" in first[:15]:
            s.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
            return s.recv(100) if b"reached" not in first else first
        return first
    except OSError:
        return b""
for place in ["127.0.0.1:%d" % here, "localhost:%d" % here, "[::1]:%d" % here, "2130706433:%d" % here, "169.254.169.254:80", "192.168.1.1:80", "${HOST}:%d" % here, "other.example:443"]:
    text = ("CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n" % (place, place)).encode()
    say("by the forwarder " + place, ask(socket.AF_INET, ("127.0.0.1", 1080), text))
    say("by the socket " + place, ask(socket.AF_UNIX, "/moltbot/gate.sock", text))
for where in [("127.0.0.1", here), ("169.254.169.254", 80), ("192.168.1.1", 80), ("10.0.0.1", 80)]:
    say("straight " + where[0], ask(socket.AF_INET, where, b""))
say("abstract", ask(socket.AF_UNIX, "\\0${abstractName}", b""))
say("gateway", ask(socket.AF_UNIX, "${join(site, "gateway.sock")}", b""))
END`;
    it("of this machine, its network or its clouds, nor another port of the granted one", async () => {
      const { say } = await world();
      const said = (await say(attack())).trim().split("\n");
      expect(said).toHaveLength(22);
      expect(said.filter((line) => !line.endsWith(" refused"))).toEqual([]);
      expect(reached).toEqual([]);
      expect(asked).toEqual([]);
    });
    it("unplug: by a gate that asks nobody they do", async () => {
      const { say } = await world(openDoor);
      const said = await say(attack());
      expect(said).toContain(`by the forwarder 127.0.0.1:${String(portOf(neighbour))} reached`);
      expect(said).toContain(`by the socket 127.0.0.1:${String(portOf(neighbour))} reached`);
      expect(new Set(reached)).toEqual(new Set(["neighbour"]));
    });
    it("unplug: in the network of this machine they reach its servers and abstract sockets", async () => {
      const { say } = await world(realGate, {
        argumentsOf: (job, root) => bubblewrapArguments(job, root).filter((word) => word !== "--unshare-net"),
      });
      const said = await say(attack());
      expect(said).toContain("straight 127.0.0.1 reached");
      expect(said).toContain("abstract reached");
      expect(new Set(reached)).toEqual(new Set(["neighbour", "abstract socket"]));
    });
    it("unplug: with its folder in sight they reach the gateway's socket", async () => {
      const { say } = await world(realGate, {
        argumentsOf: withMore(["--ro-bind", site, site]),
      });
      chmodSync(join(site, "gateway.sock"), 0o777);
      expect(await say(attack())).toContain("gateway reached");
    });
    it("nor any at all where none was granted", async () => {
      const { say } = await world(openDoor);
      expect(
        await say(`env | grep -i proxy; ls /moltbot; curl -s --max-time 3 http://127.0.0.1:1080/; echo $?`, []),
      ).toMatch(/^bin\nnode\n(7|127)\n/);
      expect(await say(attack(), [])).not.toContain("reached");
    });
  });

  describe("cannot put another socket in the gate's place", () => {
    const attack = (path: string): string => `rm -rf ${path}; mv ${path} /tmp/g; echo x > ${path}; mkdir ${path}; true`;
    /** Whether the socket at the host's path is still the one that the gate listens on. */
    const isStill = async (path: string, parts: Partial<WallParts> = {}): Promise<boolean> => {
      const seen: (number | null)[] = [];
      const look = (socket: string): void => void seen.push(statSync(socket, { throwIfNoEntry: false })?.ino ?? null);
      const { say } = await world(async (socket, ...rest) => {
        const gate = await realGate(socket, ...rest);
        look(socket);
        const close = async (): Promise<void> => {
          look(socket);
          if (gate.ok) await gate.value.close();
        };
        return gate.ok ? ok({ close }) : gate;
      }, parts);
      await say(attack(path));
      expect(seen).toHaveLength(2);
      return seen[0] === seen[1];
    };
    it("not even as whoever the gateway is", async () => {
      expect(await isStill("/moltbot/gate.sock")).toBe(true);
    });
    it("unplug: with the socket's folder bound beside the socket it is another", async () => {
      const argumentsOf: WallParts["argumentsOf"] = (job, root) => {
        const folder = dirname(job.gate?.socket ?? "");
        if (root) chownSync(folder, SPARE_ID, SPARE_ID);
        return withMore(["--bind", folder, "/moltbot/folder"])(job, root);
      };
      expect(await isStill("/moltbot/folder/gate.sock", { argumentsOf })).toBe(false);
    });
  });
});
