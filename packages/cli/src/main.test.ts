import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startFakeGateway } from "./testing/fake-gateway.ts";
import { agent, approval, report } from "./testing/samples.ts";

/** The real program in a process of its own. */
const moltbot = (
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ exit: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", MOLTBOT_HOME: join(tmpdir(), "no-such-home"), ...environment };
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, "main.ts"), ...argv],
      { env },
      (_cause, out, err) => resolve({ exit: child.exitCode ?? -1, out, err }),
    );
  });

describe("the program", () => {
  it("names the nearest command of one that does not exist, and ends with 2", async () => {
    const said = await moltbot(["chta"]);
    expect(said).toMatchObject({ exit: 2, out: "" });
    expect(said.err).toContain("Did you mean chat?");
  });

  it("names the nearest flag of one that does not exist, and ends with 2", async () => {
    const said = await moltbot(["chat", "--mesage", "x"]);
    expect(said).toMatchObject({ exit: 2, out: "" });
    expect(said.err).toContain("Did you mean --message?");
  });

  it("without a command prints its help and ends with 0", async () => {
    const said = await moltbot([]);
    expect(said.exit).toBe(0);
    expect(said.out).toContain("Exit codes:");
  });

  it("ends with the error's exit code, in words or as JSON", async () => {
    const [words, json] = await Promise.all([moltbot(["status"]), moltbot(["status", "--json"])]);
    expect(words).toMatchObject({ exit: 7, out: "" });
    expect(words.err).toContain("[GATEWAY_UNREACHABLE]");
    expect(json.exit).toBe(7);
    expect(JSON.parse(json.err)).toMatchObject({ error: { code: "GATEWAY_UNREACHABLE" } });
  });

  it("paints nothing when NO_COLOR is set", async () => {
    const [painted, plain] = await Promise.all([
      moltbot(["status"], { FORCE_COLOR: "1" }),
      moltbot(["status"], { FORCE_COLOR: "1", NO_COLOR: "1" }),
    ]);
    expect(painted.err).toContain("\u001b[");
    expect(plain.err).not.toContain("\u001b[");
  });

  it("ends with 6 when its message waits for an approval", async () => {
    const gateway = await startFakeGateway({
      "GET /v2/agents": { json: [agent()] },
      [`POST /v2/agents/${agent().id}/messages`]: { events: [["turn:report", report("waiting", null, [approval()])]] },
    });
    try {
      const said = await moltbot(["chat", "-m", "remind me"], { MOLTBOT_HOME: gateway.home });
      expect(said).toMatchObject({ exit: 6, out: "" });
      expect(said.err).toContain("Sets a reminder.");
    } finally {
      await gateway.close();
    }
  });
});
