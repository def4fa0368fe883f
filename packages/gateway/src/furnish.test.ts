import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, moltbotError } from "@moltbot/contracts";
import { createEgress } from "@moltbot/execution/egress";
import { expect, it } from "vitest";
import { createClosers } from "./closers.ts";
import { furnish } from "./furnish.ts";
import { placesOf, prepareHome } from "./home.ts";
import { openLog } from "./log.ts";
import { openMemory } from "./open-memory.ts";
import { openSettings } from "./settings/index.ts";

it("a house that cannot be furnished to its end leaves nothing open", async () => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-furnish-"));
  const closers = createClosers();
  try {
    const home = placesOf(join(root, "home"), join(root, "keys"), null);
    expect(prepareHome(home).ok).toBe(true);
    const log = openLog(home.logs, "error");
    const memory = await openMemory({ home, passphrase: null, acceptLoss: false, log });
    const settings = openSettings({ file: join(home.root, "moltbot.json5"), environment: {}, flags: {} });
    if (!memory.ok || !settings.ok) throw new Error("the house cannot be opened");
    closers.add(() => memory.value.close());
    const closed: string[] = [];
    const closing = (name: string) => async () => void closed.push(name);
    const fittings = {
      egress: {
        ...createEgress({ secrets: memory.value.vault, isCanary: () => false, log }),
        close: closing("egress"),
      },
      models: {
        find: () => err(moltbotError("MODEL_UNKNOWN", { model: "default" })),
        list: () => [],
        close: closing("models"),
      },
    };
    const furnished = await furnish({
      memory: memory.value,
      settings: settings.value,
      home,
      log,
      closers,
      fittings,
    });
    expect(furnished).toMatchObject({ ok: false, error: { code: "MODEL_UNKNOWN" } });
    await closers.closeAll();
    expect(closed).toEqual(["models", "egress"]);
  } finally {
    await closers.closeAll();
    rmSync(root, { recursive: true, force: true });
  }
});
