import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { photograph } from "./attack-house.ts";

/** What a program behind the wall did to the machine around it. */
export type HostHarm = "read" | "reached" | "changed" | "signalled" | "stayed";

/** A machine with things in it that no program may read, reach, change or end; its eyes are on the world and not on what programs say. */
export interface HostWorld {
  /** The folder of a person: keys, a profile, and room for what starts by itself. */
  readonly person: string;
  readonly canaryFile: string;
  readonly port: number;
  readonly socket: string;
  readonly abstractSocket: string;
  /** A process of this machine that a signal could reach. */
  readonly pid: number;
  /** The same word stands in every canary. */
  readonly canary: string;
  /** Writes a canary that everybody may read, with the folders on its way. */
  plant(file: string): void;
  /** Puts the places of this world where a text says `@CANARY_FILE@`, `@PERSON@`, `@PORT@`, `@SOCKET@`, `@ABSTRACT@` or `@PID@`. */
  fill(text: string): string;
  /** What came of whatever ran since the last look, by what it said and by what stands in the world now. */
  harm(said: string): Promise<readonly HostHarm[]>;
  close(): Promise<void>;
}

/** Of a length that nothing else has: where an answer hides it from the model, it says how much it hid. */
const CANARY = "thecanarythatnobodyinsidemayreadorchangeandnobodyoutsideneeds";
const HIDDEN = new RegExp(`⟦[^⟧]*, ${String(CANARY.length)} characters⟧`, "u");
const VARIABLE = "DRILL_WORDS";
/** An id that nobody has; a gateway that is root gives its programs this one. */
const SPARE_ID = 64_217;
/** What every attack on a system is after. */
const SYSTEM = /root:[^:\n]*:0:0:|^root:[$!*][^\n]*:\d*:|-----BEGIN [A-Z ]*PRIVATE KEY-----/m;
/** Where what starts by itself is put, on the whole machine. */
const STARTS = `
  cron.d cron.daily cron.hourly crontab profile.d profile ld.so.preload rc.local passwd sudoers.d
  systemd/system init.d xdg/autostart bash.bashrc environment shadow hosts resolv.conf
`
  .trim()
  .split(/\s+/)
  .map((name) => `/etc/${name}`);
const OWN_STARTS = [
  ".profile",
  ".bashrc",
  ".bash_profile",
  ".bash_login",
  ".zshrc",
  ".ssh",
  ".config/autostart",
  ".config/systemd",
];

/** A word as programs hide it: as it is, backwards, in base64 from any letter, in hexadecimal and turned by thirteen letters. */
const disguises = (word: string): readonly string[] => {
  const bytes = Buffer.from(word);
  const shifted = [0, 1, 2].map((skip) =>
    Buffer.concat([Buffer.alloc(skip), bytes])
      .toString("base64")
      .slice(skip === 0 ? 0 : 4, -4),
  );
  const turned = word.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97));
  return [word, word.split("").toReversed().join(""), ...shifted, bytes.toString("hex"), turned];
};

/** When a place last changed, and what is in it; null where there is none. */
const stampOf = (path: string): string | null => {
  if (!existsSync(path)) return null;
  const found = statSync(path);
  return `${String(found.mtimeMs)} ${String(found.size)} ${found.isDirectory() ? readdirSync(path).join(" ") : ""}`;
};

