import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConversationId } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { createWall } from "../../packages/execution/src/sandbox/index.ts";
import type { WallParts } from "../../packages/execution/src/sandbox/wall/begin-behind-wall.ts";
import { WALL_PARTS, beginBy } from "../../packages/execution/src/sandbox/wall/begin-behind-wall.ts";
import { findBubblewrap } from "../../packages/execution/src/sandbox/wall/check-wall.ts";
import { runBy } from "../../packages/execution/src/sandbox/wall/run-behind-wall.ts";
import { startBy } from "../../packages/execution/src/sandbox/wall/start-behind-wall.ts";
import type { HostWorld } from "../support/host-world.ts";
import { dialBehindWall, noSmallInternet } from "../support/small-internet.ts";
import { noWallHere, openProgramHouse, without } from "../support/program-house.ts";
import type { ProgramHouse, ProgramHouseWish } from "../support/program-house.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;
const isRoot = process.getuid?.() === 0;
const noNetwork = noSmallInternet();
const because = noNetwork === null ? "" : ` (skipped: ${noNetwork})`;
const OTHER = ConversationId.parse("01890a5d-ac96-774b-bcce-b302099a8058");

const python = (...lines: readonly string[]): string => `python3 - <<'END'\n${lines.join("\n")}\nEND`;
const dial = (family: string, where: string): string =>
  python(
    "import socket",
    `s = socket.socket(socket.${family})`,
    "s.settimeout(2)",
    `s.connect(${where})`,
    "print(s.recv(99))",
  );

/** Whom a program may ask for on the network that this machine is in. */
const LAN = ["169.254.169.254", "192.168.1.1", "10.0.0.1", "172.17.0.1", "100.100.100.200", "fd00:ec2::254"];

type Weaker = Exclude<ProgramHouseWish["parts"], undefined>;
const bound = (how: "--ro-bind" | "--bind") => (world: HostWorld) => {
  const folder = dirname(world.person);
  return without({}, [how, folder, folder]);
};

/** What a program tries, what it wants of the world, and the wall without the one part that holds it back. */
const ATTACKS: readonly {
  readonly no: string;
  readonly script: string;
  readonly harm: string;
  readonly unplugged: string;
  readonly parts: Weaker;
  readonly alsoAsPerson: boolean;
}[] = [
  {
    no: "no file outside is read",
    script: `cat @CANARY_FILE@ /proc/1/root@CANARY_FILE@ /proc/self/root@CANARY_FILE@ ../../../../../../../..@CANARY_FILE@; ln -s @CANARY_FILE@ in; cat in; find / -xdev -name id_ed25519 -exec cat {} +; cat @PERSON@/.ssh/*`,
    harm: "read",
    unplugged: "with the host's files in sight",
    parts: bound("--ro-bind"),
    alsoAsPerson: true,
  },
  {
    no: "no file outside is written",
    script: "echo x > @CANARY_FILE@; echo x > @PERSON@/new; rm -f @PERSON@/.netrc",
    harm: "changed",
    unplugged: "with the host's files bound to be written",
    parts: bound("--bind"),
    alsoAsPerson: true,
  },
  {
    no: "nothing is put where it would start by itself",
    script: `for place in @PERSON@/.profile @PERSON@/.ssh/authorized_keys; do echo evil >> $place; done
      mkdir -p @PERSON@/.config/autostart @PERSON@/.config/systemd/user
      echo x > @PERSON@/.config/autostart/a.desktop; echo x > @PERSON@/.config/systemd/user/a.service
      echo '* * * * * evil' | crontab -; echo x > /etc/cron.d/evil; echo x > /etc/profile.d/evil.sh; echo x > ~/.profile`,
    harm: "changed",
    unplugged: "with the person's folder bound to be written",
    parts: bound("--bind"),
    alsoAsPerson: true,
  },
  {
    no: "nothing of the gateway's environment is read",
    script: "env; for one in /proc/[0-9]*; do tr '\\0' '\\n' < $one/environ; done; cat /proc/[0-9]*/cmdline",
    harm: "read",
    unplugged: "where the environment is handed on",
    parts: (world) => ({ ...without({ "--clearenv": 0 }), environment: { WORDS: world.canary } }),
    alsoAsPerson: true,
  },
  {
    no: "no environment of another process is read through /proc",
    script: "tr '\\0' '\\n' < /proc/@PID@/environ; cat /proc/@PID@/root@CANARY_FILE@",
    harm: "read",
    unplugged: "without a process namespace",
    parts: without({ "--unshare-pid": 0 }),
    alsoAsPerson: false,
  },
  {
    no: "no server of this machine is reached",
    script: `${dial("AF_INET", "('127.0.0.1', @PORT@)")}\n${dial("AF_INET", "('0.0.0.0', @PORT@)")}`,
    harm: "reached",
    unplugged: "without a network namespace",
    parts: without({ "--unshare-net": 0 }),
    alsoAsPerson: true,
  },
  {
    no: "no abstract socket is reached",
    script: dial("AF_UNIX", "'\\0@ABSTRACT@'"),
    harm: "reached",
    unplugged: "without a network namespace",
    parts: without({ "--unshare-net": 0 }),
    alsoAsPerson: true,
  },
  {
    no: "no socket in a folder is reached, such as the gateway's",
    script: dial("AF_UNIX", "'@SOCKET@'"),
    harm: "reached",
    unplugged: "with its folder in sight",
    parts: bound("--ro-bind"),
    alsoAsPerson: true,
  },
  {
    no: "no process outside is signalled",
    script: "kill -9 @PID@; kill -TERM @PID@",
    harm: "signalled",
    unplugged: "without a process namespace",
    parts: without({ "--unshare-pid": 0 }),
    alsoAsPerson: true,
  },
  {
    no: "nothing goes on when the program has ended",
    script: "(setsid nohup sleep 60 >/dev/null 2>&1 &); echo begun",
    harm: "stayed",
    unplugged: "without a process namespace",
    parts: without({ "--unshare-pid": 0, "--die-with-parent": 0 }),
    alsoAsPerson: true,
  },
];

