import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, runCli, startGatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/gateway-process.ts";

const SHARES = [0, 0.0007, 0.11, 0.33, 0.5, 0.72, 0.9, 1];

describe("a home that somebody changed while the gateway was off", { timeout: 90_000 }, () => {
  let place: Place;

  beforeAll(async () => {
    place = newPlace();
    const gateway = await startGatewayProcess(place);
    for (const message of ["what is 17 * 3", "remember that my locker code is 4812", "what time is it"]) {
      expect((await runCli(place, ["chat", "--message", message, "--json"])).code).toBe(0);
    }
    await gateway.kill("SIGTERM");
  }, 60_000);
  afterAll(() => place.remove());

  const start = async (): Promise<{ readonly started: boolean; readonly says: string }> => {
    try {
      const gateway = await startGatewayProcess(place);
      await gateway.kill("SIGTERM");
      return { started: true, says: "" };
    } catch (cause) {
      return { started: false, says: String(cause) };
    }
  };

  const withFlippedByte = async (
    file: string,
    share: number,
  ): Promise<{ readonly started: boolean; readonly says: string }> => {
    const kept = `${file}.kept`;
    copyFileSync(file, kept);
    const bytes = readFileSync(file);
    const at = Math.min(bytes.length - 1, Math.floor(bytes.length * share));
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    writeFileSync(file, bytes);
    const result = await start();
    copyFileSync(kept, file);
    return result;
  };

  it.each(SHARES)("is not opened with a byte of the database flipped at %f of its length", async (share) => {
    const { started, says } = await withFlippedByte(join(place.home, "moltbot.db"), share);
    expect(started).toBe(false);
    expect(says).toMatch(/DATABASE_DAMAGED|DATABASE_BEHIND_AUDIT/);
  });

  it.each(SHARES)("is not opened with a byte of the audit log flipped at %f of its length", async (share) => {
    const { started, says } = await withFlippedByte(join(place.home, "audit", "log.jsonl"), share);
    expect(started).toBe(false);
    expect(says).toContain("AUDIT_DAMAGED");
  });

  it("is not opened with an older database beside the newer log", async () => {
    const file = join(place.home, "moltbot.db");
    copyFileSync(file, `${file}.old`);
    const gateway = await startGatewayProcess(place);
    await runCli(place, ["chat", "--message", "what is 2 + 2", "--json"]);
    await gateway.kill("SIGTERM");
    copyFileSync(file, `${file}.new`);
    copyFileSync(`${file}.old`, file);
    const { started, says } = await start();
    copyFileSync(`${file}.new`, file);
    expect(started).toBe(false);
    expect(says).toContain("DATABASE_BEHIND_AUDIT");
  });

  it("opens again when everything is as it was", async () => {
    expect(await start()).toEqual({ started: true, says: "" });
  });
});
