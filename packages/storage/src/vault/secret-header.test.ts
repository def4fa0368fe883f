import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { openBytes, sealBytes } from "../crypto/index.ts";
import type { OpenSecrets } from "./secrets.ts";
import { must } from "./testing/open-test-vault.ts";
import { testSecrets } from "./testing/open-test-secrets.ts";

const WISH = { name: "weather", value: "canary-77aa12", hosts: ["api.example.com"], ownerId: null } as const;
const lend = (secrets: OpenSecrets, header?: string) =>
  secrets.lend("weather", "api.example.com", async (text, bound) => [text, bound ?? null], header);

describe("a secret that is bound to a header", () => {
  it("is lent for that header alone, in any case, also after a restart", async () => {
    const { opened } = testSecrets();
    const secrets = await opened();
    expect(must(await secrets.keeper.set({ ...WISH, header: "X-Api-Key" })).header).toBe("X-Api-Key");
    await secrets.close();
    const again = await opened();
    for (const header of [undefined, "X-Api-Key", "x-api-key"])
      expect(await lend(again, header)).toEqual(ok([WISH.value, "X-Api-Key"]));
    for (const header of ["Authorization", "X-Api-Key2", ""])
      expect(await lend(again, header)).toMatchObject({
        error: { code: "SECRET_HEADER_FIXED", context: { name: "weather", header: "X-Api-Key" } },
      });
  });

  it("keeps its header with a new value, and loses it only where that is said", async () => {
    const { opened } = testSecrets();
    const { keeper, ...secrets } = await opened();
    must(await keeper.set({ ...WISH, header: "X-Api-Key" }));
    expect(must(await keeper.set({ ...WISH, value: "canary-new-9" })).header).toBe("X-Api-Key");
    expect(must(await keeper.set({ ...WISH, header: null }))).not.toHaveProperty("header");
    expect((await secrets.lend("weather", "api.example.com", async () => 1, "Authorization")).ok).toBe(true);
  });

  it.each(["host", "Content-Length", "transfer-encoding", "a b", "x:y", "", "x".repeat(101)])(
    "cannot be bound to %j",
    async (header) => {
      const secrets = await testSecrets().opened();
      expect(await secrets.keeper.set({ ...WISH, header })).toMatchObject({
        error: { code: "REQUEST_INVALID", context: { path: "header" } },
      });
      expect(secrets.keeper.list()).toEqual([]);
    },
  );

  it("is bound to none where it was kept before there were any", async () => {
    const bench = testSecrets();
    const first = await bench.opened();
    must(await first.keeper.set(WISH));
    await first.close();
    const file = join(bench.directory, "secrets.json");
    const { sealed } = JSON.parse(readFileSync(file, "utf8")) as { sealed: string }; // the envelope of the file
    const text = Buffer.from(must(openBytes(bench.key, Buffer.from(sealed, "base64url"), "moltbot:secrets:v3")));
    expect(text.toString("utf8")).not.toContain("header");
    const again = Buffer.from(sealBytes(bench.key, text.toString("utf8"), "moltbot:secrets:v3")).toString("base64url");
    writeFileSync(file, `${JSON.stringify({ version: 3, sealed: again })}\n`);
    const secrets = await bench.opened();
    expect(secrets.keeper.list()[0]).not.toHaveProperty("header");
    expect(await lend(secrets, "X-Any-Token")).toEqual(ok([WISH.value, null]));
  });

  it("unplug: without the look at the header it is lent for a header that is written to logs", async () => {
    const bench = testSecrets();
    const secrets = await bench.opened({ isItsHeader: () => true });
    must(await secrets.keeper.set({ ...WISH, header: "X-Api-Key" }));
    expect((await lend(secrets, "X-Debug-Token")).ok).toBe(true);
  });
});