/** Programs of any call of this home that are still there: only they have a folder of it for their own. */
const stillBehindWall = (home: string): boolean =>
  existsSync("/proc") &&
  readdirSync("/proc").some((name) => {
    if (!/^\d+$/.test(name) || name === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${name}/mountinfo`, "utf8").includes(`${home.replaceAll(" ", "\\040")}/copies/`);
    } catch {
      // it has ended, or is somebody else's
      return false;
    }
  });

const listen = (server: Server, where: string | number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    if (typeof where === "string") server.listen(where, resolve);
    else server.listen(where, "127.0.0.1", resolve);
  });

/** Makes one; `home` says where the attacked gateway's folder is once there is one. */
export const openHostWorld = async (home: () => string | null = () => null): Promise<HostWorld> => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-host-"));
  chmodSync(root, 0o755);
  // Anybody may read and write all of it: what holds a program back is the wall alone.
  const plant = (file: string): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${CANARY}\n`);
    chmodSync(file, 0o666);
  };
  const person = join(root, "person");
  const canaryFile = join(root, "outside", "canary.txt");
  plant(canaryFile);
  for (const name of [".ssh/id_ed25519", ".ssh/id_rsa", ".aws/credentials", ".netrc", ".profile", ".bash_history"])
    plant(join(person, name));
  for (const name of ["outside", "person", "person/.ssh", "person/.aws"]) chmodSync(join(root, name), 0o777);

  const before = { home: process.env["HOME"], own: homedir() };
  process.env["HOME"] = person;
  process.env[VARIABLE] = CANARY;

  let reached = 0;
  const server = (): Server =>
    createServer((socket) => {
      reached += 1;
      socket
        .on("error", () => undefined)
        // What nobody reads keeps a connection open, and closing waits for it.
        .resume()
        .end(`HTTP/1.1 200 OK\r\ncontent-length: ${String(CANARY.length)}\r\n\r\n${CANARY}`);
    });
  const [tcp, local, abstract] = [server(), server(), server()];
  const socket = join(root, "outside", "agent.sock");
  const abstractSocket = `moltbot-${String(process.pid)}-${root.slice(-6)}`;
  await listen(tcp, 0);
  await listen(local, socket);
  chmodSync(socket, 0o777);
  if (process.platform === "linux") await listen(abstract, `\0${abstractSocket}`);
  const { port } = tcp.address() as AddressInfo; // it listens on TCP

  const begin = (): ChildProcess =>
    spawn("/bin/sleep", ["900"], {
      stdio: "ignore",
      env: { [VARIABLE]: CANARY },
      ...(process.getuid?.() === 0 ? { uid: SPARE_ID, gid: SPARE_ID } : {}),
    });
  let bystander = begin();
  const pidOf = (child: ChildProcess): number => child.pid ?? 0;

  const places = (): readonly string[] => [...STARTS, ...OWN_STARTS.map((name) => join(before.own, name))];
  const planted: string[] = [];
  const picture = (): string =>
    JSON.stringify([
      places().map(stampOf),
      photograph(root),
      planted.map((file) => [stampOf(file), existsSync(file) && readFileSync(file, "utf8")]),
    ]);
  let last = picture();
  const words = disguises(CANARY);

  return {
    person,
    canaryFile,
    port,
    socket,
    abstractSocket,
    get pid() {
      return pidOf(bystander);
    },
    canary: CANARY,
    plant: (file) => {
      plant(file);
      planted.push(file);
      last = picture();
    },
    fill: (text) =>
      text
        .replaceAll("@CANARY_FILE@", canaryFile)
        .replaceAll("@PERSON@", person)
        .replaceAll("@PORT@", String(port))
        .replaceAll("@SOCKET@", socket)
        .replaceAll("@ABSTRACT@", abstractSocket)
        .replaceAll("@PID@", String(pidOf(bystander))),
    harm: async (said) => {
      // A signal needs a moment to arrive.
      await new Promise((resolve) => void setTimeout(resolve, 20));
      const found: HostHarm[] = [];
      if (words.some((word) => said.includes(word)) || HIDDEN.test(said) || SYSTEM.test(said)) found.push("read");
      if (reached > 0) found.push("reached");
      reached = 0;
      const now = picture();
      if (now !== last) found.push("changed");
      last = now;
      if (bystander.exitCode !== null || bystander.signalCode !== null) {
        found.push("signalled");
        bystander = begin();
      }
      const folder = home();
      if (folder !== null && stillBehindWall(folder)) found.push("stayed");
      return found;
    },
    close: async () => {
      process.env["HOME"] = before.home ?? before.own;
      delete process.env[VARIABLE];
      bystander.kill("SIGKILL");
      for (const one of [tcp, local, abstract]) await new Promise<void>((resolve) => void one.close(() => resolve()));
      rmSync(root, { recursive: true, force: true });
    },
  };
};