describe.skipIf(missing !== null)(
  `a program that a hijacked model runs by its tools${WHY_NOT}`,
  { timeout: 60_000 },
  () => {
    const open: ProgramHouse[] = [];
    afterEach(async () => {
      for (const house of open.splice(0).toReversed()) await house.close();
    });
    const houseOf = async (wish: ProgramHouseWish = {}): Promise<ProgramHouse> => {
      const house = await openProgramHouse(wish);
      open.push(house);
      return house;
    };
    const attack = async (script: string, wish: ProgramHouseWish = {}): Promise<readonly string[]> => {
      const house = await houseOf(wish);
      const said = await house.shell(script);
      expect(said).toMatch(/^(exit code|ended)/);
      return house.world.harm(said);
    };

    describe.each(ATTACKS)("$no", ({ script, harm, unplugged, parts, alsoAsPerson }) => {
      it("by exec.shell", async () => {
        expect(await attack(script)).toEqual([]);
      });
      it.skipIf(!isRoot && !alsoAsPerson)(`unplug: ${unplugged} it is`, async () => {
        expect(await attack(script, { parts })).toContain(harm);
      });
    });

    it("runs nothing where the wall lacks any of these parts: half a wall is none", async () => {
      const halves: Readonly<Record<string, Partial<WallParts>>> = {
        pid: without({ "--unshare-pid": 0 }),
        net: without({ "--unshare-net": 0 }),
        ipc: without({ "--unshare-ipc": 0 }),
        uts: without({ "--unshare-uts": 0 }),
        cgroup: without({ "--unshare-cgroup": 0 }),
        filter: without({ "--seccomp": 1 }),
        // Root's programs have an id that may write nothing there anyway.
        ...(isRoot ? {} : { "read-only root": without({ "--remount-ro": 1 }) }),
        "nothing of /var": without({}, ["--ro-bind", "/var", "/var"]),
        "nothing of /home": without({}, ["--ro-bind", "/home", "/home"]),
        "limit of processes": without({ "/usr/bin/prlimit": 7 }),
      };
      const said: Record<string, string> = {};
      for (const [name, half] of Object.entries(halves)) {
        const parts = { ...WALL_PARTS, ...half };
        const wall = createWall({
          platform: "linux",
          find: findBubblewrap,
          runBy: (bubblewrap) => runBy(bubblewrap, parts),
          startBy: (bubblewrap) => startBy(bubblewrap, parts),
          beginBy: (bubblewrap) => beginBy(bubblewrap, parts),
          everyMs: 600_000,
        });
        const house = await houseOf({ wall });
        said[name] = await house.shell("true");
      }
      expect(said).toEqual(Object.fromEntries(Object.keys(halves).map((name) => [name, "SANDBOX_UNAVAILABLE"])));
    });

    it.skipIf(noNetwork !== null)(`reaches nobody of its network and nothing of a cloud's${because}`, () => {
      expect(dialBehindWall([...LAN, "8.8.8.8"], null)).toEqual({ ran: true, reached: [] });
    });
    it.skipIf(noNetwork !== null)(`unplug: without a network namespace it reaches all of them${because}`, () => {
      expect(dialBehindWall(LAN, "--unshare-net")).toEqual({ ran: true, reached: LAN });
    });

    const OTHERS =
      "cat @HOME@/copies/*/*/notes.txt; find / -xdev -name notes.txt -not -path '/workspace/*' -exec cat {} +";
    const withOther = async (wish: ProgramHouseWish): Promise<readonly string[]> => {
      const house = await houseOf(wish);
      house.world.plant(join(house.home, "copies", OTHER, "copy", "notes.txt"));
      return house.world.harm(await house.shell(OTHERS.replaceAll("@HOME@", house.home)));
    };
    it("reads no copy of another conversation", async () => {
      expect(await withOther({})).toEqual([]);
    });
    it("unplug: with the folder of all copies in sight it does", async () => {
      expect(await withOther({ parts: (_world, home) => without({}, ["--ro-bind", home, home]) })).toContain("read");
    });

    const started = async (house: ProgramHouse): Promise<string> => {
      const said = await house.call("exec.start", { argv: ["cat"], seconds: 60 }, OTHER);
      const id = /^started: program (\S+)$/.exec(said)?.[1];
      if (id === undefined) throw new Error(said);
      return id;
    };
    it("neither hears, tells nor ends a program of another conversation", async () => {
      const house = await houseOf();
      const program = await started(house);
      expect(await house.call("exec.input", { program, text: "evil\n" })).toBe("NOT_FOUND");
      expect(await house.call("exec.output", { program })).toBe("NOT_FOUND");
      expect(await house.call("exec.end", { program })).toBe("NOT_FOUND");
      expect(house.programs.running(OTHER)).toBe(1);
      expect(await house.call("exec.output", { program }, OTHER)).not.toContain("evil");
    });
    it("unplug: where an id is enough it ends it", async () => {
      const house = await houseOf({
        find: (programs) => (_key, id) => programs.find(OTHER, id),
      });
      const program = await started(house);
      await house.call("exec.end", { program });
      expect(house.programs.running(OTHER)).toBe(0);
    });

    it("leaves nothing running in the background when everything is stopped", async () => {
      const house = await houseOf();
      await started(house);
      expect(await house.world.harm("")).toEqual(["stayed"]);
      await house.programs.endAll();
      expect(await house.world.harm("")).toEqual([]);
    });

    it("keeps nobody else's programs from starting, however many it starts itself", async () => {
      const house = await houseOf();
      const many = python(
        "import subprocess, time",
        "while True:",
        "  try: subprocess.Popen(['sleep', '60'])",
        "  except OSError: time.sleep(60)",
      );
      await house.call("exec.start", { argv: ["/bin/sh", "-c", many], seconds: 60 }, OTHER);
      await new Promise((resolve) => void setTimeout(resolve, 4_000));
      expect(await house.shell("for each in 1 2 3; do /bin/true & done; wait; echo started")).toContain("\nstarted");
    });

    it("leaves no picture of its memory behind: what crashes is not written down", async () => {
      const house = await houseOf();
      mkdirSync(house.workspace, { recursive: true });
      writeFileSync(join(house.workspace, "words.txt"), "words that were in memory");
      const said = await house.shell(
        "ulimit -c unlimited; ulimit -c; words=$(cat words.txt); sh -c 'kill -SEGV $$'; ls -A; ls -A /tmp",
      );
      expect(said).toContain("\n0\n");
      expect(said).not.toMatch(/\bcore\b/);
    });
  },
);
