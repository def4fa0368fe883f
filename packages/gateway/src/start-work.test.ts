import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CallId, PrincipalId } from "@moltbot/contracts";
import { expect, it, vi } from "vitest";
import { placesOf } from "./home.ts";
import { idOf } from "./operations/testing/fake-house.ts";
import { openSettings } from "./settings/index.ts";
import { startGateway } from "./start-gateway.ts";

it("a start removes what was kept for an undo and outlived its time, whoever it was kept for", async () => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-start-work-"));
  const home = placesOf(join(root, "home"), join(root, "keys"), null);
  const folder = join(home.root, "undo", idOf(PrincipalId, 1));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [old, young] = [join(folder, idOf(CallId, 2)), join(folder, idOf(CallId, 3))];
  for (const file of [old, young]) writeFileSync(file, "sealed");
  utimesSync(old, 0, 0);
  const flags = { gateway: { port: 0 }, log: { level: "error" } };
  const settings = openSettings({ file: join(home.root, "moltbot.json5"), environment: {}, flags });
  if (!settings.ok) throw new Error(settings.error.message);
  const wish = { home, settings: settings.value, passphrase: null, acceptLoss: false, progress: () => undefined };
  const gateway = await startGateway(wish);
  try {
    if (!gateway.ok) throw new Error(gateway.error.message);
    await vi.waitFor(() => expect(existsSync(old)).toBe(false), 10_000);
    expect(existsSync(young)).toBe(true);
  } finally {
    if (gateway.ok) await gateway.value.close();
    rmSync(root, { recursive: true, force: true });
  }
}, 30_000);
