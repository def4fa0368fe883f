import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, runCli, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";

interface Report {
  readonly state: string;
  readonly conversationId: string;
  readonly approvals: readonly { readonly id: string; readonly question: { readonly consequence: string } }[];
  readonly reply: {
    readonly parts: readonly { readonly text: string }[];
    readonly model: { readonly demonstration: boolean };
  } | null;
}

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : entry.isFile() ? [join(folder, entry.name)] : [],
  );

const plaintextIn = (folder: string, needle: string): readonly string[] =>
  filesUnder(folder).filter((file) => readFileSync(file).includes(needle));

describe("the command line against a fresh gateway with the demonstration model", { timeout: 60_000 }, () => {
  let place: Place;
  let gateway: GatewayProcess;

  beforeAll(async () => {
    place = newPlace();
    gateway = await startGatewayProcess(place);
  }, 60_000);
  afterAll(async () => {
    await gateway.kill("SIGTERM");
    place.remove();
  });

  it("creates an owner's token that opens the API, and without one nothing answers", async () => {
    const created = await runCli(place, ["token", "create", "--role", "owner", "--json"]);
    expect(created.code).toBe(0);
    const { token } = JSON.parse(created.stdout) as { token: string };
    const withToken = await fetch(`${gateway.url}/v2/agents`, { headers: { authorization: `Bearer ${token}` } });
    const agents = (await withToken.json()) as readonly Record<string, unknown>[];
    expect(Array.isArray(agents)).toBe(true);
    expect(Object.keys(agents[0] ?? {}).toSorted()).toEqual([
      "capabilities",
      "id",
      "model",
      "name",
      "ownerId",
      "reading",
      "status",
    ]);
    const without = await fetch(`${gateway.url}/v2/agents`);
    expect(without.status).toBe(401);
    expect(without.headers.get("content-type")).toContain("application/problem+json");
    expect(plaintextIn(place.home, token)).toEqual([]);
  });

  it("asks before a reminder is set, sets it when allowed, and says so", async () => {
    const asked = await runCli(place, ["chat", "--message", "remind me in 10 minutes to stretch", "--json"]);
    expect(asked.code).toBe(6);
    const report = JSON.parse(asked.stdout) as Report;
    expect(report.state).toBe("waiting");
    const before = JSON.parse((await runCli(place, ["reminders", "--json"])).stdout) as readonly unknown[];
    expect(before).toEqual([]);

    const pending = JSON.parse((await runCli(place, ["approvals", "list", "--json"])).stdout) as Report["approvals"];
    expect(pending).toHaveLength(1);
    expect(pending[0]?.question.consequence).toContain("stretch");
    const allowed = await runCli(place, ["approvals", "allow", pending[0]?.id ?? "", "--json"]);
    expect(allowed.code).toBe(0);
    const { turn } = JSON.parse(allowed.stdout) as { turn: Report };
    expect(turn.state).toBe("done");
    expect(turn.reply?.model.demonstration).toBe(true);
    const after = JSON.parse((await runCli(place, ["reminders", "--json"])).stdout) as readonly {
      text: string;
      state: string;
    }[];
    expect(after).toMatchObject([{ text: "stretch", state: "scheduled" }]);

    const again = await runCli(place, ["approvals", "allow", pending[0]?.id ?? ""]);
    expect(again.code).toBe(5);
    expect(again.stderr).toContain("APPROVAL_ALREADY_ANSWERED");
  });

  it("does nothing when the person denies", async () => {
    const asked = JSON.parse(
      (await runCli(place, ["chat", "--message", "remind me in 5 minutes to call mom", "--json"])).stdout,
    ) as Report;
    const denied = await runCli(place, [
      "approvals",
      "deny",
      asked.approvals[0]?.id ?? "",
      "--reason",
      "not now",
      "--json",
    ]);
    expect(denied.code).toBe(0);
    const { turn } = JSON.parse(denied.stdout) as { turn: Report };
    expect(turn.state).toBe("done");
    const reminders = JSON.parse((await runCli(place, ["reminders", "--json"])).stdout) as readonly { text: string }[];
    expect(reminders.some(({ text }) => text.includes("mom"))).toBe(false);
  });

  it("calculates and remembers without asking", async () => {
    const sum = JSON.parse((await runCli(place, ["chat", "--message", "what is 17 * 3", "--json"])).stdout) as Report;
    expect(sum.state).toBe("done");
    expect(sum.reply?.parts[0]?.text).toContain("51");
    const saved = JSON.parse(
      (await runCli(place, ["chat", "--message", "remember that my locker code is 4812", "--json"])).stdout,
    ) as Report;
    expect(saved.state).toBe("done");
    const found = JSON.parse(
      (await runCli(place, ["chat", "--message", "what is my locker code", "--json"])).stdout,
    ) as Report;
    expect(found.reply?.parts[0]?.text).toContain("4812");
  });

  it("verifies the audit log, also from an export with a head kept elsewhere, and notices a changed byte", async () => {
    const verified = await runCli(place, ["audit", "verify", "--json"]);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    const out = join(place.root, "audit.jsonl");
    const head = join(place.root, "head.json");
    expect((await runCli(place, ["audit", "export", "--out", out])).code).toBe(0);
    expect((await runCli(place, ["audit", "head", "--out", head])).code).toBe(0);
    const offline = await runCli(place, ["audit", "verify", "--export", out, "--json"]);
    expect(offline.code, offline.stdout + offline.stderr).toBe(0);
    const exported = JSON.parse((await runCli(place, ["audit", "export", "--out", out, "--json"])).stdout) as {
      head: unknown;
    };
    const withHead = await runCli(place, ["audit", "verify", "--export", out, "--head", JSON.stringify(exported.head)]);
    expect(withHead.code, withHead.stdout).toBe(0);
    const bytes = readFileSync(out);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    writeFileSync(out, bytes);
    expect(
      (await runCli(place, ["audit", "verify", "--export", out, "--head", JSON.stringify(exported.head)])).code,
    ).toBe(1);
  });

  it("keeps what was said and every token out of plaintext, and a copy of the home alone stays locked", async () => {
    const canary = "zebra-quartz-7731-canary";
    await runCli(place, ["chat", "--message", `remember that the canary is ${canary}`, "--json"]);
    expect(plaintextIn(place.home, canary)).toEqual([]);
    const copy = newPlace();
    cpSync(place.home, copy.home, { recursive: true, filter: (source) => !statSync(source).isSocket() });
    writeFileSync(join(copy.home, "run", "gateway.pid"), "1 1\n");
    const started = await runCli(copy, ["start", "--no-open", "--port", "0"]);
    expect(started.code).toBe(7);
    expect(started.stderr).toContain("VAULT_LOCKED");
    copy.remove();
  });

  it("refuses a second gateway on the same home, and says which process holds it", async () => {
    const second = await runCli(place, ["start", "--no-open", "--port", "0"]);
    expect(second.code).toBe(5);
    expect(second.stderr).toContain("HOME_IN_USE");
    expect(second.stderr).toContain(String(gateway.pid));
  });

  it("names a port that is in use, and what to do", async () => {
    const other = newPlace();
    const started = await runCli(other, ["start", "--no-open", "--port", new URL(gateway.url).port]);
    expect(started.code).toBe(7);
    expect(started.stderr).toContain("PORT_IN_USE");
    other.remove();
  });

  it.each([
    [["nonsense"], 2, "unknown command"],
    [["status", "--nonsense"], 2, "unknown option"],
    [["approvals", "show", "not-an-id"], 2, "REQUEST_INVALID"],
    [["config", "set", "gateway.prot", "1"], 2, "gateway.port"],
    [["config", "set", "gateway.port", "many"], 2, "CONFIG_INVALID_VALUE"],
  ] as const)("%j ends with exit code %i and says %s", async (argv, code, says) => {
    const ended = await runCli(place, [...argv]);
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).toContain(says);
  });

  it("says that no gateway answers, with exit code 7", async () => {
    const nobody = newPlace();
    const ended = await runCli(nobody, ["status"]);
    expect(ended.code).toBe(7);
    expect(ended.stderr).toContain("GATEWAY_UNREACHABLE");
    nobody.remove();
  });

  it.each([
    ["{ gateway: { port: 1,, } }", "CONFIG_SYNTAX", "line 1, column"],
    ["{ gatewy: {} }", "CONFIG_UNKNOWN_KEY", "gateway"],
    ["{ gateway: { port: 99999999 } }", "CONFIG_INVALID_VALUE", "gateway.port"],
  ])("refuses the settings %s with %s", async (text, code, says) => {
    const other = newPlace();
    writeFileSync(join(other.home, "moltbot.json5"), text);
    const started = await runCli(other, ["start", "--no-open"]);
    expect(started.code).toBe(2);
    expect(started.stderr).toContain(code);
    expect(started.stderr).toContain(says);
    other.remove();
  });

  it("seals a home by a passphrase and refuses a wrong one", async () => {
    const sealed = newPlace();
    const right = join(sealed.root, "right");
    const wrong = join(sealed.root, "wrong");
    writeFileSync(right, "correct horse battery staple\n");
    writeFileSync(wrong, "incorrect\n");
    const first = await startGatewayProcess(sealed, ["--passphrase-file", right]);
    await first.kill("SIGTERM");
    expect(existsSync(join(sealed.root, "config", "moltbot", "keys"))).toBe(false);
    const refused = await runCli(sealed, ["start", "--no-open", "--port", "0", "--passphrase-file", wrong]);
    expect(refused.stderr).toContain("VAULT_PASSPHRASE_WRONG");
    expect(refused.code).toBe(4);
    const none = await runCli(sealed, ["start", "--no-open", "--port", "0"]);
    expect(none.stderr).toContain("VAULT_LOCKED");
    sealed.remove();
  });

  it.skipIf(process.getuid?.() === 0)("names a home that cannot be written", async () => {
    const closed = newPlace();
    mkdirSync(join(closed.root, "closed"), { mode: 0o500 });
    const started = await runCli(
      { ...closed, environment: { ...closed.environment, MOLTBOT_HOME: join(closed.root, "closed", "home") } },
      ["start", "--no-open"],
    );
    expect(started.stderr).toContain("HOME_NOT_WRITABLE");
    closed.remove();
  });
});
