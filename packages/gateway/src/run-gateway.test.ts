import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { moltbotError } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { START_HELP, prepareStart, reportError, runGateway } from "./run-gateway.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "moltbot-start-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  vi.restoreAllMocks();
});

const prepared = (flags: Parameters<typeof prepareStart>[0], environment: Readonly<Record<string, string>> = {}) =>
  prepareStart(flags, { MOLTBOT_HOME: home, ...environment }, () => undefined);

describe("preparing a start", () => {
  it("takes home, port and model from flags over the environment over defaults", () => {
    const wish = prepared(
      { port: "0", set: ["log.level=debug", "agents.turnSteps=3"] },
      { MOLTBOT_PORT: "5", MOLTBOT_HOST: "::1" },
    );
    if (!wish.ok) throw new Error(wish.error.message);
    expect(wish.value.settings.current()).toMatchObject({
      gateway: { port: 0, host: "::1" },
      log: { level: "debug" },
      agents: { turnSteps: 3 },
    });
    expect(wish.value).toMatchObject({ passphrase: null, acceptLoss: false });
    expect(wish.value.home.root).toBe(home);
    expect(wish.value.home.keyFile.startsWith(home)).toBe(false);
  });

  it("reads the passphrase from a file that the environment or a flag names, and loses none", () => {
    const file = join(home, "p");
    writeFileSync(file, "correct horse\n");
    expect(prepared({}, { MOLTBOT_PASSPHRASE_FILE: file })).toMatchObject({
      ok: true,
      value: { passphrase: "correct horse" },
    });
    expect(prepared({ "passphrase-file": file, "accept-loss": true })).toMatchObject({
      ok: true,
      value: { passphrase: "correct horse", acceptLoss: true },
    });
    expect(prepared({ "passphrase-file": join(home, "missing") })).toMatchObject({
      ok: false,
      error: { code: "VAULT_LOCKED" },
    });
  });

  it("reads the credential that systemd gives, unless a file was named", () => {
    const credentials = join(home, "credentials");
    mkdirSync(credentials);
    const environment = { CREDENTIALS_DIRECTORY: credentials };
    expect(prepared({}, environment)).toMatchObject({ ok: true, value: { passphrase: null } });
    writeFileSync(join(credentials, "moltbot-passphrase"), "from systemd\n");
    expect(prepared({}, environment)).toMatchObject({ ok: true, value: { passphrase: "from systemd" } });
    expect(prepared({}, { CREDENTIALS_DIRECTORY: "credentials" })).toMatchObject({
      ok: true,
      value: { passphrase: null },
    });
    const file = join(home, "p");
    writeFileSync(file, "from a file\n");
    expect(prepared({}, { ...environment, MOLTBOT_PASSPHRASE_FILE: file })).toMatchObject({
      value: { passphrase: "from a file" },
    });
  });

  it("starts locked when it is told to, or at a terminal where somebody can unlock", () => {
    expect(prepared({ locked: true, keychain: true })).toMatchObject({
      value: { locked: "always", useKeychain: true },
    });
    expect(prepareStart({}, { MOLTBOT_HOME: home }, () => undefined, true)).toMatchObject({
      value: { locked: "without passphrase", useKeychain: false },
    });
    const headless = prepared({});
    expect(headless.ok && "locked" in headless.value).toBe(false);
  });

  it.each([
    [{ port: "many" }, "CONFIG_INVALID_VALUE"],
    [{ port: "" }, "CONFIG_INVALID_VALUE"],
    [{ port: "70000" }, "CONFIG_INVALID_VALUE"],
    [{ host: "" }, "CONFIG_INVALID_VALUE"],
    [{ set: ["gateway.prot=1"] }, "CONFIG_UNKNOWN_KEY"],
    [{ set: ["gateway.port"] }, "CONFIG_INVALID_VALUE"],
    [{ set: ["=1"] }, "CONFIG_UNKNOWN_KEY"],
    [{ "passphrase-fd": "three" }, "USAGE"],
    [{ "passphrase-fd": "-1" }, "USAGE"],
  ])("refuses %j (%s)", (flags, code) => {
    expect(prepared(flags)).toMatchObject({ ok: false, error: { code } });
  });

  it("says where the settings file is broken", () => {
    writeFileSync(join(home, "moltbot.json5"), "{ gateway: { port: } }");
    expect(prepared({})).toMatchObject({
      ok: false,
      error: { code: "CONFIG_SYNTAX", context: { line: 1, column: 20 } },
    });
  });
});

describe("the program", () => {
  const silence = () => {
    const said = { out: "", err: "" };
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      said.out += String(text);
      return true;
    });
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      said.err += String(text);
      return true;
    });
    return said;
  };

  it("prints its help and starts nothing", async () => {
    const said = silence();
    expect(await runGateway(["--help"], () => undefined)).toBe(0);
    expect(said.out).toBe(START_HELP);
  });

  it.each([["--prot", "1"], ["stray"], ["--port"]])(
    "refuses arguments that it does not know (%s) with exit code 2",
    async (...argv) => {
      const said = silence();
      expect(await runGateway(argv, () => undefined)).toBe(2);
      expect(said.err).toContain("[USAGE]");
    },
  );

  it("reports an error with its sentence, its next step, its code and its exit code", () => {
    const said = silence();
    expect(reportError(moltbotError("HOME_IN_USE", { pid: 7, home: "/h" }))).toBe(5);
    expect(said.err).toContain("process 7");
    expect(said.err).toContain("[HOME_IN_USE]");
  });
});
